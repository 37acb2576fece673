"""Reversal: a bill is taken back once, line by line, whatever people recoded since, and can then be posted again."""

from pathlib import Path

import pytest
from sqlalchemy import text

from ledger_core.engine.reception import Verdict
from ledger_core.engine.recoding import Recoding, Selection, Target, recode
from ledger_core.engine.reversal import Reversed, recoded_lines, reverse
from ledger_core.errors import AlreadyRecorded, Unknown, UsageRefused
from ledger_core.facts.charge import ChargeKind
from ledger_core.projections import bills
from ledger_core.store.database import Database
from tests.ledger_core.books import MARIA, Books, books, charge, owned
from tests.ledger_core.engine.accounts import balances, gaps, held

CHARGES = [
    charge("10.00", "2065550100", line=1),
    charge("5.55", "2065559999", line=2),
    charge("1.00", "", line=3, kind=ChargeKind.USAGE),
]


@pytest.fixture
def kept(database: Database, tmp_path: Path) -> Books:
    """Books with one bill: an owned line, a line that nobody owns, usage that a rule splits."""
    made = books(database, tmp_path)
    owned(made)
    made.receive(CHARGES)
    return made


def last_bill(kept: Books) -> str:
    with kept.ledger.reading() as connection:
        return bills.all_bills(connection)[-1].bill


def taken_back(kept: Books, bill: str, reason: str = "Billed to the wrong city") -> Reversed:
    with kept.ledger.acting(MARIA) as act:
        return reverse(act, bill, reason, kept.folder / "spool")


def test_the_reversal_is_the_exact_negation_line_by_line(kept: Books) -> None:
    """INV-06: same dimensions, opposite amounts, linked to what it reverses."""
    done = taken_back(kept, last_bill(kept))
    columns = "line, account, role, fund, department, object, vendor, booked, billed, partner, basis, book, currency"
    query = text(f"SELECT {columns}, amount FROM postings WHERE fact = :fact ORDER BY line")  # noqa: S608 - constants
    with kept.ledger.reading() as connection:
        first = [tuple(row) for row in connection.execute(query, {"fact": done.bill.fact})]
        second = [tuple(row) for row in connection.execute(query, {"fact": done.fact.sequence})]
    assert second == [(*row[:-1], -row[-1]) for row in first]
    assert done.fact.content["reverses"] == done.bill.fact
    assert done.undone is None


def test_nothing_is_left_of_a_reversed_bill(kept: Books) -> None:
    bill = last_bill(kept)
    taken_back(kept, bill)
    assert balances(kept) == {}
    assert set(held(kept, bill).values()) == {0}
    assert list(gaps(kept)) == []
    with kept.ledger.reading() as connection:
        posted = bills.named(connection, bill)
    assert posted is not None
    assert posted.state == "reversed"


def test_what_was_recoded_is_moved_back_first(kept: Books) -> None:
    bill = last_bill(kept)
    with kept.ledger.acting(MARIA) as act:
        chosen = Recoding((Selection(bill, ((1, 2),)),), (Target("Parks", "5420"),))
        recode(act, chosen, "Parks took the phones", kept.folder / "spool")
    done = taken_back(kept, bill)
    assert done.undone is not None
    assert done.undone.act == done.fact.act
    assert balances(kept) == {}
    assert list(gaps(kept)) == []


def test_a_bill_is_reversed_at_most_once(kept: Books) -> None:
    bill = last_bill(kept)
    taken_back(kept, bill)
    size = kept.size()
    with pytest.raises(AlreadyRecorded, match="reversed already"):
        taken_back(kept, bill)
    assert kept.size() == size


def test_a_bill_of_a_closed_month_is_reversed_in_the_next_open_one(kept: Books) -> None:
    kept.close("2026-08")
    assert str(taken_back(kept, last_bill(kept)).fact.effective) == "2026-09-01"


def test_the_same_bill_posts_again_after_its_reversal_under_a_name_of_its_own(kept: Books) -> None:
    bill = last_bill(kept)
    assert kept.receive(CHARGES).verdict is Verdict.KNOWN
    taken_back(kept, bill)
    again = kept.receive(CHARGES)
    assert again.verdict is Verdict.POSTED
    assert again.bill == f"{bill}.2"
    assert balances(kept)["payable", "001", ""] == -1655


def test_fractions_of_a_cent_are_taken_back_exactly(kept: Books) -> None:
    kept.receive([charge("0.0049"), charge("0.0051", "2065559999", line=2)], "2")
    done = taken_back(kept, last_bill(kept))
    query = text('SELECT "exact" FROM shares WHERE fact = :fact ORDER BY line')
    with kept.ledger.reading() as connection:
        exacts = list(connection.execute(query, {"fact": done.fact.sequence}).scalars())
    assert exacts == ["-0.0049", "-0.0051"]
    assert list(gaps(kept)) == []


def test_a_bill_that_nets_to_nothing_is_reversed_too(kept: Books) -> None:
    kept.receive([charge("3.00"), charge("-3.00", line=2)], "2")
    taken_back(kept, last_bill(kept))
    assert list(gaps(kept)) == []


@pytest.mark.parametrize(("bill", "reason", "error"), [("B-none-1", "why", Unknown), ("B-none-1", " ", UsageRefused)])
def test_what_cannot_be_followed_is_refused(kept: Books, bill: str, reason: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        taken_back(kept, bill, reason)


def test_what_people_recoded_is_known_by_line_with_its_last_reason(kept: Books) -> None:
    """What a reversal would drop; what was moved and moved back is nothing."""
    bill = last_bill(kept)

    def moved(line: int, department: str, reason: str) -> None:
        plan = Recoding((Selection(bill, ((line, line),)),), (Target(department, "5420"),))
        with kept.ledger.acting(MARIA) as act:
            recode(act, plan, reason, kept.folder / "spool")

    def recoded() -> list[tuple[int, str]]:
        with kept.ledger.reading() as connection:
            posted = bills.named(connection, bill)
            assert posted is not None
            return [(one.line, one.words.partition("(")[2]) for one in recoded_lines(connection, posted)]

    assert recoded() == []
    moved(1, "Parks", "a guess")
    moved(2, "Parks", "Parks uses it")
    moved(2, "Police", "no, Police does")
    assert recoded() == [(1, "a guess)"), (2, "no, Police does)")]
    moved(1, "Police", "it was right")
    assert recoded() == [(2, "no, Police does)")]
