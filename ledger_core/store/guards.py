"""What makes the sealed tables append-only in the database itself: triggers on both stores, grants on PostgreSQL.

An insert guard stands beside those against UPDATE and DELETE: SQLite's INSERT OR REPLACE walks past a delete trigger,
and a row slipped into a recorded fact must be refused too. Missing or altered guards are a verification failure.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

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


def differences(connection: Connection) -> list[tuple[str, str, str]]:
    """Guards that are missing, altered or extra: (name, expected, found)."""
    if connection.dialect.name == "sqlite":
        expected = {statement.split()[2]: statement for statement in sqlite_guards()}
        rows = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"))
        found = {str(name): str(sql) for name, sql in rows}
    else:
        expected = {s.split()[2]: _postgres_shape(s) for s in postgres_guards() if s.startswith("CREATE TRIGGER")}
        expected |= {s.split()[2].removesuffix("()"): s.split("$$")[1] for s in postgres_guards() if "$$" in s}
        found = _postgres_found(connection)
    return [
        (name, expected.get(name, "nothing"), found.get(name, "nothing"))
        for name in sorted(expected.keys() | found.keys())
        if expected.get(name) != found.get(name)
    ]


def _postgres_shape(statement: str) -> str:
    return statement.split("EXECUTE FUNCTION ")[1].removesuffix("()") + " enabled"


def _postgres_found(connection: Connection) -> dict[str, str]:
    triggers = connection.execute(
        text(
            "SELECT t.tgname, p.proname || CASE t.tgenabled WHEN 'O' THEN ' enabled' ELSE ' disabled' END "
            "FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid JOIN pg_class c ON c.oid = t.tgrelid "
            "WHERE NOT t.tgisinternal AND c.relnamespace = current_schema()\\:\\:regnamespace"
        )
    )
    functions = connection.execute(
        text(
            "SELECT proname, prosrc FROM pg_proc WHERE proname LIKE 'tollbook\\_%' "
            "AND pronamespace = current_schema()\\:\\:regnamespace"
        )
    )
    return {str(name): str(shape) for name, shape in [*triggers, *functions]}


assert set(FORMATS) < {table.name for table in SEALED}
