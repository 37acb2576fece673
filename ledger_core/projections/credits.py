"""The reading of credits: what each credit of the bills that stand follows, is proposed to follow, or where it went.

The latest row set of a credit counts: what was found when its bill came, then what people decided.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from itertools import groupby
from typing import Any, NamedTuple

import attrs
from sqlalchemy import ColumnElement, Connection, and_, literal_column, or_, select

from ledger_core.errors import Unknown
from ledger_core.policy.credits import BilledLine, Place
from ledger_core.projections.bills import BILLS, POSTED, PostedBill, of_fact
from ledger_core.projections.charges import charge_id, charge_named, standing_bills
from ledger_core.store import log
from ledger_core.store.tables import BODIES, LOG

#: What became of a credit. The last two wait for nobody.
PROPOSED, UNMATCHED, REVIEW, MATCHED, PLACED = "proposed", "unmatched", "review", "matched", "placed"
#: What waits for a person.
OPEN = frozenset({PROPOSED, UNMATCHED, REVIEW})
EXAMINED = "examined"

_CHARGES = BODIES["charges"].c
_SHARES, _PARTICULARS = BODIES["shares"].c, BODIES["particulars"].c
_KEYS = ("credits/", "credits0")  # every key of such a fact lies between them
_BY_HAND = ("manual", "retained")


class CreditRow(NamedTuple):
    """One row of a `credit-matched` fact: what a credit follows or may follow (a charge, a dispute, or neither), and
    the minor units that it gives back there, negative."""

    fact: int
    line: int
    credit_fact: int
    credit_line: int
    outcome: str
    code: str
    charge_fact: int
    charge_line: int
    dispute: str
    amount: int
    score: int
    reason: str

    @property
    def charge(self) -> Place:
        """The charge that it speaks of, (0, 0) where it is none."""
        return self.charge_fact, self.charge_line


@attrs.frozen
class Credit:
    """One credit as it stands: `rows` of the latest fact that speaks of it. `amount` negative minor units."""

    bill: PostedBill
    line: int
    amount: int
    service: str
    product: str
    rows: tuple[CreditRow, ...]

    @property
    def name(self) -> str:
        """The name of the credit as a charge."""
        return charge_id(self.bill.bill, self.line)

    @property
    def outcome(self) -> str:
        """What became of it: `proposed`, `unmatched`, `review`, `matched` or `placed`."""
        return self.rows[0].outcome

    @property
    def decided(self) -> int:
        """The fact that says so."""
        return self.rows[0].fact

    @property
    def place(self) -> Place:
        """What names it in the ledger."""
        return self.bill.fact, self.line


@attrs.frozen
class Given:
    """What was credited already, in positive minor units: by charge, and by dispute."""

    charges: Mapping[Place, int]
    disputes: Mapping[str, int]


def all_credits(connection: Connection, until: int, bill: int | None = None) -> list[Credit]:
    """Every credit of the bills that stand at sequence `until` that is no recurring one, in the order of their bills,
    those of one bill (its fact) or all."""
    standing = {one.fact: one for one in standing_bills(connection, until)}
    found = []
    for place, rows in sorted(_latest(connection, until, bill).items()):
        posted = standing.get(place[0])
        if posted is not None:
            found.append((posted, place[1], tuple(rows)))
    lines = _named(connection, {(posted.fact, line) for posted, line, _ in found})
    return [Credit(posted, line, *lines[posted.fact, line], rows) for posted, line, rows in found]


def credit_named(connection: Connection, charge: str, until: int) -> Credit:
    """The credit of a charge's name. Raises Unknown where the charge is none, or was not looked at as a credit."""
    bill, line = charge_named(connection, charge)
    for found in all_credits(connection, until, bill.fact):
        if found.line == line:
            return found
    raise Unknown(f"charge {charge[:80]}", "it is no credit that was looked at", "See `tollbook credits`.")


def waiting(connection: Connection, until: int) -> list[Credit]:
    """The credits that wait for a person: proposed, unmatched or to be reviewed, and not recoded by anybody since."""
    found = [credit for credit in all_credits(connection, until) if credit.outcome in OPEN]
    moved = _moved_by_hand(connection, {credit.bill.fact for credit in found}, until)
    return [credit for credit in found if moved.get(credit.place, 0) <= credit.decided]


def given(connection: Connection, until: int, bills: Collection[int] | None = None) -> Given:
    """What the bills that stand give back: of each charge (those of the bills posted by these facts, or all), and of
    each dispute. A credit that follows something stays there, so every such row counts."""
    table = BODIES["credits"].c
    query = (
        select(table.charge_fact, table.charge_line, table.dispute, table.amount)
        .where(table.outcome == MATCHED, table.fact <= until, table.credit_fact == BILLS.c.fact, _stands(until))
        .order_by(table.fact, table.line)
    )
    if bills is not None:
        query = query.where(table.charge_fact.in_(sorted(bills)))
    charges: dict[Place, int] = defaultdict(int)
    disputes: dict[str, int] = defaultdict(int)
    for fact, line, dispute, amount in connection.execute(query):
        charges[fact, line] -= amount
        if dispute:
            disputes[dispute] -= amount
    return Given(dict(charges), dict(disputes))


def examined_key(bill: str) -> str:
    """The key of the fact with which the credits of a bill (its id) were looked at."""
    return f"credits/{bill}/{EXAMINED}"


def rows_of(connection: Connection, place: Place, until: int) -> tuple[CreditRow, ...]:
    """What the latest fact says of one credit; nothing where it recurs or is none."""
    return tuple(_latest(connection, until, place[0]).get(place, ()))


