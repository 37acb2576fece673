"""A changed schema, a guard lifted or rewritten, an index that lies: each is found by name, on either store."""

import sqlite3
from pathlib import Path

import pytest
import sqlalchemy

from ledger_core.store.database import Database
from tests.ledger_core.books import books
from tests.ledger_core.engine.verification.spoiling import filled, verified

_SQLITE_SCHEMA = [
    ("DROP TRIGGER charges_no_update", "trigger charges_no_update"),
    ("DROP TRIGGER log_no_rewrite", "trigger log_no_rewrite"),
    ("CREATE TRIGGER sly AFTER INSERT ON bills BEGIN DELETE FROM bills; END", "trigger sly"),
    ("CREATE TABLE more (x)", "table more"),
    ("DROP VIEW attribution", "view attribution"),
    ("CREATE INDEX more ON bills (total)", "index more"),
    ("DROP INDEX postings_by_account", "index postings_by_account"),
    ("ALTER TABLE charges ADD COLUMN more TEXT", "table charges"),
    ("ALTER TABLE charges RENAME COLUMN reason TO cause", "table charges"),
]


@pytest.mark.parametrize(("statement", "name"), _SQLITE_SCHEMA)
def test_a_changed_schema_of_the_embedded_store_is_named(
    tmp_path_factory: pytest.TempPathFactory, statement: str, name: str
) -> None:
    kept = filled(tmp_path_factory)
    with sqlite3.connect(kept.folder / "ledger.db") as connection:
        connection.execute(statement)
    assert name in {difference.id for difference in verified(kept).differences if difference.kind == "schema"}


def test_a_guard_that_was_rewritten_is_named(tmp_path_factory: pytest.TempPathFactory) -> None:
    kept = filled(tmp_path_factory)
    with sqlite3.connect(kept.folder / "ledger.db") as connection:
        connection.execute("DROP TRIGGER log_no_delete")
        connection.execute(
            "CREATE TRIGGER log_no_delete BEFORE DELETE ON log WHEN 0 BEGIN SELECT RAISE(ABORT, ''); END"
        )
    (difference,) = verified(kept).differences
    assert difference.id == "trigger log_no_delete"
    assert "WHEN 0" in difference.found
    assert "append-only" in difference.expected


def test_an_index_that_lies_is_found(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Balances are answered from an index alone: one that was emptied while its table stayed would hide every one."""
    kept = filled(tmp_path_factory)
    with sqlite3.connect(kept.folder / "ledger.db", isolation_level=None) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        (sql,) = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'postings_by_account'").fetchone()
        connection.execute(
            "UPDATE sqlite_master SET sql = ? || ' WHERE amount > 1500' WHERE name = 'postings_by_account'", (sql,)
        )
    with sqlite3.connect(kept.folder / "ledger.db", isolation_level=None) as connection:
        connection.execute("REINDEX postings_by_account")
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("UPDATE sqlite_master SET sql = ? WHERE name = 'postings_by_account'", (sql,))
    found = {(difference.kind, difference.id) for difference in verified(kept).differences}
    assert ("schema", "table postings") in found


def test_vacuum_and_statistics_are_not_tampering(tmp_path_factory: pytest.TempPathFactory) -> None:
    kept = filled(tmp_path_factory)
    connection = sqlite3.connect(kept.folder / "ledger.db", isolation_level=None)
    connection.execute("VACUUM")
    connection.execute("ANALYZE")
    connection.close()
    assert verified(kept).ok


_POSTGRES_SCHEMA = [
    ("DROP TRIGGER charges_no_update ON charges", "trigger charges_no_update"),
    ("ALTER TABLE log DISABLE TRIGGER log_no_delete", "trigger log_no_delete"),
    ("CREATE OR REPLACE FUNCTION tollbook_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$",
     "function tollbook_refuse()"),
    ("CREATE RULE sly AS ON INSERT TO bills DO INSTEAD NOTHING", "rule bills.sly"),
    ("CREATE TABLE more (x integer)", "table more"),
    (("CREATE OR REPLACE VIEW attribution AS SELECT fact, charge_fact, charge_line, posting, amount + 1 AS amount, "
     "reason, ref FROM (SELECT *, fact AS charge_fact, line AS charge_line FROM charges) c"), "view attribution"),
    ("ALTER TABLE postings ALTER COLUMN amount TYPE integer", "column postings.amount"),
    ("ALTER TABLE log ALTER COLUMN kind DROP NOT NULL", "column log.kind"),
    ("ALTER TABLE log DROP CONSTRAINT log_key_key", "constraint log.log_key_key"),
    ("DROP INDEX postings_by_account", "index postings_by_account"),
    ("GRANT UPDATE ON charges TO tollbook_writer", "charges to tollbook_writer"),
    ("GRANT TRUNCATE ON log TO PUBLIC", "log to PUBLIC"),
    ("ALTER TABLE charges ENABLE ROW LEVEL SECURITY", "table charges"),
]  # fmt: skip


@pytest.mark.parametrize(("statement", "name"), _POSTGRES_SCHEMA, ids=[name for _, name in _POSTGRES_SCHEMA])
def test_a_changed_schema_of_the_server_store_is_named(
    postgres_database: str, tmp_path: Path, statement: str, name: str
) -> None:
    kept = books(Database(url=postgres_database), tmp_path)
    assert verified(kept).ok
    engine = sqlalchemy.create_engine(postgres_database, poolclass=sqlalchemy.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql(statement)
    assert name in {difference.id for difference in verified(kept).differences if difference.kind == "schema"}


def test_a_file_that_is_no_database_any_more_is_a_difference(tmp_path_factory: pytest.TempPathFactory) -> None:
    kept = filled(tmp_path_factory)
    file = kept.folder / "ledger.db"
    content = bytearray(file.read_bytes())
    content[4096 : 4096 * 40] = b"\xff" * (4096 * 39)
    file.write_bytes(content)
    assert {"ledger"} <= {difference.kind for difference in verified(kept).differences}
