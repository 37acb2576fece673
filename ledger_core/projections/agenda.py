"""The reading of what is to be done by when: the register of expected bills against what is left of each bill."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date
from typing import Protocol

import attrs
from sqlalchemy import Connection, select

from ledger_core.facts import catalogue
from ledger_core.projections import checks
from ledger_core.projections.arrivals import expected_bills
from ledger_core.projections.bills import PostedBill
from ledger_core.projections.payables import Payables
from ledger_core.projections.reminders import Reminder, Undone, Work, reminders
from ledger_core.store import log
from ledger_core.store.tables import LOG

#: Items of these kinds object to what a vendor charges; others are the site's own to decide.
_OBJECTIONS = frozenset({"exception", "check"})


class Undecided(Protocol):
    """An item of the queue, as far as it matters here."""

    @property
    def kind(self) -> str:
        """What sort of item it is."""
        ...

    @property
    def bill(self) -> str | None:
        """The bill that it is about."""
        ...

    @property
    def amount(self) -> int:
        """What is at stake, in minor units."""
        ...


def agenda(connection: Connection, today: date, queue: Iterable[Undecided]) -> list[Reminder]:
    """What is late, near its day or past it as of `today`. `queue` is what is open of bills. Earliest day first."""
    undone = Undone(
        work=_work(queue),
        unexamined=frozenset(bill.bill for bill in checks.unchecked(connection)),
        unclaimed=_unclaimed(connection),
    )
    currency = log.fact(connection, 1).content["currency"]
    return reminders(expected_bills(connection, today), undone, currency)


def _work(queue: Iterable[Undecided]) -> dict[str, Work]:
    """By bill, what is left to decide. A line may lie in suspense and be objected to: the money is there once, so the
    sort of item with the most of it counts."""
    kinds: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    found: dict[str, Work] = defaultdict(Work)
    for item in queue:
        if item.bill is not None:
            kinds[item.bill][item.kind] += abs(item.amount)
            work = found[item.bill]
            found[item.bill] = attrs.evolve(
                work, items=work.items + 1, objections=work.objections + (item.kind in _OBJECTIONS)
            )
    for bill, sums in kinds.items():
        objected = max((amount for kind, amount in sums.items() if kind in _OBJECTIONS), default=0)
        found[bill] = attrs.evolve(found[bill], amount=max(sums.values()), objected=objected)
    return dict(found)


def _unclaimed(connection: Connection) -> Callable[[PostedBill], int] | None:
    """How much of a bill may be paid and nobody certified; None until the first claim is: such a site pays from other
    books, and its own would call every bill unpaid."""
    query = select(LOG.c.sequence).where(LOG.c.kind == catalogue.CLAIM_CERTIFIED).limit(1)
    if connection.execute(query).scalar() is None:
        return None
    payables = Payables(connection)
    return lambda bill: payables.of_bill(bill).open
