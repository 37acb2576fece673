"""Deep verification asks the checks again: the same grounds, the same objections, or a difference that is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledger_core.engine.destruction import Destruction, destroy
from ledger_core.store.database import Database
from tests.ledger_core.books import MARIA, Books, books, charge
from tests.ledger_core.objecting import Always, examine, odd
from tollbook.reexamining import examined_again


@pytest.fixture
def kept(tmp_path: Path) -> Books:
    """Books with one bill that was examined, and a load after it."""
    made = books(Database(tmp_path / "ledger.db"), tmp_path)
    judged = made.receive([charge("29.95"), charge("1.00", "2065550101", line=2)])
    assert judged.fact is not None
    examine(made, Always(), bills=[judged.fact.sequence])
    made.load("waivers", [{"waiver": "all", "reason": "whatever comes"}])
    return made


def _again(kept: Books, check: Always) -> list[tuple[str, str]]:
    with kept.ledger.reading() as connection:
        return [(one.kind, one.found.partition(",")[0]) for one in examined_again(connection, (check,))]


def test_what_is_known_now_changes_nothing_of_what_was_said_then(kept: Books) -> None:
    assert _again(kept, Always()) == []


def test_a_check_that_says_something_else_under_its_old_version_is_a_difference(kept: Books) -> None:
    first_only = Always(lambda line: odd(line) if line.line == 1 else None)
    assert _again(kept, first_only) == [("exceptions", "1 rows")]
    assert _again(kept, Always(lambda line: None)) == [("exceptions", "no rows")]


def test_another_version_is_not_asked(kept: Books) -> None:
    assert _again(kept, Always(lambda line: None, version="2")) == []


def test_a_bill_whose_particulars_were_destroyed_is_left_out(kept: Books) -> None:
    with kept.ledger.acting(MARIA) as act:
        posted = int(act.connection.exec_driver_sql("SELECT sequence FROM log WHERE kind = 'bill-posted'").scalar_one())
        destroy(act, Destruction(posted, "GS2010-081", "Retention has ended"))
    assert _again(kept, Always(lambda line: None)) == []
