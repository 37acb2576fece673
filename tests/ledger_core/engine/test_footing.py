"""A bill off by a cent: taken in when two named people accept its figures; the gap is a line of its own."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from ledger_core.engine.chargeback import charge_back
from ledger_core.engine.footing import GapAccepted, accept_gap
from ledger_core.engine.ledger import person_content
from ledger_core.engine.reception import Judged, Verdict
from ledger_core.engine.reversal import reverse
from ledger_core.engine.verification.verification import Request, verify
from ledger_core.errors import LedgerRefused, NotPermitted, TwoPeopleNeeded, UsageRefused
from ledger_core.facts import catalogue
from ledger_core.facts.charge import Charge
from ledger_core.policy.periods import parse_period
from ledger_core.projections.charges import ChargeReader, charge_named
from ledger_core.projections.evidence import why
from ledger_core.signature import PersonalKey
from ledger_core.store import log
from ledger_core.store.tables import BODIES
from tests.ledger_core.books import INTAKE, MARIA, Books, charge, owned
from tests.ledger_core.engine.accounts import balances, gaps

OMAR = PersonalKey("omar", b"o" * 32)
_CHARGES = BODIES["charges"].c
LINES = [charge("29.95"), charge("12.00", "2065550101", line=2)]


@pytest.fixture
def kept(some_books: Books) -> Books:
    """Books whose site accepts five cents, and Omar beside Maria."""
    owned(some_books)
    some_books.load("departments", [{"department": "IT", "name": "IT", "fund": "520", "treatment": "retain"}])
    some_books.load("funds", [{"fund": "520", "name": "IT", "kind": "internal-service"}])
    some_books.load("vendor_accounts", [VENDOR_ACCOUNT])
    some_books.load("limits", [{"key": "gap", "value": "0.05"}])
    people = [person_content("omar", OMAR.public, ("coordinator",))]
    some_books.record(catalogue.PERSON_ENROLLED, "person/omar", {"people": people})
    return some_books


VENDOR_ACCOUNT = {"vendor": "Union Tel", "account": "100-200", "treatment": "recover", "paying_fund": "520"}


def off(kept: Books, stated: str = "41.96", lines: list[Charge] | None = None) -> Judged:
    """The bill, read once more: its lines make 41.95."""
    return kept.receive(LINES if lines is None else lines, stated=stated)


def accept(kept: Books, bill: Judged, by: PersonalKey = MARIA, reason: str = "rounded twice") -> GapAccepted:
    with kept.ledger.acting(by) as act:
        return accept_gap(act, bill, reason)


def by_both(kept: Books, stated: str = "41.96", lines: list[Charge] | None = None) -> Judged:
    """Accepted by Maria and Omar, and read again."""
    bill = off(kept, stated, lines)
    assert not accept(kept, bill).complete
    assert accept(kept, bill, OMAR).complete
    return off(kept, stated, lines)


def sound(kept: Books) -> bool:
    """Whether postings are the sums of their parts and the books verify."""
    found = verify(Request(kept.ledger.database, kept.archive))
    return not found.differences and not list(gaps(kept))


class TestTwoPeople:
    def test_take_it_in_with_the_gap_as_its_last_line(self, kept: Books) -> None:
        posted = by_both(kept)
        assert posted.fact is not None
        assert (posted.verdict, posted.charges, posted.total) == (Verdict.POSTED, 3, 4196)
        with kept.ledger.reading() as connection:
            bill, number = charge_named(connection, f"{posted.bill}:3")
            (line,) = ChargeReader(connection, kept.size()).lines_of(bill, line=number)
            sentence = why(connection, f"{posted.bill}:3", until=kept.size()).sentence
        assert (line.kind, line.product, line.amount) == ("rounding", "footing difference", 1)
        assert [(share.state, share.department, share.reason) for share in line.shares] == [
            ("footing", "IT", "footing")
        ]
        assert "the bill's total is off by it, and omar was the second to accept that" in sentence
        assert balances(kept)["rounding", "520", "IT"] == 1
        assert sound(kept)

    def test_stand_in_the_control_with_the_figures_as_they_were(self, kept: Books) -> None:
        content = by_both(kept).fact.content  # type: ignore[union-attr] # it was posted
        (control,) = content["controls"]
        with kept.ledger.reading() as connection:
            facts = [fact.sequence for fact in log.facts(connection, [catalogue.GAP_ACCEPTED])]
        assert (control["stated"], control["computed"], control["accepted"]) == ("41.96", "41.95", facts)
        assert content["footing"] == {"line": 3, "amount": "0.01", "accepted": facts}

    def test_are_two(self, kept: Books) -> None:
        bill = off(kept)
        accept(kept, bill)
        with pytest.raises(TwoPeopleNeeded, match="maria accepted its gap already"):
            accept(kept, bill)
        assert off(kept).verdict is Verdict.REJECTED

    def test_are_people(self, kept: Books) -> None:
        with pytest.raises(NotPermitted):
            accept(kept, off(kept), INTAKE)

    def test_give_a_reason(self, kept: Books) -> None:
        with pytest.raises(UsageRefused):
            accept(kept, off(kept), reason=" ")

    def test_accept_the_same_figures(self, kept: Books) -> None:
        """What the one saw and what the other saw are one bill in one state: here another reading of the file."""
        accept(kept, off(kept))
        other = off(kept, lines=[*LINES, charge("0.02", "2065550101", line=3)])
        assert not accept(kept, other, OMAR).complete

    def test_may_accept_a_total_that_is_too_small(self, kept: Books) -> None:
        assert by_both(kept, "41.93").total == 4193
        assert balances(kept)["rounding", "520", "IT"] == -2
        assert sound(kept)


class TestTheLimit:
    def test_is_nothing_where_no_sheet_says_more(self, some_books: Books) -> None:
        with pytest.raises(LedgerRefused) as refused:
            accept(some_books, off(some_books))
        assert refused.value.code == "gap-beyond-limit"
        assert refused.value.found == (
            "Total current charges (bill) states 41.96, its lines make 41.95, gap 0.01, the site accepts 0.00"
        )

    def test_is_inclusive(self, kept: Books) -> None:
        assert by_both(kept, "42.00").verdict is Verdict.POSTED
        with pytest.raises(LedgerRefused, match=r"gap 0\.06, the site accepts 0\.05"):
            accept(kept, kept.receive(LINES, "2", stated="42.01"))

    def test_holds_when_the_bill_is_taken_in(self, kept: Books) -> None:
        """It was lowered after both had accepted: the bill is refused again."""
        bill = off(kept)
        accept(kept, bill)
        accept(kept, bill, OMAR)
        kept.load("limits", [{"key": "gap", "value": "0"}])
        assert off(kept).verdict is Verdict.REJECTED

    def test_a_bill_whose_totals_tie_has_no_gap(self, kept: Books) -> None:
        with pytest.raises(LedgerRefused, match="every total of it ties"):
            accept(kept, kept.receive([charge("1.00")], "3"))


class TestAfterwards:
    def test_the_same_document_again_is_known(self, kept: Books) -> None:
        by_both(kept)
        assert off(kept).verdict is Verdict.KNOWN

    def test_the_line_is_no_line_of_a_second_copy(self, kept: Books) -> None:
        """Other bytes with the same lines and a total that ties are a copy of the same bill."""
        by_both(kept)
        assert kept.receive(LINES).verdict is Verdict.KNOWN

    def test_what_is_paid_is_the_stated_total(self, kept: Books) -> None:
        posted = by_both(kept)
        (claim,) = kept.certify(posted.bill)
        assert claim.content["amount"] == 4196
        assert claim.content["prepared_by"] == ["maria", "omar"]

    def test_nobody_is_charged_for_it(self, kept: Books) -> None:
        by_both(kept)
        run = charge_back(kept.ledger, parse_period("2026-08"), MARIA)
        assert all(proof.holds for proof in run.proofs)
        assert sum(department.amount for department in run.departments) == 4195

    def test_a_reversal_takes_it_back(self, kept: Books, tmp_path: Path) -> None:
        posted = by_both(kept)
        with kept.ledger.acting(MARIA) as act:
            reverse(act, posted.bill, "a corrected bill came", tmp_path / "spools")
        assert balances(kept) == {}
        assert sound(kept)

    def test_a_bill_in_fractions_of_a_cent_is_footed_exactly(self, kept: Books) -> None:
        lines = [charge("0.33333"), charge("0.33333", "2065550101", line=2)]
        posted = by_both(kept, "0.69", lines)
        assert posted.fact is not None
        assert (posted.total, posted.fact.content["footing"]["amount"]) == (69, "0.02334")
        with kept.ledger.reading() as connection:
            rows = connection.execute(
                select(_CHARGES.amount, _CHARGES.exact).where(_CHARGES.fact == posted.fact.sequence)
            )
            assert sum(row.amount for row in rows) == 69
        assert sound(kept)
