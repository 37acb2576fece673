"""The shape of a reference sheet: its columns, which of them name a row, and what each may hold."""

from __future__ import annotations

from enum import StrEnum

import attrs


class ColumnKind(StrEnum):
    """What a cell of a column may hold."""

    TEXT = "text"
    DATE = "date"  # ISO 8601: 2026-09-30
    INTEGER = "integer"
    DECIMAL = "decimal"
    MONEY = "money"  # major units of the site's currency, as an exact decimal
    PERCENT = "percent"  # 0 to 100, exact
    CHOICE = "choice"


@attrs.frozen
class Column:
    """One column: the exact header, what it holds, what it means and a cell that could stand there.

    A cell of a required column is never empty. `choices` lists what a CHOICE column takes, `lowest` and `highest` bound
    a number, both inclusive. Whole numbers never go below 0 and beyond nine digits.
    """

    name: str
    meaning: str
    example: str = ""
    kind: ColumnKind = ColumnKind.TEXT
    required: bool = False
    choices: tuple[str, ...] = ()
    lowest: int | None = None
    highest: int | None = None


@attrs.frozen
class Sheet:
    """One kind of reference data. `key` names the columns that tell one row from another.

    `group` names the column whose equal cells make one thing loaded and replaced as a whole: a rule with several rows.
    A dated sheet has the columns `from` and `to`, both inclusive; an empty one is open. In an `exclusive` one no two
    rows of one key may hold on the same day: what was agreed is ended before something else begins, never overtaken in
    silence.
    """

    name: str
    about: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    group: str | None = None
    exclusive: bool = False

    @property
    def headers(self) -> tuple[str, ...]:
        """The column names, in the order in which templates write them."""
        return tuple(column.name for column in self.columns)

    @property
    def dated(self) -> bool:
        """Whether its rows are valid from and to a date."""
        return "from" in self.headers

    def column(self, name: str) -> Column:
        """The column of that name. Raises KeyError for a name that is not a header: our bug."""
        return {column.name: column for column in self.columns}[name]
