"""Books for tests to spoil, and hands that reach behind the guards."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy
from sqlalchemy import Connection, text

from ledger_core.engine.disputing import Claim, open_dispute
from ledger_core.engine.holding import Portion
from ledger_core.engine.ledger import Ledger
from ledger_core.engine.verification.verification import Request, Verified, verify
from ledger_core.store.database import Database
from tests.ledger_core.books import MARIA, Books, Hours, books, charge, filled_in
from tests.ledger_core.objecting import Always, examine


def verified(kept: Books, **more: Any) -> Verified:
    return verify(Request(kept.ledger.database, kept.archive, **more))


@contextmanager
def tampering(database: Database) -> Iterator[Connection]:
    """Somebody with the keys to the store itself, who lifts the guards and puts them back afterwards."""
    if database.file is not None:
        raw = sqlite3.connect(database.file, isolation_level=None)
        guards = raw.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in guards:
            raw.execute(f"DROP TRIGGER {name}")
        raw.close()
        engine = sqlalchemy.create_engine(f"sqlite:///{database.file}", poolclass=sqlalchemy.NullPool)
        with engine.begin() as connection:
            yield connection
            for _, statement in guards:
                connection.exec_driver_sql(statement)
    else:
        assert database.url is not None
        engine = sqlalchemy.create_engine(database.url, poolclass=sqlalchemy.NullPool)
        with engine.begin() as connection:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
            yield connection


def change(kept: Books, statement: str, **values: Any) -> None:
    with tampering(kept.ledger.database) as connection:
        assert connection.execute(text(statement), values).rowcount != 0


def with_rows(kept: Books, table: str) -> Books:
    """The same books; with rows of a table that full books have none of."""
    if table == "exceptions":
        examine(kept, Always(), bills=[8])
    elif table == "disputed":
        judged = kept.receive([charge("12.00"), charge("5.00", line=2)], "9")
        with kept.ledger.acting(MARIA) as act:
            portions = (Portion.of(judged.bill, 1, 200), Portion.of(judged.bill, 2, 100))
            open_dispute(act, Claim(portions, date(2026, 9, 2)), "The contract says less", kept.folder / "spool")
    return kept


def filled(tmp_path_factory: pytest.TempPathFactory) -> Books:
    """Full books on SQLite, copied from one set for every test that spoils them."""
    template = tmp_path_factory.getbasetemp() / "full-books"
    if not template.exists():
        template.mkdir()
        made = books(Database(template / "ledger.db"), template)
        filled_in(made)
        with sqlite3.connect(template / "ledger.db") as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    folder = tmp_path_factory.mktemp("books")
    (folder / "ledger.db").write_bytes((template / "ledger.db").read_bytes())
    return copied(template, folder, Database(folder / "ledger.db"))


def copied(template: Path, folder: Path, database: Database) -> Books:
    """The books in a database that was copied, with an archive of their own."""
    shutil.copytree(template / "archive", folder / "archive")
    return Books(Ledger(database, Hours()), folder)
