"""Periods: months, fiscal years, and where a date goes when its month is closed (INV-39)."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger_core.errors import UsageRefused
from ledger_core.policy.periods import (
    Calendar,
    Period,
    PeriodState,
    calendar_of,
    effective_date,
    parse_period,
    period_of,
)
from tests.ledger_core.policy.sheets_as_text import reference_of

days = st.dates(date(1990, 1, 1), date(2100, 12, 31))
closed_months = st.sets(days.map(period_of), max_size=30)


def test_a_period_is_written_and_read_as_year_and_month() -> None:
    assert str(Period(2026, 9)) == "2026-09"
    assert parse_period("2026-09") == Period(2026, 9)


@pytest.mark.parametrize("text", ["2026-13", "2026-00", "2026-9", "26-09", "2026-09-01", "0000-01", "", "٢٠٢٦-٠٩"])
def test_what_is_not_a_month_is_refused(text: str) -> None:
    with pytest.raises(UsageRefused, match="is not a month"):
        parse_period(text, "PERIOD")


@given(days)
def test_a_day_lies_between_the_ends_of_its_period(day: date) -> None:
    period = period_of(day)
    assert period.first_day <= day <= period.last_day
    assert period_of(period.last_day + timedelta(days=1)) == period.next()
    assert period.next().previous() == period
    assert parse_period(str(period)) == period


def test_the_last_period_of_all_has_a_last_day() -> None:
    assert Period(9999, 12).last_day == date.max


def test_a_fiscal_year_from_july_is_named_by_the_year_it_ends_in() -> None:
    july = Calendar(7)
    assert (july.fiscal_year(Period(2026, 6)), july.number(Period(2026, 6))) == (2026, 12)
    assert (july.fiscal_year(Period(2026, 7)), july.number(Period(2026, 7))) == (2027, 1)


@given(days.map(period_of), st.integers(1, 12))
def test_every_period_is_one_of_twelve_of_its_fiscal_year(period: Period, start: int) -> None:
    calendar = Calendar(start)
    first = calendar.first_period(calendar.fiscal_year(period))
    months = (period.year - first.year) * 12 + period.month - first.month
    assert months + 1 == calendar.number(period)
    assert 0 <= months < 12


def test_a_calendar_year_needs_no_setting() -> None:
    assert (Calendar().fiscal_year(Period(2026, 12)), Calendar().number(Period(2026, 12))) == (2026, 12)


def test_the_calendar_is_a_dated_fact() -> None:
    sheet = """
        = calendar
        key                     | value | from       | to
        fiscal_year_start_month | 1     |            | 2026-06-30
        fiscal_year_start_month | 7     | 2026-07-01 |
    """
    reference = reference_of(sheet)
    assert calendar_of(reference, date(2026, 6, 30)) == Calendar(1)
    assert calendar_of(reference, date(2026, 7, 1)) == Calendar(7)
    assert calendar_of(reference_of(""), date(2026, 7, 1)) == Calendar(1)


@given(days, closed_months)
def test_an_effective_date_is_the_date_wanted_or_the_first_open_day_after_it(day: date, closed: set[Period]) -> None:
    effective = effective_date(day, closed)
    assert period_of(effective) not in closed
    if period_of(day) not in closed:
        assert effective == day
    else:
        assert effective.day == 1
        assert period_of(effective).previous() in closed
        assert effective > day


def test_states_are_the_words_that_status_prints() -> None:
    assert [state.value for state in PeriodState] == ["open", "closed"]
