"""The value book: what looking at bills has brought, each amount with its proof, and what came of every dispute.

Of a dispute each minor unit is in one place: avoided (withheld, conceded, never paid), recovered (paid and credited
back), pending, lost (refused or expired), or withdrawn by ourselves. Credits that follow a charge without a dispute are
recovered too, and belong to none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date
from enum import StrEnum

import attrs
from sqlalchemy import Connection, func, select

from ledger_core.policy.disputes import Mode, Step
from ledger_core.policy.periods import period_of
from ledger_core.projections.bills import of_fact
from ledger_core.projections.charges import charge_id
from ledger_core.projections.credits import MATCHED, Credit, all_credits, name_of
from ledger_core.projections.disputes import CONCEDED, CREDITED, DROPPED, Dispute, Taken, disputes
from ledger_core.projections.payables import Payables
from ledger_core.store import log
from ledger_core.store.tables import BODIES

_ROWS = BODIES["disputed"].c


class Kind(StrEnum):
    """What became of money that was in question."""

    AVOIDED = "avoided"
    RECOVERED = "recovered"
    PENDING = "pending"
    LOST = "lost"
    WITHDRAWN = "withdrawn"


@attrs.frozen
class Value:
    """One amount, in minor units, in the month (YYYY-MM) in which it became what it is, with its proof.

    `dispute` is None for a credit that needed none. `facts` say so, `credit` is the charge that gave it back, `charges`
    those that it is about. `payments` are the facts with which the bill was paid, where it was paid and not avoided.
    """

    month: str
    vendor: str
    account: str
    kind: Kind
    amount: int
    currency: str
    dispute: str | None
    bill: str
    facts: tuple[int, ...]
    credit: str | None
    charges: tuple[str, ...]
    payments: tuple[int, ...]
    reason: str


@attrs.frozen
class Tie:
    """A dispute, and what the book says of it: the sums, by kind, are what was disputed."""

    dispute: str
    currency: str
    amount: int
    sums: Mapping[Kind, int]

    @property
    def holds(self) -> bool:
        """Whether every minor unit is in one place."""
        return sum(self.sums.values()) == self.amount


@attrs.frozen
class ValueBook:
    """Every amount, by month, vendor and kind; and for each dispute that its amounts sum to it."""

    values: tuple[Value, ...]
    ties: tuple[Tie, ...]


def value_book(connection: Connection, until: int) -> ValueBook:
    """The book as known at sequence `until`."""
    found = disputes(connection, until)
    book = _Book(connection, until)
    values = [value for one in found for value in book.of_dispute(one)]
    ties = tuple(_tie(one, values) for one in found)
    values += [value for credit in all_credits(connection, until) for value in book.of_credit(credit)]
    return ValueBook(tuple(sorted(values, key=_order)), ties)


@attrs.define(eq=False)
class _Book:
    """Reads the amounts of disputes and credits."""

    connection: Connection
    until: int
    _payables: Payables = attrs.field(init=False)
    _rows: Mapping[tuple[int, str], int] = attrs.field(init=False)
    _paid: dict[int, tuple[int, ...]] = attrs.field(factory=dict, init=False)

    def __attrs_post_init__(self) -> None:
        self._payables = Payables(self.connection, self.until)
        query = select(_ROWS.fact, _ROWS.what, func.sum(_ROWS.amount)).where(_ROWS.fact <= self.until)
        found = self.connection.execute(query.group_by(_ROWS.fact, _ROWS.what))
        self._rows = {(fact, what): int(amount) for fact, what, amount in found}

    def of_dispute(self, one: Dispute) -> Iterator[Value]:
        """What became of each part of a dispute, step by step, and what is pending of it."""
        for step in one.steps:
            conceded = self._rows.get((step.fact, CONCEDED), 0)
            credited = self._rows.get((step.fact, CREDITED), 0)
            dropped = self._rows.get((step.fact, DROPPED), 0)
            if conceded and one.mode is Mode.WITHHELD:
                yield self._value(one, Kind.AVOIDED, conceded, step)
            if credited and one.mode is Mode.CLAIMED:
                yield self._value(one, Kind.RECOVERED, credited, step)
            if dropped:
                kind = Kind.WITHDRAWN if step.step is Step.WITHDRAWN else Kind.LOST
                yield self._value(one, kind, dropped, step)
        pending = one.sums.undecided + (one.sums.awaiting if one.mode is Mode.CLAIMED else 0)
        if pending:
            yield self._value(one, Kind.PENDING, pending, None)

    def of_credit(self, credit: Credit) -> Iterator[Value]:
        """What a credit gave back of charges that nobody disputed."""
        rows = [row for row in credit.rows if row.outcome == MATCHED and not row.dispute]
        if not rows:
            return
        decided = log.fact(self.connection, credit.decided)
        bill = of_fact(self.connection, rows[0].charge_fact)
        assert bill is not None
        yield Value(
            str(period_of(date.fromisoformat(decided.content["on"]))),
            credit.bill.vendor,
            credit.bill.account,
            Kind.RECOVERED,
            -sum(row.amount for row in rows),
            credit.bill.currency,
            None,
            bill.bill,
            (credit.decided,),
            credit.name,
            tuple(name_of(self.connection, row.charge) for row in rows),
            self._payments(bill.fact),
            rows[0].reason,
        )

    def _value(self, one: Dispute, kind: Kind, amount: int, step: Taken | None) -> Value:
        credit = None if step is None or step.credit is None else name_of(self.connection, step.credit)
        facts = (one.fact, *one.entries) if step is None else (one.fact, step.fact, *step.entries)
        return Value(
            str(period_of(one.opened if step is None else step.on)),
            one.vendor,
            one.account,
            kind,
            amount,
            one.currency,
            one.dispute,
            one.bill,
            facts,
            credit,
            tuple(charge_id(one.bill, line.line) for line in one.lines),
            () if kind is Kind.AVOIDED else self._payments(one.posted),
            one.reason if step is None else step.reason,
        )

    def _payments(self, posted: int) -> tuple[int, ...]:
        if posted not in self._paid:
            bill = of_fact(self.connection, posted)
            assert bill is not None
            item = self._payables.of_bill(bill)
            self._paid[posted] = tuple(payment.fact for payment in item.payments)
        return self._paid[posted]


def _tie(one: Dispute, values: list[Value]) -> Tie:
    sums: dict[Kind, int] = defaultdict(int)
    for value in values:
        if value.dispute == one.dispute:
            sums[value.kind] += value.amount
    return Tie(one.dispute, one.currency, one.amount, {kind: sums[kind] for kind in Kind})


def _order(value: Value) -> tuple[str, ...]:
    return (value.month, value.vendor, value.kind, value.account, value.dispute or "", value.credit or "")
