"""A rate above the contract: what a unit costs, beside what was agreed for its product on the days of the line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction

import attrs

from ledger_core import ChargeKind, CheckedBill, Examination, Grounds, Line, Objection, ReferenceRow, fixed
from plugins.checks.agreed import Agreed, rate_of
from plugins.checks.amounts import Running, above, cost, minor
from plugins.checks.dated import Days, length, partial

CODE = "rate-above-contract"
#: Nothing was agreed on for these, whatever their product is called.
_UNPRICED = frozenset({"tax", "credit", "adjustment", "late-fee", "rounding", "transfer"})
#: The unit of a price that is the amount already, whatever the quantity (X12 code M4: monthly rate, extended).
EXTENDED = "M4"
#: The bill prints the rate itself, and it is above the one agreed. What may speak for the vendor is a contract row
#: that was not loaded.
_PRINTED = 97
#: The rate is worked out from the amount: a charge for two things in one line would look the same.
_WORKED_OUT = 92
_MONTH = 28  # days that a month's charge pays for at least


@attrs.frozen
class Rates:
    """Looks at every charge whose product the sheet `contracts` prices for the vendor, and is silent about others."""

    name: str = "rates"
    version: str = "1"
    codes: tuple[str, ...] = (CODE,)

    def open(self, bill: CheckedBill, grounds: Grounds) -> Examination | None:
        """Where a contract with the vendor is known."""
        agreed = Agreed.of(grounds.reference, bill)
        return None if agreed is None else _Rates(bill, agreed)


class _Rates:
    def __init__(self, bill: CheckedBill, agreed: Agreed) -> None:
        self._bill = bill
        self._agreed = agreed
        self._days = Days(bill)
        self._running: dict[str, Running] = {}
        self._over: dict[tuple[str, str, str | None, str | None, str | None], ReferenceRow | None] = {}

    def look(self, lines: Sequence[Line]) -> Iterator[Objection]:
        """Every line that costs more than agreed."""
        over = self._over
        for line in lines:
            if line.amount < 0 or line.kind in _UNPRICED or not line.product:
                continue
            # Of a million metered lines few differ in product, rate and days: whether there is anything to say of a
            # printed rate is worked out once.
            key = (line.product, line.unit, line.rate, line.service_from, line.service_to)
            row = over[key] if key in over else over.setdefault(key, self._worth_a_look(line))
            if row is not None and (objection := self._judge(line, row)) is not None:
                yield objection

    def end(self) -> Iterable[Objection]:
        """Nothing is kept for later."""
        return ()

    def _worth_a_look(self, line: Line) -> ReferenceRow | None:
        row = self._agreed.rate(line.product, *self._days.of(line))
        if row is None or _other_unit(row.cell("unit"), line.unit):
            return None
        printed = line.rate is not None
        return None if printed and Fraction(line.rate or "0") <= rate_of(row) else row

    def _judge(self, line: Line, row: ReferenceRow) -> Objection | None:
        agreed, quantity = rate_of(row), _quantity(line)
        paid = cost(line, self._bill.currency)
        allowed = minor(agreed * quantity * self._months(line), self._bill.currency)
        if line.rate is None:
            over = paid - allowed
        else:
            rate = Fraction(line.rate)
            over = paid * (rate - agreed) / rate
            if partial(self._bill, line) is None:
                over = min(over, paid - allowed)  # what is printed may be the price before a discount
        if line.exact is None:
            stake = above(paid, paid - over) if line.rate is not None else above(paid, allowed)
            if stake <= 0:
                return None
        elif over <= 0:
            return None
        else:
            stake = self._running.setdefault(line.product, Running()).next(over)
        return self._objection(line, row, stake, quantity)

    def _months(self, line: Line) -> Fraction:
        """A line for two months at once may cost twice the monthly rate; a part of a month is another check's."""
        if line.kind != ChargeKind.RECURRING or line.service_from is None or line.service_to is None:
            return Fraction(1)
        days = length(*self._days.of(line))
        return Fraction(days, _MONTH) if days > _MONTH + 3 else Fraction(1)

    def _objection(self, line: Line, row: ReferenceRow, stake: int, quantity: Fraction) -> Objection:
        currency = self._bill.currency
        billed = line.rate if line.rate is not None else fixed(line.amount, currency)
        unit = f" a {row.cell('unit')}" if row.cell("unit") else ""
        return Objection(
            CODE,
            line,
            stake,
            _WORKED_OUT if line.rate is None else _PRINTED,
            line.product,
            f"{line.product} costs {billed} where {row.cell('rate')}{unit} is agreed",
            "Dispute what is above the contract, or load the rate that was agreed since.",
            (
                ("billed", f"{billed} for {_shown(quantity)}"),
                *self._agreed.evidence(row),
                ("too much", fixed(stake, currency)),
            ),
        )


def _quantity(line: Line) -> Fraction:
    if line.unit == EXTENDED or line.quantity is None:
        return Fraction(1)
    return Fraction(line.quantity)


def _other_unit(agreed: str, billed: str) -> bool:
    """Whether both say what they measure, and not the same: a price a minute says nothing about one a call."""
    return bool(agreed and billed) and agreed.casefold() != billed.casefold()


def _shown(quantity: Fraction) -> str:
    return str(quantity.numerator) if quantity.denominator == 1 else f"{quantity.numerator}/{quantity.denominator}"
