"""Many rows in few statements: columns appended to a SQLite table, each value that rows share bound once.

Binding is what a bulk insert spends its time on. Most columns of a bill hold one value for a whole batch, and a
statement that takes forty rows is run a fortieth as often.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain, repeat
from typing import Any

_ROWS = 40  # of one statement; with 25 columns well below the 32,766 parameters that SQLite takes

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
    varying: list[Cells] = []
    layout: list[int] = []
    for column in columns:
        if _varies(column):
            layout.append(_place(varying, column))
        else:
            fixed.append(column)
            layout.append(-len(fixed))
    whole = count - count % _ROWS
    for rows, cells in ((_ROWS, [column[:whole] for column in varying]), (1, [column[whole:] for column in varying])):
        statement = _statement(table, tuple(layout), len(fixed), len(varying), rows)
        # One iterator, asked for every parameter in turn, deals the cells out to runs of `rows` rows.
        dealt = chain.from_iterable(zip(*cells, strict=True))
        connection.executemany(statement, zip(*map(repeat, fixed), *repeat(dealt, rows * len(varying)), strict=False))


def _varies(column: Cells) -> bool:
    return isinstance(column, list | range)


def _place(varying: list[Cells], column: Cells) -> int:
    """Where a column stands among those that vary; equal columns are bound once (services of one day)."""
    for place, other in enumerate(varying):
        if other is column or (other[-1:] == column[-1:] and other == column):
            return place
    varying.append(column)
    return len(varying) - 1


@lru_cache(maxsize=64)
def _statement(table: str, layout: tuple[int, ...], fixed: int, width: int, rows: int) -> str:
    """Parameters by number: first the shared ones, then row by row. `layout` has -1, -2 ... for shared columns."""
    values = (
        ", ".join(f"?{-place if place < 0 else fixed + row * width + place + 1}" for place in layout)
        for row in range(rows)
    )
    return f"INSERT INTO {table} VALUES {', '.join(f'({one})' for one in values)}"  # noqa: S608 - names of ours
