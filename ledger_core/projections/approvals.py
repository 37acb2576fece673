"""The reading of approvals: which chargebacks a second person approved. Few facts, so a view over the log."""

from __future__ import annotations

from sqlalchemy import Connection

from ledger_core.facts import catalogue
from ledger_core.projections import chargebacks
from ledger_core.projections.chargebacks import Charged
from ledger_core.store import log


def approved(connection: Connection, until: int | None = None) -> frozenset[int]:
    """The sequences of the entries that somebody approved."""
    return frozenset(
        int(entry)
        for fact in log.facts(connection, [catalogue.ACT_APPROVED], until=until)
        for entry in fact.content.get("entries", ())
    )


def unapproved(connection: Connection, period: str) -> list[Charged]:
    """The chargebacks of a period that nobody approved, in order."""
    done = approved(connection)
    return [run for run in chargebacks.of_period(connection, period) if run.fact not in done]
