"""Vendor accounts: stated total due = open + held + in transit + unexplained; what is unexplained is an exception."""

from __future__ import annotations

from datetime import date

import attrs
import pytest

from ledger_core.engine.decision import accept
from ledger_core.engine.exporting import export
from ledger_core.engine.holding import Because, Portion, hold
from ledger_core.engine.paying import Payment
from ledger_core.projections.exceptions import ExceptionItem, open_exceptions
from ledger_core.projections.vendor_accounts import Reconciliation, hint, reconciliations
from plugins.ap_voucher_csv import VoucherCsv
from tests.ledger_core.books import ACCOUNT, MARIA, VENDOR, Books, charge

PAID = Payment(2, VENDOR, ACCOUNT, "1", 10_000, date(2026, 8, 20), "warrant", "W-1")


def july(kept: Books, due: str = "100.00") -> str:
    """A first bill of 100.00."""
    return kept.receive([charge("100.00")], "1", due=due, bill_date=date(2026, 7, 28)).bill


def august(kept: Books, due: str, exact: str = "50.00") -> str:
    """A second one of 50.00, with the total due that the vendor prints."""
    return kept.receive([charge(exact)], "2", due=due, bill_date=date(2026, 8, 28)).bill


def account(kept: Books) -> Reconciliation:
    with kept.ledger.reading() as connection:
        (found,) = reconciliations(connection)
    return found


def figures(kept: Books) -> tuple[int | None, int, int, int, int | None]:
    """Stated, open, held, in transit, unexplained."""
    found = account(kept)
    return found.stated, found.open, found.held, found.paid_lately, found.unexplained


def items(kept: Books) -> list[ExceptionItem]:
    with kept.ledger.reading() as connection:
        return [item for item in open_exceptions(connection) if item.code == "account-unexplained"]


def pay(kept: Books, *payments: Payment) -> None:
    assert [row.state.value for row in kept.pay(*payments)] == ["posted"] * len(payments)


def test_what_is_not_paid_is_open(some_books: Books) -> None:
    july(some_books)
    assert figures(some_books) == (10_000, 10_000, 0, 0, 0)
    august(some_books, "150.00")
    assert figures(some_books) == (15_000, 15_000, 0, 0, 0)
    assert account(some_books).carried == 10_000


def test_what_is_held_the_vendor_still_claims(some_books: Books) -> None:
    bill = july(some_books)
    with some_books.ledger.acting(MARIA) as act:
        hold(act, [Portion.of(bill, 1, 3_000)], Because("wrong rate"), some_books.folder / "spools")
    assert figures(some_books) == (10_000, 7_000, 3_000, 0, 0)


def test_what_the_vendor_has_booked_is_gone_on_both_sides(some_books: Books) -> None:
    some_books.certify(july(some_books))
    pay(some_books, PAID)
    august(some_books, "50.00")
    assert figures(some_books) == (5_000, 5_000, 0, 0, 0)
    assert items(some_books) == []


@pytest.mark.parametrize("paid", [date(2026, 8, 20), date(2026, 9, 3)])
def test_a_payment_that_its_bill_does_not_show_yet_is_in_transit(some_books: Books, paid: date) -> None:
    """Made after the bill's date, or shortly before it and just what the vendor claims too much."""
    some_books.certify(july(some_books))
    pay(some_books, attrs.evolve(PAID, paid=paid))
    august(some_books, "150.00")
    assert figures(some_books) == (15_000, 5_000, 0, 10_000, 0)
    assert items(some_books) == []


def test_an_old_payment_that_the_vendor_does_not_know_is_unexplained(some_books: Books) -> None:
    some_books.certify(july(some_books))
    pay(some_books, attrs.evolve(PAID, paid=date(2026, 7, 1)))
    august(some_books, "150.00")
    assert figures(some_books) == (15_000, 5_000, 0, 0, 10_000)


def test_only_the_payments_that_make_the_difference_are_in_transit(some_books: Books) -> None:
    some_books.certify(july(some_books))
    early = attrs.evolve(PAID, amount=4_000, paid=date(2026, 8, 10))
    late = attrs.evolve(PAID, amount=6_000, paid=date(2026, 8, 27), reference="W-2", row=3)
    pay(some_books, early, late)
    august(some_books, "110.00")
    assert figures(some_books) == (11_000, 5_000, 0, 6_000, 0)
    assert [paid.reference for paid in account(some_books).in_transit] == ["W-2"]


class TestTheUnexplained:
    def test_is_an_exception_with_the_amount_at_stake(self, some_books: Books) -> None:
        some_books.certify(july(some_books))
        pay(some_books, PAID)
        august(some_books, "57.50")
        (found,) = items(some_books)
        assert (found.kind, found.amount, found.vendor) == ("account", 750, VENDOR)
        assert found.text.startswith(f"{VENDOR} {ACCOUNT}: its last bill claims 7.50 USD more than our books")

    def test_is_accepted_for_this_bill_and_this_amount(self, some_books: Books) -> None:
        some_books.certify(july(some_books))
        pay(some_books, PAID)
        august(some_books, "57.50")
        with some_books.ledger.acting(MARIA) as act:
            named = [found.item for found in open_exceptions(act.connection) if found.code == "account-unexplained"]
            accept(act, named, "a fee of June")
        assert items(some_books) == []
        some_books.receive([charge("1.00")], "3", due="58.50", bill_date=date(2026, 9, 28))
        assert [found.amount for found in items(some_books)] == [750]

    def test_is_quiet_where_payments_are_never_read_back(self, some_books: Books) -> None:
        """Then the books do not know what was paid, and every account would be one."""
        july(some_books)
        august(some_books, "50.00")
        assert account(some_books).unexplained == -10_000
        assert items(some_books) == []

    def test_says_where_the_vendor_carries_over_what_the_books_never_held(self, some_books: Books) -> None:
        july(some_books, due="130.00")
        assert account(some_books).unexplained == 3_000
        assert "carries over from bills that the books do not hold" in hint(account(some_books))

    def test_says_where_as_much_was_sent_out_and_not_read_back(self, some_books: Books) -> None:
        """The oldest bills first: the vendor has the money, and the books do not know it."""
        july(some_books)
        august(some_books, "50.00")
        some_books.certify()
        export(some_books.ledger, VoucherCsv(), None, MARIA)
        assert account(some_books).unexplained == -10_000
        assert "not read back. Load the payments." in hint(account(some_books))

    def test_is_unknown_where_the_bill_states_no_total_due(self, some_books: Books) -> None:
        some_books.receive([charge("1.00")])
        assert figures(some_books)[0] is None
        assert figures(some_books)[4] is None


def test_a_net_credit_bill_lowers_what_is_due(some_books: Books) -> None:
    july(some_books)
    august(some_books, "80.00", exact="-20.00")
    assert figures(some_books) == (8_000, 8_000, 0, 0, 0)


def test_a_late_amount_stands_in_what_is_carried(some_books: Books) -> None:
    july(some_books)
    august(some_books, "152.50", exact="52.50")
    assert (account(some_books).carried, account(some_books).unexplained) == (10_000, 0)
