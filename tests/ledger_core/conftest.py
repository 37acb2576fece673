"""Both stores for the tests of the core: what takes `database` runs on SQLite and on PostgreSQL."""

from pathlib import Path

import pytest

from ledger_core.store.database import Database


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    """An empty database of either store."""
    if request.param == "sqlite":
        return Database(tmp_path / "ledger.db")
    return Database(url=request.getfixturevalue("postgres_database"))
