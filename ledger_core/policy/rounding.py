"""Rounding of charges inside a posting that was rounded once: exact, in one pass, nobody off by a whole unit."""

from __future__ import annotations

from decimal import ROUND_FLOOR, Decimal

from ledger_core.money import EXACT

_HALF = Decimal("0.5")


class RunningRounding:
    """Minor units for amounts that arrive one by one, which together must make `total`.

    Each result is the difference of two roundings of the running exact sum, so it is less than one unit from its own
    amount, and all together give `total`: the sum of exact minor units rounded down or up (`round_to_total` did that
    over the bill's postings). Raises ValueError where `total` is not next to `exact_total`.
    """

    __slots__ = ("_given", "_offset", "_sum")

    def __init__(self, exact_total: Decimal, total: int) -> None:
        """`exact_total` in minor units, with its fraction."""
        down = int(exact_total.to_integral_value(ROUND_FLOOR))
        fraction = EXACT.subtract(exact_total, down)
        if total == down:
            self._offset = min(_HALF, EXACT.multiply(EXACT.subtract(1, fraction), _HALF))
        elif total == down + 1 and fraction:
            self._offset = max(_HALF, EXACT.subtract(1, fraction))
        else:
            raise ValueError(f"{total} is not next to {exact_total}")
        self._sum = Decimal(0)
        self._given = 0

    def next(self, exact: Decimal) -> int:
        """Minor units of the next amount (`exact` in minor units, with its fraction)."""
        self._sum = EXACT.add(self._sum, exact)
        reached = int(EXACT.add(self._sum, self._offset).to_integral_value(ROUND_FLOOR))
        amount, self._given = reached - self._given, reached
        return amount
