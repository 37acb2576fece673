"""The value book: every minor unit of a dispute stands in one place, and every amount has its proof."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from ledger_core.engine.disputing import Advance, Claim, advance, open_dispute
from ledger_core.engine.holding import Portion
from ledger_core.facts.charge import ChargeKind
from ledger_core.policy.disputes import Mode, Step
from ledger_core.projections.value import Kind, ValueBook, value_book
from ledger_core.store import log
from ledger_core.store.database import Database
from tests.ledger_core.books import MARIA, VENDOR, Books, books, charge
from tests.ledger_core.engine.credit_books import OTHER, bill, credit, homed, moving_line


@pytest.fixture
def kept(database: Database, tmp_path: Path) -> Books:
    made = books(database, tmp_path, default_fund="520")
    moving_line(made)
    return made


def disputed(made: Books, name: str, line: int, mode: Mode) -> str:
    with made.ledger.acting(MARIA) as act:
        claim = Claim((Portion.of(name, line),), date(2026, 7, 10), mode)
        (one,) = open_dispute(act, claim, "Too much", made.folder / "spools")
    return one.dispute


def step(made: Books, name: str, taken: Step, amount: int | None = None, **fields: Any) -> None:
    with made.ledger.acting(MARIA) as act:
        advance(act, name, Advance(taken, date(2026, 7, 20), amount, **fields), "Their letter", made.folder / "spools")


def book_of(made: Books) -> ValueBook:
    with made.ledger.reading() as connection:
        return value_book(connection, log.last_sequence(connection))


def amounts(book: ValueBook) -> list[tuple[str, str, int]]:
    return [(one.month, one.kind.value, one.amount) for one in book.values]


def test_books_without_disputes_and_credits_have_an_empty_one(kept: Books) -> None:
    bill(kept, 6, [charge("30.00")])
    assert book_of(kept) == ValueBook((), ())


def test_withheld_is_pending_then_avoided_and_the_rest_is_lost(kept: Books) -> None:
    name = disputed(kept, bill(kept, 6, [charge("30.00")]), 1, Mode.WITHHELD)
    assert amounts(book_of(kept)) == [("2026-07", "pending", 3000)]
    step(kept, name, Step.CONCEDED, 2000, final=True)
    book = book_of(kept)
    assert amounts(book) == [("2026-07", "avoided", 2000), ("2026-07", "lost", 1000)]
    assert book.values[0].payments == ()
    homed(kept, bill(kept, 8, [credit("-20.00", line=1)]))
    assert amounts(book_of(kept)) == amounts(book)  # its credit only brings what was never paid


def test_a_claim_is_recovered_when_its_credit_has_come(kept: Books) -> None:
    june = bill(kept, 6, [charge("30.00")])
    name = disputed(kept, june, 1, Mode.CLAIMED)
    step(kept, name, Step.CONCEDED, 2000)
    assert amounts(book_of(kept)) == [("2026-07", "pending", 3000)]
    august = bill(kept, 8, [credit("-20.00", line=1, text=f"As agreed: {name}")])
    homed(kept, august)
    pending, recovered = book_of(kept).values
    assert (pending.kind, pending.amount) == (Kind.PENDING, 1000)
    assert (recovered.kind, recovered.amount, recovered.credit) == (Kind.RECOVERED, 2000, f"{august}:1")
    assert (recovered.dispute, recovered.bill, recovered.charges) == (name, june, (f"{june}:1",))
    with kept.ledger.reading() as connection:
        kinds = [log.fact(connection, fact).kind for fact in recovered.facts]
    assert kinds == ["dispute-opened", "dispute-advanced"]


def test_what_we_withdrew_is_not_lost(kept: Books) -> None:
    name = disputed(kept, bill(kept, 6, [charge("30.00")]), 1, Mode.WITHHELD)
    step(kept, name, Step.WITHDRAWN)
    assert amounts(book_of(kept)) == [("2026-07", "withdrawn", 3000)]


def test_a_credit_that_needed_no_dispute_is_recovered_in_its_month(kept: Books) -> None:
    june = bill(kept, 6, [charge("30.00", kind=ChargeKind.ONE_TIME)])
    august = bill(kept, 8, [credit("-30.00", line=1)])
    homed(kept, august)
    (found,) = book_of(kept).values
    assert (found.month, found.vendor, found.kind, found.amount) == ("2026-08", VENDOR, Kind.RECOVERED, 3000)
    assert (found.dispute, found.credit, found.charges) == (None, f"{august}:1", (f"{june}:1",))


def test_every_dispute_ties(kept: Books) -> None:
    june = bill(kept, 6, [charge("30.00"), charge("9.01", OTHER, line=2)])
    held, claimed = disputed(kept, june, 1, Mode.WITHHELD), disputed(kept, june, 2, Mode.CLAIMED)
    step(kept, held, Step.CONCEDED, 1234)
    step(kept, held, Step.REFUSED, 700)
    step(kept, claimed, Step.WITHDRAWN, 1)
    homed(kept, bill(kept, 8, [credit("-9.00", OTHER, line=1), credit("-5.00", text=held)]))
    ties = {tie.dispute: tie for tie in book_of(kept).ties}
    assert all(tie.holds for tie in ties.values())
    assert ties[held].sums == {
        Kind.AVOIDED: 1234, Kind.RECOVERED: 0, Kind.PENDING: 1066, Kind.LOST: 700, Kind.WITHDRAWN: 0
    }  # fmt: skip
    assert ties[claimed].sums[Kind.RECOVERED] == 900
