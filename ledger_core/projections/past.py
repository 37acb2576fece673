"""The reading of the past of a bill: earlier bills of its account, their lines, sums and use, for checks that ask."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import attrs
from sqlalchemy import ColumnElement, Connection, and_, func, or_, select

from ledger_core.contracts.check import CheckedBill, Line, PastBill, ServiceSum
from ledger_core.facts.bill import Usage
from ledger_core.facts.fact import Fact
from ledger_core.projections.bills import BILLS
from ledger_core.projections.usage import usage_of
from ledger_core.store.rows import selected_batches
from ledger_core.store.tables import BODIES

_CHARGES = BODIES["charges"].c
_PARAMETERS = 500  # services in one question; SQLite takes a thousand
_LINES = (
    "SELECT c.line, c.kind, c.service, c.service_kind, c.sub_account, c.product, c.quantity, c.unit, c.rate, c.exact,"
    " c.amount, c.service_from, c.service_to, coalesce(p.text, '')"
    " FROM charges c LEFT JOIN particulars p ON p.fact = c.fact AND p.line = c.line"
    " WHERE c.fact = {fact} ORDER BY c.line"
)


def checked_bill(fact: Fact) -> CheckedBill:
    """The bill that a fact posted, as checks see it."""
    content, head = fact.content, fact.content["head"]
    assert fact.effective is not None
    return CheckedBill(
        fact=fact.sequence,
        bill=content["bill"],
        vendor=head["vendor"],
        account=head["account"],
        number=head["number"],
        bill_date=_day(head["bill_date"]),
        period_from=_day(head["period_from"]),
        period_to=_day(head["period_to"]),
        effective=fact.effective,
        currency=head["currency"],
        charges=content["charges"],
        total=int(content["total"]),
        payable=content["payable"],
        importer=content["importer"][0],
    )


def line_batches(connection: Connection, fact: int) -> Iterator[list[Line]]:
    """The lines of the bill that a fact posted, in order, as lists of some thousands."""
    for batch in selected_batches(connection, _LINES.format(fact=int(fact))):
        yield list(map(Line._make, batch))


@attrs.define
class BooksPast:
    """The past of one bill in the books, as they stood at sequence `until`. Earlier bills are looked up once."""

    connection: Connection
    bill: CheckedBill
    until: int
    _earlier: Sequence[PastBill] | None = attrs.field(default=None, init=False)

    def earlier(self) -> Sequence[PastBill]:
        """The bills of the same vendor account dated before this one, the latest first. A bill without a date of its
        own goes by the end of its period."""
        if self._earlier is None:
            self._earlier = self._found_earlier()
        return self._earlier

    def _found_earlier(self) -> Sequence[PastBill]:
        found = self._bills(self._of_account())
        mine = self.bill.bill_date or self.bill.period_to
        dated = [(other.bill_date or other.period_to, other) for other in found]
        before = [(day, other) for day, other in dated if mine is not None and day is not None and day < mine]
        return [other for _, other in sorted(before, key=lambda pair: (pair[0], pair[1].fact), reverse=True)]

    def alike(self) -> Sequence[PastBill]:
        """The bills that were posted before this one and come to the same total, the latest posted first."""
        same = and_(BILLS.c.total == self.bill.total, BILLS.c.currency == self.bill.currency)
        return self._bills(and_(same, BILLS.c.fact < self.bill.fact))

    def overlapping(self, first: date, last: date) -> Sequence[PastBill]:
        """The bills of the same vendor account posted before this one whose period shares a day with these."""
        shares = and_(BILLS.c.period_from <= last.isoformat(), BILLS.c.period_to >= first.isoformat())
        return self._bills(and_(self._of_account(), shares, BILLS.c.fact < self.bill.fact))

    def sums(self, bills: Sequence[PastBill], kinds: Collection[str]) -> Iterator[ServiceSum]:
        """What each service cost on these bills, for these kinds of charges."""
        names = {bill.fact: bill.bill for bill in bills}
        by = (_CHARGES.fact, _CHARGES.service, _CHARGES.kind)
        query = (
            select(*by, func.sum(_CHARGES.amount), func.count())
            .where(_CHARGES.fact.in_(sorted(names)), _CHARGES.kind.in_(sorted(kinds)))
            .group_by(*by)
            .order_by(*by)
        )
        for fact, service, kind, amount, lines in self.connection.execute(query):
            yield ServiceSum(names[fact], service, kind, int(amount), lines)

    def lines(self, bill: PastBill, services: Collection[str] | None = None) -> Iterator[Line]:
        """The lines of one of these bills in order: all, or those of some services."""
        if services is None:
            for batch in line_batches(self.connection, bill.fact):
                yield from batch
            return
        wanted = sorted(services)
        columns = [_CHARGES[name] for name in Line._fields[:-1]]
        for at in range(0, len(wanted), _PARAMETERS):
            chosen = _CHARGES.service.in_(wanted[at : at + _PARAMETERS])
            query = select(*columns).where(_CHARGES.fact == bill.fact, chosen).order_by(_CHARGES.line)
            for row in self.connection.execute(query):
                yield Line(*row)

    def usage(self, bill: PastBill | CheckedBill) -> Mapping[str, Sequence[Usage]]:
        """What each service used, as the bill's file says it."""
        return usage_of(self.connection, bill.fact)

    def _of_account(self) -> ColumnElement[bool]:
        return and_(BILLS.c.vendor == self.bill.vendor, BILLS.c.account == self.bill.account)

    def _bills(self, condition: ColumnElement[bool]) -> list[PastBill]:
        standing = or_(BILLS.c.reversed_by.is_(None), BILLS.c.reversed_by > self.until)
        columns = [BILLS.c[name] for name in PastBill._fields]
        query = select(*columns).where(condition, standing, BILLS.c.fact <= self.until, BILLS.c.fact != self.bill.fact)
        return [_past_bill(row) for row in self.connection.execute(query.order_by(BILLS.c.fact.desc()))]


def _past_bill(row: Any) -> PastBill:
    bill = PastBill(*row)
    return bill._replace(
        bill_date=_day(row.bill_date), period_from=_day(row.period_from), period_to=_day(row.period_to)
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
