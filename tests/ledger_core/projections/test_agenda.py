"""Nothing expires unseen: late bills, and deadlines with something left to do, stand in the queue on either store."""

from datetime import date
from pathlib import Path

import attrs
import pytest

from ledger_core.facts import catalogue
from ledger_core.policy.periods import Period
from ledger_core.projections.arrivals import expected_bills
from ledger_core.projections.exceptions import ExceptionItem, open_exceptions, queue_and_agenda
from ledger_core.projections.expected_bills import State
from ledger_core.projections.reminders import Reminder
from ledger_core.store.database import Database
from tests.ledger_core.books import ACCOUNT, VENDOR, Books, books, charge, owned


@pytest.fixture
def kept(database: Database, tmp_path: Path) -> Books:
    """Books with a vendor account that bills on the 28th, and a bill of 28 August over two owned lines and one more.

    The clock of the books says 1 September 2026; the agreement gives 60 days to dispute.
    """
    made = books(database, tmp_path)
    owned(made)
    account = {"vendor": VENDOR, "account": ACCOUNT, "treatment": "recover", "cycle_day": "28", "terms_days": "30"}
    made.load("vendor_accounts", [account])
    made.load("agreements", [{"contract": "K", "vendor": VENDOR, "dispute_days": "60"}])
    made.load("limits", [{"key": "verification_days", "value": "3"}, {"key": "warning_days", "value": "2"}])
    made.receive([charge("29.95"), charge("10.01", "2065550101", line=2), charge("5.00", "nobody's", line=3)])
    return made


def _queue(kept: Books, day: str) -> list[ExceptionItem]:
    with kept.ledger.reading() as connection:
        return open_exceptions(connection, date.fromisoformat(day))


def _raised(kept: Books, day: str) -> list[tuple[str, str, str | None, int]]:
    return [
        (item.kind, item.code, item.due, item.amount)
        for item in _queue(kept, day)
        if item.kind in {"missing", "deadline"}
    ]


def _agenda(kept: Books, day: str) -> list[Reminder]:
    with kept.ledger.reading() as connection:
        return queue_and_agenda(connection, date.fromisoformat(day))[1]


def _accept(kept: Books, item: str) -> None:
    content = {"decision": "accept", "items": [item], "owner": "", "reason": "by phone"}
    kept.record(catalogue.EXCEPTION_DECIDED, f"decision/{kept.size()}", content)


class TestLateBills:
    def test_a_bill_that_has_not_come_is_raised_when_it_is_late(self, kept: Books) -> None:
        """The cycle ends on Monday, 28 September; a bill has five business days."""
        assert [item for item in _raised(kept, "2026-10-05") if item[0] == "missing"] == []
        assert ("missing", "bill-missing", "2026-10-05", 4496) in _raised(kept, "2026-10-06")

    def test_two_months_are_one_item_that_keeps_its_name(self, kept: Books) -> None:
        (october,) = [item for item in _queue(kept, "2026-10-06") if item.kind == "missing"]
        (november,) = [item for item in _queue(kept, "2026-11-10") if item.kind == "missing"]
        assert november.item == october.item
        assert november.text == (
            f"{VENDOR} {ACCOUNT} has no bill of 2026-09 to 2026-10 in the books; the last one is of 2026-08-28."
            " Look among refused files, then ask the vendor."
        )
        assert november.amount == 2 * 4496
        _accept(kept, november.item)
        assert [item for item in _queue(kept, "2026-11-10") if item.kind == "missing"] == []

    def test_the_bill_takes_it_off(self, kept: Books) -> None:
        kept.receive([charge("29.95")], "2", bill_date=date(2026, 9, 28), period_to=date(2026, 9, 30))
        assert [item for item in _raised(kept, "2026-10-06") if item[0] == "missing"] == []

    def test_an_accrual_stands_for_a_bill_until_it_is_reversed(self, kept: Books) -> None:
        content = {"entry": "accrual", "narrative": "", "vendor": VENDOR, "account": ACCOUNT, "period": "2026-09"}
        kept.record(catalogue.ENTRY_POSTED, "entry/accrual/2026-09/1", content)
        accrual = kept.size()
        with kept.ledger.reading() as connection:
            register = expected_bills(connection, date(2026, 10, 6))
        assert [one.state for one in register.of(Period(2026, 9))] == [State.ACCRUED]
        (item,) = [item for item in _queue(kept, "2026-10-06") if item.kind == "missing"]
        assert "Its cost is accrued." in item.text
        kept.record(catalogue.ENTRY_POSTED, "entry/reversal/x", {"entry": "reversal", "reverses": accrual})
        with kept.ledger.reading() as connection:
            assert [one.state for one in expected_bills(connection, date(2026, 10, 6)).of(Period(2026, 9))] == [
                State.LATE
            ]

    def test_an_account_is_learned_of_when_its_row_is_first_loaded(self, kept: Books) -> None:
        row = {"vendor": VENDOR, "account": "new", "treatment": "recover", "cycle_day": "28"}
        for _ in range(2):
            kept.load("vendor_accounts", [row])
        with kept.ledger.reading() as connection:
            register = expected_bills(connection, date(2026, 10, 6))
            earlier = expected_bills(connection, date(2026, 10, 6), until=kept.size() - 2)
        found = {one.account: one for one in register.of(Period(2026, 9))}
        assert found["new"].state is State.LATE
        assert (found["new"].amount, found["new"].last) == (None, None)
        assert [one.account for one in earlier.of(Period(2026, 9))] == [ACCOUNT]
        texts = [item.text for item in _queue(kept, "2026-10-06") if item.kind == "missing"]
        assert any("no bill of 2026-09 in the books; none ever came." in text for text in texts)


