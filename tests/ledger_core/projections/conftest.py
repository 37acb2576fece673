"""The small month on either store."""

from pathlib import Path

import pytest

from ledger_core.store.database import Database
from tests.ledger_core.books import books
from tests.ledger_core.small_month import SmallMonth, small_month


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    """An empty store of each kind."""
    if request.param == "sqlite":
        return Database(tmp_path / "ledger.db")
    url: str = request.getfixturevalue("postgres_database")
    return Database(url=url)


@pytest.fixture
def month(database: Database, tmp_path: Path) -> SmallMonth:
    """The small month, received."""
    return small_month(books(database, tmp_path))