def giving_back(connection: Connection, place: Place, until: int) -> list[CreditRow]:
    """The credits of bills that stand which give one charge back, in the order in which that was recorded."""
    table = BODIES["credits"]
    query = (
        select(*(table.c[name] for name in CreditRow._fields))
        .where(table.c.charge_fact == place[0], table.c.charge_line == place[1], table.c.outcome == MATCHED)
        .where(table.c.fact <= until, table.c.credit_fact == BILLS.c.fact, _stands(until))
        .order_by(table.c.fact, table.c.line)
    )
    return [CreditRow(*row) for row in connection.execute(query)]


def to_examine(connection: Connection, bill: PostedBill) -> bool:
    """Whether a bill stands, has lines below zero, and nobody has looked at them."""
    if bill.state != POSTED or log.fact_by_key(connection, examined_key(bill.bill)) is not None:
        return False
    query = select(_CHARGES.line).where(_CHARGES.fact == bill.fact, _CHARGES.amount < literal_column("0")).limit(1)
    return connection.execute(query).first() is not None


def unexamined(connection: Connection) -> list[PostedBill]:
    """Such bills, the oldest first, whichever was posted first."""
    having = select(_CHARGES.fact).where(_CHARGES.amount < literal_column("0")).distinct()
    query = select(BILLS).where(BILLS.c.state == POSTED, BILLS.c.fact.in_(having)).order_by(BILLS.c.fact)
    keys = select(LOG.c.key).where(LOG.c.key >= _KEYS[0], LOG.c.key < _KEYS[1])
    done = set(connection.execute(keys).scalars())
    found = [PostedBill(*row) for row in connection.execute(query)]
    waiting = [bill for bill in found if examined_key(bill.bill) not in done]
    return sorted(waiting, key=lambda bill: (bill.period_to or bill.bill_date or bill.effective, bill.fact))


def name_of(connection: Connection, place: Place) -> str:
    """The name of a charge."""
    bill = of_fact(connection, place[0])
    assert bill is not None, "a charge of no bill"
    return charge_id(bill.bill, place[1])


def lines_below_zero(connection: Connection, fact: int) -> list[BilledLine]:
    """The lines of a bill that are below zero, in order."""
    query = select(*(_CHARGES[name] for name in _LINE)).where(
        _CHARGES.fact == fact, _CHARGES.amount < literal_column("0")
    )
    return [BilledLine(*row) for row in connection.execute(query.order_by(_CHARGES.line))]


def words(connection: Connection, fact: int, lines: list[int]) -> dict[int, str]:
    """What is printed beside lines of a bill, as far as it is kept."""
    found: dict[int, str] = {}
    for at in range(0, len(lines), _MANY):
        chosen = _PARTICULARS.line.in_(lines[at : at + _MANY])
        query = select(_PARTICULARS.line, _PARTICULARS.text).where(_PARTICULARS.fact == fact, chosen)
        found |= {line: text or "" for line, text in connection.execute(query)}
    return found


_LINE = ("fact", "line", "service", "product", "kind", "amount", "service_from", "service_to", "customer_code")
_MANY = 500  # values in one question


def _stands(until: int) -> ColumnElement[bool]:
    return and_(BILLS.c.fact <= until, or_(BILLS.c.reversed_by.is_(None), BILLS.c.reversed_by > until))


def _latest(connection: Connection, until: int, bill: int | None = None) -> dict[Place, list[CreditRow]]:
    """By credit the rows of the latest fact that speaks of it."""
    table = BODIES["credits"]
    query = select(*(table.c[name] for name in CreditRow._fields)).where(table.c.fact <= until)
    if bill is not None:
        query = query.where(table.c.credit_fact == bill)
    found: dict[Place, list[CreditRow]] = {}
    with connection.execute(query.order_by(table.c.fact, table.c.line)) as rows:
        for (_, *place), group in groupby(_rows(rows), key=lambda row: (row.fact, row.credit_fact, row.credit_line)):
            found[place[0], place[1]] = list(group)
    return found


def _rows(rows: Any) -> Iterator[CreditRow]:
    for row in rows:
        yield CreditRow(*row)


def _named(connection: Connection, places: set[Place]) -> dict[Place, tuple[int, str, str]]:
    """Amount, service and product of lines."""
    by_bill: dict[int, list[int]] = defaultdict(list)
    for fact, line in sorted(places):
        by_bill[fact].append(line)
    found: dict[Place, tuple[int, str, str]] = {}
    for fact, lines in by_bill.items():
        for at in range(0, len(lines), _MANY):
            query = select(_CHARGES.line, _CHARGES.amount, _CHARGES.service, _CHARGES.product).where(
                _CHARGES.fact == fact, _CHARGES.line.in_(lines[at : at + _MANY])
            )
            found |= {
                (fact, line): (amount, service, product) for line, amount, service, product in connection.execute(query)
            }
    return found


def _moved_by_hand(connection: Connection, bills: set[int], until: int) -> dict[Place, int]:
    """By charge of these bills the last fact with which a person recoded it."""
    found: dict[Place, int] = {}
    for bill in sorted(bills):
        query = select(_SHARES.charge_line, _SHARES.fact).where(
            _SHARES.charge_fact == bill, _SHARES.fact <= until, _SHARES.reason.in_(_BY_HAND)
        )
        for line, fact in connection.execute(query.order_by(_SHARES.fact)):
            found[bill, line] = fact
    return found
