"""Every bill that is expected is in exactly one state, and nothing of it expires unseen (INV-25)."""

from __future__ import annotations

from datetime import date, timedelta

import attrs
from hypothesis import given
from hypothesis import strategies as st

from ledger_core.facts.reference import Reference
from ledger_core.policy.deadlines import Deadlines
from ledger_core.policy.periods import Period, parse_period
from ledger_core.projections.bills import PostedBill
from ledger_core.projections.expected_bills import Arrivals, ExpectedBill, ExpectedBills, State
from tests.ledger_core.policy.sheets_as_text import reference_of

_BILL = PostedBill(
    fact=1, bill="B-1-0", identity="", vendor="C", account="1", number="N1", bill_date="2026-07-05",
    due_date=None, period_from=None, period_to=None, effective="2026-07-05", currency="USD", charges=1, total=100,
    suspense=0, amount_due=None, document="", state="posted", reversed_by=None,
)  # fmt: skip
_ACCOUNTS = """
= vendor_accounts
vendor|account|treatment|cycle_day|terms_days|dispute_days|from|to
C|1|recover|5|30|60||
C|2|recover|5||||{ends}
C|3|recover|||||
= limits
key|value
verification_days|2
"""
JULY, AUGUST, SEPTEMBER = "2026-07-05", "2026-08-05", "2026-09-05"
_LONG_AGO = {("C", "1"): date(2026, 6, 20), ("C", "2"): date(2026, 6, 20)}


def known(ends: str = "") -> Reference:
    return reference_of(_ACCOUNTS.replace("{ends}", ends))


def bill(account: str, day: str | None, period_to: str | None = None, total: int = 100) -> PostedBill:
    return attrs.evolve(_BILL, account=account, bill_date=day, period_to=period_to, total=total)


def register(
    bills: list[PostedBill],
    today: str,
    reference: Reference | None = None,
    accrued: frozenset[tuple[str, str, Period]] = frozenset(),
    learned: dict[tuple[str, str], date] | None = None,
) -> ExpectedBills:
    numbered = [attrs.evolve(one, fact=number) for number, one in enumerate(bills, 1)]
    received = {one.fact: date(2026, 9, 1) for one in numbered}
    arrivals = Arrivals(numbered, received, accrued, learned or {})
    return ExpectedBills(arrivals, reference or known(), date.fromisoformat(today), "USD")


def states(found: ExpectedBills, cycle: str) -> dict[str, str]:
    return {one.account: one.state.value for one in found.of(parse_period(cycle))}


def overdue(found: ExpectedBills) -> list[tuple[str, list[str]]]:
    return [(row[0].account, [str(one.cycle) for one in row]) for row in found.overdue()]


class TestStates:
    def test_a_bill_is_expected_until_it_is_late_and_received_once_it_is_here(self) -> None:
        """Five business days after the cycle has ended on Wednesday, 5 August."""
        came = [bill("1", JULY)]
        assert states(register(came, "2026-08-12"), "2026-08") == {"1": "expected"}
        assert states(register(came, "2026-08-13"), "2026-08") == {"1": "late"}
        assert states(register([*came, bill("1", AUGUST)], "2026-08-13"), "2026-08") == {"1": "received"}

    def test_the_days_that_a_bill_may_take_are_the_sites_own(self) -> None:
        patient = reference_of(f"{_ACCOUNTS.replace('{ends}', '')}arrival_days|10\n= holidays\ndate\n2026-08-06")
        assert states(register([bill("1", JULY)], "2026-08-20", patient), "2026-08") == {"1": "expected"}
        assert states(register([bill("1", JULY)], "2026-08-21", patient), "2026-08") == {"1": "late"}

    def test_an_account_that_never_billed_is_expected_once_the_books_know_of_it(self) -> None:
        learned = {("C", "2"): date(2026, 8, 6)}
        found = register([], "2026-09-30", learned=learned)
        assert states(found, "2026-08") == {}
        assert states(found, "2026-09") == {"2": "late"}

    def test_what_came_before_the_first_bill_nobody_knows(self) -> None:
        found = register([bill("1", AUGUST)], "2026-09-30", learned={("C", "1"): date(2026, 9, 20)})
        assert states(found, "2026-07") == {}
        assert states(found, "2026-09") == {"1": "late"}

    def test_an_accrual_stands_for_a_bill_until_the_bill_comes(self) -> None:
        accrued = frozenset({("C", "1", Period(2026, 8))})
        assert states(register([bill("1", JULY)], "2026-08-31", accrued=accrued), "2026-08") == {"1": "accrued"}
        came = [bill("1", JULY), bill("1", AUGUST)]
        assert states(register(came, "2026-08-31", accrued=accrued), "2026-08") == {"1": "received"}

    def test_a_closed_account_is_expected_once_more_and_then_closed(self) -> None:
        came, closed = [bill("2", JULY)], known(ends="2026-07-31")
        found = register(came, "2026-09-30", closed)
        assert [states(found, month) for month in ("2026-08", "2026-09")] == [{"2": "late"}, {"2": "closed"}]
        (row,) = found.of(Period(2026, 9))
        assert (row.until, row.ends, row.late_after) == (date(2026, 7, 31), None, None)
        assert overdue(found) == [("2", ["2026-08"])]

    def test_a_bill_of_an_account_without_cycles_is_received_and_none_is_expected(self) -> None:
        found = register([bill("3", JULY), bill("4", JULY)], "2026-12-31")
        assert states(found, "2026-07") == {"3": "received", "4": "received"}
        assert states(found, "2026-08") == {}
        assert overdue(found) == []

    def test_a_late_bill_clears_it_and_a_gap_in_the_middle_stays(self) -> None:
        july_and_september = [bill("1", JULY), bill("1", SEPTEMBER)]
        assert overdue(register(july_and_september, "2026-09-30")) == [("1", ["2026-08"])]
        assert overdue(register([*july_and_september, bill("1", "2026-08-19")], "2026-09-30")) == []

    def test_cycles_in_a_row_are_one_matter(self) -> None:
        assert overdue(register([bill("1", JULY)], "2026-10-31")) == [("1", ["2026-08", "2026-09", "2026-10"])]
        gap = [bill("1", JULY), bill("1", SEPTEMBER)]
        assert overdue(register(gap, "2026-10-31")) == [("1", ["2026-08"]), ("1", ["2026-10"])]

    def test_what_is_accrued_is_asked_for_all_the_same(self) -> None:
        accrued = frozenset({("C", "1", Period(2026, 8))})
        assert overdue(register([bill("1", JULY)], "2026-08-31", accrued=accrued)) == [("1", ["2026-08"])]
        assert overdue(register([bill("1", JULY)], "2026-08-12", accrued=accrued)) == []

    def test_the_register_of_a_day_holds_the_cycle_that_runs_and_what_is_overdue(self) -> None:
        found = register([bill("1", JULY), bill("2", JULY), bill("2", AUGUST)], "2026-09-03")
        assert [(one.account, str(one.cycle), one.state.value) for one in found.open()] == [
            ("1", "2026-08", "late"),
            ("1", "2026-09", "expected"),
            ("2", "2026-09", "expected"),
        ]


