"""The reading of bills: one row a posted bill, and whether it still stands."""

from __future__ import annotations

import attrs
from sqlalchemy import Column, Connection, Table, insert, select, update

from ledger_core.facts import catalogue
from ledger_core.facts.fact import Fact
from ledger_core.projections.readings import METADATA, Reading
from ledger_core.store.tables import TEXT, WHOLE

POSTED = "posted"
REVERSED = "reversed"

BILLS = Table(
    "bills",
    METADATA,
    Column("fact", WHOLE, primary_key=True, autoincrement=False),
    Column("bill", TEXT, nullable=False, unique=True),
    Column("identity", TEXT, nullable=False, index=True),
    Column("vendor", TEXT, nullable=False),
    Column("account", TEXT, nullable=False),
    Column("number", TEXT),
    Column("bill_date", TEXT),
    Column("due_date", TEXT),
    Column("period_from", TEXT),
    Column("period_to", TEXT),
    Column("effective", TEXT, nullable=False),
    Column("currency", TEXT, nullable=False),
    Column("charges", WHOLE, nullable=False),
    Column("total", WHOLE, nullable=False),
    Column("suspense", WHOLE, nullable=False),
    Column("amount_due", TEXT),
    Column("document", TEXT, nullable=False),
    Column("state", TEXT, nullable=False),
    Column("reversed_by", WHOLE),
    sqlite_strict=True,
)


def _fold(connection: Connection, fact: Fact) -> None:
    content = fact.content
    if fact.kind == catalogue.BILL_POSTED:
        assert fact.effective is not None
        head = content["head"]
        connection.execute(
            insert(BILLS).values(
                fact=fact.sequence,
                bill=content["bill"],
                identity=content["identity"],
                effective=fact.effective.isoformat(),
                charges=content["charges"],
                total=int(content["total"]),
                suspense=int(content["suspense"]),
                amount_due=content["amount_due"],
                document=content["documents"][0]["sha256"],
                state=POSTED,
                **{name: head[name] for name in ("vendor", "account", "number", "bill_date", "due_date", "currency")},
                period_from=head["period_from"],
                period_to=head["period_to"],
            )
        )
    elif content["entry"] == "reversal":
        connection.execute(
            update(BILLS).where(BILLS.c.fact == content["reverses"]).values(state=REVERSED, reversed_by=fact.sequence)
        )


READING = Reading(BILLS, 1, frozenset({catalogue.BILL_POSTED, catalogue.ENTRY_POSTED}), _fold)


@attrs.frozen
class PostedBill:
    """One row of the reading. Amounts in minor units, dates as ISO texts."""

    fact: int
    bill: str
    identity: str
    vendor: str
    account: str
    number: str | None
    bill_date: str | None
    due_date: str | None
    period_from: str | None
    period_to: str | None
    effective: str
    currency: str
    charges: int
    total: int
    suspense: int
    amount_due: str | None
    document: str
    state: str
    reversed_by: int | None


def standing(connection: Connection, identity: str) -> PostedBill | None:
    """The bill of that identity that is posted and not reversed, if any."""
    query = select(BILLS).where(BILLS.c.identity == identity, BILLS.c.state == POSTED)
    row = connection.execute(query).one_or_none()
    return None if row is None else PostedBill(*row)


def taken_back(connection: Connection) -> list[PostedBill]:
    """Bills that were reversed and in whose place nothing stands, in order of posting."""
    query = select(BILLS).where(BILLS.c.state == REVERSED).order_by(BILLS.c.fact)
    found = [PostedBill(*row) for row in connection.execute(query)]
    return [bill for bill in found if standing(connection, bill.identity) is None]


def generations(connection: Connection, identity: str) -> int:
    """How many bills of that identity were ever posted, reversed ones included."""
    return len(connection.execute(select(BILLS.c.fact).where(BILLS.c.identity == identity)).all())


def named(connection: Connection, bill: str) -> PostedBill | None:
    """The bill of that id."""
    row = connection.execute(select(BILLS).where(BILLS.c.bill == bill)).one_or_none()
    return None if row is None else PostedBill(*row)


def of_fact(connection: Connection, sequence: int) -> PostedBill | None:
    """The bill that fact `sequence` posted."""
    row = connection.execute(select(BILLS).where(BILLS.c.fact == sequence)).one_or_none()
    return None if row is None else PostedBill(*row)


def all_bills(connection: Connection) -> list[PostedBill]:
    """Every bill ever posted, in order of posting."""
    return [PostedBill(*row) for row in connection.execute(select(BILLS).order_by(BILLS.c.fact))]


def previous(connection: Connection, vendor: str, account: str, before: str) -> PostedBill | None:
    """The account's standing bill with the latest date before `before` (an ISO date)."""
    query = (
        select(BILLS)
        .where(BILLS.c.vendor == vendor, BILLS.c.account == account, BILLS.c.state == POSTED)
        .where(BILLS.c.bill_date < before)
        .order_by(BILLS.c.bill_date.desc(), BILLS.c.fact.desc())
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else PostedBill(*row)
