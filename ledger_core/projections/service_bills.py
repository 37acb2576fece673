"""The reading of what bills say of services: by account and cycle, and when each service was last billed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date

import attrs
from sqlalchemy import Connection, func, select

from ledger_core.facts.charge import ChargeKind
from ledger_core.policy.cycles import Account, Cycles
from ledger_core.policy.periods import Period
from ledger_core.projections.bills import PostedBill
from ledger_core.store.tables import BODIES

_CHARGES = BODIES["charges"].c
#: How many cycles back a service is looked for: a year, and one more.
DEPTH = 13


@attrs.frozen
class Billed:
    """What the bills of one cycle charge for a service. Amounts in minor units; `bill` and `day` are the last one's.

    `recurring` is the recurring part of `total`, `products` are those of recurring charges, sorted.
    """

    bill: str
    day: date
    kind: str
    products: tuple[str, ...]
    recurring: int
    total: int
    currency: str


class ServiceBills:
    """The standing bills of all accounts up to a day, by cycle. Charges are read a bill at a time, when asked for."""

    def __init__(self, connection: Connection, bills: Iterable[PostedBill], cycles: Cycles) -> None:
        self._connection = connection
        self._cycles: dict[Account, dict[Period, list[PostedBill]]] = defaultdict(lambda: defaultdict(list))
        for bill in sorted(bills, key=lambda bill: (bill_day(bill), bill.fact)):
            account = (bill.vendor, bill.account)
            self._cycles[account][cycles.nearest(account, bill_day(bill))].append(bill)
        self._read: dict[tuple[Account, Period], Mapping[str, Billed]] = {}
        #: The accounts that have bills, sorted.
        self.accounts: Sequence[Account] = sorted(self._cycles)
        self._periods = {account: sorted(found, reverse=True) for account, found in self._cycles.items()}

    def periods(self, account: Account) -> Sequence[Period]:
        """The cycles of which bills of an account came, the newest first."""
        return self._periods.get(account, ())

    def of_vendor(self, vendor: str, account: str) -> Sequence[Account]:
        """The accounts of a vendor that have bills: the one of that number, or for "" all of them."""
        if account:
            return [(vendor, account)] if (vendor, account) in self._periods else []
        return [one for one in self.accounts if one[0] == vendor]

    def day(self, account: Account, cycle: Period) -> date:
        """The day of the first bill of a cycle."""
        return bill_day(self._cycles[account][cycle][0])

    def of(self, account: Account, cycle: Period) -> Mapping[str, Billed]:
        """By service, what the bills of a cycle charge. Charges of the account itself are left out."""
        found = self._read.get((account, cycle))
        if found is None:
            found = self._read[account, cycle] = _merged(
                one for bill in self._cycles[account][cycle] for one in self._services(bill)
            )
        return found

    def last(self, account: Account, wanted: Collection[str]) -> Mapping[str, Billed]:
        """By service, what was last charged: all of the newest cycle, and of the `wanted` ones up to DEPTH back."""
        found: dict[str, Billed] = {}
        for number, cycle in enumerate(self.periods(account)[:DEPTH]):
            if number and all(service in found for service in wanted):
                break
            for service, billed in self.of(account, cycle).items():
                if not number or service in wanted:
                    found.setdefault(service, billed)
        return found

    def _services(self, bill: PostedBill) -> Iterator[tuple[str, Billed]]:
        columns = (_CHARGES.service, _CHARGES.service_kind, _CHARGES.kind, _CHARGES.product)
        query = (
            select(*columns, func.sum(_CHARGES.amount))
            .where(_CHARGES.fact == bill.fact, _CHARGES.service != "")
            .group_by(*columns)
        )
        for service, service_kind, kind, product, amount in self._connection.execute(query):
            recurring = kind == ChargeKind.RECURRING.value
            products = (product,) if recurring and product else ()
            value = int(amount)
            yield (
                service,
                Billed(
                    bill.bill, bill_day(bill), service_kind, products, value if recurring else 0, value, bill.currency
                ),
            )


def bill_day(bill: PostedBill) -> date:
    """The day of a bill: its date, else the end of its period, else the day on which it counts."""
    return date.fromisoformat(bill.bill_date or bill.period_to or bill.effective)


def _merged(rows: Iterable[tuple[str, Billed]]) -> Mapping[str, Billed]:
    found: dict[str, Billed] = {}
    for service, one in rows:
        before = found.get(service)
        found[service] = (
            one
            if before is None
            else attrs.evolve(
                one,
                kind=max(one.kind, before.kind),
                products=tuple(sorted({*one.products, *before.products})),
                recurring=one.recurring + before.recurring,
                total=one.total + before.total,
            )
        )
    return found
