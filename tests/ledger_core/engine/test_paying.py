"""Payments read back: payable against cash, per fund, once; what no claim covers is refused with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from ledger_core.engine.holding import Because, Portion, hold, release
from ledger_core.engine.paying import Payment, Read, State, judged
from ledger_core.engine.verification.verification import Request, verify
from ledger_core.errors import LedgerRefused
from ledger_core.facts import catalogue
from ledger_core.facts.charge import ChargeKind
from ledger_core.facts.fact import Fact
from ledger_core.projections import bills
from ledger_core.projections.exports import Standing, routes
from ledger_core.projections.payables import OpenItem, Payables
from ledger_core.store import log
from ledger_core.store.database import Database
from ledger_core.store.tables import BODIES
from tests.ledger_core.books import ACCOUNT, MARIA, VENDOR, Books, books, charge
from tests.ledger_core.engine.accounts import gaps
from tests.ledger_core.small_month import DIRECT_ACCOUNT, DIRECT_VENDOR, SmallMonth, small_month

_POSTINGS = BODIES["postings"].c
WARRANT = Payment(2, VENDOR, ACCOUNT, "1", 10041, date(2026, 9, 14), "warrant", "W-1")


@pytest.fixture
def month(some_books: Books) -> SmallMonth:
    """The small month, certified."""
    made = small_month(some_books)
    made.books.certify()
    return made


def item(kept: Books, bill: str) -> OpenItem:
    with kept.ledger.reading() as connection:
        posted = bills.named(connection, bill)
        assert posted is not None
        return Payables(connection).of_bill(posted)


def states(read: Sequence[Read]) -> list[str]:
    return [row.state.value for row in read]


def reason(read: Sequence[Read]) -> tuple[str, str]:
    """Code and words of the one refused row."""
    (row,) = read
    assert row.problem is not None
    return row.problem.code, row.problem.found


def postings(kept: Books, fact: int) -> list[tuple[Any, ...]]:
    with kept.ledger.reading() as connection:
        columns = (_POSTINGS[name] for name in ("fund", "account", "role", "vendor", "book", "amount"))
        query = select(*columns).where(_POSTINGS.fact == fact).order_by(_POSTINGS.line)
        return [tuple(row) for row in connection.execute(query)]


def test_a_bill_held_in_part_is_paid_to_the_cent(some_books: Books) -> None:
    """The worked entries J1 and J2: 11,040.00 billed, 30.00 of federal excise held, 11,010.00 paid out of fund 520."""
    some_books.load(
        "account_roles", [{"role": "payable", "account": "2130000"}, {"role": "cash", "account": "1110000"}]
    )
    some_books.load("funds", [{"fund": "520", "name": "IT", "kind": "internal-service"}])
    vendor_account = {"vendor": VENDOR, "account": ACCOUNT, "treatment": "recover", "paying_fund": "520"}
    some_books.load("vendor_accounts", [vendor_account])
    bill = some_books.receive(
        [
            charge("10000.00"),
            charge("1010.00", line=2, kind=ChargeKind.TAX, product="sales tax"),
            charge("30.00", line=3, kind=ChargeKind.TAX, product="federal excise"),
        ]
    )
    with some_books.ledger.acting(MARIA) as act:
        hold(act, [Portion.of(bill.bill, 3)], Because("exempt"), some_books.folder / "spools")
    some_books.certify(bill.bill)
    (paid,) = some_books.pay(attrs.evolve(WARRANT, amount=1_101_000))
    assert paid.fact is not None
    assert postings(some_books, paid.fact.sequence) == [
        ("520", "2130000", "payable", VENDOR, "actual", 1_101_000),
        ("520", "1110000", "cash", VENDOR, "actual", -1_101_000),
    ]
    found = item(some_books, bill.bill)
    assert (found.payable, found.held, found.paid, found.outstanding) == (1_104_000, 3_000, 1_101_000, 3_000)
    assert not list(gaps(some_books))


class TestARow:
    def test_posts_payable_against_cash_on_the_day_it_was_paid(self, month: SmallMonth) -> None:
        (read,) = month.books.pay(WARRANT)
        assert read.fact is not None
        assert (read.state, read.bill, read.fact.effective) == (State.POSTED, month.bill, WARRANT.paid)
        assert [row[:3] for row in postings(month.books, read.fact.sequence)] == [
            ("520", "payable", "payable"),
            ("520", "cash", "cash"),
        ]
        assert item(month.books, month.bill).outstanding == 0

    def test_is_paid_out_of_the_fund_that_owes(self, month: SmallMonth) -> None:
        direct = attrs.evolve(WARRANT, vendor=DIRECT_VENDOR, account=DIRECT_ACCOUNT, number="2", amount=2998)
        (read,) = month.books.pay(direct)
        assert read.fact is not None
        assert {row[0] for row in postings(month.books, read.fact.sequence)} == {"410"}

    def test_of_a_closed_month_is_dated_in_the_first_open_one(self, month: SmallMonth) -> None:
        month.books.close("2026-09")
        (read,) = month.books.pay(WARRANT)
        assert read.fact is not None
        assert (read.fact.effective, read.fact.content["paid"]) == (date(2026, 10, 1), "2026-09-14")

    def test_stays_here(self, month: SmallMonth) -> None:
        """The payer's system knows it already: it has no way out, and is no stray."""
        (read,) = month.books.pay(WARRANT)
        with month.books.ledger.reading() as connection:
            (routed,) = [one for one in routes(connection) if one.fact == read.fact]
        assert routed.standing is Standing.NOTHING

    def test_may_pay_in_parts(self, month: SmallMonth) -> None:
        first = attrs.evolve(WARRANT, amount=4000)
        second = attrs.evolve(WARRANT, amount=6041, reference="W-2", row=3)
        assert states(month.books.pay(first, second)) == ["posted", "posted"]
        assert item(month.books, month.bill).in_transit == 0 - 10041

    def test_twice_under_one_reference_is_known(self, month: SmallMonth) -> None:
        """In another file, and in the same."""
        again = attrs.evolve(WARRANT, row=3)
        assert states(month.books.pay(WARRANT, again)) == ["posted", "known"]
        assert states(month.books.pay(again)) == ["known"]
        assert item(month.books, month.bill).paid == 10041

    def test_of_one_warrant_may_pay_several_bills(self, month: SmallMonth) -> None:
        direct = attrs.evolve(WARRANT, vendor=DIRECT_VENDOR, account=DIRECT_ACCOUNT, number="2", amount=2998, row=3)
        assert states(month.books.pay(WARRANT, direct)) == ["posted", "posted"]


