"""Largest remainder: exact sums, no share off by a unit, and the same answer in any order (domain.md 2.5, INV-31)."""

from decimal import Decimal
from fractions import Fraction
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger_core.errors import LedgerRefused
from ledger_core.money import from_minor
from ledger_core.policy.allocation import allocate, round_to_total

FUNDS = ("001", "410", "520")
CURRENCIES = ("USD", "JPY")

weights = st.one_of(
    st.just(0), st.integers(0, 10**6), st.fractions(0, 100, max_denominator=360), st.decimals(0, 100, places=4)
)


Basis = tuple[list[Fraction | int | Decimal], list[tuple[str, str]]]


@st.composite
def bases(draw: st.DrawFn) -> Basis:
    """Up to 400 shares over three funds, zero weights included, at least one above zero."""
    basis = draw(st.lists(weights, max_size=399))
    basis.insert(draw(st.integers(0, len(basis))), draw(st.integers(1, 1000)))
    return basis, [(FUNDS[i % 3], f"D{i:03d}") for i in range(len(basis))]


amounts = st.lists(
    st.decimals(min_value=-9999, max_value=9999, allow_nan=False, allow_infinity=False, places=7), max_size=400
)
totals = st.integers(-(10**12), 10**12)


class TestAllocate:
    @pytest.mark.parametrize(
        ("total", "basis", "shares"),
        [
            (10000, [1, 1, 1], [3334, 3333, 3333]),
            (-10000, [1, 1, 1], [-3334, -3333, -3333]),
            (1101000, [5, 3, 2], [550500, 330300, 220200]),
            (0, [5, 0, 2], [0, 0, 0]),
            (1, [0, 1, 1], [0, 1, 0]),
        ],
    )
    def test_known_vectors(self, total: int, basis: list[int], shares: list[int]) -> None:
        assert allocate(total, basis, ["a", "b", "c"]) == shares

    def test_it_is_not_house_monotone(self) -> None:
        """One unit more may give a department one less, so a changed total posts the difference between two runs."""
        assert allocate(15, [15, 20, 1], ["a", "b", "c"]) == [6, 8, 1]
        assert allocate(16, [15, 20, 1], ["a", "b", "c"]) == [7, 9, 0]

    def test_a_tie_goes_to_the_smaller_key_wherever_it_stands(self) -> None:
        assert allocate(1, [1, 1], ["b", "a"]) == [0, 1]

    @settings(max_examples=1000)
    @given(totals, bases(), st.randoms(use_true_random=False))
    def test_the_five_properties(self, total: int, basis: Basis, random: Random) -> None:
        """Exact sum; less than a unit from exact; zero weight, zero share; any order; a credit negates a charge."""
        weights, keys = basis
        shares = allocate(total, weights, keys)
        assert sum(shares) == total
        combined = sum((Fraction(weight) for weight in weights), Fraction(0))
        for share, weight in zip(shares, weights, strict=True):
            assert abs(share - total * Fraction(weight) / combined) < 1
            assert weight or share == 0
        order = random.sample(range(len(weights)), len(weights))
        assert allocate(total, [weights[i] for i in order], [keys[i] for i in order]) == [shares[i] for i in order]
        assert allocate(-total, weights, keys) == [-share for share in shares]

    @pytest.mark.parametrize("basis", [[], [0, 0], [0, Fraction(0)], [2, -1]])
    def test_a_basis_that_says_nothing_is_refused(self, basis: list[int]) -> None:
        with pytest.raises(LedgerRefused, match="weight") as refused:
            allocate(5, basis, [str(i) for i in range(len(basis))])
        assert refused.value.code == "no-basis"

    def test_a_key_used_twice_is_our_bug(self) -> None:
        with pytest.raises(ValueError, match="key of its own"):
            allocate(5, [1, 1], ["a", "a"])


def _whole(amounts: list[Decimal], currency: str) -> int:
    """The sum in minor units, fractions cut off: a total that the amounts can be rounded to."""
    return int(sum(amounts, Decimal(0)).scaleb(2 if currency == "USD" else 0))


def _keys(amounts: list[Decimal]) -> list[tuple[str, str]]:
    return [(FUNDS[i % 3], f"D{i:03d}") for i in range(len(amounts))]


class TestRoundToTotal:
    def test_fractions_of_a_cent_come_out_at_the_stated_total(self) -> None:
        exacts = [Decimal("0.0043217"), Decimal("0.0116783"), Decimal("-0.006"), Decimal("0.02")]
        assert round_to_total(exacts, 3, "USD", ["a", "b", "c", "d"]) == [1, 1, -1, 2]

    def test_whole_amounts_stay_where_the_total_ties(self) -> None:
        assert round_to_total([Decimal("1.10"), Decimal("-0.10")], 100, "USD", ["a", "b"]) == [110, -10]

    def test_a_whole_amount_moves_only_when_the_total_asks_for_it(self) -> None:
        """A footing difference of a cent falls on somebody, never on a department that owes nothing."""
        assert round_to_total([Decimal(0), Decimal("1.10"), Decimal(2)], 311, "USD", ["a", "b", "c"]) == [0, 111, 200]
        assert round_to_total([Decimal(0), Decimal("1.10"), Decimal(2)], 309, "USD", ["a", "b", "c"]) == [0, 109, 200]

    def test_yen_have_no_cents(self) -> None:
        assert round_to_total([Decimal("1.5"), Decimal("1.5")], 3, "JPY", ["b", "a"]) == [1, 2]

    @settings(max_examples=1000)
    @given(amounts, st.sampled_from(CURRENCIES), st.randoms(use_true_random=False))
    def test_its_properties(self, exacts: list[Decimal], currency: str, random: Random) -> None:
        """Exact sum; within a unit of exact; zero stays zero; any order; negating everything negates the result."""
        total, keys = _whole(exacts, currency), _keys(exacts)
        rounded = round_to_total(exacts, total, currency, keys)
        assert sum(rounded) == total
        for share, exact in zip(rounded, exacts, strict=True):
            assert abs(from_minor(share, currency) - exact) <= from_minor(1, currency)
            assert exact or share == 0
        order = random.sample(range(len(exacts)), len(exacts))
        shuffled = round_to_total([exacts[i] for i in order], total, currency, [keys[i] for i in order])
        assert shuffled == [rounded[i] for i in order]
        assert round_to_total([-exact for exact in exacts], -total, currency, keys) == [-share for share in rounded]

    @given(st.lists(st.integers(-99, 99).filter(bool), min_size=1, max_size=50), st.sampled_from((1, -1)))
    def test_a_gap_as_wide_as_the_bill_has_lines_is_refused(self, cents: list[int], sign: int) -> None:
        """Whole amounts can each move by one cent and no more."""
        exacts = [from_minor(cent, "USD") for cent in cents]
        furthest = sum(cents) + sign * len(cents)
        assert sum(round_to_total(exacts, furthest, "USD", _keys(exacts))) == furthest
        with pytest.raises(LedgerRefused, match="cannot be rounded") as refused:
            round_to_total(exacts, furthest + sign, "USD", _keys(exacts))
        assert refused.value.code == "gap"

    def test_no_amounts_make_no_total(self) -> None:
        assert round_to_total([], 0, "USD", []) == []
        with pytest.raises(LedgerRefused, match=r"rounded to 0\.01"):
            round_to_total([], 1, "USD", [])
