"""Many rows in few statements: columns appended to a SQLite table, each value that rows share bound once.

Binding is what a bulk insert spends its time on. Most columns of a bill hold one value for a whole batch, and a
statement that takes a hundred rows is run a hundredth as often.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import repeat
from typing import Any

_ROWS = 120  # of one statement; with 25 columns well below the 32,766 parameters that SQLite takes

#: A list or range of one cell a row, or one value that stands for all rows.
Cells = Any


def rows_of(columns: Sequence[Cells], count: int) -> Iterator[tuple[Any, ...]]:
    """The rows that columns of `count` cells make."""
    return zip(*(column if _varies(column) else repeat(column, count) for column in columns), strict=True)


def columns_of(rows: Sequence[tuple[Any, ...]]) -> list[Cells]:
    """The columns of rows."""
    return [list(column) for column in zip(*rows, strict=True)]


def append(connection: sqlite3.Connection, table: str, columns: Sequence[Cells], count: int) -> None:
    """Add `count` rows. The columns come in the order of the table, at least one of them with a cell a row."""
    fixed: list[Any] = []
    varying: list[list[Any]] = []
    layout: list[int | None] = []
    for column in columns:
        if _varies(column):
            layout.append(_place(varying, column))
        elif column is None:
            layout.append(None)
        else:
            fixed.append(column)
            layout.append(-len(fixed))
    for rows, span in ((_ROWS, range(0, count - count % _ROWS, _ROWS)), (1, range(count - count % _ROWS, count))):
        statement = _statement(table, tuple(layout), len(fixed), rows)
        connection.executemany(statement, _parameters(fixed, varying, span, rows))


def _parameters(fixed: list[Any], varying: list[list[Any]], span: range, rows: int) -> Iterator[list[Any]]:
    """For runs of `rows` rows: the shared values, then each varying column's cells. Slices, because they cost next to
    nothing a cell."""
    for at in span:
        parameters = fixed.copy()
        for column in varying:
            parameters += column[at : at + rows]
        yield parameters


def _varies(column: Cells) -> bool:
    return isinstance(column, list | range)


def _place(varying: list[list[Any]], column: Cells) -> int:
    """Where a column stands among those that vary; equal columns are bound once (services of one day)."""
    cells = list(column) if isinstance(column, range) else column
    for place, other in enumerate(varying):
        if other is cells or (other[-1:] == cells[-1:] and other == cells):
            return place
    varying.append(cells)
    return len(varying) - 1


@lru_cache(maxsize=64)
def _statement(table: str, layout: tuple[int | None, ...], fixed: int, rows: int) -> str:
    """Parameters by number: first the shared ones, then column by column. `layout` has -1, -2 ... for shared columns,
    None for a column of nulls."""

    def cell(place: int | None, row: int) -> str:
        if place is None:
            return "NULL"
        return f"?{-place if place < 0 else fixed + place * rows + row + 1}"

    values = (", ".join(cell(place, row) for place in layout) for row in range(rows))
    return f"INSERT INTO {table} VALUES {', '.join(f'({one})' for one in values)}"  # noqa: S608 - names of ours
