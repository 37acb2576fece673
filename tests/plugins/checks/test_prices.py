"""Prices: rates beside the contract, a part of a month, unit price times quantity."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger_core import Line
from plugins.checks.amounts import Running, rounded
from tests.plugins.checks.examined import Sheets, days, examined, line, month, vendor, words

_CONTRACT: Sheets = {
    "contracts": [
        vendor(product="UNL-40", rate="39.99", unit="month", contract="K-7", **{"from": "2026-01-01"}),
        vendor(product="MIN", rate="0.035", unit="minutes"),
        vendor(product="DID", rate="18.20", unit="M4"),
        vendor(product="VM", rate="0.0416", unit="Hours"),
        vendor(product="OLD", rate="20", unit="month", to="2026-08-15"),
        vendor(product="OLD", rate="25", unit="month", **{"from": "2026-08-16"}),
    ],
    "agreements": [vendor(contract="K-7", title="Voice and data")],
}


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param([month("UNL-40", "39.99")], [], id="the agreed rate"),
        pytest.param([month("UNL-40", "42.50")], ["rate-above-contract 1 2.51"], id="a dearer month"),
        pytest.param([month("UNL-40", "35.00")], [], id="a cheaper month"),
        pytest.param([month("UNL-50", "59.99")], [], id="a product that no contract names"),
        pytest.param([month("UNL-40", "-42.50")], [], id="a credit"),
        pytest.param([month("UNL-40", "0.00", rate="42.50", quantity="0")], [], id="a bundle that costs nothing"),
        pytest.param([line("tax", "UNL-40", "99.00")], [], id="a tax that has the product's name"),
        pytest.param(
            [line("usage", "MIN", "10.00", quantity="250", unit="minutes")],
            ["rate-above-contract 1 1.25"],
            id="minutes without a printed rate, dearer than agreed: 250 are 8.75",
        ),
        pytest.param([line("usage", "MIN", "8.75", quantity="250", unit="minutes")], [], id="minutes at the rate"),
        pytest.param([line("usage", "MIN", "10.00", quantity="250", unit="calls")], [], id="a price of something else"),
        pytest.param([line("usage", "MIN", "0.11", quantity="3", unit="minutes")], [], id="rounded up to a whole cent"),
        pytest.param(
            [month("UNL-40", "85.00", rate="42.50", quantity="2")], ["rate-above-contract 1 5.02"], id="two at a rate"
        ),
        pytest.param(
            [month("UNL-40", "39.99", rate="50.00", quantity="1")], [], id="a list price printed before a discount"
        ),
        pytest.param([month("DID", "18.20", unit="M4", quantity="100")], [], id="a price that is the amount already"),
        pytest.param(
            [month("DID", "20.00", unit="M4", quantity="100")], ["rate-above-contract 1 1.80"], id="and is dearer"
        ),
        pytest.param(
            [month("OLD", "9.67", **days("1", "15")), month("OLD", "12.90", **days("16", "31"))],
            [],
            id="a rate that changes within the month: each of both is right",
        ),
        pytest.param([month("OLD", "25.00")], [], id="the later rate where the line does not say which days"),
        pytest.param([month("OLD", "26.00")], ["rate-above-contract 1 1.00"], id="more than either"),
        pytest.param(
            [month("UNL-40", "79.98", service_from="2026-07-01", service_to="2026-08-31")],
            [],
            id="two months in one line",
        ),
    ],
)
def test_what_a_unit_costs(lines: list[Line], expected: list[str]) -> None:
    assert words(examined(lines, _CONTRACT)) == expected


def test_fractions_of_a_cent_are_summed_before_they_are_rounded() -> None:
    """0.0491 where 0.0416 is agreed, a thousand times: 7.50 too much, although no line is a cent too dear."""
    hours = [line("usage", "VM", "0.0491", rate="0.0491", quantity="1", unit="Hours")] * 1000
    found = examined(hours, _CONTRACT)
    assert {one.objection.code for one in found} == {"rate-above-contract"}
    assert sum(one.objection.stake for one in found) == 750


def test_a_dearer_rate_shows_the_contract_that_says_so() -> None:
    (told,) = examined([month("UNL-40", "42.50")], _CONTRACT)
    assert told.objection.found == "UNL-40 costs 42.50 where 39.99 a month is agreed"
    assert dict(told.objection.evidence) == {
        "billed": "42.50 for 1",
        "agreed rate": "39.99 month",
        "in force": "2026-01-01 to further notice",
        "contract row": "3.1",
        "contract": "K-7",
        "agreement": "Voice and data",
        "too much": "2.51",
    }


def test_without_a_contract_rates_are_nobodys_business() -> None:
    assert words(examined([month("UNL-40", "420.50")])) == []


# --- a part of a month -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param([month("UNL-40", "20.64", **days("16", "31"))], [], id="16 of 31 days, by the cycle"),
        pytest.param([month("UNL-40", "21.33", **days("16", "31"))], [], id="16 of 30 days, as some vendors count"),
        pytest.param(
            [month("UNL-40", "39.99", **days("16", "31"))],
            ["proration-wrong 1 19.35"],
            id="a whole month for 16 days: they come to 20.64",
        ),
        pytest.param([month("UNL-40", "39.99", **days("1", "31"))], [], id="a whole month"),
        pytest.param([month("UNL-40", "39.99", **days("16", "16"))], [], id="the date of an event, not a span"),
        pytest.param([month("UNL-50", "39.99", **days("16", "31"))], [], id="no contract says what a month costs"),
        pytest.param(
            [month("UNL-40", "14.19", **days("1", "11")), month("UNL-40", "14.19", **days("21", "31"))],
            [],
            id="a part at both ends",
        ),
    ],
)
def test_what_a_part_of_a_month_costs(lines: list[Line], expected: list[str]) -> None:
    assert words(examined(lines, _CONTRACT)) == expected


# --- unit price times quantity ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param([line("usage", "CALLS", "1.50", rate="0.50", quantity="3")], [], id="three at a half"),
        pytest.param(
            [line("usage", "CALLS", "1.65", rate="0.50", quantity="3")], ["extension-wrong 1 0.15"], id="a wrong sum"
        ),
        pytest.param([line("usage", "CALLS", "1.40", rate="0.50", quantity="3")], [], id="less than that: a discount"),
        pytest.param([line("usage", "CALLS", "0.02", rate="0.0035", quantity="5")], [], id="rounded up to a cent"),
        pytest.param(
            [line("usage", "CALLS", "33.35", rate="0.333", quantity="100")], [], id="a price printed with three digits"
        ),
        pytest.param([month("PRI", "396.00", rate="3.96", quantity="1", unit="M4")], [], id="an extended price"),
        pytest.param([line("usage", "CALLS", "1.65", quantity="3")], [], id="no price is printed"),
    ],
)
def test_what_the_multiplication_makes(lines: list[Line], expected: list[str]) -> None:
    assert words(examined(lines)) == expected


def test_an_export_that_states_no_total_is_multiplied_only_where_a_contract_names_the_price() -> None:
    wrong = [line("usage", "VM", "1.00", rate="0.0416", quantity="10"), line("usage", "X", "9", rate="1", quantity="3")]
    assert words(examined(wrong, payable=False)) == []
    assert words(examined(wrong, _CONTRACT, payable=False)) == ["extension-wrong 1 0.58"]


@given(st.lists(st.fractions(min_value=0, max_value=3, max_denominator=1000), max_size=50))
def test_what_is_rounded_line_by_line_sums_to_the_rounded_sum(amounts: list[Fraction]) -> None:
    running = Running()
    assert sum(running.next(amount) for amount in amounts) == rounded(sum(amounts, Fraction(0)))


@given(st.decimals("0.01", "99.99", places=2), st.decimals("0.01", "99.99", places=2))
def test_the_overcharge_is_what_is_above_the_rate_and_nothing_is_said_below(billed: object, agreed: object) -> None:
    sheets: Sheets = {"contracts": [vendor(product="P", rate=str(agreed))]}
    found = words(examined([month("P", str(billed))], sheets))
    over = Fraction(str(billed)) - Fraction(str(agreed))
    assert found == ([f"rate-above-contract 1 {float_free(over)}"] if over > 0 else [])


def float_free(amount: Fraction) -> str:
    """Major units of a fraction that is whole cents."""
    cents = int(amount * 100)
    return f"{cents // 100}.{cents % 100:02d}"
