"""How a credit is shared: exactly, by largest remainder, and as the mirror of what it gives back (INV-31)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ledger_core.engine.landing import Doubt, _shared
from ledger_core.money import exact_sum, from_minor, parse_decimal, plain
from ledger_core.policy.allocation import allocate
from ledger_core.projections.parts import Bucket

_SPLITS = st.lists(st.integers(1, 10_000_00), min_size=1, max_size=8)


def bucket(number: int) -> Bucket:
    return Bucket("6", "cost", "520", f"D{number}", "5420", "Union Tel", "520.5420", f"001.D{number}", "", "A", "USD")


def weighed(amounts: list[int]) -> list[tuple[Bucket, int, Decimal]]:
    return [(bucket(number), amount, from_minor(amount, "USD")) for number, amount in enumerate(amounts)]


def shared(amount: int, exact: str | None, amounts: list[int]) -> list[tuple[int, str | None]]:
    parts: Any = _shared(amount, exact, weighed(amounts))
    assert [part.bucket for part in parts] == [bucket(number) for number in range(len(amounts))]
    return [(part.amount, part.exact) for part in parts]


@given(_SPLITS)
def test_the_credit_of_a_whole_charge_takes_back_just_what_each_part_bore(amounts: list[int]) -> None:
    assert [amount for amount, _ in shared(-sum(amounts), None, amounts)] == [-amount for amount in amounts]


@given(_SPLITS, st.integers(1, 10_000_00))
def test_the_parts_of_a_credit_sum_to_it_and_none_is_off_by_a_cent(amounts: list[int], given_back: int) -> None:
    total = sum(amounts)
    parts = [amount for amount, _ in shared(-given_back, None, amounts)]
    assert sum(parts) == -given_back
    # Compared over a common denominator: |part + given_back * amount / total| < 1
    assert all(abs(part * total + given_back * amount) < total for part, amount in zip(parts, amounts, strict=True))


@given(_SPLITS, st.integers(1, 10_000_00))
def test_a_credit_is_the_mirror_of_a_charge_of_the_same_amount(amounts: list[int], size: int) -> None:
    buckets = [bucket(number) for number in range(len(amounts))]
    assert [amount for amount, _ in shared(-size, None, amounts)] == [
        -amount for amount in allocate(size, amounts, buckets)
    ]


@given(_SPLITS, st.integers(1, 10**12), st.integers(3, 9))
def test_fractions_of_a_cent_sum_exactly_too(amounts: list[int], digits: int, shift: int) -> None:
    exact = -Decimal(digits).scaleb(-shift)
    parts = shared(-max(1, int(-exact * 100)), plain(exact), amounts)
    assert exact_sum(parse_decimal(str(text)) for _, text in parts) == exact


def test_what_is_split_on_both_sides_of_zero_is_doubtful() -> None:
    found = _shared(-100, None, weighed([300, -200]))
    assert isinstance(found, Doubt)
    assert found.code == "mixed"


def test_a_charge_below_a_cent_is_shared_by_its_fractions() -> None:
    into = [(bucket(0), 0, Decimal("0.003")), (bucket(1), 0, Decimal("0.001"))]
    parts: Any = _shared(-4, None, into)
    assert [part.amount for part in parts] == [-3, -1]
