"""Credits in the queue: with what they may follow, once, until somebody decides."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from ledger_core.engine.decision import accept
from ledger_core.facts.charge import ChargeKind
from ledger_core.projections.exceptions import ExceptionItem, open_exceptions
from ledger_core.store.database import Database
from tests.ledger_core.books import MARIA, Books, books, charge
from tests.ledger_core.engine.credit_books import bill, credit, decided, homed, moving_line


@pytest.fixture
def kept(database: Database, tmp_path: Path) -> Books:
    made = books(database, tmp_path)
    moving_line(made)
    return made


def queue(made: Books, kind: str) -> list[ExceptionItem]:
    with made.ledger.reading() as connection:
        return [item for item in open_exceptions(connection) if item.kind == kind]


def test_a_proposed_credit_is_one_item_with_its_candidates(kept: Books) -> None:
    """It lies in suspense, and is no item of suspense besides."""
    june = bill(kept, 6, [charge("12.00")])
    july = bill(kept, 7, [charge("12.00")])
    august = bill(kept, 8, [credit("-12.00", line=1)])
    homed(kept, august)
    (item,) = queue(kept, "credit")
    assert (item.code, item.charge, item.amount) == ("credit-proposed", f"{august}:1", -1200)
    assert item.text.index(f"{july}:1") < item.text.index(f"{june}:1")  # the latest month first
    assert queue(kept, "suspense") == []
    decided(kept, f"{august}:1", f"{june}:1")
    assert queue(kept, "credit") == []


def test_other_lines_in_suspense_stay_items(kept: Books) -> None:
    bill(kept, 6, [charge("12.00")])
    bill(kept, 7, [charge("12.00")])
    homed(kept, bill(kept, 8, [credit("-12.00", line=1), charge("3.00", "nobody", line=2)]))
    assert [(item.service, item.lines, item.amount) for item in queue(kept, "suspense")] == [("nobody", 1, 300)]


def test_an_unmatched_credit_can_be_accepted(kept: Books) -> None:
    bill(kept, 7, [charge("12.00")])
    days: dict[str, Any] = {"service_from": date(2026, 6, 10), "service_to": date(2026, 6, 20)}
    homed(kept, bill(kept, 8, [credit("-7.00", line=1, **days)]))
    (item,) = queue(kept, "credit")
    assert item.code == "credit-unmatched"
    assert "the owner on the days that it credits, 2026-06-10 to 2026-06-20" in item.text
    with kept.ledger.acting(MARIA) as act:
        accept(act, [item.item], "A goodwill credit")
    assert queue(kept, "credit") == []


def test_a_review_says_why_and_what_it_may_follow(kept: Books) -> None:
    june = bill(kept, 6, [charge("30.00", kind=ChargeKind.ONE_TIME)])
    kept.load("departments", [{"department": "Parks", "fund": "001", "treatment": "recover", "to": "2026-07-31"}])
    homed(kept, bill(kept, 8, [credit("-30.00", line=1)]))
    (item,) = queue(kept, "credit")
    assert item.code == "credit-review"
    assert "department Parks is not valid on 2026-08-31" in item.text
    assert f"{june}:1" in item.text


def test_items_are_named_alike_on_both_readings(kept: Books) -> None:
    bill(kept, 7, [charge("12.00")])
    homed(kept, bill(kept, 8, [credit("-7.00", line=1)]))
    assert queue(kept, "credit") == queue(kept, "credit")
