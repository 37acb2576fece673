"""What credits are judged on: the account's earlier bills, and what stands on them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import attrs
from sqlalchemy import ColumnElement, Connection, func, select

from ledger_core.facts.charge import ChargeKind
from ledger_core.facts.entry import HOLD_ROLES
from ledger_core.policy.credits import CYCLES, BilledLine, Disputed, Earlier, Expected, Place
from ledger_core.projections.bills import BILLS, POSTED, PostedBill, of_fact
from ledger_core.projections.credits import MATCHED, given, lines_below_zero
from ledger_core.projections.disputes import disputes
from ledger_core.projections.parts import Bucket, PartReader
from ledger_core.store.tables import BODIES

_CHARGES, _SHARES, _CREDITS = (BODIES[name].c for name in ("charges", "shares", "credits"))
_LINE = ("fact", "line", "service", "product", "kind", "amount", "service_from", "service_to", "customer_code")
_MANY = 500  # values in one question
_TELLING = 5  # characters of a vendor's reference that nothing else is likely to contain
#: What a discount of the whole account is a discount on.
_PRICED = (ChargeKind.RECURRING, ChargeKind.USAGE, ChargeKind.EQUIPMENT, ChargeKind.ONE_TIME)


@attrs.frozen
class CreditGrounds:
    """The account of one bill up to it. `earlier` are its bills before this one, the latest first."""

    connection: Connection
    bill: PostedBill
    until: int
    earlier: tuple[PostedBill, ...]

    def charges(self, found_on_it: Sequence[BilledLine]) -> list[Earlier]:
        """The charges that these credits might follow: on this bill and the last few before it, of their services;
        for credits of the account itself those of the same amount too."""
        bills = [self.bill, *self.earlier[:CYCLES]]
        done = given(self.connection, self.until, {bill.fact for bill in bills}).charges
        services = sorted({credit.service for credit in found_on_it})
        amounts = sorted({-credit.amount for credit in found_on_it if not credit.service})
        found = [(age, line) for age, bill in enumerate(bills) for line in self._charged(bill.fact, services, amounts)]
        return [Earlier(line, line.amount - done.get(line.place, 0), age) for age, line in found]

    def cycles(self, count: int) -> list[Mapping[tuple[str, str], set[int]]]:
        """Of the last `count` earlier bills, by service and product, the amounts of credits that followed nothing."""
        return [self._unfollowing(bill.fact) for bill in self.earlier[:count]]

    def discounted(self, bills: Iterable[int]) -> list[tuple[Bucket, int]]:
        """What the priced charges of bills (their facts) come to in each bucket, as they stand: what a discount of the
        whole account is a discount on. Minor units above zero."""
        sums: dict[Bucket, int] = defaultdict(int)
        for fact in bills:
            reader = PartReader(self.connection, fact, self.bill.currency)
            for carrier, posting, amount in self._priced_parts(fact):
                bucket = reader.bucket(carrier, posting)
                if bucket.role not in HOLD_ROLES:
                    sums[bucket] += amount
        return [(bucket, amount) for bucket, amount in sums.items() if amount > 0]

    def of_days(self, first: str, last: str) -> list[int]:
        """The facts of the account's bills whose cycle has days in common with these."""
        return [
            bill.fact
            for bill in (self.bill, *self.earlier)
            if bill.period_from and bill.period_to and bill.period_from <= last and first <= bill.period_to
        ]

    def _charged(self, fact: int, services: Sequence[str], amounts: Sequence[int]) -> Iterable[BilledLine]:
        wanted: list[ColumnElement[bool]] = [
            _CHARGES.service.in_(services[at : at + _MANY]) for at in range(0, len(services), _MANY)
        ]
        wanted += [_CHARGES.amount.in_(amounts[at : at + _MANY]) for at in range(0, len(amounts), _MANY)]
        found: set[BilledLine] = set()
        for condition in wanted:
            query = select(*(_CHARGES[name] for name in _LINE)).where(
                _CHARGES.fact == fact, _CHARGES.amount > 0, condition
            )
            found |= {BilledLine(*row) for row in self.connection.execute(query)}
        return sorted(found, key=lambda line: line.line)

    def _unfollowing(self, fact: int) -> Mapping[tuple[str, str], set[int]]:
        query = select(_CREDITS.credit_line).where(_CREDITS.credit_fact == fact, _CREDITS.outcome == MATCHED)
        followed = set(self.connection.execute(query).scalars())
        found: dict[tuple[str, str], set[int]] = defaultdict(set)
        for line in lines_below_zero(self.connection, fact):
            if line.line not in followed:
                found[line.service, line.product].add(line.amount)
        return found

    def _priced_parts(self, fact: int) -> Iterable[tuple[int, int, int]]:
        """(carrying fact, posting, minor units) of what the bill attributed of its priced charges, and of what was
        moved since."""
        priced = (_CHARGES.fact == fact, _CHARGES.amount > 0, _CHARGES.kind.in_(_PRICED))
        whole = select(_CHARGES.fact, _CHARGES.posting, func.sum(_CHARGES.amount)).where(
            *priced, _CHARGES.posting.is_not(None)
        )
        shares = select(_SHARES.fact, _SHARES.posting, func.sum(_SHARES.amount)).where(
            *priced, _CHARGES.line == _SHARES.charge_line
        )
        own = shares.where(_SHARES.fact == fact, _SHARES.charge_fact == 0)
        moved = shares.where(_SHARES.charge_fact == fact)
        yield from map(
            tuple, self.connection.execute(whole.group_by(_CHARGES.fact, _CHARGES.posting).order_by(_CHARGES.posting))
        )
        for query in (own, moved):
            rows = self.connection.execute(
                query.group_by(_SHARES.fact, _SHARES.posting).order_by(_SHARES.fact, _SHARES.posting)
            )
            yield from ((carrier, posting, int(amount)) for carrier, posting, amount in rows)


