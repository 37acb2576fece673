"""The day is that of the entity's own clock on the wall."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from ledger_core.projections.today import day_at
from ledger_core.store.database import Database
from tests.ledger_core.books import books


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("America/Los_Angeles", date(2026, 9, 1)),
        ("UTC", date(2026, 9, 2)),
        ("Pacific/Auckland", date(2026, 9, 2)),
        ("Nowhere/AtAll", date(2026, 9, 2)),
        ("", date(2026, 9, 2)),
    ],
)
def test_the_time_zone_of_the_ledger_says_which_day_it_is(tmp_path: Path, zone: str, day: date) -> None:
    kept = books(Database(tmp_path / "ledger.db"), tmp_path, time_zone=zone)
    with kept.ledger.reading() as connection:
        assert day_at(connection, datetime(2026, 9, 2, 5, 0, tzinfo=UTC)) == day
