"""The guard of closed periods, asked inside the write door before every entry is recorded."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Connection

from ledger_core.errors import PeriodClosed
from ledger_core.policy.periods import period_of
from ledger_core.projections import periods


def require_open(connection: Connection, effective: date) -> None:
    """Refuse an effective date in a closed period (INV-39). Raises PeriodClosed.

    Whoever holds the door sees every close that was recorded before, whichever process recorded it.
    """
    period = str(period_of(effective))
    if period in periods.closed(connection):
        raise PeriodClosed(
            f"period {period}",
            f"it is closed, and an entry dated {effective.isoformat()} was to be posted",
            "Date it in an open period, or reopen this one with `tollbook reopen`.",
        )
