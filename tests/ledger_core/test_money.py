"""Money is whole minor units and exact decimals; nothing is ever rounded unless the call says so (INV-71)."""

from decimal import Decimal, Inexact
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger_core.errors import NotANumber
from ledger_core.money import (
    EXACT,
    Money,
    exact_sum,
    fixed,
    from_minor,
    parse_decimal,
    places,
    plain,
    round_minor,
    to_minor,
)

_decimals = st.decimals(allow_nan=False, allow_infinity=False, places=10, min_value=-(10**15), max_value=10**15)
_minor = st.integers(-(2**60), 2**60)
_currencies = st.sampled_from(["USD", "JPY", "KWD"])


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", "0"), ("-0", "0"), ("-0.00", "0"), ("+7", "7"), ("29.00", "29"), (".5", "0.5"), ("5.", "5"),
        ("-0.004", "-0.004"), ("1e3", "1000"), ("2.5E-3", "0.0025"), ("0000012", "12"),
        ("12345678901234567890.12345678901234567890", "12345678901234567890.1234567890123456789"),
    ],
)  # fmt: skip
def test_a_plain_number_is_read_exactly(text: str, value: str) -> None:
    assert plain(parse_decimal(text)) == value


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "1 ", " 1", "1,000", "1.000,00", "1_000", "$1", "1-", "--1", "0x10", "NaN", "sNaN", "nan", "Infinity",
        "-inf", "1e999", "1e-100", "1e", ".", "+", "１２", "٣", "1.2.3", "9" * 65, "1\n", "1\x00",
    ],
)  # fmt: skip
def test_anything_else_is_not_a_number(text: str) -> None:
    with pytest.raises(NotANumber) as refused:
        parse_decimal(text, "row 7, Amount")
    assert refused.value.where == "row 7, Amount"


@given(_decimals)
def test_the_plain_text_reads_back_as_the_same_number(value: Decimal) -> None:
    text = plain(value)
    assert parse_decimal(text) == value
    assert "e" not in text.lower()
    assert not text.startswith("-0") or value
    assert plain(parse_decimal(text)) == text


@given(st.lists(_decimals))
def test_a_sum_is_exact(values: list[Decimal]) -> None:
    assert Fraction(exact_sum(values)) == sum(map(Fraction, values))


def test_exact_arithmetic_refuses_to_round() -> None:
    with pytest.raises(Inexact):
        EXACT.divide(Decimal(1), Decimal(3))


@pytest.mark.parametrize(("currency", "digits"), [("USD", 2), ("EUR", 2), ("JPY", 0), ("KRW", 0), ("KWD", 3)])
def test_a_currency_has_its_own_places(currency: str, digits: int) -> None:
    assert places(currency) == digits


@pytest.mark.parametrize("code", ["", "usd", "US", "USDX", "U$D", "USD "])
def test_a_currency_code_has_three_capital_letters(code: str) -> None:
    with pytest.raises(NotANumber, match="three-letter"):
        places(code)


@given(_minor, _currencies)
def test_minor_units_survive_both_ways(minor: int, currency: str) -> None:
    assert to_minor(from_minor(minor, currency), currency) == minor
    assert parse_decimal(fixed(minor, currency)) == from_minor(minor, currency)


@pytest.mark.parametrize(("text", "currency"), [("0.001", "USD"), ("0.5", "JPY"), ("0.0005", "KWD")])
def test_a_fraction_of_the_smallest_unit_is_not_whole(text: str, currency: str) -> None:
    with pytest.raises(NotANumber, match="smallest unit"):
        to_minor(Decimal(text), currency)


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [("0.005", "USD", 1), ("-0.005", "USD", -1), ("0.0049999", "USD", 0), ("2.675", "USD", 268), ("0.5", "JPY", 1)],
)
def test_a_half_is_rounded_away_from_zero(text: str, currency: str, minor: int) -> None:
    assert round_minor(Decimal(text), currency) == minor


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [(5505, "USD", "55.05"), (-5, "USD", "-0.05"), (0, "USD", "0.00"), (7, "JPY", "7"), (-1, "KWD", "-0.001")],
)
def test_people_see_all_places(minor: int, currency: str, text: str) -> None:
    assert fixed(minor, currency) == text


def test_money_adds_in_one_currency() -> None:
    assert Money(5, "USD") + Money(7, "USD") == Money(12, "USD")
    assert Money(5, "USD") - Money(7, "USD") == -Money(2, "USD")
    assert str(Money(-205, "USD")) == "-2.05 USD"


def test_two_currencies_never_add() -> None:
    with pytest.raises(TypeError, match="do not add"):
        Money(5, "USD") + Money(5, "EUR")
    with pytest.raises(TypeError, match="do not add"):
        Money(5, "USD") - Money(5, "EUR")


@pytest.mark.parametrize("minor", [Decimal(1), "1", None])
def test_money_is_whole_minor_units(minor: object) -> None:
    with pytest.raises(TypeError):
        Money(minor, "USD")  # type: ignore[arg-type]  # what a caller without types might do
