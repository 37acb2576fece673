"""The tie-out of a bill as it is kept: its controls in the fact, and of a great many in a body of their own."""

from __future__ import annotations

from collections.abc import Collection
from itertools import starmap
from typing import Any

import attrs

from ledger_core.facts.body import CONTROLS
from ledger_core.money import plain
from ledger_core.policy.controls import Checked, ManyChecked
from ledger_core.store.rows import MadeRows


def control_content(control: Checked) -> dict[str, Any]:
    """A control as it stands in a fact: exact figures as text, and where the stated one was read."""
    return {
        "name": control.name,
        "scope": control.scope,
        "stated": None if control.stated is None else plain(control.stated),
        "computed": plain(control.computed),
        "binding": control.binding,
        "locator": attrs.asdict(control.locator) if control.locator else None,
        **({"accepted": list(control.accepted)} if control.accepted else {}),
    }


def control_rows(checked: Collection[Checked]) -> tuple[MadeRows, ...]:
    """The body `controls` of a bill, nothing where its fact names them all."""
    if not isinstance(checked, ManyChecked):
        return ()
    return (MadeRows(CONTROLS, lambda: starmap(_control_row, enumerate(checked, 1))),)


def _control_row(line: int, control: Checked) -> tuple[Any, ...]:
    """In the order of controls-v1."""
    at = control.locator
    place = (None,) * 5 if at is None else (at.document, at.member, at.place, at.start, at.end)
    stated = None if control.stated is None else plain(control.stated)
    return (line, control.name, control.scope, stated, plain(control.computed), int(control.binding), *place)
