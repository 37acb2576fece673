"""The day that it is for the entity whose ledger it is: deadlines run by its clock on the wall, not by UTC."""

from __future__ import annotations

from datetime import UTC, date, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import Connection

from ledger_core.store import log


def day_at(connection: Connection, instant: datetime) -> date:
    """The day of an instant in the time zone that the ledger was opened with; UTC where no such zone is known."""
    return instant.astimezone(zone(connection)).date()


def zone(connection: Connection) -> tzinfo:
    """The time zone that the ledger was opened with; UTC where no such zone is known."""
    try:
        return ZoneInfo(log.fact(connection, 1).content["time_zone"])
    except (ZoneInfoNotFoundError, ValueError, OSError):  # not a name, or the machine has no table of zones
        return UTC
