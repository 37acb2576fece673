"""One-time charges without an order, installation fees that nobody ordered, termination fees that are not due."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta

import attrs

from ledger_core import ChargeKind, CheckedBill, Examination, Grounds, Line, Objection, PastBill, ReferenceRow, fixed
from plugins.checks.classes import EQUIPMENT, INSTALL, ONE_TIME, TERMINATION, Classes
from plugins.checks.dated import Days, rows_of_account
from plugins.checks.orders import BUYS, ENDS, STARTS, Order, Orders

#: The account's orders are kept in the sheet, and there is none: a purchase by telephone is the usual excuse.
_NO_ORDER = 90
#: More than the order allows.
_TOO_MUCH = 92
#: No order of any kind is known for the vendor; only the fee itself speaks.
_NO_ORDERS_KEPT = 65
_NOTED_LATE = 10  # days after a charge on which its order may still be noted; an earlier charge is another order's
_LOOKED_AT = 6  # earlier bills in which a charge of the same order is looked for
_LASTING = frozenset({"recurring", "usage", "tax", "surcharge"})
_CODES = {INSTALL: "install-fee", TERMINATION: "termination-fee", ONE_TIME: "one-time-without-order",
          EQUIPMENT: "one-time-without-order"}  # fmt: skip
_ACTIONS = {INSTALL: STARTS, TERMINATION: ENDS, ONE_TIME: STARTS | ENDS | BUYS, EQUIPMENT: BUYS | STARTS}


@attrs.frozen
class OneTimeCharges:
    """Looks at what is charged once. Each order explains one charge for its product, up to the amount it allows; an
    order that explained one on an earlier bill explains no more.

    - A one-time charge needs an order of its service; equipment only where orders of equipment are kept, and not where
      the bill before charged the same: that is an instalment.
    - An installation fee needs an order that installs, moves, adds or changes.
    - A termination fee needs an order that disconnects, and besides the order's own word that it may cost so much, or
      an agreement whose first term still runs.
    """

    name: str = "one-time-charges"
    version: str = "1"
    codes: tuple[str, ...] = ("one-time-without-order", "install-fee", "termination-fee")

    def open(self, bill: CheckedBill, grounds: Grounds) -> Examination | None:
        """Where orders or agreements with the vendor are known."""
        if not bill.payable:
            return None
        orders = Orders(grounds.reference, bill)
        terms = list(rows_of_account(grounds.reference, "agreements", bill))
        return _OneTime(bill, grounds, orders, terms) if orders.any or terms else None


class _OneTime:
    def __init__(self, bill: CheckedBill, grounds: Grounds, orders: Orders, terms: Sequence[ReferenceRow]) -> None:
        self._bill = bill
        self._past = grounds.past
        self._orders = orders
        self._terms = terms
        self._classes = Classes(grounds.reference, bill)
        self._days = Days(bill)
        self._taken: set[str] = set()
        self._bought: list[Line] = []
        self._explained: list[tuple[Line, str, list[Order]]] = []

    def look(self, lines: Sequence[Line]) -> Iterator[Objection]:
        """Every charge of these classes that no order explains. Equipment waits for the end."""
        of = self._classes.of
        for line in lines:
            if line.amount <= 0 or (of_class := of(line)) not in _CODES:
                continue
            if of_class == EQUIPMENT or line.kind == ChargeKind.EQUIPMENT:
                if self._orders.equipment:
                    self._bought.append(line)
            elif of_class != ONE_TIME or self._orders.any:
                yield from self._judge(line, of_class)

    def end(self) -> Iterator[Objection]:
        """Equipment that is no instalment; what its order explained on an earlier bill already."""
        if self._bought:
            last = self._past.earlier()[:1]
            before = {(one.service, one.amount) for one in self._past.sums(last, (ChargeKind.EQUIPMENT.value,))}
            for line in self._bought:
                if (line.service, line.amount) not in before:
                    yield from self._judge(line, EQUIPMENT)
        if self._explained:
            yield from self._charged_before()

    def _charged_before(self) -> Iterator[Objection]:
        """An order that was charged on an earlier bill explains nothing on this one."""
        services = {line.service for line, _, _ in self._explained}
        charged: dict[tuple[str, str], list[tuple[PastBill, Line]]] = {}
        for bill in self._past.earlier()[:_LOOKED_AT]:
            for line in self._past.lines(bill, services):
                if line.amount > 0 and line.kind not in _LASTING:
                    charged.setdefault((line.service, line.product), []).append((bill, line))
        for line, of_class, orders in self._explained:
            first = min(min(order.ordered, order.effective) for order in orders) - timedelta(days=_NOTED_LATE)
            found = charged.get((line.service, line.product), ())
            before = _once_a_period([one for one in found if _dated(*one) >= first])
            if len(before) >= len(orders):
                bill, earlier = before[0]
                why = f"order {orders[0].number} was charged on bill {bill.number or bill.bill}, line {earlier.line}"
                yield self._objection(line, of_class, orders[0], why, line.amount)

    def _judge(self, line: Line, of_class: str) -> Iterable[Objection]:
        _, day = self._days.of(line)
        found = self._orders.explaining(line.service, line.product, _ACTIONS[of_class], day)
        order = next((one for one in found if one.row.ref not in self._taken), None)
        if of_class == TERMINATION and order is not None and not order.amount and not self._in_term(day):
            return [self._objection(line, of_class, order, "the first term of the agreement is over", line.amount)]
        if order is None:
            why = "every order of it was charged already" if found else "no order of the service explains it"
            return [self._objection(line, of_class, None, why, line.amount)]
        self._taken.add(order.row.ref)
        if order.service:  # an order of the account as a whole may be charged line by line, over months
            self._explained.append((line, of_class, [one for one in found if one.service]))
        if order.amount is not None and line.amount > order.amount:
            why = f"order {order.number} allows {fixed(order.amount, self._bill.currency)}"
            return [self._objection(line, of_class, order, why, line.amount - order.amount)]
        return []

    def _in_term(self, day: date) -> bool:
        """Whether the first term of an agreement of the account runs on that day, or its length is not known."""
        for row in self._terms:
            months = row.cell("term_months")
            if row.covers(day) and (not months or row.valid_from is None or day < _later(row.valid_from, int(months))):
                return True
        return False

    def _objection(self, line: Line, of_class: str, order: Order | None, why: str, stake: int) -> Objection:
        whose = f" for {line.service}" if line.service else ""
        amount = fixed(line.amount, self._bill.currency)
        looked = f"{', '.join(sorted(_ACTIONS[of_class]))} for {line.service or 'the account'}"
        shown = [("charged", amount), *self._classes.evidence(line), ("order looked for", looked)]
        if order is not None:
            shown += [("order", order.number), ("order row", order.row.ref)]
        if of_class == TERMINATION:
            shown += [("agreement", f"{row.cell('contract')}, {row.cell('term_months')} months from {row.cell('from')}")
                      for row in self._terms[:1]]  # fmt: skip
        confidence = _TOO_MUCH if order is not None else _NO_ORDER if self._orders.any else _NO_ORDERS_KEPT
        return Objection(
            _CODES[of_class],
            line,
            stake,
            confidence,
            line.service or line.product or of_class,
            f"{line.product or 'a one-time charge'}{whose} of {amount}: {why}",
            "Find who ordered it and load the order; otherwise dispute it.",
            tuple(shown),
        )


def _once_a_period(found: Sequence[tuple[PastBill, Line]]) -> list[tuple[PastBill, Line]]:
    """Of bills for the same days one alone: the others are the same bill again."""
    bills: dict[tuple[date | None, date | None], str] = {}
    for bill, _ in found:
        bills.setdefault((bill.period_from, bill.period_to), bill.bill)
    return [(bill, line) for bill, line in found if bills[bill.period_from, bill.period_to] == bill.bill]


def _dated(bill: PastBill, line: Line) -> date:
    """The day of a charge on an earlier bill: its own, else the bill's."""
    day = line.service_to or line.service_from
    return date.fromisoformat(day) if day else bill.period_to or bill.bill_date or date.min


def _later(day: date, months: int) -> date:
    """The same day of a month so many months later, or the first day of the next one where it has no such day."""
    month = day.year * 12 + day.month - 1 + months
    try:
        return date(month // 12, month % 12 + 1, day.day)
    except ValueError:
        return date((month + 1) // 12, (month + 1) % 12 + 1, 1)
