"""What makes the sealed tables append-only in the database itself: triggers on both stores, grants on PostgreSQL.

An insert guard stands beside those against UPDATE and DELETE: SQLite's INSERT OR REPLACE walks past a delete trigger,
and a row slipped into a recorded fact must be refused too. Missing or altered guards are a verification
failure: `schema.described` reads them back.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, text

from ledger_core.errors import AlreadyRecorded
from ledger_core.facts.body import FORMATS
from ledger_core.store.tables import SEALED

_APPEND_ONLY = "the ledger is append-only"
WRITER = "tollbook_writer"
_LEAF_KEPT = "EXISTS (SELECT 1 FROM destroyed d WHERE d.fact = OLD.fact AND d.line = OLD.line)"


def install(connection: Connection) -> None:
    """Create the guards of every sealed table (after the tables)."""
    for statement in sqlite_guards() if connection.dialect.name == "sqlite" else postgres_guards():
        connection.execute(text(statement.replace(":", "\\:")))


def sqlite_guards() -> tuple[str, ...]:
    """The CREATE TRIGGER statements of the embedded store, as `sqlite_master` keeps them."""
    return tuple(_sqlite_guard(table.name, act) for table in SEALED for act in ("UPDATE", "DELETE", "INSERT"))


@contextmanager
def suspended(connection: Connection, table: str, sequence: int) -> Iterator[None]:
    """SQLite, inside the write door: rows of fact `sequence`, which is not recorded yet, are added in bulk.

    The insert guard asks the same of every row, and would take as long as the rows themselves. Here it is asked once;
    the guard is taken off and put back in the transaction that adds the rows, so nobody ever sees the table without.
    """
    if connection.exec_driver_sql("SELECT 1 FROM log WHERE sequence >= ?", (sequence,)).first() is not None:
        raise AlreadyRecorded(f"fact {sequence}", "its rows are recorded", "Nothing may be added to it.")
    guard = _sqlite_guard(table, "INSERT")
    connection.exec_driver_sql(f"DROP TRIGGER {guard.split()[2]}")
    yield
    connection.exec_driver_sql(guard)


def _sqlite_guard(table: str, act: str) -> str:
    condition = _rewrites(table) if act == "INSERT" else _destruction_forbidden(table, act)
    name = f"{table}_no_{'rewrite' if act == 'INSERT' else act.lower()}"
    when = f" WHEN {condition}" if condition else ""
    return f"CREATE TRIGGER {name} BEFORE {act} ON {table}{when} BEGIN SELECT RAISE(ABORT, '{_APPEND_ONLY}'); END"


def _destruction_forbidden(table: str, act: str) -> str:
    """Particulars may go once their salted leaf is kept: destruction on schedule leaves the books verifiable."""
    if (table, act) != ("particulars", "DELETE"):
        return ""
    return f"NOT {_LEAF_KEPT}"


def _rewrites(table: str) -> str:
    """The condition under which a new row belongs to what is recorded already."""
    if table == "log":
        return (
            "NEW.sequence <> (SELECT coalesce(max(sequence), 0) + 1 FROM log) "
            "OR EXISTS (SELECT 1 FROM log WHERE key = NEW.key)"
        )
    if table == "destroyed":
        return "EXISTS (SELECT 1 FROM log WHERE sequence >= NEW.by_fact)"
    return "EXISTS (SELECT 1 FROM log WHERE sequence >= NEW.fact)"


def postgres_guards() -> tuple[str, ...]:
    """Functions and triggers of the server store. The insert guard works by statement, so that COPY stays fast."""
    refuse = f"RAISE EXCEPTION '{_APPEND_ONLY}';"
    statements = [
        _function("tollbook_refuse", refuse),
        _function("tollbook_particulars_delete", f"IF NOT {_LEAF_KEPT} THEN {refuse} END IF; RETURN OLD;"),
    ]
    for table in SEALED:
        statements += _postgres_table_guards(table.name, refuse)
    return tuple(statements)


def _function(name: str, body: str) -> str:
    return f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$"


def _postgres_table_guards(table: str, refuse: str) -> list[str]:
    on_delete = "tollbook_particulars_delete" if table == "particulars" else "tollbook_refuse"
    added = {
        "log": "sequence <> (SELECT count(*) FROM log)",
        "destroyed": "by_fact <= (SELECT max(sequence) FROM log)",
    }.get(table, "fact <= (SELECT max(sequence) FROM log)")
    check = f"IF EXISTS (SELECT 1 FROM added WHERE {added}) THEN {refuse} END IF; RETURN NULL;"  # noqa: S608 - constants
    trigger = f"CREATE TRIGGER {table}_no"
    after = f"AFTER INSERT ON {table} REFERENCING NEW TABLE AS added FOR EACH STATEMENT"
    return [
        f"{trigger}_update BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION tollbook_refuse()",
        f"{trigger}_delete BEFORE DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION {on_delete}()",
        f"{trigger}_truncate BEFORE TRUNCATE ON {table} EXECUTE FUNCTION tollbook_refuse()",
        _function(f"tollbook_{table}_insert", check),
        f"{trigger}_rewrite {after} EXECUTE FUNCTION tollbook_{table}_insert()",
    ]


def grants(readings: tuple[str, ...]) -> tuple[str, ...]:
    """PostgreSQL: what the writer role may do. Sealed tables: read and add; readings, being rebuildable: anything."""
    statements = [f"GRANT SELECT, INSERT ON {table.name} TO {WRITER}" for table in SEALED]
    statements.append(f"GRANT DELETE ON particulars TO {WRITER}")
    statements += [f"GRANT SELECT, INSERT, UPDATE, DELETE ON {name} TO {WRITER}" for name in readings]
    return tuple(statements)


assert set(FORMATS) < {table.name for table in SEALED}
