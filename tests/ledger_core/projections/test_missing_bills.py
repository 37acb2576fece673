"""A bill that should have come is an item of the queue until it comes, however late."""

from __future__ import annotations

from datetime import date

import attrs
import pytest

from ledger_core.facts.reference import Reference, ReferenceRow
from ledger_core.projections.bills import PostedBill
from ledger_core.projections.missing_bills import missing_bills

_BILL = PostedBill(
    fact=1, bill="B-1-0", identity="", vendor="Carrier", account="1", number="N1", bill_date="2026-07-05",
    due_date=None, period_from=None, period_to=None, effective="2026-07-05", currency="USD", charges=1, total=100,
    suspense=0, amount_due=None, document="", state="posted", reversed_by=None,
)  # fmt: skip


def _bill(account: str, day: str | None, period_to: str | None = None) -> PostedBill:
    return attrs.evolve(_BILL, account=account, bill_date=day, period_to=period_to)


def _accounts(*, ends: date | None = None, cycle_day: str = "5") -> Reference:
    values = {"cycle_day": cycle_day} if cycle_day else {}
    return Reference(
        ReferenceRow(1, line, "vendor_accounts", ("Carrier", account), date(2026, 1, 1), ends, values)
        for line, account in enumerate(("1", "2"), 1)
    )


def _missing(bills: list[PostedBill], known: Reference) -> list[tuple[str, str]]:
    return [(missing.last.account, str(missing.month)) for missing in missing_bills(bills, known)]


JULY, AUGUST, SEPTEMBER = "2026-07-05", "2026-08-05", "2026-09-05"


def test_a_month_that_others_have_billed_and_this_one_has_not_is_missing() -> None:
    bills = [_bill("1", JULY), _bill("2", JULY), _bill("1", AUGUST)]
    assert _missing(bills, _accounts()) == [("2", "2026-08")]


def test_the_late_bill_clears_it() -> None:
    bills = [_bill("1", JULY), _bill("2", JULY), _bill("1", AUGUST), _bill("2", "2026-08-31")]
    assert _missing(bills, _accounts()) == []


def test_a_gap_in_the_middle_stays_missing() -> None:
    bills = [_bill("1", JULY), _bill("1", SEPTEMBER)]
    assert _missing(bills, _accounts()) == [("1", "2026-08")]


def test_nothing_is_expected_before_the_first_bill_or_after_the_newest() -> None:
    assert _missing([_bill("1", JULY), _bill("2", AUGUST)], _accounts()) == [("1", "2026-08")]
    assert _missing([_bill("1", JULY)], _accounts()) == []
    assert _missing([], _accounts()) == []


def test_a_bill_without_a_date_counts_for_the_month_in_which_its_period_ends() -> None:
    bills = [_bill("1", None, "2026-07-31"), _bill("2", None, "2026-07-31"), _bill("1", None, "2026-08-31")]
    assert _missing(bills, _accounts()) == [("2", "2026-08")]


@pytest.mark.parametrize("known", [_accounts(ends=date(2026, 7, 31)), _accounts(cycle_day=""), Reference()])
def test_an_account_that_is_closed_or_has_no_cycle_is_not_expected(known: Reference) -> None:
    bills = [_bill("1", JULY), _bill("2", JULY), _bill("1", AUGUST)]
    assert _missing(bills, known) == []
