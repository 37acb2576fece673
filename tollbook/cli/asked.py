"""What a deciding command is asked: its arguments as they were typed, so that another person can carry them out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import attrs

_APART = frozenset({"decision", "reason"})


@attrs.frozen
class Asked:
    """A decision with its reason. `named` are charges and items of the queue, amounts stand in major units, days in
    ISO; what was not said is None or empty.

    `decision` is accept, assign, hold, release, dispute, code, retain, or of a credit confirm or refuse.
    """

    decision: str
    reason: str
    named: tuple[str, ...] = ()
    bill: str | None = None
    service: str | None = None
    amount: str | None = None
    department: str | None = None
    object: str | None = None
    split: tuple[str, ...] = ()
    suspense: bool = False
    mode: str | None = None
    tax: bool = True
    on: str | None = None
    owner: str | None = None
    rule: str | None = None
    most: str | None = None
    until: str | None = None

    def arguments(self) -> dict[str, Any]:
        """Everything but decision and reason, as canonical content."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in attrs.asdict(self, recurse=False).items()
            if name not in _APART
        }

    @classmethod
    def of(cls, decision: str, reason: str, arguments: Mapping[str, Any]) -> Asked:
        """What was asked, from its content."""
        kept: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in arguments.items()
        }
        return cls(decision, reason, **kept)


def day_text(day: datetime | None) -> str | None:
    """A day that was typed, in ISO."""
    return None if day is None else day.date().isoformat()
