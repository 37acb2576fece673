"""A line's amount is more than its own unit price times its own quantity."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from fractions import Fraction

import attrs

from ledger_core import EXACT, CheckedBill, Examination, Grounds, Line, Objection, fixed
from plugins.checks.amounts import Running, above, cost, minor
from plugins.checks.rates import EXTENDED

CODE = "extension-wrong"
#: The bill contradicts itself. What may speak for the vendor is a unit price that is printed rounded.
_CERTAIN = 95
#: A price that is printed with few digits may be rounded by half of its last digit; a quantity is exact.
_HALF = Fraction(1, 2)


@attrs.frozen
class LineExtensions:
    """Multiplies what lines print. Of what states no total, only the products that a contract prices are looked at:
    there the quantity is that of the price."""

    name: str = "extensions"
    version: str = "1"
    codes: tuple[str, ...] = (CODE,)

    def open(self, bill: CheckedBill, grounds: Grounds) -> Examination | None:
        """Bills that state a total; a cloud cost export only where a contract names its prices."""
        if bill.payable:
            return _Extensions(bill, None)
        rows = grounds.reference.with_cell("contracts", "vendor", bill.vendor)
        return _Extensions(bill, frozenset(row.cell("product") for row in rows)) if rows else None


class _Extensions:
    def __init__(self, bill: CheckedBill, products: frozenset[str] | None) -> None:
        self._bill = bill
        self._products = products
        self._right: set[tuple[str, str, str | None, int]] = set()
        self._running: dict[str, Running] = {}

    def look(self, lines: Sequence[Line]) -> Iterator[Objection]:
        """Every line that costs more than its price times its quantity."""
        right, products = self._right, self._products
        for line in lines:
            if line.rate is None or line.quantity is None or line.amount < 0 or line.unit == EXTENDED:
                continue
            if products is not None and line.product not in products:
                continue
            key = (line.rate, line.quantity, line.exact, line.amount)
            if key in right:
                continue
            # Decimals are many times quicker than fractions, and nearly every line is right.
            if EXACT.multiply(Decimal(line.rate), Decimal(line.quantity)) < line.cost(self._bill.currency):
                objection = self._judge(line)
                if objection is not None:
                    yield objection
                    continue
            if len(right) < _REMEMBERED:
                right.add(key)

    def end(self) -> Iterable[Objection]:
        """Nothing is kept for later."""
        return ()

    def _judge(self, line: Line) -> Objection | None:
        assert line.rate is not None
        assert line.quantity is not None
        currency = self._bill.currency
        rate, quantity = Fraction(line.rate), Fraction(line.quantity)
        if rate <= 0 or quantity <= 0:
            return None
        paid = cost(line, currency)
        product = minor(rate * quantity, currency)
        printed = minor((rate + _last_digit(line.rate) * _HALF) * quantity, currency)
        if line.exact is None:
            stake = above(paid, product)
            if stake <= 0 or above(paid, printed) <= 0:
                return None
        elif paid <= printed:
            return None
        else:
            stake = self._running.setdefault(line.product, Running()).next(paid - product)
        billed = fixed(line.amount, currency) if line.exact is None else line.exact
        return Objection(
            CODE,
            line,
            stake,
            _CERTAIN,
            line.product,
            f"{line.quantity} of {line.product or 'a thing'} at {line.rate} cost {billed}",
            "Dispute what the multiplication does not make.",
            (
                ("unit price", line.rate),
                ("quantity", line.quantity),
                ("they make", fixed(_up(product), currency)),
                ("billed", billed),
            ),
        )


_REMEMBERED = 100_000


def _last_digit(rate: str) -> Fraction:
    """The weight of the last digit of a printed number: a hundredth for "0.04"."""
    _, _, places = rate.partition(".")
    return Fraction(1, 10 ** len(places)) if len(places) > 2 else Fraction(0)


def _up(amount: Fraction) -> int:
    return -(-amount.numerator // amount.denominator)
