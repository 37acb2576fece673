"""A billing cycle ends once a month, on the day that the vendor account's row names."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger_core.facts.reference import Reference, ReferenceRow
from ledger_core.policy.cycles import Cycles
from ledger_core.policy.periods import Period, parse_period
from tests.ledger_core.policy.sheets_as_text import reference_of

ACCOUNT = ("C", "1")
_HEAD = "= vendor_accounts\nvendor|account|treatment|cycle_day|from|to\n"


def cycles(*rows: str) -> Cycles:
    return Cycles(reference_of(_HEAD + "\n".join(rows)))


def ends(found: Cycles, *months: str) -> list[str]:
    days = [found.ends(ACCOUNT, parse_period(month)) for month in months]
    return [day.isoformat() if day else "" for day in days]


def test_a_month_without_that_day_ends_its_cycle_on_its_last() -> None:
    found = cycles("C|1|recover|31||")
    assert ends(found, "2026-01", "2026-02", "2028-02") == ["2026-01-31", "2026-02-28", "2028-02-29"]


@pytest.mark.parametrize(
    ("row", "months"),
    [
        ("C|1|recover|18|2026-08-10|", ["2026-08", "2026-09"]),
        ("C|1|recover|18|2026-08-19|", ["2026-09"]),
        ("C|1|recover|18||2026-07-18", ["2026-06", "2026-07"]),
        ("C|1|recover|18||2026-07-19", ["2026-06", "2026-07", "2026-08"]),
        ("C||recover|18|2026-08-01|", ["2026-08", "2026-09"]),
        ("C|1|recover|||", []),
        ("D|1|recover|18||", []),
    ],
)
def test_an_account_has_the_cycles_in_which_it_was_open_on_some_day(row: str, months: list[str]) -> None:
    """Opened or closed within a cycle, it is billed for its part."""
    all_months = ["2026-06", "2026-07", "2026-08", "2026-09"]
    assert [month for month, end in zip(all_months, ends(cycles(row), *all_months), strict=True) if end] == months


def test_the_row_in_force_decides_not_the_one_that_it_overtook() -> None:
    found = cycles("C|1|recover|5|2026-01-01|", "C|1|recover|20|2026-07-01|", "C|1|recover||2026-10-01|")
    assert ends(found, "2026-06", "2026-07", "2026-08", "2026-11") == ["2026-06-05", "2026-07-20", "2026-08-20", ""]


def test_an_account_of_its_own_goes_before_the_vendors_row() -> None:
    assert ends(cycles("C||recover|5||", "C|1|recover|20||"), "2026-06") == ["2026-06-20"]


@pytest.mark.parametrize(
    ("cycle_day", "day", "cycle"),
    [
        (18, "2026-08-18", "2026-08"),
        (18, "2026-08-20", "2026-08"),
        (30, "2026-10-01", "2026-09"),
        (1, "2026-07-31", "2026-08"),
        (5, "2026-08-31", "2026-09"),
        (31, "2026-12-31", "2026-12"),
    ],
)
def test_a_bill_belongs_to_the_cycle_that_ends_nearest(cycle_day: int, day: str, cycle: str) -> None:
    found = cycles(f"C|1|recover|{cycle_day}||")
    assert found.nearest(ACCOUNT, date.fromisoformat(day)) == parse_period(cycle)


def test_without_a_cycle_a_bill_belongs_to_its_month() -> None:
    assert Cycles(Reference()).nearest(ACCOUNT, date(2026, 8, 31)) == Period(2026, 8)


def test_the_cycle_that_runs_is_the_next_once_this_months_has_ended() -> None:
    found = cycles("C|1|recover|18||")
    days = (date(2026, 8, 18), date(2026, 8, 19), date(2026, 12, 31))
    assert [str(found.running(ACCOUNT, day)) for day in days] == ["2026-08", "2026-09", "2027-01"]


def test_an_account_is_closed_once_its_last_row_has_ended() -> None:
    found = cycles("C|1|recover|18|2026-01-01|2026-03-31", "C|1|recover|18|2026-05-01|2026-07-10")
    assert found.closed_on(ACCOUNT, Period(2026, 7)) == date(2026, 7, 10)
    assert found.closed_on(ACCOUNT, Period(2026, 4)) is None


@given(
    st.integers(1, 31),
    st.none() | st.dates(date(2025, 1, 1), date(2027, 1, 1)),
    st.none() | st.integers(0, 700),
    st.dates(date(2025, 6, 1), date(2026, 12, 31)),
)
def test_every_day_on_which_an_account_is_open_lies_in_exactly_one_cycle_it_is_billed_for(
    cycle_day: int, first: date | None, length: int | None, day: date
) -> None:
    last = None if length is None else (first or date(2025, 1, 1)) + timedelta(days=length)
    row = ReferenceRow(1, 1, "vendor_accounts", ACCOUNT, first, last, {"cycle_day": str(cycle_day)})
    found, month = Cycles(Reference([row])), Period(day.year, day.month)
    months = (month.previous(), month, month.next())
    open_cycles = [
        (before, end)
        for one in months
        if (end := found.ends(ACCOUNT, one)) is not None and (before := _end(cycle_day, one.previous())) < day <= end
    ]
    assert len(open_cycles) == (1 if row.covers(day) else len(open_cycles))
    assert len(open_cycles) <= 1


def _end(cycle_day: int, month: Period) -> date:
    return min(month.last_day, month.first_day + timedelta(days=cycle_day - 1))


@pytest.mark.parametrize("month", [Period(1, 1), Period(9999, 12)])
def test_the_ends_of_the_calendar_have_cycles_too(month: Period) -> None:
    found = cycles("C|1|recover|31||")
    end = found.ends(ACCOUNT, month)
    assert end == month.last_day
    assert found.nearest(ACCOUNT, end) == found.running(ACCOUNT, end) == month
