"""What is held and nobody decides: by when, as the bill states it or the account's terms say."""

from datetime import date
from pathlib import Path

import pytest

from ledger_core.engine.holding import Because, Portion, hold
from ledger_core.projections.bills import named
from ledger_core.projections.dispute_warnings import Waiting, waiting_holds
from ledger_core.store.database import Database
from tests.ledger_core.books import ACCOUNT, MARIA, VENDOR, charge
from tests.ledger_core.small_month import SmallMonth


@pytest.fixture
def database(tmp_path: Path) -> Database:
    """The embedded store; nothing here is its own."""
    return Database(tmp_path / "ledger.db")


def _held(month: SmallMonth, bill: str) -> Waiting:
    """What waits once a dollar of the bill's first charge is held."""
    with month.books.ledger.acting(MARIA) as act:
        hold(act, [Portion.of(bill, 1, 100)], Because("asked about it"), month.books.folder / "spools")
    with month.books.ledger.reading() as connection:
        (waiting,) = waiting_holds(connection)
    return waiting


def test_a_hold_is_due_when_its_bill_is(month: SmallMonth) -> None:
    with month.books.ledger.reading() as connection:
        posted = named(connection, month.bill)
    assert posted is not None
    assert posted.due_date
    assert _held(month, month.bill).day == date.fromisoformat(posted.due_date)


def test_a_bill_that_states_no_day_is_due_by_the_terms_of_its_account(month: SmallMonth) -> None:
    terms = {"vendor": VENDOR, "account": ACCOUNT, "treatment": "recover", "terms_days": "30"}
    month.books.load("vendor_accounts", [terms])
    late = month.books.receive([charge("7.00", "2065550101")], "late", bill_date=date(2026, 8, 30), due_date=None)
    assert _held(month, late.bill).day == date(2026, 9, 29)


def test_without_both_it_has_no_day(month: SmallMonth) -> None:
    """The bill's own date is no day by which anything is to be done."""
    assert _held(month, month.direct.bill).day is None