def credit_grounds(connection: Connection, bill: PostedBill, until: int) -> CreditGrounds:
    """What a bill's credits are judged on, as known at sequence `until`."""
    day = _day(bill)
    query = select(BILLS).where(
        BILLS.c.vendor == bill.vendor,
        BILLS.c.account == bill.account,
        BILLS.c.currency == bill.currency,
        BILLS.c.state == POSTED,
        BILLS.c.fact <= until,
        BILLS.c.fact != bill.fact,
    )
    found = [PostedBill(*row) for row in connection.execute(query)]
    earlier = [one for one in found if (_day(one), one.fact) < (day, bill.fact)]
    return CreditGrounds(
        connection, bill, until, tuple(sorted(earlier, key=lambda one: (_day(one), one.fact), reverse=True))
    )


def charge_at(connection: Connection, place: Place) -> BilledLine:
    """One charge as it was billed."""
    query = select(*(_CHARGES[name] for name in _LINE)).where(_CHARGES.fact == place[0], _CHARGES.line == place[1])
    return BilledLine(*connection.execute(query).one())


def charges_at(connection: Connection, places: Iterable[Place]) -> dict[Place, BilledLine]:
    """Charges as they were billed, by name."""
    by_bill: dict[int, list[int]] = defaultdict(list)
    for fact, line in sorted(set(places)):
        by_bill[fact].append(line)
    found: dict[Place, BilledLine] = {}
    for fact, lines in by_bill.items():
        for at in range(0, len(lines), _MANY):
            query = select(*(_CHARGES[name] for name in _LINE)).where(
                _CHARGES.fact == fact, _CHARGES.line.in_(lines[at : at + _MANY])
            )
            found |= {(row[0], row[1]): BilledLine(*row) for row in connection.execute(query)}
    return found


def expected_credits(connection: Connection, bill: PostedBill, until: int) -> list[Expected]:
    """The disputes of a bill's account that wait for a credit, in the order in which they were opened."""
    found = []
    for one in disputes(connection, until):
        pending = {(line.fact, line.line): line.account.pending for line in one.lines if line.account.pending > 0}
        posted = of_fact(connection, one.posted)
        if (one.vendor, one.account) != (bill.vendor, bill.account) or one.pending <= 0 or posted is None:
            continue
        if posted.state == POSTED and pending:
            lines = charges_at(connection, pending)
            disputed = tuple(
                Disputed(place, lines[place].service, lines[place].product, pending[place]) for place in sorted(lines)
            )
            named = tuple(step.reference for step in one.steps if len(step.reference) >= _TELLING)
            found.append(Expected(one.dispute, one.pending, disputed, named))
    return found


def _day(bill: PostedBill) -> str:
    return bill.period_to or bill.bill_date or bill.effective
