"""The reading of vendor accounts: the total due on the last bill of each beside what our own books make of it.

Stated total due = our open items + what is held + payments in transit + what nobody can explain. A payment is in
transit when the vendor's last bill does not know it yet: one that was made after the bill's date, and one made shortly
before it where just such payments make the difference.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import accumulate

import attrs
from sqlalchemy import Connection

from ledger_core.facts import catalogue
from ledger_core.money import fixed, parse_decimal, round_minor
from ledger_core.projections.bills import POSTED, PostedBill
from ledger_core.projections.payables import OpenItem, Paid, Payables
from ledger_core.store import log

#: How long before a bill's date a payment may have been made that the bill does not show yet.
_UNDERWAY = timedelta(days=31)
_LOOK = "Look for a payment that one side does not know, a missing bill, or a late amount."


@attrs.frozen
class Reconciliation:
    """One vendor account, in minor units.

    `last` is its last bill that stands, `stated` the total due printed on it (None where it prints none), `carried`
    what of that comes from earlier bills. `open` is released and not paid, `held` withheld, `in_transit` paid by us and
    not on the vendor's bill yet. `sent` left for accounts payable and was not read back as paid.
    """

    last: PostedBill
    stated: int | None
    items: tuple[OpenItem, ...]
    in_transit: tuple[Paid, ...]

    @property
    def held(self) -> int:
        """What is withheld."""
        return sum(item.held for item in self.items)

    @property
    def open(self) -> int:
        """What is released and not paid."""
        return sum(item.outstanding for item in self.items) - self.held

    @property
    def paid_lately(self) -> int:
        """What was paid and is not on the vendor's bill yet."""
        return sum(paid.amount for paid in self.in_transit)

    @property
    def carried(self) -> int | None:
        """What the vendor carries over from earlier bills."""
        return None if self.stated is None else self.stated - self.last.total

    @property
    def sent(self) -> int:
        """What left for accounts payable and was not read back as paid."""
        return sum(item.in_transit for item in self.items)

    def oldest_sent(self, amount: int) -> bool:
        """Whether the oldest bills that left and were not read back come to just this amount."""
        return amount in accumulate(item.in_transit for item in self.items if item.in_transit)

    @property
    def unexplained(self) -> int | None:
        """What the vendor claims beyond our books; negative where it claims less. None where it states nothing."""
        return None if self.stated is None else self.stated - self.open - self.held - self.paid_lately


def reconciliations(connection: Connection, until: int | None = None) -> list[Reconciliation]:
    """Every vendor account that has a bill, by vendor and account."""
    accounts: dict[tuple[str, str], list[OpenItem]] = defaultdict(list)
    for item in Payables(connection, until).every():
        accounts[item.bill.vendor, item.bill.account].append(item)
    found = []
    for _, items in sorted(accounts.items()):
        standing = [item.bill for item in items if item.bill.state == POSTED]
        if standing:
            found.append(_reconciled(max(standing, key=_order), items))
    return found


def unexplained(connection: Connection, until: int | None = None) -> Iterator[Reconciliation]:
    """The accounts with something that nobody can explain. None on a site that never read a payment back: its books do
    not know what was paid, and every account would be one."""
    if next(log.facts(connection, [catalogue.PAYMENTS_LOADED], until=until), None) is None:
        return
    for found in reconciliations(connection, until):
        if found.unexplained:
            yield found


def _order(bill: PostedBill) -> tuple[str, int]:
    return bill.bill_date or bill.period_to or bill.effective, bill.fact


def _reconciled(last: PostedBill, items: Sequence[OpenItem]) -> Reconciliation:
    stated = None if last.amount_due is None else round_minor(parse_decimal(last.amount_due), last.currency)
    day = date.fromisoformat(_order(last)[0])
    paid = sorted((one for item in items for one in item.payments), key=lambda one: (one.paid, one.fact), reverse=True)
    after = [one for one in paid if one.paid > day]
    before = [one for one in paid if day - _UNDERWAY <= one.paid <= day]
    known = Reconciliation(last, stated, tuple(items), tuple(after))
    return attrs.evolve(known, in_transit=(*after, *_underway(before, known.unexplained)))


def _underway(before: Sequence[Paid], gap: int | None) -> Sequence[Paid]:
    """The latest payments before a bill's date that together are just what the bill claims beyond our books."""
    total = 0
    for number, paid in enumerate(before, 1):
        total += paid.amount
        if gap and total == gap:
            return before[:number]
    return ()


def hint(found: Reconciliation) -> str:
    """What the unexplained amount may be, in words."""
    gap, money = found.unexplained or 0, found.last.currency
    words = f"its last bill claims {fixed(abs(gap), money)} {money} {'more' if gap > 0 else 'less'} than our books"
    if gap < 0 and found.oldest_sent(-gap):
        return f"{words}: as much was sent out to be paid and not read back. Load the payments."
    if found.carried == gap:
        return f"{words}: as much it carries over from bills that the books do not hold. Ask for its statement."
    return f"{words}. {_LOOK}"
