"""Certifying: what may be paid of a bill is claimed once, by its digest, by somebody who did not prepare it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

import attrs
import pytest

from ledger_core.contracts.check import CheckedBill, Examination, Grounds, Line, Objection
from ledger_core.engine import certifying
from ledger_core.engine.decision import accept
from ledger_core.engine.disputing import Claim, open_dispute
from ledger_core.engine.examining import Examiner
from ledger_core.engine.exporting import Exported, export
from ledger_core.engine.holding import Because, Portion, hold, release
from ledger_core.engine.ledger import person_content
from ledger_core.engine.reversal import reverse
from ledger_core.errors import LedgerRefused, NotPermitted, TwoPeopleNeeded, Unknown
from ledger_core.facts import catalogue
from ledger_core.facts.discrepancy import Discrepancy
from ledger_core.policy.claims import DRAWN_STATEMENT, STATEMENT
from ledger_core.policy.disputes import Mode
from ledger_core.projections import bills
from ledger_core.projections.exceptions import open_exceptions
from ledger_core.projections.hindrances import hindrances
from ledger_core.projections.payables import OpenItem, Payables
from ledger_core.signature import PersonalKey
from ledger_core.store.database import Database
from plugins.ap_voucher_csv import VoucherCsv
from tests.ledger_core.books import INTAKE, MARIA, Books, books, charge
from tests.ledger_core.engine.accounts import gaps
from tests.ledger_core.small_month import SmallMonth, small_month

OMAR = PersonalKey("omar", b"o" * 32)
KIM = PersonalKey("kim", b"k" * 32)
BECAUSE = Because("wrong rate")


@pytest.fixture
def month(some_books: Books) -> SmallMonth:
    return small_month(some_books)


def item(kept: Books, bill: str) -> OpenItem:
    with kept.ledger.reading() as connection:
        posted = bills.named(connection, bill)
        assert posted is not None
        return Payables(connection).of_bill(posted)


def amounts(kept: Books, bill: str) -> tuple[int, int, int, int]:
    """Payable, held, certified, open."""
    found = item(kept, bill)
    return found.payable, found.held, found.certified, found.open


def held(month: SmallMonth, line: int, amount: int | None = None, *, bill: str = "") -> None:
    with month.books.ledger.acting(MARIA) as act:
        hold(act, [Portion.of(bill or month.bill, line, amount)], BECAUSE, month.books.folder / "spools")


def released(month: SmallMonth, line: int, amount: int | None = None) -> None:
    with month.books.ledger.acting(MARIA) as act:
        release(act, [Portion.of(month.bill, line, amount)], BECAUSE, month.books.folder / "spools")


def taken_back(month: SmallMonth, bill: str) -> None:
    with month.books.ledger.acting(MARIA) as act:
        reverse(act, bill, "billed to the wrong city", month.books.folder / "spools")


def sent(kept: Books) -> Exported:
    return export(kept.ledger, VoucherCsv(), None, MARIA)


def vouchers(done: Exported) -> list[tuple[str, str]]:
    """Invoice and amount of each voucher."""
    assert done.export is not None
    rows = [line.split(",") for line in done.export.content.decode().splitlines()[1:]]
    return list(dict.fromkeys((row[3], row[7]) for row in rows))


def reasons(done: Exported) -> Sequence[str]:
    return [routed.why for routed in done.waiting]


class TestAClaim:
    def test_is_what_the_bill_made_payable(self, month: SmallMonth) -> None:
        (fact,) = month.books.certify(month.bill)
        content = fact.content
        assert (content["amount"], content["payable"], content["held"], content["before"]) == (10041, 10041, 0, 0)
        assert sum(line["amount"] for line in content["lines"]) == 10041
        assert content["statement"] == STATEMENT
        assert "just, due and unpaid obligation" in STATEMENT
        assert amounts(month.books, month.bill) == (10041, 0, 10041, 0)

    def test_leaves_out_what_is_held(self, month: SmallMonth) -> None:
        """And what is released after a lost dispute makes a second one, for just that."""
        held(month, 1, 1250)
        (first,) = month.books.certify(month.bill)
        assert (first.content["amount"], first.content["held"]) == (8791, 1250)
        assert vouchers(sent(month.books)) == [("1", "87.91")]
        released(month, 1, 1250)
        assert amounts(month.books, month.bill) == (10041, 0, 8791, 1250)
        (second,) = month.books.certify(month.bill)
        assert (second.content["number"], second.content["before"]) == (2, 8791)
        assert [(line["department"], line["amount"]) for line in second.content["lines"]] == [("Police", 1250)]
        assert vouchers(sent(month.books)) == [("1", "12.50")]
        assert not list(gaps(month.books))

    def test_names_what_is_wrong_where_there_is_nothing_to_claim(self, month: SmallMonth) -> None:
        month.books.certify(month.bill)
        with pytest.raises(LedgerRefused, match="claimed already") as refused:
            month.books.certify(month.bill)
        assert refused.value.code == "nothing-to-claim"
        held(month, 1, bill=month.direct.bill)
        with pytest.raises(LedgerRefused, match=r"all of it is held, 29\.98 USD"):
            month.books.certify(month.direct.bill)
        with pytest.raises(Unknown):
            month.books.certify("B-0000000000000000-0")

    def test_of_an_account_that_draws_the_money_says_so(self, month: SmallMonth) -> None:
        month.books.load(
            "vendor_accounts",
            [{"vendor": "Union Tel", "account": "100-200", "treatment": "recover", "paid_by": "autopay"}],
        )
        (fact,) = month.books.certify(month.bill)
        assert fact.content["statement"] == DRAWN_STATEMENT

    def test_of_a_bill_paid_by_card_is_none(self, some_books: Books) -> None:
        some_books.load(
            "vendor_accounts",
            [{"vendor": "Union Tel", "account": "100-200", "treatment": "recover", "paid_by": "card"}],
        )
        bill = some_books.receive([charge("1.00")])
        with pytest.raises(LedgerRefused, match="it was paid by card"):
            some_books.certify(bill.bill)


class TestWhatChangedSince:
    def test_a_claim_is_certified_only_as_it_was_seen(self, month: SmallMonth) -> None:
        month.books.certify(month.direct.bill)  # examines all bills
        with month.books.ledger.reading() as connection:
            seen = certifying.proposal(connection, month.bill, "maria").claim.digest
        held(month, 1, 100)
        with month.books.ledger.acting(MARIA) as act, pytest.raises(LedgerRefused, match="changed since") as refused:
            certifying.certify(act, month.bill, seen)
        assert refused.value.code == "claim-changed"
        with month.books.ledger.reading() as connection:
            now = certifying.proposal(connection, month.bill, "maria").claim
        with month.books.ledger.acting(MARIA) as act:
            assert certifying.certify(act, month.bill, now.id).content["digest"] == now.digest

    def test_a_hold_overtakes_a_certificate_that_has_not_left(self, month: SmallMonth) -> None:
        month.books.certify(month.bill)
        held(month, 1, 100)
        done = sent(month.books)
        assert done.export is None
        assert "it changed since it was certified: certify it again" in reasons(done)
        month.books.certify(month.bill)
        assert vouchers(sent(month.books)) == [("1", "99.41")]

    def test_an_overtaken_certificate_stays_overtaken(self, month: SmallMonth) -> None:
        """Even when the bill looks again as it did then: it must not count beside the one that took its place."""
        month.books.certify(month.bill)
        held(month, 1, 100)
        month.books.certify(month.bill)
        sent(month.books)
        released(month, 1, 100)
        assert amounts(month.books, month.bill) == (10041, 0, 9941, 100)
        assert [claim.stands for claim in item(month.books, month.bill).claims] == [False, True]

    def test_a_reversal_overtakes_it_too(self, month: SmallMonth) -> None:
        month.books.certify(month.bill)
        taken_back(month, month.bill)
        done = sent(month.books)
        assert done.export is None
        assert amounts(month.books, month.bill) == (0, 0, 0, 0)

    def test_a_recoding_changes_nothing_of_it(self, month: SmallMonth) -> None:
        """The journal carries the recoding; the voucher what the bill booked."""
        month.books.certify(month.bill)
        month.recode(3, "Police")
        assert vouchers(sent(month.books)) == [("1", "100.41")]

    def test_a_part_held_after_a_recoding_is_left_out_where_it_lies_now(self, month: SmallMonth) -> None:
        month.recode(3, "Water")
        held(month, 3)
        (fact,) = month.books.certify(month.bill)
        lines = {line["department"]: line["amount"] for line in fact.content["lines"]}
        assert (fact.content["amount"], lines["Parks"], lines["Water"]) == (8066, 2275, 200 - 1975)


class TestAHoldThatComesTooLate:
    def test_takes_nothing_from_the_next_payment(self, month: SmallMonth) -> None:
        """What has left is disputed as paid and claimed; a hold is no credit."""
        month.books.certify(month.bill)
        sent(month.books)
        held(month, 1, 1000)
        assert amounts(month.books, month.bill) == (10041, 1000, 10041, -1000)
        with pytest.raises(LedgerRefused, match=r"10\.00 USD of what is held of it has left already"):
            month.books.certify(month.bill)
        assert any("has left already" in why for why in reasons(sent(month.books)))
        released(month, 1, 1000)
        assert amounts(month.books, month.bill) == (10041, 0, 10041, 0)


class TestCredits:
    def test_a_bill_taken_back_after_it_left_is_a_credit_that_leaves_with_the_next_payment(
        self, month: SmallMonth
    ) -> None:
        month.books.certify(month.bill)
        sent(month.books)
        taken_back(month, month.bill)
        assert amounts(month.books, month.bill) == (0, 0, 10041, -10041)
        month.books.certify(month.bill)
        alone = sent(month.books)
        assert alone.export is None
        assert "a credit leaves with a payment to its account, and none leaves now" in reasons(alone)
        again = month.books.receive([charge("100.42")], "1a")
        month.books.certify(again.bill)
        assert vouchers(sent(month.books)) == [("1", "-100.41"), ("1a", "100.42")]
        assert amounts(month.books, month.bill) == (0, 0, 0, 0)

    def test_a_net_credit_bill_waits_for_a_bill_that_covers_it(self, some_books: Books) -> None:
        credit = some_books.receive([charge("-30.00"), charge("10.00", line=2)], "1")
        some_books.certify(credit.bill)
        assert sent(some_books).export is None
        small = some_books.receive([charge("15.00")], "2")
        some_books.certify(small.bill)
        assert vouchers(sent(some_books)) == [("2", "15.00")]
        large = some_books.receive([charge("25.00")], "3")
        some_books.certify(large.bill)
        assert vouchers(sent(some_books)) == [("1", "-20.00"), ("3", "25.00")]


class TestWhoCertifies:
    @pytest.fixture
    def two(self, database: Database, tmp_path: Path) -> SmallMonth:
        """The small month on a site for two people."""
        made = books(database, tmp_path, one_person=False)
        people = [
            person_content("omar", OMAR.public, ("accountant",)),
            person_content("kim", KIM.public, ("coordinator",)),
        ]
        made.record(catalogue.PERSON_ENROLLED, "person/both", {"people": people})
        return small_month(made)

    def test_not_who_recoded_or_held_any_of_it(self, two: SmallMonth) -> None:
        """INV-42."""
        two.recode(4, "Police")
        with pytest.raises(TwoPeopleNeeded, match="maria prepared it"):
            two.books.certify(two.bill)
        (fact,) = two.books.certify(two.bill, by=OMAR)
        assert (fact.content["prepared_by"], fact.content["alone"]) == (["maria"], False)

    def test_anybody_where_nobody_touched_it(self, two: SmallMonth) -> None:
        (fact,) = two.books.certify(two.bill)
        assert fact.content["prepared_by"] == []

    def test_only_an_accountant(self, two: SmallMonth) -> None:
        with pytest.raises(NotPermitted):
            two.books.certify(two.bill, by=KIM)

    def test_on_a_site_for_one_person_the_same_and_the_books_say_so(self, month: SmallMonth) -> None:
        month.recode(4, "Police")
        (fact,) = month.books.certify(month.bill)
        assert (fact.content["prepared_by"], fact.content["alone"]) == (["maria"], True)

    def test_what_the_sheet_of_limits_says_goes_first(self, month: SmallMonth) -> None:
        month.books.load("limits", [{"key": "certify_by_two", "value": "yes"}])
        month.recode(4, "Police")
        with pytest.raises(TwoPeopleNeeded):
            month.books.certify(month.bill)

    def test_all_that_is_ready_leaves_out_what_is_not(self, two: SmallMonth) -> None:
        two.recode(4, "Police")
        (fact,) = two.books.certify()
        assert fact.content["bill"] == two.direct.bill


def test_claims_are_read_alike_at_every_cut(month: SmallMonth) -> None:
    """As known before the second claim, the first one stands alone."""
    held(month, 1, 1250)
    (first,) = month.books.certify(month.bill)
    sent(month.books)
    released(month, 1, 1250)
    month.books.certify(month.bill)
    with month.books.ledger.reading() as connection:
        posted = bills.named(connection, month.bill)
        assert posted is not None
        then = Payables(connection, first.sequence).of_bill(posted)
        now = Payables(connection).of_bill(posted)
    assert (then.held, then.certified, then.exported, then.open) == (1250, 8791, 0, 0)
    assert (now.held, now.certified, now.exported, now.open) == (0, 10041, 8791, 0)


class TestWhatHinders:
    def test_a_bill_that_no_check_has_looked_at_is_not_certified(self, month: SmallMonth) -> None:
        with month.books.ledger.acting(MARIA) as act, pytest.raises(LedgerRefused, match="no check has") as refused:
            certifying.certify(act, month.bill)
        assert refused.value.code == "bill-unchecked"

    def test_an_exempt_tax_is_disputed_held_or_accepted_first(self, month: SmallMonth) -> None:
        """INV-54: it is not paid unseen."""
        Examiner(month.books.ledger, INTAKE, (ExemptTax(),)).examine([month.entry])
        with pytest.raises(LedgerRefused, match=r"exempt taxes of 0\.95 USD would be paid \(line 2\)") as refused:
            month.books.certify(month.bill)
        assert refused.value.code == "exempt-tax-open"
        assert refused.value.code in {one.code for one in waiting(month)}
        held(month, 2)
        assert month.books.certify(month.bill)[0].content["amount"] == 10041 - 95

    def test_a_disputed_one_is_paid_where_the_dispute_claims_it_back(self, month: SmallMonth) -> None:
        """Paid and claimed: it is not withheld, and it is not unseen."""
        Examiner(month.books.ledger, INTAKE, (ExemptTax(),)).examine([month.entry])
        with month.books.ledger.acting(MARIA) as act:
            wanted = Claim((Portion.of(month.bill, 2),), date(2026, 9, 1), Mode.CLAIMED)
            open_dispute(act, wanted, "the body is exempt", month.books.folder / "spools")
        assert month.books.certify(month.bill)[0].content["amount"] == 10041

    def test_an_accepted_one_is_paid(self, month: SmallMonth) -> None:
        Examiner(month.books.ledger, INTAKE, (ExemptTax(),)).examine([month.entry])
        with month.books.ledger.acting(MARIA) as act:
            accept(act, [one.item for one in open_exceptions(act.connection) if one.code == "tax-exempt"], "agreed")
        assert month.books.certify(month.bill)[0].content["amount"] == 10041


def waiting(month: SmallMonth) -> list[Discrepancy]:
    with month.books.ledger.reading() as connection:
        posted = bills.named(connection, month.bill)
        assert posted is not None
        return list(hindrances(connection, posted))


@attrs.frozen
class ExemptTax:
    """A check that objects to the second line of every bill, a tax."""

    name: str = "tests"
    version: str = "1"
    codes: tuple[str, ...] = ("tax-exempt",)

    def open(self, bill: CheckedBill, grounds: Grounds) -> Examination:
        return _Looking()


@attrs.frozen
class _Looking:
    def look(self, lines: Sequence[Line]) -> Iterator[Objection]:
        for line in lines:
            if line.line == 2:
                yield Objection("tax-exempt", line, line.amount, 99, "FET", "the body is exempt", "Dispute it.")

    def end(self) -> Iterator[Objection]:
        yield from ()
