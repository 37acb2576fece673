"""The generator's own answers: whose each cent is, without any reading of a file."""

from hypothesis import given
from hypothesis import strategies as st

from tollbook.city import Case, Month, answer_key, expected, plan_city
from tollbook.city.oracle import largest_remainder


@given(st.integers(-(10**9), 10**9), st.dictionaries(st.text("abcdef", max_size=3), st.integers(1, 100), min_size=1))
def test_a_split_sums_to_what_was_split_and_a_credit_is_its_mirror(total: int, weights: dict[str, int]) -> None:
    split = largest_remainder(total, weights)
    assert sum(split.values()) == total
    assert largest_remainder(-total, weights) == {key: -cents for key, cents in split.items()}
    whole = sum(weights.values())
    assert all(abs(split[key] * whole - total * weight) < whole for key, weight in weights.items())


def test_spare_cents_go_to_the_largest_fraction_then_to_the_lower_key() -> None:
    assert largest_remainder(10_000, {"a": 1, "b": 1, "c": 1}) == {"a": 3_334, "b": 3_333, "c": 3_333}
    assert largest_remainder(5, {"a": 50, "b": 30, "c": 20}) == {"a": 3, "b": 1, "c": 1}


def test_a_whole_month_goes_to_the_owner_at_the_end_of_the_cycle() -> None:
    """The line that changes hands is the first of its account: the one who had it in July has none of August."""
    city = plan_city("tiny", 1)
    (place,) = [p for p in answer_key(city) if p.case == Case.OWNER_CHANGES.value and p.bill]
    july, august = (
        next(e for e in expected(city, Month(2026, n)) if e.account == place.account).departments for n in (7, 8)
    )
    assert july["01120"] == 10_511
    assert august == {"": 2_338, "01120": 4_922, "01130": 4_922, "01140": 9_558, "01770": 2_764}


def test_only_the_unknown_line_is_in_suspense() -> None:
    city = plan_city("tiny", 1)
    unknown = {(p.file, p.month) for p in answer_key(city) if p.case == Case.UNKNOWN_SERVICE.value}
    found = {(e.path, str(m)) for m in city.calendar.all() for e in expected(city, m) if "" in e.departments}
    assert found == unknown
