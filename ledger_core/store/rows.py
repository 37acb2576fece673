"""Rows of bodies on their way into the store and out of it: leaves, roots, bulk writing, reading back."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import nullcontext
from itertools import count, islice
from pathlib import Path
from typing import Any, Protocol

import attrs
from sqlalchemy import Connection

from ledger_core import canonical, tree
from ledger_core.facts.body import FORMATS, BodyFormat
from ledger_core.facts.fact import Body
from ledger_core.store import csv_copy, guards
from ledger_core.store.tables import driver_columns

BATCH = 10_000
_SALT_BYTES = 32
_cursors = count(1)  # cursors on the server's side need names of their own


class Rows(Protocol):
    """Rows of one body, sealed and ready to be written: the commitment, and the way into the table."""

    @property
    def commitment(self) -> Body:
        """Name, format, count and root."""
        ...

    def write(self, connection: Connection, sequence: int) -> None:
        """Add the rows to fact `sequence`."""
        ...


def leaves(body: BodyFormat, rows: Iterable[Sequence[Any]]) -> list[bytes]:
    """The leaf hashes of stored rows (salted bodies: the salt is the last cell). Raises NotText."""
    if not body.salted:
        return tree.leaf_hashes(canonical.rows_bytes(rows))
    kept = list(rows)
    written = canonical.rows_bytes([row[:-1] for row in kept])
    return [tree.salted_leaf_hash(bytes(row[-1]), leaf) for row, leaf in zip(kept, written, strict=True)]


def salted(rows: Iterable[Sequence[Any]]) -> list[tuple[Any, ...]]:
    """The same rows, each with a salt of its own from the system's source of randomness."""
    kept = list(rows)
    salts = secrets.token_bytes(_SALT_BYTES * len(kept))
    return [
        (*row, salts[at : at + _SALT_BYTES]) for at, row in zip(range(0, len(salts), _SALT_BYTES), kept, strict=True)
    ]


@attrs.frozen
class FewRows:
    """Rows held in memory: postings, shares, reference rows. Cells are int, str or None, in the format's order."""

    body: BodyFormat
    rows: tuple[tuple[Any, ...], ...]

    @property
    def commitment(self) -> Body:
        """Name, format, count and root of these rows."""
        root = tree.root_of(leaves(self.body, self.rows))
        return Body(self.body.name, self.body.format, len(self.rows), root.hex())

    def write(self, connection: Connection, sequence: int) -> None:
        """Add the rows to fact `sequence`."""
        insert(connection, self.body, ((sequence, *row) for row in self.rows))


@attrs.define
class MadeRows:
    """Rows that are made anew each time they are needed, for they are many: `made` gives them, always the same."""

    body: BodyFormat
    made: Callable[[], Iterable[tuple[Any, ...]]]
    _commitment: Body | None = None

    @property
    def commitment(self) -> Body:
        """Name, format, count and root of these rows."""
        if self._commitment is None:
            frontier = tree.Frontier()
            for batch in batches(self.made()):
                frontier.extend(leaves(self.body, batch))
            self._commitment = Body(self.body.name, self.body.format, frontier.size, frontier.root().hex())
        return self._commitment

    def write(self, connection: Connection, sequence: int) -> None:
        """Add the rows to fact `sequence`."""
        insert(connection, self.body, ((sequence, *row) for row in self.made()))


@attrs.frozen
class SpooledRows:
    """Rows that wait in a spool file, sealed while they were written there. `attached` says that the embedded store
    was opened with the file beside its own."""

    body: BodyFormat
    spool: Path
    commitment: Body
    attached: bool = True

    def write(self, connection: Connection, sequence: int) -> None:
        """Add the rows to fact `sequence`: on SQLite, attached, inside the database engine, on PostgreSQL by COPY."""
        columns = ", ".join(f'"{name}"' for name in driver_columns(self.body))
        table = self.body.name
        if self.attached and connection.dialect.name == "sqlite":
            large = self.commitment.count >= BATCH
            with guards.suspended(connection, table, sequence) if large else nullcontext():
                connection.exec_driver_sql(
                    f"INSERT INTO main.{table} (fact, {columns}) SELECT ?, {columns} FROM spool.{table} ORDER BY line",  # noqa: S608 - names of ours
                    (sequence,),
                )
            return
        for rows in spooled_batches(self.spool, self.body):
            if connection.dialect.name == "sqlite":
                insert(connection, self.body, ((sequence, *row) for row in rows))
            else:
                cells = [row[:-1] for row in rows] if self.body.salted else rows
                salts = [row[-1] for row in rows] if self.body.salted else ()
                csv_copy.add(connection, self.body, sequence, canonical.lines_bytes(cells), salts)


@attrs.frozen
class WrittenRows:
    """Rows that stand in the open transaction already, as rows of fact `sequence`."""

    commitment: Body
    sequence: int

    def write(self, connection: Connection, sequence: int) -> None:
        """Nothing is left to add."""
        assert connection.in_transaction()
        assert sequence == self.sequence, "rows that belong to another fact"