class TestARefusedRow:
    def test_names_a_bill_that_nobody_knows(self, month: SmallMonth) -> None:
        found = reason(month.books.pay(attrs.evolve(WARRANT, number="99")))
        assert found == ("bill-unknown", f"no bill {VENDOR} {ACCOUNT} 99 owes anything")

    def test_pays_more_than_was_claimed(self, month: SmallMonth) -> None:
        code, words = reason(month.books.pay(attrs.evolve(WARRANT, amount=10042)))
        assert (code, words) == (
            "paid-beyond-claim",
            f"it pays 100.42, of bill {month.bill} 100.41 was claimed and 0.00 paid",
        )

    def test_pays_what_nobody_certified(self, some_books: Books) -> None:
        some_books.receive([charge("1.00")])
        code, _ = reason(some_books.pay(attrs.evolve(WARRANT, amount=100)))
        assert code == "paid-beyond-claim"

    def test_pays_what_the_file_has_paid_already(self, month: SmallMonth) -> None:
        twice = attrs.evolve(WARRANT, reference="W-2", row=3)
        assert states(month.books.pay(WARRANT, twice)) == ["posted", "refused"]

    def test_says_something_else_than_the_reference_did_before(self, month: SmallMonth) -> None:
        month.books.pay(attrs.evolve(WARRANT, amount=100))
        code, words = reason(month.books.pay(attrs.evolve(WARRANT, amount=200)))
        assert code == "payment-differs"
        assert "has 1.00 of 2026-09-14 under reference W-1" in words

    def test_pays_nothing(self, month: SmallMonth) -> None:
        assert reason(month.books.pay(attrs.evolve(WARRANT, amount=0)))[0] == "payment-zero"

    def test_stands_in_the_fact_of_the_file_beside_what_was_posted(self, month: SmallMonth) -> None:
        month.books.pay(WARRANT, attrs.evolve(WARRANT, number="99", row=3))
        (fact,) = _loads(month.books)
        assert (fact.content["posted"], fact.content["known"], fact.content["refused"]) == (1, 0, 1)
        assert [(one["row"], one["code"]) for one in fact.content["refusals"]] == [(3, "bill-unknown")]


def _loads(kept: Books) -> list[Fact]:
    with kept.ledger.reading() as connection:
        return list(log.facts(connection, [catalogue.PAYMENTS_LOADED]))


