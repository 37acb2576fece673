"""Chart strings: split and joined by the site's template, leading zeros and all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger_core.errors import InputRefused
from ledger_core.facts.chart import PLAIN, ChartString, parse_template

KENT = parse_template("fund:3 department:5 . object:5 . subobject:4")
digits = st.text("0123456789", min_size=1, max_size=6)


def test_a_string_as_a_city_writes_it_is_split_by_width_and_point() -> None:
    chart = KENT.split("52001770.64160.1800")
    assert chart == ChartString(fund="520", department="01770", object="64160", subobject="1800")
    assert KENT.join(chart) == "52001770.64160.1800"


def test_segments_at_the_end_may_be_missing() -> None:
    chart = KENT.split("52001770.64160")
    assert chart == ChartString(fund="520", department="01770", object="64160")
    assert KENT.join(chart) == "52001770.64160"
    assert KENT.split("52001770") == ChartString(fund="520", department="01770")


@given(st.integers(0, 999), st.integers(0, 99999), st.integers(0, 99999), st.integers(0, 9999))
def test_what_is_joined_is_split_again(fund: int, department: int, account_object: int, subobject: int) -> None:
    chart = ChartString(
        fund=f"{fund:03d}", department=f"{department:05d}", object=f"{account_object:05d}", subobject=f"{subobject:04d}"
    )
    assert KENT.split(KENT.join(chart)) == chart


@given(st.lists(digits, min_size=1, max_size=4))
def test_without_widths_separators_decide(cells: list[str]) -> None:
    string = ".".join(cells)
    assert PLAIN.join(PLAIN.split(string)) == string
    assert [PLAIN.split(string).fund, PLAIN.split(string).department][: len(cells)] == cells[:2]


@pytest.mark.parametrize(
    ("string", "expected"),
    [
        ("", "3 characters of fund at character 1"),
        ("52", "3 characters of fund at character 1"),
        ("520", "5 characters of department at character 4"),
        ("5200177", "5 characters of department at character 4"),
        ("52001770-64160", r"'\.' before the object at character 9"),
        ("52001770.", "5 characters of object at character 10"),
        ("52001770.64160.1800.9", "the end at character 20"),
    ],
)
def test_a_string_that_does_not_fit_says_where(string: str, expected: str) -> None:
    with pytest.raises(InputRefused, match=rf"row 7: '.*' does not have {expected}\. Write it as") as refused:
        KENT.split(string, "row 7")
    assert refused.value.code == "string-malformed"


@pytest.mark.parametrize(
    "chart",
    [
        ChartString(fund="52", department="01770"),
        ChartString(department="01770", object="64160"),
        ChartString(fund="520", department="01770", subobject="1800"),
        ChartString(fund="5200", department="1770"),
        ChartString(fund="5", department="2001770"),
    ],
)
def test_what_could_not_be_read_back_is_not_written(chart: ChartString) -> None:
    with pytest.raises(InputRefused, match="account string"):
        KENT.join(chart)


def test_a_code_that_holds_the_separator_is_not_written() -> None:
    with pytest.raises(InputRefused, match=r"does not have '5\.5' as a code for fund"):
        PLAIN.join(ChartString(fund="5.5", department="1"))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("fund:3 colour:2", "'colour:2' is not a dimension"),
        ("fund:3 fund:3", "stands twice"),
        ("fund department", "follows a dimension without a width"),
        ("fund:3 .", "does not end with a dimension"),
        ("", "does not end with a dimension"),
        (". .", "does not end with a dimension"),
    ],
)
def test_a_template_that_makes_no_sense_is_refused(text: str, found: str) -> None:
    with pytest.raises(InputRefused, match=found):
        parse_template(text)


def test_a_template_may_begin_with_a_separator() -> None:
    marked = parse_template("# fund:3 - object")
    assert marked.split("#520-64160") == ChartString(fund="520", object="64160")
