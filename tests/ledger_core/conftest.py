"""Fixtures of the core's tests: an empty database of either store, and books in it."""

from pathlib import Path

import pytest

from ledger_core.store.database import Database
from tests.ledger_core.books import Books, books


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    """A place for a ledger, once on either store."""
    if request.param == "sqlite":
        return Database(tmp_path / "ledger.db")
    return Database(url=request.getfixturevalue("postgres_database"))


@pytest.fixture
def some_books(database: Database, tmp_path: Path) -> Books:
    """New books, opened and empty."""
    return books(database, tmp_path)
