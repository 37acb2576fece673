"""What tests share: sample files that lie beside the clone, and a PostgreSQL server of their own.

Where something is absent a test is skipped with the reason, except in continuous integration (CI=true), where the
absence is a failure: a gate that quietly tested nothing would be worse than a red one.
"""

import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NoReturn
from uuid import uuid4

import psycopg
import pytest
import sqlalchemy
from hypothesis import settings
from psycopg import sql

from tests.postgres_server import running_postgres

_REPOSITORY = Path(__file__).resolve().parent.parent
_SHARED = _REPOSITORY.parent / "shared"
_IN_CI = os.environ.get("CI") == "true"

# A law that deserves more examples says so at its own test. No deadline: machines that run tests are busy machines.
settings.register_profile("desk", deadline=None, max_examples=100)
settings.register_profile("ci", deadline=None, max_examples=200, print_blob=True)
settings.load_profile("ci" if _IN_CI else "desk")


def _absent(what: str) -> NoReturn:
    if _IN_CI:
        pytest.fail(f"{what}; in continuous integration it must be there", pytrace=False)
    pytest.skip(what)


def _shared_folder(name: str) -> Path:
    folder = _SHARED / name
    if not folder.is_dir():
        _absent(f"there is no folder ../shared/{name} beside this clone")
    return folder


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of this clone."""
    return _REPOSITORY


@pytest.fixture(scope="session")
def shared_corpus() -> Path:
    """Real public samples of bill formats, read in place and never copied into the project."""
    return _shared_folder("corpus")


@pytest.fixture(scope="session")
def shared_made() -> Path:
    """Synthetic bills with stated truths, read in place."""
    return _shared_folder("made")


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """SQLAlchemy URL of the maintenance database of a server that lives as long as this test process.

    Tests that write take `postgres_database` instead.
    """
    with ExitStack() as running:
        try:
            url = running.enter_context(running_postgres())
        except (OSError, KeyError, subprocess.SubprocessError) as refusal:
            _absent(f"PostgreSQL could not be started here: {refusal}")
        yield url


@pytest.fixture
def postgres_database(postgres_url: str) -> Iterator[str]:
    """SQLAlchemy URL of a new, empty database, dropped after the test."""
    server = sqlalchemy.make_url(postgres_url)
    name = f"test_{uuid4().hex}"
    _maintain(server, sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    try:
        yield server.set(database=name).render_as_string(hide_password=False)
    finally:
        _maintain(server, sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _maintain(server: sqlalchemy.URL, statement: sql.Composed) -> None:
    """Run one statement outside any transaction, as CREATE and DROP DATABASE demand."""
    with psycopg.connect(
        host=str(server.query["host"]), user=server.username, dbname=server.database, autocommit=True
    ) as connection:
        connection.execute(statement)
