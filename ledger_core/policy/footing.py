"""The footing difference: a bill whose total is off by so little that two named people may accept it.

What is accepted are exact figures: the name, scope, stated and computed figure of every control that does not tie. The
gap of the bill's own total becomes a charge of its own, its last, so that the charges make the stated total.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

import attrs

from ledger_core.facts.charge import Charge, ChargeColumns, ChargeKind, Locator, columns_of
from ledger_core.facts.reference import Reference
from ledger_core.facts.sheet import RETAIN
from ledger_core.money import from_minor, plain
from ledger_core.policy.buckets import Bucket
from ledger_core.policy.coding import Coding
from ledger_core.policy.controls import Checked, ManyChecked, outstanding

#: The state of a footing difference, and the reason of its coding.
FOOTING = "footing"
#: What stands as product of the charge.
DIFFERENCE = "footing difference"

#: A control that does not tie: name, scope, stated and computed figure, as exact texts.
Figures = tuple[str, str, str, str]


@attrs.frozen
class Acceptance:
    """That one person accepted a bill with these figures, by fact."""

    fact: int
    person: str
    figures: tuple[Figures, ...]


def untied(checked: Collection[Checked]) -> tuple[Checked, ...]:
    """The controls that do not tie."""
    return tuple(control for control in outstanding(checked) if not control.ties)


def figures_of(checked: Collection[Checked]) -> tuple[Figures, ...]:
    """What there is to accept."""
    return tuple(
        (control.name, control.scope, plain(control.stated or Decimal(0)), plain(control.computed))
        for control in untied(checked)
    )


def beyond(checked: Collection[Checked], limit: int, currency: str) -> tuple[Checked, ...]:
    """The controls that nobody may accept: counts, and gaps above the site's limit (minor units, inclusive)."""
    most = from_minor(limit, currency)
    return tuple(control for control in untied(checked) if control.counted or abs(control.gap) > most)


def accepted_by_two(
    checked: Collection[Checked], acceptances: Iterable[Acceptance], limit: int, currency: str
) -> Collection[Checked]:
    """The same controls; where two people accepted just these figures, within the limit, those that do not tie carry
    the facts that say so."""
    figures = figures_of(checked)
    people: dict[str, int] = {}
    for acceptance in acceptances:
        if acceptance.figures == figures:
            people.setdefault(acceptance.person, acceptance.fact)
    if not figures or len(people) < 2 or beyond(checked, limit, currency):
        return checked
    facts = tuple(sorted(people.values())[:2])
    if isinstance(checked, ManyChecked):
        return attrs.evolve(checked, accepted=facts)
    return [control if control.ties else attrs.evolve(control, accepted=facts) for control in checked]


def bearer(reference: Reference, fund: str, on: str) -> str:
    """The department that keeps the difference: the one whose cost stays with the paying fund; "" where that is not
    one."""
    rows = (row for row in reference.with_cell("departments", "treatment", RETAIN) if row.cell("fund") == fund)
    own = {row.key[0] for row in rows if row.cell("from") <= on and (not row.cell("to") or on <= row.cell("to"))}
    return own.pop() if len(own) == 1 else ""


def footing_charge(gap: Decimal, at: Locator) -> ChargeColumns:
    """The charge of `gap` major units; it is read where the stated figure stands."""
    return columns_of([Charge(at, ChargeKind.ROUNDING, gap, product=DIFFERENCE)])


def footing_coding(department: str, fund: str, ref: str) -> Coding:
    """How the charge is coded: it stays with the paying fund, in a state of its own."""
    bucket = Bucket(department, fund if department else "", "", "", FOOTING, "")
    return Coding(FOOTING, ref, ((bucket, Fraction(1)),))


def footing_ref(accepted: Sequence[int]) -> str:
    """The evidence of the coding: the fact with which the second person accepted the gap."""
    return f"{accepted[-1]}.0"


def footing_content(checked: Collection[Checked], charges: int) -> dict[str, Any]:
    """What a bill that was taken in with a gap says of it: the accepted facts, and of a total that was off the line of
    the charge and its amount in major units. Nothing of any other bill."""
    accepted = next((control.accepted for control in outstanding(checked) if control.accepted), ())
    if not accepted:
        return {}
    own = next(iter(checked))
    footed = bool(own.accepted and own.gap and own.locator is not None)
    line = {"line": charges, "amount": plain(own.gap)} if footed else {"line": None, "amount": "0"}
    return {"footing": {**line, "accepted": list(accepted)}}
