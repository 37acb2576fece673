"""Sealed rows are only ever added: the databases themselves refuse everything else, whoever asks, with any program."""

# ruff: noqa: S608 - the statements are made of our own tables' names

import sqlite3
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import psycopg
import pytest
import sqlalchemy
from sqlalchemy import text

from ledger_core.engine.disputing import Claim, open_dispute
from ledger_core.engine.holding import Portion
from ledger_core.errors import AlreadyRecorded
from ledger_core.store import guards
from ledger_core.store.database import Database
from ledger_core.store.tables import SEALED
from tests.ledger_core.books import MARIA, Books, books, charge, filled_in
from tests.ledger_core.objecting import Always, examine

_TABLES = [table.name for table in SEALED]
_KEYS = {table.name: [key.name for key in table.primary_key.columns] for table in SEALED}


# --- stock sqlite3, on the file itself -------------------------------------------------------------------------------


def _filled(kept: Books) -> None:
    """Rows in every sealed table: also what a check objects to, and what is disputed."""
    filled_in(kept)
    posted = kept.receive([charge("12.00")], "3", bill_date=date(2026, 9, 28))
    assert posted.fact is not None
    examine(kept, Always(), bills=[posted.fact.sequence])
    with kept.ledger.acting(MARIA) as act:
        claim = Claim((Portion.of(posted.bill, 1),), date(2026, 9, 30))
        open_dispute(act, claim, "the contract says less", kept.folder / "spools")


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("guarded")
    _filled(books(Database(folder / "ledger.db"), folder))
    return folder / "ledger.db"


@pytest.fixture
def stock(file: Path) -> Iterator[sqlite3.Connection]:
    """A fresh connection of Python's own module, without any of our settings."""
    connection = sqlite3.connect(file)
    yield connection
    connection.rollback()
    connection.close()


def _columns(table: str) -> list[str]:
    return next([column.name for column in shape.columns] for shape in SEALED if shape.name == table)


def _sqlite_deeds(table: str) -> dict[str, str]:
    columns = ", ".join(f'"{name}"' for name in _columns(table))
    key = _KEYS[table][0]
    some = f"SELECT {columns} FROM {table} LIMIT 1"
    return {
        "update": f'UPDATE {table} SET "{key}" = "{key}"',
        "update or replace": f'UPDATE OR REPLACE {table} SET "{key}" = "{key}" + 1',
        "delete a row": f'DELETE FROM {table} WHERE "{key}" = (SELECT min("{key}") FROM {table})',
        "delete all": f"DELETE FROM {table}",
        "replace": f"REPLACE INTO {table} ({columns}) {some}",
        "insert or replace": f"INSERT OR REPLACE INTO {table} ({columns}) {some}",
        "upsert": f"INSERT INTO {table} ({columns}) {some.replace('LIMIT', 'WHERE true LIMIT')} "
        f'ON CONFLICT DO UPDATE SET "{key}" = 7',
    }


@pytest.mark.parametrize("table", _TABLES)
@pytest.mark.parametrize("deed", list(_sqlite_deeds("log")))
def test_stock_sqlite_is_refused(stock: sqlite3.Connection, table: str, deed: str) -> None:
    before = stock.execute(f"SELECT * FROM {table}").fetchall()
    assert before
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        stock.execute(_sqlite_deeds(table)[deed])
    assert stock.execute(f"SELECT * FROM {table}").fetchall() == before


@pytest.mark.parametrize("table", [name for name in _TABLES if name not in {"log", "destroyed"}])
def test_no_line_is_slipped_into_a_recorded_fact(stock: sqlite3.Connection, table: str) -> None:
    salt = ", salt" if table == "particulars" else ""
    value = ", x'00'" if table == "particulars" else ""
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        stock.execute(f"INSERT INTO {table} (fact, line{salt}) VALUES (6, 99{value})")


@pytest.mark.parametrize("sequence", [5, 12, 14, 99, -1])
def test_the_log_takes_the_next_sequence_alone(stock: sqlite3.Connection, sequence: int) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        stock.execute("INSERT INTO log VALUES (?, 'k', 'key', 'now', NULL, x'', x'', x'')", (sequence,))


def test_a_known_key_is_not_taken_again(stock: sqlite3.Connection) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        stock.execute("INSERT OR REPLACE INTO log VALUES (13, 'k', 'ledger', 'now', NULL, x'', x'', x'')")


def test_a_leaf_cannot_be_put_under_a_fact_that_is_recorded(stock: sqlite3.Connection) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        stock.execute("INSERT INTO destroyed VALUES (6, 1, x'00', 11)")


# --- PostgreSQL, as the writer and as the owner ----------------------------------------------------------------------


@pytest.fixture
def on_server(postgres_database: str, tmp_path: Path) -> Books:
    kept = books(Database(url=postgres_database), tmp_path)
    _filled(kept)
    return kept


