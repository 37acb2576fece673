"""A part of a month charged at more than its days: the dates of the line beside the agreed rate of a month."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from fractions import Fraction

import attrs

from ledger_core import ChargeKind, CheckedBill, Examination, Grounds, Line, Objection, fixed
from plugins.checks.agreed import Agreed, rate_of
from plugins.checks.amounts import above, cost, minor
from plugins.checks.dated import length, partial
from plugins.checks.rates import EXTENDED

CODE = "proration-wrong"
#: Whichever way of counting a month the vendor uses, the days come to less. A minimum term might speak for it.
_SURE = 90
_COMMON_MONTH = 30  # days, as many vendors count them


@attrs.frozen
class Proration:
    """Looks at recurring charges with dates of their own that span less than a month, where a contract has the rate.

    Vendors share a month by its own days, by 30, or by the days of their cycle: what any of these allows is let pass,
    and what is at stake is measured by the bill's own cycle.
    """

    name: str = "proration"
    version: str = "1"
    codes: tuple[str, ...] = (CODE,)

    def open(self, bill: CheckedBill, grounds: Grounds) -> Examination | None:
        """Where a contract with the vendor is known."""
        agreed = Agreed.of(grounds.reference, bill)
        return None if agreed is None else _Proration(bill, agreed)


class _Proration:
    def __init__(self, bill: CheckedBill, agreed: Agreed) -> None:
        self._bill = bill
        self._agreed = agreed

    def look(self, lines: Sequence[Line]) -> Iterator[Objection]:
        """Every part of a month that costs more than its share."""
        for line in lines:
            if line.kind != ChargeKind.RECURRING or line.amount <= 0 or line.service_to is None:
                continue
            days = partial(self._bill, line)
            if days is not None and (objection := self._judge(line, *days)) is not None:
                yield objection

    def end(self) -> Iterable[Objection]:
        """Nothing is kept for later."""
        return ()

    def _judge(self, line: Line, first: date, last: date) -> Objection | None:
        row = self._agreed.rate(line.product, first, last)
        if row is None:
            return None
        currency = self._bill.currency
        paid = cost(line, currency)
        pieces = Fraction(1) if line.unit == EXTENDED or line.quantity is None else Fraction(line.quantity)
        month = minor(rate_of(row) * max(pieces, Fraction(1)), currency)
        own, *others = self._shares(first, last)
        if above(paid, month * max(own, *others)) <= 0:
            return None
        stake = above(paid, month * own)
        days = length(first, last)
        return Objection(
            CODE,
            line,
            stake,
            _SURE,
            f"{line.service} {line.product}".strip(),
            f"{line.product} for {days} days costs {fixed(line.amount, currency)} where a month costs"
            f" {row.cell('rate')}",
            "Dispute what is more than the days.",
            (
                ("days", f"{first.isoformat()} to {last.isoformat()}, {days}"),
                *self._agreed.evidence(row),
                ("the days come to", fixed(line.amount - stake, currency)),
            ),
        )

    def _shares(self, first: date, last: date) -> tuple[Fraction, ...]:
        """The part of a month that the days are: by the bill's cycle, by the calendar, by thirty days."""
        bill, days = self._bill, length(first, last)
        calendar = Fraction(0)
        day = first
        while day <= last:
            of_month = monthrange(day.year, day.month)[1]
            end = min(last, date(day.year, day.month, of_month))
            calendar += Fraction(length(day, end), of_month)
            day = date.fromordinal(end.toordinal() + 1)
        common = Fraction(min(days, _COMMON_MONTH), _COMMON_MONTH)
        if bill.period_from and bill.period_to and length(bill.period_from, bill.period_to) >= days:
            return Fraction(days, length(bill.period_from, bill.period_to)), calendar, common
        return calendar, common
