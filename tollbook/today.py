"""The day on which the books are read: today where the entity is, or the day that TOLLBOOK_TODAY names."""

from __future__ import annotations

import os
from datetime import date

from sqlalchemy import Connection

from ledger_core.errors import UsageRefused
from ledger_core.projections.today import day_at
from tollbook.site import Site

#: Reads the books as of another day: to rehearse, to look ahead, to look back. What is recorded carries the true time.
VARIABLE = "TOLLBOOK_TODAY"


def today(connection: Connection, site: Site) -> date:
    """By which day bills are late and deadlines near. Raises UsageRefused where the variable names no day."""
    named = os.environ.get(VARIABLE)
    if not named:
        return day_at(connection, site.clock())
    try:
        return date.fromisoformat(named)
    except ValueError:
        raise UsageRefused(VARIABLE, f"'{named[:40]}' is not a day", "Write it as 2026-09-30, or unset it.") from None