def test_what_would_become_of_a_file_is_told_without_recording_it(month: SmallMonth) -> None:
    size = month.books.size()
    with month.books.ledger.reading() as connection:
        found = judged(connection, [WARRANT, WARRANT, attrs.evolve(WARRANT, number="99")])
    assert states(found) == ["posted", "known", "refused"]
    assert month.books.size() == size


def test_an_account_that_draws_the_money_is_paid_before_it_is_certified(some_books: Books) -> None:
    account = {"vendor": VENDOR, "account": ACCOUNT, "treatment": "recover", "paid_by": "autopay"}
    some_books.load("vendor_accounts", [account])
    bill = some_books.receive([charge("1.00")])
    assert states(some_books.pay(attrs.evolve(WARRANT, amount=100, method="autopay"))) == ["posted"]
    found = item(some_books, bill.bill)
    assert (found.outstanding, found.open) == (0, 100)


def test_a_credit_is_paid_back(some_books: Books) -> None:
    credit = some_books.receive([charge("-30.00")])
    some_books.certify(credit.bill)
    assert states(some_books.pay(attrs.evolve(WARRANT, amount=100))) == ["refused"]
    assert states(some_books.pay(attrs.evolve(WARRANT, amount=-3000))) == ["posted"]
    assert item(some_books, credit.bill).outstanding == 0


def test_the_books_verify_with_payments_in_them(month: SmallMonth) -> None:
    """The file that they were read from is one of those that must be there, unchanged."""
    month.books.pay(WARRANT)
    whole = verify(Request(month.books.ledger.database, month.books.archive))
    assert (whole.differences, whole.checked.files) == ((), 3)
    (fact,) = _loads(month.books)
    sha256 = fact.content["sha256"]
    (month.books.archive / sha256[:2] / sha256).write_bytes(b"W-1 paid ten times as much")
    spoiled = verify(Request(month.books.ledger.database, month.books.archive))
    assert [(one.kind, one.id) for one in spoiled.differences] == [("file", sha256)]


def test_a_card_line_shows_as_paid_without_an_act(some_books: Books) -> None:
    """Decision 18 goes on: the bill credits card clearing, the card's line debits it."""
    account = {"vendor": VENDOR, "account": ACCOUNT, "treatment": "recover", "paid_by": "card"}
    some_books.load("vendor_accounts", [account])
    bill = some_books.receive([charge("25.99")])
    assert (item(some_books, bill.bill).card, item(some_books, bill.bill).outstanding) == (2599, 2599)
    line = charge("25.99", "", line=1, service_kind="card", text=f"{VENDOR} {ACCOUNT} PAYMENT")
    some_books.receive([line], "card-1", vendor="First Bank", account="4111")
    found = item(some_books, bill.bill)
    assert (found.paid_by_card, found.outstanding, found.open) == (2599, 0, 0)


_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("hold"), st.integers(1, 3), st.integers(1, 5_000)),
        st.tuples(st.just("release"), st.integers(1, 3), st.integers(1, 5_000)),
        st.tuples(st.just("certify"), st.just(0), st.just(0)),
        st.tuples(st.just("pay"), st.just(0), st.integers(1, 15_000)),
    ),
    max_size=8,
)


class TestTheLaw:
    """Whatever people do, in any order: open and held and claimed are the payable, and paid never exceeds claimed."""

    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(steps=_STEPS)
    def test_open_and_held_and_claimed_are_the_payable(
        self, steps: list[tuple[str, int, int]], tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        folder = tmp_path_factory.mktemp("law")
        kept = books(Database(folder / "ledger.db"), folder)
        bill = kept.receive([charge("50.00", line=1), charge("30.00", line=2), charge("20.00", line=3)]).bill
        for number, (step, line, amount) in enumerate(steps):
            _take(kept, bill, step, line, amount, number)
            found = item(kept, bill)
            assert found.open + found.held + found.certified == found.payable == 10_000
            assert 0 <= found.paid <= sum(claim.amount for claim in found.claims)
            assert found.paid + found.outstanding == found.payable
        assert not list(gaps(kept))


def _take(kept: Books, bill: str, step: str, line: int, amount: int, number: int) -> None:
    """One step; what the ledger refuses is left out."""
    spools = kept.folder / "spools"
    try:
        if step == "certify":
            kept.certify(bill)
        elif step == "pay":
            kept.pay(attrs.evolve(WARRANT, amount=amount, reference=f"W-{number}"))
        else:
            with kept.ledger.acting(MARIA) as act:
                {"hold": hold, "release": release}[step](act, [Portion.of(bill, line, amount)], Because("x"), spools)
    except LedgerRefused:
        pass
