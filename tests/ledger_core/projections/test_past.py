"""The past of a bill, on either store: earlier bills of its account, bills of the same total, their lines and sums."""

from __future__ import annotations

from datetime import date
from typing import Any

import attrs
import pytest
from sqlalchemy import Connection

from ledger_core.facts.charge import Charge, ChargeKind
from ledger_core.projections.past import BooksPast, checked_bill, line_batches
from ledger_core.store import log
from tests.ledger_core.books import ACCOUNT, VENDOR, Books, charge

_USED = {"kind": ChargeKind.USAGE, "product": "LD"}


def _receive(kept: Books, number: str, month: int, *charges: Charge, **head: Any) -> int:
    days = {"bill_date": date(2026, month, 28), "period_from": date(2026, month, 1), "period_to": date(2026, month, 28)}
    judged = kept.receive(charges, number, **(days | head))
    assert judged.fact is not None
    return judged.fact.sequence


@attrs.frozen
class _Past:
    """The facts of four bills: May, June, July of one account, and July of another."""

    may: int
    june: int
    july: int
    other: int


@pytest.fixture
def past(some_books: Books) -> _Past:
    """Bills posted out of order: July before June."""
    plain = charge("10.00")
    may = _receive(some_books, "5", 5, plain, charge("1.50", line=2, **_USED), charge("2.50", line=3, **_USED))
    july = _receive(some_books, "7", 7, plain, charge("5.00", "2065550101", line=2))
    june = _receive(some_books, "6", 6, plain, charge("4.00", "2065550101", line=2))
    other = _receive(some_books, "7", 7, plain, charge("5.00", "2065550199", line=2), account="100-201")
    return _Past(may, june, july, other)


def _of(connection: Connection, fact: int) -> BooksPast:
    return BooksPast(connection, checked_bill(log.fact(connection, fact)), log.last_sequence(connection))


def test_earlier_bills_are_those_of_the_account_dated_before_the_latest_first(some_books: Books, past: _Past) -> None:
    with some_books.ledger.reading() as connection:
        found = _of(connection, past.july).earlier()
        assert [bill.fact for bill in found] == [past.june, past.may]
        assert (found[0].period_from, found[0].total, found[0].charges) == (date(2026, 6, 1), 1400, 2)
        assert _of(connection, past.may).earlier() == []


def test_a_reversed_bill_is_no_past(some_books: Books, past: _Past) -> None:
    with some_books.ledger.reading() as connection:
        before = log.last_sequence(connection)
    some_books.reverse(past.june)
    with some_books.ledger.reading() as connection:
        assert [bill.fact for bill in _of(connection, past.july).earlier()] == [past.may]
        then = BooksPast(connection, checked_bill(log.fact(connection, past.july)), before)
        assert [bill.fact for bill in then.earlier()] == [past.june, past.may], "as known before the reversal"


def test_bills_of_the_same_total_are_found_whoever_sent_them(some_books: Books, past: _Past) -> None:
    with some_books.ledger.reading() as connection:
        assert [bill.fact for bill in _of(connection, past.other).alike()] == [past.july]
        assert _of(connection, past.july).alike() == [], "what was posted later is not its past"


def test_bills_overlap_by_their_periods(some_books: Books, past: _Past) -> None:
    with some_books.ledger.reading() as connection:
        of_june = _of(connection, past.june)
        assert [bill.fact for bill in of_june.overlapping(date(2026, 6, 15), date(2026, 7, 1))] == [past.july]
        assert of_june.overlapping(date(2026, 6, 1), date(2026, 6, 30)) == []
        both = of_june.overlapping(date(2026, 5, 28), date(2026, 7, 1))
        assert [bill.fact for bill in both] == [past.july, past.may]


def test_sums_are_by_bill_service_and_kind(some_books: Books, past: _Past) -> None:
    with some_books.ledger.reading() as connection:
        asked = _of(connection, past.july)
        june, may = asked.earlier()
        sums = [(one.bill, one.service, one.kind, one.amount, one.lines) for one in asked.sums([june, may], ["usage"])]
        assert sums == [(may.bill, "2065550100", "usage", 400, 2)]
        assert sum(one.amount for one in asked.sums([june, may], ["usage", "recurring"])) == june.total + may.total


def test_lines_carry_what_the_bill_says_and_what_is_written(some_books: Books, past: _Past) -> None:
    with some_books.ledger.reading() as connection:
        ((first, second),) = line_batches(connection, past.july)
        assert (first.line, first.kind, first.service, first.product, first.amount, first.text) == (
            1, "recurring", "2065550100", "POTS", 1000, "Line 1",
        )  # fmt: skip
        assert second.cost("USD") == 5
        asked = _of(connection, past.july)
        (june, _) = asked.earlier()
        assert [line.amount for line in asked.lines(june)] == [1000, 400]
        assert [line.amount for line in asked.lines(june, {"2065550101"})] == [400]
        assert list(asked.lines(june, set())) == []


def test_the_bill_is_what_its_fact_says(some_books: Books, past: _Past) -> None:
    with some_books.ledger.reading() as connection:
        bill = checked_bill(log.fact(connection, past.july))
        assert (bill.vendor, bill.account, bill.number, bill.total, bill.payable) == (VENDOR, ACCOUNT, "7", 1500, True)
        assert (bill.day, bill.importer) == (date(2026, 7, 28), "made_up")
        (line,) = [line for batch in line_batches(connection, past.july) for line in batch if line.line == 1]
        assert bill.days_of(line) == (date(2026, 7, 1), date(2026, 7, 28))
        assert bill.days_of(line._replace(service_from="2026-07-09")) == (date(2026, 7, 9), date(2026, 7, 9))
