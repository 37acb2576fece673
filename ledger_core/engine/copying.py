"""Copying a ledger to another place, of the same kind of store or the other: the same rows, the same bytes.

The portable form of a ledger is an embedded one: a single file that can be read, verified and restored anywhere.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from ledger_core.engine.ledger import READINGS, lay_out, prepare_roles
from ledger_core.errors import AlreadyRecorded, LedgerUnavailable
from ledger_core.projections import readings
from ledger_core.store import log
from ledger_core.store.database import Database
from ledger_core.store.log import Head
from ledger_core.store.rows import insert_into, selected_batches
from ledger_core.store.tables import LOG, SEALED


def copy_ledger(source: Database, target: Database) -> Head:
    """Copy a ledger as it stands now into an empty place, while others go on writing to the source. Returns its head.

    Raises AlreadyRecorded where the target holds a ledger, LedgerUnavailable where either cannot be used.
    """
    if source.file is not None and target.file is not None:
        return _copy_file(source, target.file)
    with source.reading() as rows, target.writing() as copy:
        _require_empty(copy, target)
        lay_out(copy)
        if not target.embedded:
            prepare_roles(copy)
        for table in SEALED:  # the log last: its guards let nobody add rows to a fact that is recorded
            names = tuple(column.name for column in table.columns)
            wanted = _rows(rows, table.name, names, tuple(key.name for key in table.primary_key.columns))
            if table is not LOG:
                insert_into(copy, table.name, names, wanted)
                continue
            for row in wanted:
                insert_into(copy, table.name, names, [row])
        readings.rebuild(copy, READINGS)
        return log.head(copy)


def _rows(
    connection: Connection, table: str, names: tuple[str, ...], keys: tuple[str, ...]
) -> Iterator[tuple[Any, ...]]:
    columns, order = (", ".join(f'"{name}"' for name in chosen) for chosen in (names, keys))
    for batch in selected_batches(connection, f"SELECT {columns} FROM {table} ORDER BY {order}"):  # noqa: S608 - names of ours
        yield from batch


def _require_empty(connection: Connection, target: Database) -> None:
    if connection.dialect.has_table(connection, LOG.name):
        where = str(target.file or "database")
        raise AlreadyRecorded(where, "it holds a ledger already", "Choose another place.")


def _copy_file(source: Database, target: Path) -> Head:
    """SQLite's own online copy: one snapshot of every page, readings included."""
    if target.exists():
        raise AlreadyRecorded(str(target), "it is there already", "Choose another place.")
    with source.reading() as rows:
        head = log.head(rows)
        raw: Any = rows.connection.dbapi_connection
        copy = sqlite3.connect(target)
        try:
            raw.backup(copy)
        except sqlite3.Error as failed:
            raise LedgerUnavailable(
                str(target), f"it cannot be written ({failed})", "Free space, or mend the folder."
            ) from failed
        finally:
            copy.close()
    return head
