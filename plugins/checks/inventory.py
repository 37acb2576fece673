"""What is in service, beside what is billed: services that nobody has, billed before their start or after their end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from fractions import Fraction
from typing import NamedTuple

import attrs

from ledger_core import ChargeKind, CheckedBill, Examination, Grounds, Line, Objection, Reference, ReferenceRow, fixed
from plugins.checks.agreed import Agreed, rate_of
from plugins.checks.amounts import cost, minor, rounded
from plugins.checks.classes import INSTALL, ONE_TIME, TERMINATION, Classes
from plugins.checks.dated import Days, day_before, length, rows_of_account, shared
from plugins.checks.orders import ENDS, STARTS, Orders

UNKNOWN, EARLY, LATE = "not-in-inventory", "before-start", "after-end"
#: The account's inventory is kept, and the service is not in it. A row that is missing is the usual excuse.
_MISSING = 88
#: No day of the line lies within the days of service.
_OUTSIDE = 92
#: Some days do, and the whole month is charged: many vendors take the rest back on the next bill.
_PARTLY = 70
_MONTH = 28
#: What a bill says of a service it does not have any more may be a correction of what it said before.
_LEFT_ALONE = frozenset({"credit", "adjustment", "late-fee", "rounding", "transfer"})
#: What is charged once comes before the start and after the end: for the order itself. Another check looks at it.
_ONCE = frozenset({ONE_TIME, INSTALL, TERMINATION, "fee"})
_DO = {
    UNKNOWN: "Find out whose it is and add it to the inventory; if it is nobody's, dispute it and have it ended.",
    EARLY: "Correct the start in the inventory, or dispute what was billed before it.",
    LATE: "Correct the end in the inventory, or dispute what was billed after it.",
}


class _Service(NamedTuple):
    """What is known of a service: its rows in the inventory by day, and first and last days that orders add."""

    rows: tuple[ReferenceRow, ...]
    starts: tuple[date, ...]
    ends: tuple[date, ...]


@attrs.frozen
class Inventory:
    """Looks at what is billed for services of an account whose inventory is kept.

    A start is explained by an order that takes effect before it; an order that disconnects is an end. Lines of the
    account itself are let pass.
    """

    name: str = "inventory"
    version: str = "1"
    codes: tuple[str, ...] = (UNKNOWN, EARLY, LATE)

    def open(self, bill: CheckedBill, grounds: Grounds) -> Examination | None:
        """Where the inventory has rows for the account."""
        if next(rows_of_account(grounds.reference, "inventory", bill), None) is None:
            return None
        return _Inventory(bill, grounds.reference)


class _Inventory:
    def __init__(self, bill: CheckedBill, reference: Reference) -> None:
        self._bill = bill
        self._reference = reference
        self._orders = Orders(reference, bill)
        self._agreed = Agreed.of(reference, bill)
        self._classes = Classes(reference, bill)
        self._days = Days(bill)
        self._services: dict[str, _Service] = {}
        # Of each service and days, whether there is nothing to say: what nearly every line of a bill comes to.
        self._within: dict[tuple[str, str | None, str | None], bool] = {}

    def look(self, lines: Sequence[Line]) -> Iterator[Objection]:
        """Every line of a service on days on which it was not there."""
        within = self._within
        for line in lines:
            if not line.service or line.amount <= 0:
                continue
            key = (line.service, line.service_from, line.service_to)
            settled = within.get(key)
            if settled is None:
                settled = within[key] = self._throughout(line)
            if not settled and line.kind not in _LEFT_ALONE and (found := self._judge(line)) is not None:
                yield found

    def end(self) -> Iterable[Objection]:
        """Nothing is kept for later."""
        return ()

    def _service(self, name: str) -> _Service:
        known = self._services.get(name)
        if known is None:
            rows: list[ReferenceRow] = []
            for account in dict.fromkeys((self._bill.account, "")):
                history = self._reference.history("inventory", (self._bill.vendor, account, name))
                rows += [row for version in history for row in version]
            starts = tuple(order.effective for order in self._orders.of(name, STARTS) if order.service == name)
            ends = tuple(order.effective for order in self._orders.of(name, ENDS) if order.service == name)
            ordered = sorted(rows, key=lambda row: row.valid_from or date.min)
            known = self._services[name] = _Service(tuple(ordered), starts, ends)
        return known

    def _throughout(self, line: Line) -> bool:
        """Whether the service was there on all days of the line, or an order says that it was meant to be."""
        service = self._service(line.service)
        first, last = self._days.of(line)
        if len(service.rows) == 1 and not service.ends and _covers(service.rows[0], first, last):
            return True
        if not service.rows:
            return any(start <= last for start in service.starts) and self._end(service) is None
        return self._in_service(service, first, last) == length(first, last)

    def _end(self, service: _Service) -> date | None:
        """The last day that an order to disconnect leaves, unless a later order starts the service again."""
        if not service.ends:
            return None
        end = max(service.ends)
        return None if any(start > end for start in service.starts) else end

    def _in_service(self, service: _Service, first: date, last: date) -> int:
        """How many of these days the service was there. The days between an order's and the inventory's start count,
        the days after a disconnection do not."""
        end = self._end(service)
        last = last if end is None else min(last, end)
        if last < first:
            return 0
        begin = service.rows[0].valid_from
        early = [start for start in service.starts if begin is not None and start < begin]
        days = sum(shared(first, last, row.valid_from, row.valid_to) for row in service.rows)
        if early and begin is not None:
            # Only an order shortly before the start is the start's own.
            day = max(early)
            if length(day, begin) <= _GRACE:
                days += shared(first, last, day, day_before(begin))
        return min(days, length(first, last))

    def _judge(self, line: Line) -> Objection | None:
        service = self._service(line.service)
        first, last = self._days.of(line)
        if not service.rows:
            return self._unknown(line)
        inside = self._in_service(service, first, last)
        if self._classes.of(line) in _ONCE:
            return None
        begin = service.rows[0].valid_from
        early = begin is not None and first < begin
        if inside == 0:
            return self._outside(line, EARLY if early and last < (begin or last) else LATE, line.amount, _OUTSIDE)
        stake = self._whole_month(line, inside, length(first, last))
        return None if stake is None else self._outside(line, EARLY if early else LATE, stake, _PARTLY)

    def _whole_month(self, line: Line, inside: int, days: int) -> int | None:
        """What the days outside cost, where the agreed price of a whole month is charged for a part of one. Without a
        price there is no ground: the amount may be that of the days."""
        if line.kind != ChargeKind.RECURRING or self._agreed is None or days < _MONTH:
            return None
        row = self._agreed.rate(line.product, *self._days.of(line))
        if row is None or cost(line, self._bill.currency) < minor(rate_of(row), self._bill.currency):
            return None
        return rounded(cost(line, self._bill.currency) * Fraction(days - inside, days))

    def _unknown(self, line: Line) -> Objection:
        amount = fixed(line.amount, self._bill.currency)
        looked = f"{line.service} of {self._bill.vendor} {self._bill.account}"
        return Objection(
            UNKNOWN,
            line,
            line.amount,
            _MISSING,
            line.service,
            f"{line.service} is billed {amount} for {line.product or line.kind}, and is not in the inventory",
            _DO[UNKNOWN],
            (("inventory looked for", looked), ("order looked for", ", ".join(sorted(STARTS)))),
        )

    def _outside(self, line: Line, code: str, stake: int, confidence: int) -> Objection:
        service = self._service(line.service)
        first, last = self._days.of(line)
        days = f"{first.isoformat()} to {last.isoformat()}"
        row = service.rows[0] if code == EARLY else service.rows[-1]
        end = min(filter(None, (row.valid_to, self._end(service))), default=None)
        if code == EARLY:
            said = f"starts on {row.cell('from')}"
        else:
            said = f"ended on {end.isoformat() if end else 'a day before'}"
        evidence = [("billed for", days), ("inventory", f"{row.cell('from') or 'ever'} to {row.cell('to') or 'now'}"),
                    ("inventory row", row.ref)]  # fmt: skip
        orders = self._orders.of(line.service, STARTS if code == EARLY else ENDS)
        evidence += [("order", f"{one.number}, {one.action}, {one.effective.isoformat()}") for one in orders]
        amount = fixed(line.amount, self._bill.currency)
        found = f"{line.service} {said}; {amount} for {line.product or line.kind} is billed for {days}"
        return Objection(code, line, stake, confidence, line.service, found, _DO[code], tuple(evidence))


def _covers(row: ReferenceRow, first: date, last: date) -> bool:
    return (row.valid_from is None or row.valid_from <= first) and (row.valid_to is None or last <= row.valid_to)


_GRACE = 45  # days from an order that starts a service to the start that the inventory has
