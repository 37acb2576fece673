"""Covers: what the paper states stands for what the file does not, and only then a bill may be paid."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from ledger_core.engine.cover import Paper, cover_posted, enter_cover
from ledger_core.engine.reception import COVER_PLACE, Judged, Origin, Reception, Verdict
from ledger_core.errors import AlreadyRecorded, InputRefused, UsageRefused
from ledger_core.facts.bill import Bill, Totals
from ledger_core.facts.charge import columns_of
from ledger_core.projections import bills, covers
from ledger_core.store.database import Database
from ledger_core.store.spool import Spool
from tests.ledger_core.books import INTAKE, MARIA, Books, books, charge

HEAD = Bill("Union Tel", "", "USD")


@pytest.fixture
def kept(database: Database, tmp_path: Path) -> Books:
    return books(database, tmp_path)


def judged(kept: Books, *amounts: str, states_total: bool = True) -> Judged:
    """A bill without a total, of a format that should state one or never does."""
    document = kept.document(" ".join(amounts).encode(), "paper.txt")
    columns = columns_of([charge(exact, line=line) for line, exact in enumerate(amounts, 1)])
    with Spool(kept.folder / "spool.db") as spool:
        origin = Origin((document,), "made_up", "1", states_total=states_total, ordinal=0)
        reception = Reception(kept.ledger, origin, HEAD, spool)
        reception.feed(columns)
        return reception.conclude(Totals(len(amounts)), lambda: [columns], INTAKE)


def entered(kept: Books, bill: Judged, paper: Paper, reason: str = "folder 12") -> None:
    with kept.ledger.acting(MARIA) as act:
        enter_cover(act, bill.origin.bill, bill.origin.documents[0].sha256, paper, reason)


def posted_cover(kept: Books, bill: Judged, total: str) -> None:
    with kept.ledger.acting(MARIA) as act:
        posted = bills.named(act.connection, bill.bill)
        assert posted is not None
        cover_posted(act, posted, Paper(Decimal(total)), "folder 12")


def payable(kept: Books, bill: Judged) -> bool:
    assert bill.fact is not None
    with kept.ledger.reading() as connection:
        return covers.payable(connection, bill.bill, stated=bill.fact.content["payable"])


def test_a_bill_that_should_state_a_total_waits_for_its_cover(kept: Books) -> None:
    waiting = judged(kept, "10.00", "7.55")
    assert waiting.verdict is Verdict.WAITING
    entered(kept, waiting, Paper(Decimal("17.55"), "N-1", date(2026, 8, 28), "100"))
    bill = judged(kept, "10.00", "7.55")
    assert (bill.verdict, bill.head.number, bill.head.account) == (Verdict.POSTED, "N-1", "100")
    assert bill.effective == date(2026, 8, 28)
    assert payable(kept, bill)


def test_the_total_says_that_it_stands_on_the_cover(kept: Books) -> None:
    entered(kept, judged(kept, "17.55"), Paper(Decimal("17.55"), bill_date=date(2026, 8, 28)))
    own = judged(kept, "17.55").controls[0]
    assert own.locator is not None
    assert (own.stated, own.locator.place) == (Decimal("17.55"), COVER_PLACE)


def test_a_cover_that_does_not_tie_posts_nothing_until_it_is_corrected(kept: Books) -> None:
    waiting = judged(kept, "17.55")
    entered(kept, waiting, Paper(Decimal("17.56"), bill_date=date(2026, 8, 28)))
    refused = judged(kept, "17.55")
    assert refused.verdict is Verdict.REJECTED
    assert "gap 0.01" in refused.problems[0].found
    entered(kept, waiting, Paper(Decimal("17.55"), bill_date=date(2026, 8, 28)), "misread")
    assert judged(kept, "17.55").verdict is Verdict.POSTED


def test_the_cover_names_who_entered_it(kept: Books) -> None:
    """Whoever approves the payment can be told apart from them."""
    waiting = judged(kept, "17.55")
    entered(kept, waiting, Paper(Decimal("17.55")))
    with kept.ledger.reading() as connection:
        cover = covers.of_bill(connection, waiting.origin.bill)
    assert cover is not None
    assert (cover.person, cover.total, cover.reason) == ("maria", "17.55", "folder 12")


def test_the_same_cover_is_entered_once(kept: Books) -> None:
    waiting = judged(kept, "17.55")
    entered(kept, waiting, Paper(Decimal("17.55")))
    with pytest.raises(AlreadyRecorded):
        entered(kept, waiting, Paper(Decimal("17.55")))


def test_a_cover_needs_a_reason(kept: Books) -> None:
    with pytest.raises(UsageRefused, match="--reason"):
        entered(kept, judged(kept, "17.55"), Paper(Decimal("17.55")), " ")


def test_a_format_that_never_states_a_total_posts_and_is_payable_once_covered(kept: Books) -> None:
    bill = judged(kept, "17.55", states_total=False)
    assert bill.verdict is Verdict.POSTED
    assert not payable(kept, bill)
    with pytest.raises(InputRefused, match=r"gap 0\.05"):
        posted_cover(kept, bill, "17.60")
    assert not payable(kept, bill)
    posted_cover(kept, bill, "17.55")
    assert payable(kept, bill)
    with pytest.raises(AlreadyRecorded):
        posted_cover(kept, bill, "17.55")


def test_a_cover_is_found_by_bill_and_by_document_alike(kept: Books) -> None:
    """And never that of another bill of the same document, whose id begins alike."""
    waiting = judged(kept, "17.55")
    sha256 = waiting.origin.documents[0].sha256
    entered(kept, waiting, Paper(Decimal("17.56")))
    entered(kept, waiting, Paper(Decimal("17.55")), "misread")
    bill = waiting.origin.bill
    with kept.ledger.reading() as connection:
        assert covers.of_documents(connection, bill, [sha256]) == covers.of_bill(connection, f"{bill}.2")
        assert covers.of_documents(connection, f"{bill}1", [sha256]) is None
        assert covers.of_documents(connection, bill, ["ab" * 32]) is None
