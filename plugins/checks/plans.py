"""Another plan than the inventory's is billed for a service."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

import attrs

from ledger_core import ChargeKind, CheckedBill, Examination, Grounds, Line, Objection, Reference, ReferenceRow, fixed
from plugins.checks.agreed import Agreed, rate_of
from plugins.checks.amounts import cost, minor, rounded
from plugins.checks.classes import Classes
from plugins.checks.dated import Days, covering, rows_of_account
from plugins.checks.orders import STARTS, Orders

CODE = "plan-unexpected"
#: The inventory names the plan, and no recurring line of the service is it. A row not brought up to date is the excuse.
_SURE = 85
_SIGNS = re.compile(r"[^0-9a-z]+")
_SHORTEST = 4  # characters of a plan's name that may stand inside a longer one


@attrs.frozen
class Plans:
    """Looks at services whose plan the inventory names: one of their recurring lines has to be it.

    Features beside the plan are let pass; so is a plan that an order changed to. At stake is what the billed plan costs
    more than the inventory's, where a contract prices that, else the whole line.
    """

    name: str = "plans"
    version: str = "1"
    codes: tuple[str, ...] = (CODE,)

    def open(self, bill: CheckedBill, grounds: Grounds) -> Examination | None:
        """Where the inventory names plans for the account."""
        rows = rows_of_account(grounds.reference, "inventory", bill)
        return _Plans(bill, grounds.reference) if any(row.cell("plan") for row in rows) else None


class _Plans:
    def __init__(self, bill: CheckedBill, reference: Reference) -> None:
        self._bill = bill
        self._reference = reference
        self._agreed = Agreed.of(reference, bill)
        self._orders = Orders(reference, bill)
        self._classes = Classes(reference, bill)
        self._days = Days(bill)
        self._dearest: dict[str, Line | None] = {}  # of each service, its dearest line so far; None once it is right

    def look(self, lines: Sequence[Line]) -> Iterable[Objection]:
        """Of each service, keep the dearest recurring line until one is the plan."""
        for line in lines:
            if line.kind != ChargeKind.RECURRING or line.amount <= 0 or not line.service:
                continue
            if line.service in self._dearest and self._dearest[line.service] is None:
                continue
            if self._classes.of(line) != ChargeKind.RECURRING:
                continue
            if self._expected(line) is None:
                self._dearest[line.service] = None
                continue
            known = self._dearest.get(line.service)
            if known is None or line.amount > known.amount:
                self._dearest[line.service] = line
        return ()

    def end(self) -> Iterator[Objection]:
        """Services of which no line is the plan."""
        for line in self._dearest.values():
            if line is not None and (row := self._expected(line)) is not None:
                yield self._objection(line, row)

    def _expected(self, line: Line) -> ReferenceRow | None:
        """The row whose plan the line is not; None where it is, or none is named."""
        first, last = self._days.of(line)
        rows = self._rows(line.service)
        now = [row for row in covering(rows, first, last) if row.cell("plan")]
        if not now or any(_same(row.cell("plan"), line.product) for row in now):
            return None
        for order in self._orders.of(line.service, STARTS):
            if order.product and _same(order.product, line.product) and order.effective <= last:
                return None
        return now[-1]

    def _rows(self, service: str) -> list[ReferenceRow]:
        found: list[ReferenceRow] = []
        for account in dict.fromkeys((self._bill.account, "")):
            history = self._reference.history("inventory", (self._bill.vendor, account, service))
            found += [row for version in history for row in version]
        return found

    def _objection(self, line: Line, row: ReferenceRow) -> Objection:
        currency, plan = self._bill.currency, row.cell("plan")
        evidence = [("billed", f"{line.product} at {fixed(line.amount, currency)}"), ("plan in the inventory", plan),
                    ("inventory row", row.ref)]  # fmt: skip
        stake = line.amount
        rate = self._agreed.rate(plan, *self._days.of(line)) if self._agreed else None
        if rate is not None and self._agreed is not None:
            stake = max(0, rounded(cost(line, currency) - minor(rate_of(rate), currency)))
            evidence += self._agreed.evidence(rate)
        return Objection(
            CODE,
            line,
            stake,
            _SURE,
            line.service,
            f"{line.service} is billed {line.product}; the inventory has {plan}",
            "Dispute the difference, or correct the plan in the inventory.",
            tuple(evidence),
        )


def _same(plan: str, product: str) -> bool:
    """Whether two names are one, signs and capitals aside: equal, or the one inside the other."""
    one, other = _SIGNS.sub("", plan.casefold()), _SIGNS.sub("", product.casefold())
    if one == other:
        return True
    short, long = sorted((one, other), key=len)
    return len(short) >= _SHORTEST and short in long
