"""Sharing whole minor units by largest remainder: exact sums, nobody off by a whole unit (domain.md 2.5, INV-31)."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from math import lcm
from typing import Any, Protocol, TypeVar

from ledger_core.errors import LedgerRefused
from ledger_core.money import exact_sum, fixed, places, plain


class Sortable(Protocol):
    """What ties are broken by: texts, or tuples of texts."""

    def __lt__(self, other: Any, /) -> bool:
        """Whether it comes first."""


Key = TypeVar("Key", bound=Sortable)


def allocate(total: int, weights: Sequence[Fraction | int | Decimal], keys: Sequence[Key]) -> list[int]:
    """Shares of `total` minor units in proportion to `weights`, in their order.

    They sum to `total`, each is less than one unit from its exact share, the order of the inputs does not matter, a
    negative total gives the negated shares, and a zero weight gets nothing. Spare units go to the largest remainders,
    ties to the smaller key; keys must differ. Raises LedgerRefused where weights are negative or all zero.
    """
    whole = _whole_weights(weights)
    if len(whole) != len(keys) or len(set(keys)) != len(keys):
        raise ValueError("every weight needs a key of its own")
    combined = sum(whole)
    if min(whole, default=0) < 0 or combined == 0:
        found = "a negative weight" if combined else "no weight above zero"
        raise LedgerRefused("allocation", found, "Correct the basis, or name who bears the cost.", code="no-basis")
    size = abs(total)
    shares, remainders = [], []
    for weight in whole:
        share, remainder = divmod(size * weight, combined)
        shares.append(share)
        remainders.append(remainder)
    spare = size - sum(shares)
    for index in sorted(range(len(shares)), key=lambda i: (-remainders[i], keys[i]))[:spare]:
        shares[index] += 1
    return [-share for share in shares] if total < 0 else shares


def _whole_weights(weights: Sequence[Fraction | int | Decimal]) -> list[int]:
    """The same proportions as whole numbers, so that the arithmetic after it is exact and quick."""
    ratios = [weight.as_integer_ratio() for weight in weights]
    common = lcm(*(denominator for _, denominator in ratios))
    return [numerator * (common // denominator) for numerator, denominator in ratios]


def round_to_total(exacts: Sequence[Decimal], total: int, currency: str, keys: Sequence[Key]) -> list[int]:
    """Minor units that sum to `total`, each within one unit of its exact signed amount (major units), in their order.

    How a bill that states fractions of a cent is rounded once over its postings (design.md, "Money and accounting").
    Largest remainder, ties to the smaller key; zero stays zero; negating everything negates the result. Whole amounts
    move only when all fractions are used up. Raises LedgerRefused where no such rounding exists.
    """
    if len(exacts) != len(keys) or len(set(keys)) != len(keys):
        raise ValueError("every amount needs a key of its own")
    shift = Fraction(10) ** places(currency)
    scaled = [Fraction(exact) * shift for exact in exacts]
    if _negative(scaled, total, keys):
        rounded = [-share for share in _rounded([-amount for amount in scaled], -total, keys) or ()]
    else:
        rounded = _rounded(scaled, total, keys) or []
    if not rounded and (total or exacts):
        raise LedgerRefused(
            "rounding",
            f"{len(exacts)} amounts that sum to {plain(exact_sum(exacts))} {currency} cannot be rounded to"
            f" {fixed(total, currency)}",
            "The bill does not tie: correct its total or its lines at the source.",
            code="gap",
        )
    return rounded


def _negative(scaled: Sequence[Fraction], total: int, keys: Sequence[Key]) -> bool:
    """Whether to work on the negated amounts: both signs then take the same path, and the rule is odd."""
    combined = total or sum(scaled, Fraction(0))
    if combined:
        return combined < 0
    by_key = sorted(range(len(keys)), key=lambda i: keys[i])
    return next((scaled[i] < 0 for i in by_key if scaled[i]), False)


def _rounded(scaled: Sequence[Fraction], total: int, keys: Sequence[Key]) -> list[int] | None:
    shares = [amount.numerator // amount.denominator for amount in scaled]
    spare = total - sum(shares)
    movable = [i for i, amount in enumerate(scaled) if amount]
    if spare < 0:  # only whole amounts can go down: a fraction is down already
        order = sorted((i for i in movable if scaled[i].denominator == 1), key=lambda i: keys[i])
    else:
        order = sorted(movable, key=lambda i: (shares[i] - scaled[i], keys[i]))
    if abs(spare) > len(order):
        return None
    for index in order[: abs(spare)]:
        shares[index] += 1 if spare > 0 else -1
    return shares
