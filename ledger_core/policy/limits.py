"""The site's own limits and periods, as its sheet `limits` has them on a day."""

from __future__ import annotations

from datetime import date
from typing import Any

import attrs

from ledger_core.facts.reference import Reference
from ledger_core.money import parse_decimal, to_minor


@attrs.frozen
class Limits:
    """What a site has set; None is not set. Business days, but for `dispute_days`: calendar days.

    `gap` is in minor units of the site's currency.
    """

    gap: int = 0
    arrival_days: int = 5
    warning_days: int = 5
    validation_days: int | None = None
    verification_days: int | None = None
    dispute_days: int | None = None
    certify_by_two: bool | None = None
    decide_by_two: bool | None = None


def limits_of(reference: Reference, on: date, currency: str) -> Limits:
    """The limits in force on a day. `reference` holds the sheet `limits`."""
    written = {row.cell("key"): row.cell("value") for row in reference.all_in_force("limits", on)}
    set_here: dict[str, Any] = {}
    for field in attrs.fields(Limits):
        value = written.get(field.name)
        if value is None:
            continue
        if field.name == "gap":
            set_here["gap"] = to_minor(parse_decimal(value), currency)
        elif field.name.endswith("_days"):
            set_here[field.name] = int(value)
        else:
            set_here[field.name] = value == "yes"
    return Limits(**set_here)
