"""How a statement writes months, days and money."""

from datetime import date

import pytest

from ledger_core.policy.periods import Period
from tollbook.statement import words


def test_months_and_days() -> None:
    assert words.month(Period(2026, 8)) == "August 2026"
    assert words.day(date(2026, 9, 30)) == words.day("2026-09-30") == "30 September 2026"
    assert words.day(None) == ""


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        ("2026-08-01", "2026-08-31", "1–31 Aug 2026"),
        ("2026-08-12", "2026-08-12", "12 Aug 2026"),
        ("2026-07-17", "2026-08-16", "17 Jul – 16 Aug 2026"),
        ("2025-12-17", "2026-01-16", "17 Dec 2025 – 16 Jan 2026"),
        ("2026-08-01", None, "1 August 2026"),
        (None, None, ""),
    ],
)
def test_days_are_as_short_as_can_be(first: str | None, last: str | None, said: str) -> None:
    assert words.days(first, last) == said


@pytest.mark.parametrize(
    ("minor", "currency", "said"),
    [(0, "USD", "0.00"), (-1, "USD", "−0.01"), (123456789, "USD", "1,234,567.89"), (1234, "JPY", "1,234"),
     (1234567, "KWD", "1,234.567")],
)  # fmt: skip
def test_money_is_exact_with_a_true_minus(minor: int, currency: str, said: str) -> None:
    assert words.money(minor, currency) == said


def test_what_grew_has_a_plus() -> None:
    assert [words.signed(minor, "USD") for minor in (5, 0, -5)] == ["+0.05", "0.00", "−0.05"]


def test_units_are_said_as_far_as_the_bill_states_them() -> None:
    assert words.units("40", "MJ", "0.035") == "40 MJ × 0.035"
    assert words.units("56", "Hours", None) == "56 Hours"
    assert words.units(None, "", "9.99") == "9.99"
    assert words.units(None, "", None) == ""
