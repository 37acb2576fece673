"""Money and exact numbers: whole minor units and exact decimals, never binary float (INV-71)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import (
    ROUND_HALF_UP,
    Clamped,
    Context,
    Decimal,
    DivisionByZero,
    Inexact,
    InvalidOperation,
    Overflow,
)

import attrs

from ledger_core.errors import NotANumber

# Currencies whose minor unit is not a hundredth (ISO 4217). Every other code has two places.
_PLACES = {
    **dict.fromkeys(
        (
            "BIF",
            "CLP",
            "DJF",
            "GNF",
            "ISK",
            "JPY",
            "KMF",
            "KRW",
            "PYG",
            "RWF",
            "UGX",
            "VND",
            "VUV",
            "XAF",
            "XOF",
            "XPF",
        ),
        0,
    ),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}
_CURRENCY = re.compile(r"[A-Z]{3}")
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,2})?", re.ASCII)
_LONGEST = 64  # characters; the widest amount met in real files has 38

#: Arithmetic that refuses to round: any result that does not fit 200 digits exactly is an error, not an approximation.
EXACT = Context(prec=200, traps=[Inexact, InvalidOperation, DivisionByZero, Overflow, Clamped])
_ROUNDING = Context(prec=200, rounding=ROUND_HALF_UP, traps=[InvalidOperation, DivisionByZero, Overflow])


def places(currency: str) -> int:
    """Digits after the point in one major unit of `currency` (USD 2, JPY 0, KWD 3). Raises NotANumber on a bad code."""
    if not _CURRENCY.fullmatch(currency):
        raise NotANumber(
            "currency",
            f"'{currency}' is not a three-letter code",
            "Use the ISO 4217 code, such as USD.",
        )
    return _PLACES.get(currency, 2)


def parse_decimal(text: str, where: str = "amount") -> Decimal:
    """The exact decimal that `text` spells: sign, digits, point, small exponent, and nothing else.

    NaN, Infinity, 1e999, thousands separators, blanks and empty text raise NotANumber naming `where`.
    A negative zero (X12 senders write `-0`) is zero.
    """
    if len(text) > _LONGEST or not _NUMBER.fullmatch(text):
        raise NotANumber(
            where,
            f"'{text[:80]}' is not a plain decimal number",
            "Correct the figure at its source.",
        )
    return Decimal(text) or Decimal(0)


def plain(value: Decimal) -> str:
    """The one text of an exact decimal: no exponent, no trailing zeros, no plus, no negative zero ("29", "-0.004")."""
    if not value:
        return "0"
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def exact_sum(values: Iterable[Decimal]) -> Decimal:
    """The sum without any rounding, however many values there are."""
    total = Decimal(0)
    for value in values:
        total = EXACT.add(total, value)
    return total


def to_minor(value: Decimal, currency: str, where: str = "amount") -> int:
    """Whole minor units of `value`; NotANumber where it holds a fraction of one."""
    scaled = EXACT.scaleb(value, places(currency))
    whole = int(scaled)
    if whole != scaled:
        raise NotANumber(
            where,
            f"{plain(value)} {currency} holds a fraction of the smallest unit",
            "State whole minor units here.",
        )
    return whole


def round_minor(value: Decimal, currency: str) -> int:
    """Minor units of `value`, halves away from zero: how a bill that states fractions and no total is rounded, once."""
    return int(_ROUNDING.scaleb(value, places(currency)).to_integral_value(rounding=ROUND_HALF_UP))


def from_minor(minor: int, currency: str) -> Decimal:
    """Minor units as an exact decimal of major units."""
    return EXACT.scaleb(Decimal(minor), -places(currency))


def fixed(minor: int, currency: str) -> str:
    """Minor units as people write them, all places shown: 5505 USD is "55.05"."""
    digits = places(currency)
    sign, size = ("-" if minor < 0 else ""), str(abs(minor)).rjust(digits + 1, "0")
    return f"{sign}{size[:-digits]}.{size[-digits:]}" if digits else f"{sign}{size}"


@attrs.frozen(order=False)
class Money:
    """An amount of whole minor units in one currency. Adding two currencies is a TypeError: that is our bug."""

    minor: int = attrs.field(validator=attrs.validators.instance_of(int))
    currency: str = attrs.field()

    @currency.validator
    def _known_shape(self, _: object, code: str) -> None:
        places(code)

    def __add__(self, other: Money) -> Money:
        return Money(self.minor + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.minor - self._same(other), self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __str__(self) -> str:
        return f"{fixed(self.minor, self.currency)} {self.currency}"

    def _same(self, other: Money) -> int:
        if other.currency != self.currency:
            raise TypeError(f"{self.currency} and {other.currency} do not add")
        return other.minor
