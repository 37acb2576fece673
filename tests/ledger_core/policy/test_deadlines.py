"""Deadlines fall on business days, and never later than what was agreed."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger_core.facts.reference import Reference, ReferenceRow
from ledger_core.policy.deadlines import (
    BusinessDays,
    Deadlines,
    account_row,
    agreement_row,
    business_days,
    deadlines,
)
from ledger_core.policy.limits import Limits, limits_of
from tests.ledger_core.policy.sheets_as_text import reference_of

_KNOWN = reference_of(
    """
    = vendor_accounts
    vendor|account|treatment|terms_days|dispute_days|from|to
    C|1|recover|30|60||
    C||recover|20|||
    D|1|recover||||
    = agreements
    contract|vendor|account|dispute_days|from|to
    K1|C|1|45|2026-01-01|2026-12-31
    K2|C||90||
    K3|C||80||
    K4|C|2||2026-01-01|
    = holidays
    date|name
    2026-11-26|Thanksgiving Day
    2026-11-27|The day after
    = limits
    key|value|from
    verification_days|3|2026-01-01
    validation_days|2|2026-01-01
    dispute_days|30|2026-01-01
    gap|0.05|2026-07-01
    certify_by_two|yes|2026-01-01
    """
)
SITE = business_days(_KNOWN)
LIMITS = limits_of(_KNOWN, date(2026, 6, 1), "USD")

_days = st.dates(date(2020, 1, 1), date(2030, 12, 31))
_calendars = st.builds(BusinessDays, st.frozensets(st.dates(date(2020, 1, 1), date(2030, 12, 31)), max_size=40))
_counts = st.integers(0, 60)


class TestBusinessDays:
    def test_weekends_and_holidays_are_left_out(self) -> None:
        wednesday = date(2026, 11, 25)
        assert [SITE.works(wednesday + timedelta(days=n)) for n in range(6)] == [True, False, False, False, False, True]
        assert SITE.add(wednesday, 1) == date(2026, 11, 30)
        assert SITE.add(date(2026, 11, 30), -1) == wednesday
        assert SITE.on_or_before(date(2026, 11, 29)) == wednesday
        assert SITE.on_or_after(date(2026, 11, 26)) == date(2026, 11, 30)

    @given(_calendars, _days, _counts)
    def test_going_forth_and_back_ends_on_the_business_day_at_or_before(
        self, site: BusinessDays, day: date, count: int
    ) -> None:
        start = site.on_or_before(day)
        assert site.add(site.add(start, count), -count) == start

    @given(_calendars, _days, _counts, _counts)
    def test_steps_add_up(self, site: BusinessDays, day: date, first: int, second: int) -> None:
        assert site.add(site.add(day, first), second) == site.add(day, first + second)

    @given(_calendars, _days, _days, _counts)
    def test_a_later_start_never_ends_earlier(self, site: BusinessDays, one: date, other: date, count: int) -> None:
        early, late = sorted((one, other))
        assert site.add(early, count) <= site.add(late, count)

    @given(_calendars, _days, st.integers(1, 60))
    def test_so_many_business_days_lie_between(self, site: BusinessDays, day: date, count: int) -> None:
        reached = site.add(day, count)
        assert site.works(reached)
        assert site.between(day, reached) == count == -site.between(reached, day)

    @given(_calendars, _days)
    def test_the_nearest_business_days_enclose_a_day(self, site: BusinessDays, day: date) -> None:
        before, after = site.on_or_before(day), site.on_or_after(day)
        assert before <= day <= after
        assert site.works(before)
        assert site.works(after)
        assert (before == day) == (after == day) == site.works(day)

    @pytest.mark.parametrize("count", [1, 3660])
    def test_the_ends_of_the_calendar_stand_still(self, count: int) -> None:
        assert BusinessDays().add(date.max, count) == date.max
        assert BusinessDays().add(date.min, -count) == date.min
        saturday = date(1, 1, 6)
        assert BusinessDays(frozenset({date(1, 1, d) for d in range(1, 6)})).on_or_before(saturday) == date.min


class TestDeadlines:
    def test_the_day_that_a_bill_states_goes_before_terms(self) -> None:
        row = account_row(_KNOWN, "C", "1", date(2026, 8, 28))
        stated = deadlines(date(2026, 8, 28), row, None, Limits(), SITE, stated_due=date(2026, 9, 20))
        assert (stated.due, stated.pay_by) == (date(2026, 9, 20), date(2026, 9, 18))
        assert deadlines(date(2026, 8, 28), row, None, Limits(), SITE).due == date(2026, 9, 27)

    def test_verification_counts_back_from_the_due_date_and_validation_on_from_receipt(self) -> None:
        found = deadlines(None, None, None, LIMITS, SITE, stated_due=date(2026, 12, 1), received=date(2026, 11, 25))
        assert found == Deadlines(
            due=date(2026, 12, 1),
            pay_by=date(2026, 12, 1),
            validate_by=date(2026, 12, 1),
            verify_by=date(2026, 11, 24),
            dispute_by=None,
        )

    @pytest.mark.parametrize(
        ("vendor", "account", "days"),
        [("C", "1", 45), ("C", "2", 80), ("D", "1", 30)],
        ids=["of the account's agreement", "the shortest of the vendor's", "of the site"],
    )
    def test_the_time_to_dispute_is(self, vendor: str, account: str, days: int) -> None:
        bill_date = date(2026, 6, 1)
        row, agreed = (look(_KNOWN, vendor, account, bill_date) for look in (account_row, agreement_row))
        found = deadlines(bill_date, row, agreed, LIMITS, SITE)
        assert found.dispute_by == SITE.on_or_before(bill_date + timedelta(days=days))

    def test_the_vendor_account_goes_before_the_site_and_after_the_agreement(self) -> None:
        row = account_row(_KNOWN, "C", "1", date(2026, 6, 1))
        assert deadlines(date(2026, 6, 1), row, None, LIMITS, SITE).dispute_by == date(2026, 7, 31)

    def test_an_agreement_that_has_ended_says_nothing(self) -> None:
        agreed = agreement_row(_KNOWN, "C", "1", date(2027, 1, 1))
        assert agreed is not None
        assert agreed.cell("contract") == "K3"
        assert agreement_row(_KNOWN, "E", "1", date(2026, 1, 1)) is None

    def test_a_dispute_on_a_day_on_which_nobody_works_is_due_before(self) -> None:
        row = ReferenceRow(1, 1, "vendor_accounts", ("C", "1"), None, None, {"dispute_days": "60"})
        assert deadlines(date(2026, 9, 27), row, None, Limits(), SITE).dispute_by == date(2026, 11, 25)

    def test_what_nothing_sets_is_no_deadline(self) -> None:
        assert deadlines(date(2026, 6, 1), None, None, Limits(), SITE) == Deadlines()
        assert deadlines(None, None, None, LIMITS, SITE) == Deadlines()
        assert list(Deadlines().named()) == []

    @given(
        _calendars,
        _days,
        st.none() | _days,
        _days,
        st.builds(
            Limits,
            validation_days=st.none() | _counts,
            verification_days=st.none() | _counts,
            dispute_days=st.none() | _counts,
        ),
    )
    def test_no_deadline_lies_after_what_was_agreed_and_all_are_business_days(
        self, site: BusinessDays, bill_date: date, due: date | None, received: date, limits: Limits
    ) -> None:
        found = deadlines(bill_date, None, None, limits, site, stated_due=due, received=received)
        assert all(site.works(day) for _, day in found.named())
        assert (found.due, found.pay_by is None) == (due, due is None)
        for name, latest in (("verification", due), ("payment", due)):
            assert all(latest is not None and day <= latest for kind, day in found.named() if kind == name)
        if found.dispute_by is not None:
            assert limits.dispute_days is not None
            assert found.dispute_by <= bill_date + timedelta(days=limits.dispute_days)
        if found.validate_by is not None:
            assert found.validate_by >= received

    @pytest.mark.parametrize("day", [date.max, date.max - timedelta(days=1), date.min])
    def test_dates_at_the_ends_of_the_calendar_do_not_overflow(self, day: date) -> None:
        row = ReferenceRow(1, 1, "vendor_accounts", ("C", "1"), None, None, {"terms_days": "999999999"})
        limits = Limits(validation_days=3660, verification_days=3660, dispute_days=3660)
        assert deadlines(day, row, None, limits, SITE, received=day).due == date.max


class TestLimits:
    def test_a_site_that_has_set_nothing_has_no_gap_and_no_deadlines(self) -> None:
        assert limits_of(Reference(), date(2026, 1, 1), "USD") == Limits(0, 5, 5, None, None, None, None, None)

    def test_limits_are_those_of_the_day(self) -> None:
        assert Limits(0, 5, 5, 2, 3, 30, certify_by_two=True, decide_by_two=None) == LIMITS
        assert limits_of(_KNOWN, date(2026, 7, 1), "USD").gap == 5
