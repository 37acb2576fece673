"""The schema verified: the store consists of what a new ledger consists of, guards in force, and of nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sqlalchemy import Connection, inspect

from ledger_core.engine.ledger import lay_out
from ledger_core.engine.verification.difference import Difference
from ledger_core.store import schema
from ledger_core.store.database import Database
from ledger_core.store.tables import SEALED


def check_schema(connection: Connection, database: Database) -> Iterator[Difference]:
    """Whatever is missing, altered, disabled or extra, guards and grants included; damaged indexes on SQLite."""
    with database.scratch() as anew:
        lay_out(anew)
        expected = schema.described(anew)
    yield from _compared(expected, schema.described(connection))
    if database.embedded:
        yield from _check_indexes(connection)
    else:
        yield from _compared(schema.expected_grants(), schema.granted(connection))


def _compared(expected: Mapping[str, str], found: Mapping[str, str]) -> Iterator[Difference]:
    for name in sorted(expected.keys() | found.keys()):
        before, after = expected.get(name, "nothing"), found.get(name, "nothing")
        if before != after:
            yield Difference("schema", name, name.partition(" ")[0], before, after)


def _check_indexes(connection: Connection) -> Iterator[Difference]:
    """SQLite answers from an index what it never compares with its table: an index edited by hand would lie."""
    found = inspect(connection)
    sealed = {table.name for table in SEALED}
    for table in found.get_table_names():
        indexed = found.get_indexes(table) or found.get_unique_constraints(table) or table not in sealed
        if not indexed:
            continue
        for (said,) in connection.exec_driver_sql(f"PRAGMA integrity_check('{table}')"):
            if said != "ok":
                yield Difference("schema", f"table {table}", "index", "in step with its table", str(said))
