"""How many of the services in force a load would end: a sheet that ends half of them is more often a mistake."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import attrs

from ledger_core.facts.reference import Reference, ReferenceRow

#: The sheets whose rows are services.
SERVICE_SHEETS = frozenset({"services", "inventory"})


@attrs.frozen
class Ending:
    """Of the services of a sheet in force on a day, how many there are, and how many would end earlier than known."""

    in_force: int
    ended: int

    @property
    def drastic(self) -> bool:
        """Whether half or more of them would end."""
        return self.ended > 0 and 2 * self.ended >= self.in_force


def ending(known: Reference, loaded: Sequence[ReferenceRow], today: date) -> Ending:
    """What recording the rows `loaded` (of one sheet) over what is known would end of what is in force `today`.

    A service that changes owner, place or plan goes on; one whose last day comes earlier ends, whenever that day is.
    """
    if not loaded or loaded[0].sheet not in SERVICE_SHEETS:
        return Ending(0, 0)
    sheet = loaded[0].sheet
    in_force = sum(_holds(_rows(known, sheet, key), today) for key in known.histories(sheet))
    after: dict[tuple[str, ...], dict[date | None, ReferenceRow]] = {}
    for row in loaded:
        if row.key not in after:
            after[row.key] = _rows(known, sheet, row.key)
        after[row.key][row.valid_from] = row
    ended = 0
    for key, rows in after.items():
        before = _rows(known, sheet, key)
        if _holds(before, today):
            ended += _last(rows) < _last(before) or not _holds(rows, today)
    return Ending(in_force, ended)


def _rows(known: Reference, sheet: str, key: tuple[str, ...]) -> dict[date | None, ReferenceRow]:
    return {version[0].valid_from: version[0] for version in known.history(sheet, key)}


def _holds(rows: dict[date | None, ReferenceRow], today: date) -> bool:
    return any(row.covers(today) for row in rows.values())


def _last(rows: dict[date | None, ReferenceRow]) -> date:
    return max(row.valid_to or date.max for row in rows.values())