class TestDeadlines:
    def _one(self, found: ExpectedBills, cycle: str) -> ExpectedBill:
        (one,) = (row for row in found.of(parse_period(cycle)) if row.account == "1")
        return one

    def test_a_bill_that_came_has_its_own(self) -> None:
        one = self._one(register([bill("1", JULY)], "2026-07-10"), "2026-07")
        assert one.deadlines == Deadlines(
            due=date(2026, 8, 4),
            pay_by=date(2026, 8, 4),
            validate_by=None,
            verify_by=date(2026, 7, 31),
            dispute_by=date(2026, 9, 3),
        )
        assert (one.amount, one.last) == (100, None)

    def test_a_bill_that_has_not_come_has_those_of_one_dated_on_the_day_its_cycle_ends(self) -> None:
        one = self._one(register([bill("1", JULY, total=250)], "2026-07-10"), "2026-08")
        assert (one.state, one.ends, one.late_after) == (State.EXPECTED, date(2026, 8, 5), date(2026, 8, 12))
        assert (one.deadlines.due, one.deadlines.dispute_by) == (date(2026, 9, 4), date(2026, 10, 2))
        assert one.amount == 250

    def test_of_two_bills_of_a_cycle_the_earliest_counts(self) -> None:
        came = [bill("1", JULY), attrs.evolve(bill("1", "2026-07-07", total=-30), due_date="2026-07-20")]
        one = self._one(register(came, "2026-07-10"), "2026-07")
        assert (one.deadlines.due, one.deadlines.dispute_by, one.amount) == (date(2026, 7, 20), date(2026, 9, 3), 70)

    def test_a_bill_without_a_date_counts_from_the_end_of_its_period(self) -> None:
        one = self._one(register([bill("1", None, "2026-07-06")], "2026-07-10"), "2026-07")
        assert one.deadlines.due == date(2026, 8, 5)


_months = st.lists(st.sampled_from([f"2026-{month:02d}-{day:02d}" for month in range(1, 13) for day in (3, 5, 9)]))


@given(
    _months,
    st.dates(date(2026, 1, 1), date(2027, 3, 1)),
    st.none() | st.dates(date(2025, 12, 1), date(2027, 1, 1)),
    st.none() | st.dates(date(2026, 1, 1), date(2026, 12, 31)),
    st.sets(st.integers(1, 12)),
)
def test_every_account_and_cycle_is_in_exactly_one_state(
    days: list[str], today: date, learned: date | None, ends: date | None, accrued: set[int]
) -> None:
    """And the states say what they mean: received holds bills, late is past its day, closed comes after the end."""
    found = register(
        [bill("2", day) for day in days],
        today.isoformat(),
        known(ends=ends.isoformat() if ends else ""),
        frozenset(("C", "2", Period(2026, month)) for month in accrued),
        {("C", "2"): learned} if learned else {},
    )
    held = 0
    for month in range(1, 13):
        rows = list(found.of(Period(2026, month)))
        assert len(rows) <= 1
        for row in rows:
            held += len(row.bills)
            assert bool(row.bills) == (row.state is State.RECEIVED)
            assert (row.state is State.LATE) <= (row.late_after is not None and today > row.late_after)
            assert (row.state is State.EXPECTED) <= (row.late_after is not None and today <= row.late_after)
            assert (row.state is State.CLOSED) <= (ends is not None and ends < row.cycle.last_day)
    assert held == len(days)
    late = {one.cycle for row in found.overdue() for one in row if one.state is State.LATE}
    seen = {row.cycle for month in _periods(today) for row in found.of(month) if row.state is State.LATE}
    assert late == seen


def _periods(today: date) -> list[Period]:
    day, found = date(2025, 12, 1), []
    while day <= today:
        found.append(Period(day.year, day.month))
        day = (day.replace(day=28) + timedelta(days=4)).replace(day=1)
    return found
