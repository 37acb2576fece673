"""The reading of periods: which are closed. A period that no fact speaks of is open."""

from __future__ import annotations

from sqlalchemy import Column, Connection, Table, delete, insert, select

from ledger_core.facts import catalogue
from ledger_core.facts.fact import Fact
from ledger_core.projections.readings import METADATA, Reading
from ledger_core.store.tables import TEXT, WHOLE

OPEN = "open"
CLOSED = "closed"

PERIODS = Table(
    "periods",
    METADATA,
    Column("period", TEXT, primary_key=True),
    Column("state", TEXT, nullable=False),
    Column("fact", WHOLE, nullable=False),
    sqlite_strict=True,
)


def _fold(connection: Connection, fact: Fact) -> None:
    period = fact.content["period"]
    state = CLOSED if fact.kind == catalogue.PERIOD_CLOSED else OPEN
    connection.execute(delete(PERIODS).where(PERIODS.c.period == period))
    connection.execute(insert(PERIODS).values(period=period, state=state, fact=fact.sequence))


READING = Reading(
    PERIODS,
    1,
    frozenset({catalogue.PERIOD_OPENED, catalogue.PERIOD_CLOSED, catalogue.PERIOD_REOPENED}),
    _fold,
)


def states(connection: Connection) -> dict[str, str]:
    """State by period ("2026-09"), for every period that a fact speaks of."""
    rows = connection.execute(select(PERIODS.c.period, PERIODS.c.state).order_by(PERIODS.c.period))
    return {str(period): str(state) for period, state in rows}


def closed(connection: Connection) -> frozenset[str]:
    """The periods into which nothing posts."""
    return frozenset(period for period, state in states(connection).items() if state == CLOSED)
