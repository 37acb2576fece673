"""The reading of chargebacks: what each run charged to whom, and up to which sequence it had read."""

from __future__ import annotations

import attrs
from sqlalchemy import Column, Connection, Table, insert, select

from ledger_core.facts import catalogue
from ledger_core.facts.fact import Fact
from ledger_core.projections.readings import METADATA, Reading
from ledger_core.store.tables import TEXT, WHOLE

CHARGEBACKS = Table(
    "chargebacks",
    METADATA,
    Column("fact", WHOLE, primary_key=True, autoincrement=False),
    Column("period", TEXT, nullable=False, index=True),
    Column("cut", WHOLE, nullable=False),
    Column("department", TEXT, nullable=False),
    Column("fund", TEXT, nullable=False),
    Column("currency", TEXT, nullable=False),
    Column("amount", WHOLE, nullable=False),
    Column("journal", TEXT, nullable=False),
    sqlite_strict=True,
)


def _fold(connection: Connection, fact: Fact) -> None:
    content = fact.content
    if content["entry"] != "chargeback":
        return
    connection.execute(
        insert(CHARGEBACKS).values(
            fact=fact.sequence,
            cut=fact.based_on,
            amount=int(content["amount"]),
            **{name: content[name] for name in ("period", "department", "fund", "currency", "journal")},
        )
    )


READING = Reading(CHARGEBACKS, 1, frozenset({catalogue.ENTRY_POSTED}), _fold)


@attrs.frozen
class Charged:
    """One chargeback entry: `amount` minor units charged to a department for a period, read up to sequence `cut`."""

    fact: int
    period: str
    cut: int
    department: str
    fund: str
    currency: str
    amount: int
    journal: str


def all_runs(connection: Connection) -> list[Charged]:
    """Every chargeback entry, in order."""
    return [Charged(*row) for row in connection.execute(select(CHARGEBACKS).order_by(CHARGEBACKS.c.fact))]


def of_period(connection: Connection, period: str) -> list[Charged]:
    """The chargeback entries of a period ("2026-09"), in order."""
    query = select(CHARGEBACKS).where(CHARGEBACKS.c.period == period).order_by(CHARGEBACKS.c.fact)
    return [Charged(*row) for row in connection.execute(query)]
