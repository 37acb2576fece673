"""The shape of a database, read back from its own catalogue: tables, columns, indexes, views, triggers, functions.

Two databases with equal descriptions were laid out by the same statements. Comparing a ledger with a scratch copy laid
out anew finds whatever was dropped, altered, disabled or added.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

from ledger_core.store.guards import WRITER
from ledger_core.store.tables import SEALED

# What PostgreSQL knows of the current schema: one query a kind of thing, one (name, shape) a row.
_HERE = "(SELECT oid FROM pg_namespace WHERE nspname = current_schema())"
_POSTGRES = {
    "table": """
        SELECT relname, concat_ws(' ', relkind, relpersistence, relrowsecurity) FROM pg_class
        WHERE relnamespace = {here} AND relkind IN ('r', 'p', 'v', 'm', 'f', 'S')""",
    "column": """
        SELECT c.relname || '.' || a.attname,
            concat_ws(' ', a.attnum, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attgenerated,
                (SELECT collname FROM pg_collation l WHERE l.oid = a.attcollation),
                (SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef WHERE adrelid = c.oid AND adnum = a.attnum))
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        WHERE c.relnamespace = {here} AND c.relkind IN ('r', 'v') AND a.attnum > 0 AND NOT a.attisdropped""",
    "constraint": """
        SELECT c.relname || '.' || k.conname, pg_get_constraintdef(k.oid)
        FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid WHERE c.relnamespace = {here}""",
    "index": """
        SELECT indexname, replace(indexdef, schemaname || '.', '')
        FROM pg_indexes WHERE schemaname = current_schema()""",
    "view": """
        SELECT relname, pg_get_viewdef(oid) FROM pg_class WHERE relnamespace = {here} AND relkind = 'v'""",
    "trigger": """
        SELECT t.tgname, concat_ws(' ', t.tgenabled, replace(pg_get_triggerdef(t.oid), current_schema() || '.', ''))
        FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
        WHERE NOT t.tgisinternal AND c.relnamespace = {here}""",
    "function": """
        SELECT p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')',
            concat_ws(' ', l.lanname, p.prosecdef, p.proconfig, p.prosrc)
        FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang WHERE p.pronamespace = {here}""",
    "rule": """
        SELECT tablename || '.' || rulename, definition
        FROM pg_rules WHERE schemaname = current_schema() AND rulename <> '_RETURN'""",
}
_GRANTS = """
    SELECT c.relname, coalesce(r.rolname, 'PUBLIC'), string_agg(a.privilege_type, ' ' ORDER BY a.privilege_type)
    FROM pg_class c CROSS JOIN aclexplode(c.relacl) a LEFT JOIN pg_roles r ON r.oid = a.grantee
    WHERE c.relnamespace = {here} AND a.grantee <> c.relowner AND a.privilege_type <> 'SELECT' GROUP BY 1, 2"""
_SQLITE = r"""
    SELECT type || ' ' || name, sql FROM sqlite_master
    WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\_stat_' ESCAPE '\'"""


def described(connection: Connection) -> dict[str, str]:
    """What the database consists of, by kind and name: the statement that made it, or its shape.

    Blanks in statements do not count, nor do the planner's statistics: nobody's answer depends on them.
    """
    if connection.dialect.name == "sqlite":
        return {str(name): _one_line(shape) for name, shape in connection.exec_driver_sql(_SQLITE)}
    found: dict[str, str] = {}
    for kind, query in _POSTGRES.items():
        rows = connection.execute(text(query.replace("{here}", _HERE)))
        found |= {f"{kind} {name}": _one_line(shape) for name, shape in rows}
    return found


def _one_line(shape: object) -> str:
    return " ".join(str(shape).split())


def granted(connection: Connection) -> dict[str, str]:
    """PostgreSQL: what any role but the owner may do to a sealed table beyond reading it, by "TABLE to ROLE"."""
    if connection.dialect.name == "sqlite":
        return {}
    sealed = {table.name for table in SEALED}
    rows = connection.execute(text(_GRANTS.replace("{here}", _HERE)))
    return {f"{name} to {role}": acts for name, role, acts in rows if name in sealed}


def expected_grants() -> dict[str, str]:
    """What `granted` finds in an untouched ledger: the writer adds rows, and deletes particulars alone."""
    return {
        f"{table.name} to {WRITER}": "DELETE INSERT" if table.name == "particulars" else "INSERT" for table in SEALED
    }
