"""Steps: the value on a day is the one that began last."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from ledger_core.policy.steps import SINCE_EVER, Steps, day_of, starts_of

days = st.dates(date(2026, 1, 1), date(2026, 12, 31))
ends = st.one_of(st.none(), days)


def test_a_value_holds_from_its_day_until_the_next() -> None:
    steps = Steps([SINCE_EVER, "2026-01-01", "2026-09-15"], ["nobody", "police", "parks"])
    assert [steps.at(day) for day in ("1999-12-31", "2026-01-01", "2026-09-14", "2026-09-15", "9999-12-31")] == [
        "nobody",
        "police",
        "police",
        "parks",
        "parks",
    ]


@given(days, days)
def test_a_value_is_constant_between_changes(first: date, last: date) -> None:
    steps = Steps([SINCE_EVER, "2026-09-15"], ["police", "parks"])
    first, last = sorted((first, last))
    assert steps.constant(first.isoformat(), last.isoformat()) == (
        steps.at(first.isoformat()) == steps.at(last.isoformat())
    )


@given(st.lists(st.tuples(ends, ends), max_size=5), days)
def test_between_two_starts_no_span_begins_or_ends(spans: list[tuple[date | None, date | None]], day: date) -> None:
    starts = starts_of(spans)
    begun = day_of(max(start for start in starts if start <= day.isoformat()))
    for first, last in spans:
        assert ((first or date.min) <= day <= (last or date.max)) == (
            (first or date.min) <= begun <= (last or date.max)
        )


def test_a_span_that_ends_with_time_itself_begins_nothing() -> None:
    assert starts_of([(None, date.max), (None, None)]) == [SINCE_EVER]