def _postgres_deeds(table: str) -> dict[str, str]:
    columns = ", ".join(f'"{name}"' for name in _columns(table))
    key = _KEYS[table][0]
    keys = ", ".join(f'"{name}"' for name in _KEYS[table])
    return {
        "update": f'UPDATE {table} SET "{key}" = "{key}"',
        "delete": f"DELETE FROM {table}",
        "truncate": f"TRUNCATE {table}",
        "truncate cascade": f"TRUNCATE {table} CASCADE",
        "upsert": f"INSERT INTO {table} ({columns}) SELECT {columns} FROM {table} LIMIT 1 "
        f'ON CONFLICT ({keys}) DO UPDATE SET "{key}" = EXCLUDED."{key}"',
        "merge": f'MERGE INTO {table} t USING (SELECT 1) s ON true WHEN MATCHED THEN UPDATE SET "{key}" = 7',
    }


@pytest.mark.parametrize("role", ["tollbook_writer", "postgres"])
def test_postgresql_refuses_writer_and_owner_alike(on_server: Books, role: str) -> None:
    """The owner is held by triggers alone, the writer also has no such right."""
    url = on_server.ledger.database.url
    assert url is not None
    engine = sqlalchemy.create_engine(url, poolclass=sqlalchemy.NullPool)
    allowed = []
    for table in _TABLES:
        for deed, statement in _postgres_deeds(table).items():
            if not _is_refused(engine, role, statement):
                allowed.append(f"{deed} {table}")
    assert allowed == []


def _is_refused(engine: sqlalchemy.Engine, role: str, statement: str) -> bool:
    with engine.connect() as connection:
        connection.execute(text(f"SET ROLE {role}"))
        try:
            connection.exec_driver_sql(statement)
        except sqlalchemy.exc.DBAPIError as refused:
            return isinstance(refused.orig, psycopg.errors.InsufficientPrivilege | psycopg.errors.RaiseException)
    return False


def test_the_writer_cannot_lift_the_guards(on_server: Books) -> None:
    url = on_server.ledger.database.url
    assert url is not None
    engine = sqlalchemy.create_engine(url, poolclass=sqlalchemy.NullPool)
    for statement in (
        "DROP TRIGGER log_no_update ON log",
        "ALTER TABLE log DISABLE TRIGGER ALL",
        "DROP TABLE destroyed",
        "SET session_replication_role = replica",
        "CREATE OR REPLACE FUNCTION tollbook_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$",
    ):
        with engine.connect() as connection:
            connection.execute(text("SET ROLE tollbook_writer"))
            with pytest.raises(sqlalchemy.exc.ProgrammingError, match=r"owner|permission"):
                connection.exec_driver_sql(statement)


@pytest.mark.parametrize("table", [name for name in _TABLES if name not in {"log", "destroyed"}])
def test_the_writer_slips_no_line_into_a_recorded_fact(on_server: Books, table: str) -> None:
    salt, value = (", salt", ", ''") if table == "particulars" else ("", "")
    with on_server.ledger.acting(MARIA) as act:
        point = act.connection.begin_nested()
        with pytest.raises(sqlalchemy.exc.DBAPIError, match="append-only"):
            act.connection.exec_driver_sql(f"INSERT INTO {table} (fact, line{salt}) VALUES (6, 99{value})")
        point.rollback()


def test_the_writer_takes_the_next_sequence_alone(on_server: Books) -> None:
    for sequence in (5, 12, 14):
        with on_server.ledger.acting(MARIA) as act:
            point = act.connection.begin_nested()
            with pytest.raises(sqlalchemy.exc.DBAPIError, match=r"append-only|duplicate key"):
                act.connection.exec_driver_sql(
                    f"INSERT INTO log VALUES ({sequence}, 'k', 'key', 'now', NULL, '', '', '')"
                )
            point.rollback()


# --- rows in bulk ----------------------------------------------------------------------------------------------------


def test_the_insert_guard_is_set_aside_for_a_fact_to_come_and_put_back(tmp_path: Path) -> None:
    """Asked once instead of once a row; nobody else ever sees the table without its guard."""
    kept = books(Database(tmp_path / "ledger.db"), tmp_path)
    query = "SELECT sql FROM sqlite_master WHERE type = 'trigger' ORDER BY name"
    with kept.ledger.acting(MARIA) as act:
        before = act.connection.exec_driver_sql(query).all()
        with guards.suspended(act.connection, "charges", 2):
            assert len(act.connection.exec_driver_sql(query).all()) == len(before) - 1
            with kept.ledger.reading() as other:
                assert other.exec_driver_sql(query).all() == before
        assert act.connection.exec_driver_sql(query).all() == before


def test_the_insert_guard_is_not_set_aside_for_a_recorded_fact(tmp_path: Path) -> None:
    kept = books(Database(tmp_path / "ledger.db"), tmp_path)
    with (
        pytest.raises(AlreadyRecorded, match="recorded"),
        kept.ledger.acting(MARIA) as act,
        guards.suspended(act.connection, "charges", 1),
    ):
        pass
