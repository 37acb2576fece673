"""Rates, terms and taxes of one key hold for one stretch at a time, whatever was loaded when."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ledger_core.facts.reference import Reference, ReferenceRow
from ledger_core.policy.overlap import overlaps
from tests.ledger_core.policy.sheets_as_text import reference_of, rows_of

_RATES = "= contracts\nvendor|account|product|rate|from|to\n"
_START = date(2026, 1, 1)
_stretches = st.lists(st.tuples(st.integers(0, 60), st.none() | st.integers(0, 40)), max_size=6)


def found(known: str, loaded: str) -> list[tuple[str, str]]:
    """The rates that would hold on one day: of what is known, and of what is loaded."""
    reference = reference_of(_RATES + known) if known else Reference()
    made = overlaps(reference, rows_of(_RATES + loaded, fact=90))
    return [(one.earlier.cell("rate"), one.later.cell("rate")) for one in made]


def test_a_rate_that_begins_while_a_known_one_holds_overlaps_it() -> None:
    assert found("C||A|10|2026-01-01|", "C||A|11|2026-07-01|") == [("10", "11")]
    assert found("C||A|10|2026-07-01|", "C||A|9|2026-01-01|2026-07-01") == [("9", "10")]


def test_a_rate_that_begins_the_day_after_the_known_one_does_not() -> None:
    assert found("C||A|10|2026-01-01|2026-06-30", "C||A|11|2026-07-01|") == []


def test_the_same_sheet_may_end_the_known_rate() -> None:
    assert found("C||A|10|2026-01-01|", "C||A|10|2026-01-01|2026-06-30\nC||A|11|2026-07-01|") == []


def test_a_rate_with_the_first_day_of_a_known_one_corrects_it() -> None:
    assert found("C||A|10|2026-01-01|", "C||A|9.5|2026-01-01|") == []


def test_other_keys_are_other_agreements() -> None:
    assert found("C||A|10||", "C||B|11||\nC|1|A|9||\nD||A|8||") == []


def test_what_overlaps_in_the_books_already_stops_nobody_from_mending_it() -> None:
    known = "C||A|10|2026-01-01|\nC||A|11|2026-07-01|"
    assert found(known, "C||A|10|2026-01-01|2026-06-30") == []


def test_sheets_in_which_rows_overtake_each_other_never_overlap() -> None:
    rows = rows_of("= services\nvendor|account|service|department|from\nC|1|x|police|\nC|1|x|parks|2026-03-01")
    assert list(overlaps(Reference(), rows)) == []


@given(_stretches, _stretches)
def test_nothing_is_found_exactly_where_no_day_has_two_rates(
    before: list[tuple[int, int | None]], after: list[tuple[int, int | None]]
) -> None:
    """Said day by day: known rows that do not overlap stay so after a load in which nothing was found, and what was
    found is a day with two rates."""
    known = _rows(before, 1)
    if list(overlaps(Reference(), known)):
        known = []
    loaded = _rows(after, 2)
    merged = {row.valid_from: row for row in (*known, *loaded)}
    days = [_START + timedelta(days=number) for number in range(110)]
    doubled = any(sum(row.covers(day) for row in merged.values()) > 1 for day in days)
    assert bool(list(overlaps(Reference(known), loaded))) == doubled


def _rows(stretches: list[tuple[int, int | None]], fact: int) -> list[ReferenceRow]:
    made = {}
    for line, (first, length) in enumerate(stretches, 1):
        begins = _START + timedelta(days=first)
        ends = None if length is None else begins + timedelta(days=length)
        made[begins] = ReferenceRow(fact, line, "contracts", ("C", "", "A"), begins, ends, {"rate": str(line)})
    return list(made.values())
