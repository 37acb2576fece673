"""Fixtures of the tests of verification: full books on either store, filled once and copied for every test."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
import sqlalchemy
from psycopg import sql

from ledger_core.store.database import Database
from tests.ledger_core.books import Books, books, filled_in
from tests.ledger_core.engine.verification.spoiling import copied, filled


@pytest.fixture(params=["sqlite", "postgresql"])
def kept(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Books:
    """Books with every kind of row: two bills (one split, one of fractions of a cent), a reversal, a closed month, and
    particulars of one line destroyed."""
    if request.param == "sqlite":
        return filled(tmp_path_factory)
    found = request.getfixturevalue("kept_on_server")
    assert isinstance(found, Books)
    return found


@pytest.fixture(scope="session")
def full_server(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> Books:
    """The books that are copied, on a server."""
    folder = tmp_path_factory.mktemp("full-server")
    _maintain(postgres_url, sql.SQL("CREATE DATABASE full_books"))
    url = sqlalchemy.make_url(postgres_url).set(database="full_books").render_as_string(hide_password=False)
    made = books(Database(url=url), folder)
    filled_in(made)
    return made


@pytest.fixture
def kept_on_server(postgres_url: str, full_server: Books, tmp_path: Path) -> Iterator[Books]:
    """A copy of them, in a database that is dropped after the test."""
    name = f"copy_{uuid4().hex}"
    _maintain(postgres_url, sql.SQL("CREATE DATABASE {} TEMPLATE full_books").format(sql.Identifier(name)))
    url = sqlalchemy.make_url(postgres_url).set(database=name).render_as_string(hide_password=False)
    yield copied(full_server.folder, tmp_path, Database(url=url))
    _maintain(postgres_url, sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _maintain(url: str, statement: sql.SQL | sql.Composed) -> None:
    server = sqlalchemy.make_url(url)
    with psycopg.connect(
        host=str(server.query["host"]), user=server.username, dbname=server.database, autocommit=True
    ) as connection:
        connection.execute(statement)
