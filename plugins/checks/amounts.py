"""Exact amounts as checks compare them: fractions of minor units, and their rounding."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from math import ceil, floor

import attrs

from ledger_core import Line, places

_HALF = Fraction(1, 2)


def minor(major: Fraction, currency: str) -> Fraction:
    """Major units as exact minor units."""
    return major * _scale(currency)


@cache
def _scale(currency: str) -> int:
    return int(10 ** places(currency))


def cost(line: Line, currency: str) -> Fraction:
    """What a line costs, in exact minor units."""
    return Fraction(line.amount) if line.exact is None else minor(Fraction(line.exact), currency)


def rounded(amount: Fraction) -> int:
    """Whole minor units, halves upwards."""
    return floor(amount + _HALF)


def above(amount: Fraction, allowed: Fraction) -> int:
    """By how many whole minor units an amount lies above what is allowed, which a bill may round up; 0 or less: not."""
    return floor(amount) - ceil(allowed)


@attrs.define
class Running:
    """Fractions of minor units on many lines, each rounded so that they sum to their rounded sum."""

    _exact: Fraction = attrs.field(factory=lambda: Fraction(0))
    _given: int = 0

    def next(self, amount: Fraction) -> int:
        """The whole minor units of the next one."""
        self._exact += amount
        given = rounded(self._exact) - self._given
        self._given += given
        return given