def insert(connection: Connection, body: BodyFormat, rows: Iterable[Sequence[Any]]) -> None:
    """Bulk-write rows of a body that begin with their fact."""
    insert_into(connection, body.name, ("fact", *driver_columns(body)), rows)


def insert_into(connection: Connection, table: str, names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Bulk-write rows of these columns: tuples through the driver on SQLite, COPY on PostgreSQL."""
    columns = ", ".join(f'"{name}"' for name in names)
    if connection.dialect.name == "sqlite":
        marks = ", ".join("?" * len(names))
        statement = f"INSERT INTO {table} ({columns}) VALUES ({marks})"  # noqa: S608 - names of ours
        for batch in batches(rows):
            connection.exec_driver_sql(statement, batch)
        return
    raw: Any = connection.connection.dbapi_connection
    with raw.cursor() as cursor, cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def batches(rows: Iterable[Sequence[Any]], size: int = BATCH) -> Iterator[list[tuple[Any, ...]]]:
    """The rows as lists of at most `size` tuples."""
    iterator = iter(rows)
    while batch := [tuple(row) for row in islice(iterator, size)]:
        yield batch


def stored(connection: Connection, body: BodyFormat, sequence: int) -> Iterator[tuple[Any, ...]]:
    """The stored rows of a fact in line order, without the fact column; salted bodies end with the salt."""
    for batch in stored_batches(connection, body, sequence):
        yield from batch


def stored_batches(connection: Connection, body: BodyFormat, sequence: int) -> Iterator[list[tuple[Any, ...]]]:
    """The same rows as lists of at most `BATCH` tuples."""
    columns = ", ".join(f'"{name}"' for name in driver_columns(body))
    statement = f"SELECT {columns} FROM {body.name} WHERE fact = {int(sequence)} ORDER BY line"  # noqa: S608 - an integer
    return selected_batches(connection, statement)


def leaf_batches(
    connection: Connection, body: BodyFormat, sequence: int, cells: Sequence[str] = ("line",)
) -> Iterator[tuple[list[bytes], list[tuple[Any, ...]]]]:
    """The leaf hashes of a fact's stored rows in line order, by batches, each beside some cells of its rows.

    SQLite spells the rows itself, in half the time that it takes to hand over every cell: its `json_array` writes the
    canonical bytes. Whoever finds another root than the sealed one asks `plain_leaf_batches` before saying so.
    """
    if connection.dialect.name != "sqlite":
        yield from plain_leaf_batches(connection, body, sequence, cells)
        return
    wanted = ", ".join(f'"{name}"' for name in (*(("salt",) if body.salted else ()), *cells))
    spelled = ", ".join(f'"{name}"' for name in body.columns)
    statement = (
        f"SELECT CAST(json_array({spelled}) AS BLOB), {wanted} "  # noqa: S608 - names of ours, and an integer
        f"FROM {body.name} WHERE fact = {int(sequence)} ORDER BY line"
    )
    for batch in selected_batches(connection, statement):
        if body.salted:
            yield [tree.salted_leaf_hash(row[1], row[0]) for row in batch], [row[2:] for row in batch]
        else:
            yield tree.leaf_hashes(row[0] for row in batch), [row[1:] for row in batch]


def plain_leaf_batches(
    connection: Connection, body: BodyFormat, sequence: int, cells: Sequence[str] = ("line",)
) -> Iterator[tuple[list[bytes], list[tuple[Any, ...]]]]:
    """The same with every cell read, and the canonical bytes written here."""
    at = [body.columns.index(name) for name in cells]
    for batch in stored_batches(connection, body, sequence):
        yield leaves(body, batch), [tuple(row[index] for index in at) for row in batch]


def selected_batches(connection: Connection, statement: str) -> Iterator[list[tuple[Any, ...]]]:
    """What a statement of ours selects, as lists of tuples: straight from the driver, a cursor on the server's side."""
    raw: Any = connection.connection.dbapi_connection
    embedded = connection.dialect.name == "sqlite"
    cursor = raw.cursor() if embedded else raw.cursor(name=f"rows_{next(_cursors)}")
    try:
        cursor.execute(statement)
        while batch := cursor.fetchmany(BATCH):
            yield batch
    finally:
        cursor.close()


def spooled_batches(path: Path, body: BodyFormat) -> Iterator[list[tuple[Any, ...]]]:
    """The rows of a spool file in line order, as lists of at most `BATCH` tuples."""
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    try:
        cursor = connection.execute(f"SELECT * FROM {body.name} ORDER BY line")  # noqa: S608 - names of ours
        while rows := cursor.fetchmany(BATCH):
            yield rows
    finally:
        connection.close()


def body_format(name: str) -> BodyFormat:
    """The format of a body's name; KeyError for none of ours."""
    return FORMATS[name]
