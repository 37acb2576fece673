"""Readings kept as tables: how they follow the log, how they are rebuilt, and the digest that proves both equal.

A reading is a fold over facts. Each table carries the version of its code and the sequence it has read to, in
`readings`; a table of another version is rebuilt. Dropping all of them and rebuilding gives equal digests (INV-10).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Protocol

import attrs
from sqlalchemy import Column, Connection, MetaData, Table, delete, insert, select, update

from ledger_core import canonical
from ledger_core.facts.fact import Fact
from ledger_core.store import log
from ledger_core.store.tables import TEXT, WHOLE

METADATA = MetaData()

READINGS = Table(
    "readings",
    METADATA,
    Column("name", TEXT, primary_key=True),
    Column("version", WHOLE, nullable=False),
    Column("sequence", WHOLE, nullable=False),
    sqlite_strict=True,
)


class Fold(Protocol):
    """How one fact changes a table."""

    def __call__(self, connection: Connection, fact: Fact) -> None:
        """Apply `fact`."""
        ...


@attrs.frozen
class Reading:
    """One reading: its table, the version of its code, the kinds of facts it reads, and its fold."""

    table: Table
    version: int
    kinds: frozenset[str]
    fold: Fold


def advance(connection: Connection, readings: Iterable[Reading], facts: Iterable[Fact]) -> None:
    """Let the readings follow facts just recorded, in the same transaction."""
    new = list(facts)
    if not new:
        return
    for reading in readings:
        for fact in new:
            if fact.kind in reading.kinds:
                reading.fold(connection, fact)
        connection.execute(
            update(READINGS).where(READINGS.c.name == reading.table.name).values(sequence=new[-1].sequence)
        )


def rebuild(connection: Connection, readings: Iterable[Reading], source: Connection | None = None) -> None:
    """Empty the readings and fold the whole log into them again; the log of `source`, where it is not here."""
    logged = connection if source is None else source
    for reading in readings:
        connection.execute(delete(reading.table))
        connection.execute(delete(READINGS).where(READINGS.c.name == reading.table.name))
        for fact in log.facts(logged, sorted(reading.kinds)):
            reading.fold(connection, fact)
        connection.execute(
            insert(READINGS).values(
                name=reading.table.name, version=reading.version, sequence=log.last_sequence(logged)
            )
        )


def outdated(connection: Connection, readings: Iterable[Reading]) -> list[Reading]:
    """The readings whose stored version or sequence is not that of the code and the log."""
    stored = {row.name: (row.version, row.sequence) for row in connection.execute(select(READINGS))}
    last = log.last_sequence(connection)
    return [reading for reading in readings if stored.get(reading.table.name) != (reading.version, last)]


def digest(connection: Connection, table: Table) -> str:
    """SHA-256 over the rows of a reading in key order: equal across rebuilds and across stores."""
    hashed = hashlib.sha256()
    for row in connection.execute(select(table).order_by(*table.primary_key.columns)):
        hashed.update(canonical.row_bytes(list(row)) + b"\n")
    return hashed.hexdigest()
