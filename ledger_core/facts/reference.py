"""Reference data as dated facts: which version of a row holds on a date, as known from the rows given.

For an effective date D, among the versions that cover D the latest recorded wins; a version is named by sheet, key and
first day, and its latest recording counts (design.md, "Facts, not settings"). Nothing is ever changed: a newer load
adds rows, and an older reading is had by handing in fewer of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

import attrs

from ledger_core.canonical import read_row, row_bytes
from ledger_core.facts.sheet import SHEETS

#: One version of one row, or of all rows of a group (a rule), as last recorded.
Version = tuple["ReferenceRow", ...]


@attrs.frozen(eq=False)
class ReferenceRow:
    """One row of a sheet as loaded: `line` of fact `fact`. Both dates are inclusive, None is open.

    `value` holds the cells that are neither key nor date, those that are empty left out, so that a sheet can gain a
    column without changing older rows.
    """

    fact: int
    line: int
    sheet: str
    key: tuple[str, ...]
    valid_from: date | None
    valid_to: date | None
    value: Mapping[str, str]

    @property
    def ref(self) -> str:
        """Where the row was recorded, as evidence of a coding: "FACT.LINE"."""
        return f"{self.fact}.{self.line}"

    def covers(self, on: date) -> bool:
        """Whether the row holds on that day."""
        return (self.valid_from is None or self.valid_from <= on) and (self.valid_to is None or on <= self.valid_to)

    def cell(self, name: str) -> str:
        """The text of one column of the sheet, dates and key included; "" where it is empty."""
        sheet = SHEETS[self.sheet]
        if name in sheet.key:
            return self.key[sheet.key.index(name)]
        if name in {"from", "to"}:
            day = self.valid_from if name == "from" else self.valid_to
            return day.isoformat() if day else ""
        return self.value.get(name, "")


def key_text(row: ReferenceRow) -> str:
    """The key as canonical text: a JSON array."""
    return row_bytes(row.key).decode()


def value_text(row: ReferenceRow) -> str:
    """The value as canonical text: a JSON array of one object, its cells in the order of the sheet's columns."""
    return row_bytes([dict(row.value)]).decode()


def read_reference(
    recorded: tuple[int, int], sheet: str, key: str, days: tuple[date | None, date | None], value: str
) -> ReferenceRow:
    """The row that `key_text` and `value_text` spell, recorded at (fact, line) and valid on these days."""
    return ReferenceRow(*recorded, sheet, tuple(read_row(key.encode())), *days, read_row(value.encode())[0])


class Reference:
    """Everything loaded up to some point of the log, ready to be asked. Immutable once built."""

    __slots__ = ("_by_cell", "_groups")

    def __init__(self, rows: Iterable[ReferenceRow] = ()) -> None:
        """`rows` in any order. Time and memory grow with their number."""
        recorded: dict[str, dict[tuple[str, ...], list[ReferenceRow]]] = {}
        for row in rows:
            groups = recorded.setdefault(row.sheet, {})
            groups.setdefault(_group(row.sheet, row.key), []).append(row)
        self._groups: dict[str, dict[tuple[str, ...], list[Version]]] = {
            sheet: {key: _latest_first(found) for key, found in groups.items()} for sheet, groups in recorded.items()
        }
        self._by_cell: dict[tuple[str, str], dict[str, list[ReferenceRow]]] = {}

    def in_force(self, sheet: str, key: Sequence[str], on: date) -> ReferenceRow | None:
        """The row with exactly this key that holds on that day, or None."""
        wanted = tuple(key)
        for version in self._groups.get(sheet, {}).get(_group(sheet, wanted), ()):
            if version[0].covers(on):
                return next((row for row in version if row.key == wanted), None)
        return None

    def all_in_force(self, sheet: str, on: date) -> tuple[ReferenceRow, ...]:
        """Every row of the sheet that holds on that day, sorted by key."""
        found: list[ReferenceRow] = []
        for versions in self._groups.get(sheet, {}).values():
            found.extend(next((version for version in versions if version[0].covers(on)), ()))
        return tuple(sorted(found, key=lambda row: row.key))

    def versions(self, sheet: str) -> tuple[ReferenceRow, ...]:
        """Every version of the sheet's rows as last recorded, whenever valid, sorted by key and first day."""
        rows = [row for versions in self._groups.get(sheet, {}).values() for version in versions for row in version]
        return tuple(sorted(rows, key=lambda row: (row.key, row.valid_from or date.min)))

    def histories(self, sheet: str) -> Mapping[tuple[str, ...], Sequence[Version]]:
        """`history` of every key (of every rule: its name) of a sheet."""
        return self._groups.get(sheet, {})

    def history(self, sheet: str, key: Sequence[str]) -> Sequence[Version]:
        """The versions of one key (of one rule: its name), the one that wins on a shared day first."""
        return self._groups.get(sheet, {}).get(_group(sheet, tuple(key)), ())

    def with_cell(self, sheet: str, column: str, text: str) -> Sequence[ReferenceRow]:
        """The rows of `versions` whose cell in that column is this text. Indexed at the first question."""
        index = self._by_cell.get((sheet, column))
        if index is None:
            index = self._by_cell[sheet, column] = {}
            for row in self.versions(sheet):
                index.setdefault(row.cell(column), []).append(row)
        return index.get(text, ())

    def places(self, sheet: str) -> frozenset[tuple[str, ...]]:
        """The keys of the sheet without their last cell: of services, the vendor accounts that it speaks of."""
        return frozenset(key[:-1] for key in self._groups.get(sheet, ()))

    def holds(self, sheet: str) -> bool:
        """Whether the sheet was ever loaded."""
        return sheet in self._groups


def _group(sheet: str, key: tuple[str, ...]) -> tuple[str, ...]:
    return key if SHEETS[sheet].group is None else key[:1]


def _latest_first(rows: list[ReferenceRow]) -> list[Version]:
    """Versions by their latest recording, the winner on a shared day first: latest fact, then latest first day."""
    if len(rows) == 1:
        return [tuple(rows)]
    versions: dict[date, dict[tuple[str, ...], ReferenceRow]] = {}
    newest: dict[date, int] = {}
    for row in sorted(rows, key=lambda row: (row.fact, row.line)):
        first = row.valid_from or date.min
        if newest.get(first) != row.fact:
            versions[first], newest[first] = {}, row.fact
        versions[first][row.key] = row
    return [
        tuple(versions[first].values())
        for first in sorted(versions, key=lambda first: (newest[first], first), reverse=True)
    ]