class TestDeadlines:
    def test_verification_is_due_before_payment_while_the_queue_holds_something_of_the_bill(self, kept: Books) -> None:
        """Due on Sunday, 27 September; three business days before is Wednesday, 23."""
        assert _raised(kept, "2026-09-18") == []
        assert _raised(kept, "2026-09-21") == [("deadline", "deadline-near", "2026-09-23", 500)]
        assert _raised(kept, "2026-09-23") == [("deadline", "deadline-near", "2026-09-23", 500)]
        assert _raised(kept, "2026-09-24") == [("deadline", "deadline-passed", "2026-09-23", 500)]

    def test_what_was_waved_through_when_near_is_raised_again_when_it_has_passed(self, kept: Books) -> None:
        (near,) = [item for item in _queue(kept, "2026-09-23") if item.kind == "deadline"]
        _accept(kept, near.item)
        assert _raised(kept, "2026-09-23") == []
        assert _raised(kept, "2026-09-24") == [("deadline", "deadline-passed", "2026-09-23", 500)]

    def test_of_two_sorts_of_items_the_one_with_more_money_counts(self, kept: Books) -> None:
        """A line may lie in suspense and be objected to: a sum would count its money twice."""
        kept.load("contracts", [{"vendor": VENDOR, "account": ACCOUNT, "product": "POTS", "rate": "1"}])
        kept.receive([charge("7.00", product="NEW"), charge("9.00", "nobody's", line=2)], "3")
        bill = next(item.bill for item in _queue(kept, "2026-09-01") if item.amount == 900)
        items = [item for item in _queue(kept, "2026-09-01") if item.bill == bill]
        assert {item.kind for item in items} == {"suspense", "exception"}
        (one,) = [one for one in _agenda(kept, "2026-09-23") if one.what == "verification" and one.bill == bill]
        assert one.amount == 900
        assert f"{len(items)} items of it in the queue" in one.text

    def test_nothing_left_to_do_is_nothing_to_be_reminded_of(self, kept: Books) -> None:
        kept.receive([charge("29.95")], "2")
        for item in _queue(kept, "2026-09-01"):
            assert item.kind == "suspense"
            _accept(kept, item.item)
        assert _raised(kept, "2026-09-24") == []

    def test_the_time_to_dispute_matters_while_somebody_objects(self, kept: Books) -> None:
        """Sixty days from 28 August end on Tuesday, 27 October. Lines in suspense are no objection to the vendor."""
        assert [one.what for one in _agenda(kept, "2026-10-26")] == ["verification", "bill"]
        kept.load("contracts", [{"vendor": VENDOR, "account": ACCOUNT, "product": "POTS", "rate": "1"}])
        kept.receive([charge("7.00", product="NEW")], "3")
        found = {one.what: one for one in _agenda(kept, "2026-10-26")}
        assert found["dispute"].code == "deadline-near"
        assert found["dispute"].text == (
            f"{VENDOR} 3: the day for its dispute is 2026-10-27 (1 business day from now);"
            " 1 objection to it not decided. Dispute what is wrong, or accept it."
        )
        assert {one.what: one.code for one in _agenda(kept, "2026-10-28")}["dispute"] == "deadline-passed"

    def test_a_bill_that_no_check_has_seen_is_validated_in_time(self, kept: Books) -> None:
        kept.load("limits", [{"key": "validation_days", "value": "2"}])
        (one,) = [one for one in _agenda(kept, "2026-09-02") if one.what == "validation"]
        assert (one.day, one.code, one.amount) == (date(2026, 9, 3), "deadline-near", 4496)

    def test_payment_is_told_and_not_raised_where_claims_are_certified_elsewhere(self, kept: Books) -> None:
        (one,) = [one for one in _agenda(kept, "2026-09-24") if one.what == "payment"]
        assert (one.day, one.asks, one.amount, one.code) == (date(2026, 9, 25), False, 4496, "deadline-near")
        assert all(one.what != "payment" for one in _agenda(kept, "2026-09-28"))
        assert all(item.text != one.text for item in _queue(kept, "2026-09-24"))


def test_without_a_day_the_last_facts_own_is_meant(kept: Books) -> None:
    assert kept.ledger.clock().date() == date(2026, 9, 1)
    with kept.ledger.reading() as connection:
        assert open_exceptions(connection) == open_exceptions(connection, date(2026, 9, 1))


def test_a_reversed_bill_has_no_deadlines(kept: Books) -> None:
    (bill,) = {item.bill for item in _queue(kept, "2026-09-01")}
    assert bill is not None
    with kept.ledger.reading() as connection:
        (dated,) = expected_bills(connection, date(2026, 9, 1)).dated()
    kept.reverse(dated.bill.fact)
    assert [attrs.asdict(one) for one in _agenda(kept, "2026-09-24")] == []
