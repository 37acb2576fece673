"""Readings verified: the log folded anew, in memory, gives the rows that the store holds (INV-10)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import Connection, Table, select

from ledger_core.engine.verification.difference import Difference
from ledger_core.projections import readings
from ledger_core.projections.readings import READINGS as FOLLOWED
from ledger_core.projections.readings import Reading
from ledger_core.store.database import memory


def check_readings(connection: Connection, followed: Iterable[Reading]) -> Iterator[Difference]:
    """Every row of every reading that a rebuild would not give, by table, key and column."""
    kept = list(followed)
    with memory() as anew:
        readings.METADATA.create_all(anew)
        readings.rebuild(anew, kept, connection)
        for table in (FOLLOWED, *(reading.table for reading in kept)):
            yield from _compared(table, _rows(anew, table), _rows(connection, table))


def _rows(connection: Connection, table: Table) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    keys = [column.name for column in table.primary_key.columns]
    at = [list(table.columns.keys()).index(name) for name in keys]
    return {tuple(row[index] for index in at): tuple(row) for row in connection.execute(select(table))}


def _compared(
    table: Table, expected: dict[tuple[Any, ...], tuple[Any, ...]], found: dict[tuple[Any, ...], tuple[Any, ...]]
) -> Iterator[Difference]:
    for key in sorted(expected.keys() | found.keys()):
        name = " ".join(str(part) for part in key)
        if key not in found or key not in expected:
            there, here = ("a row", "nothing") if key in expected else ("nothing", "a row")
            yield Difference("reading", table.name, name, there, here)
            continue
        for column, before, after in zip(table.columns.keys(), expected[key], found[key], strict=True):
            if before != after:
                yield Difference("reading", table.name, f"{name}, {column}", str(before), str(after))
