"""The two clocks on the command line: the day that something is asked for, and the moment as of which it was known."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time

from sqlalchemy import Connection

from ledger_core.errors import UsageRefused
from ledger_core.facts.fact import instant_text
from ledger_core.store import log

_NUMBER = re.compile(r"\d{1,15}", re.ASCII)


def moment(connection: Connection, text: str | None) -> tuple[int | str | None, int]:
    """What was asked for as `known_at`, and the log position that it means. Raises UsageRefused."""
    last = log.last_sequence(connection)
    if text is None:
        return None, last
    if _NUMBER.fullmatch(text):
        if int(text) > last:
            raise UsageRefused("--known-at", f"the log ends at {last}, before {text}", "Name a position it has.")
        return int(text), int(text)
    instant = _instant(text)
    return instant_text(instant), log.sequence_at(connection, instant)


def _instant(text: str) -> datetime:
    try:
        if len(text) == len("2026-09-01"):
            return datetime.combine(date.fromisoformat(text), time.max, UTC)
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return moment
    except (ValueError, OverflowError):
        pass
    found = f"'{text[:40]}' is neither a log position nor a moment"
    raise UsageRefused("--known-at", found, "Write 57, 2026-09-01T12:00:00Z or 2026-09-01.")


def day(text: str, option: str) -> date:
    """The day that an option names. Raises UsageRefused naming it."""
    try:
        if len(text) == len("2026-08-31"):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise UsageRefused(option, f"'{text[:40]}' is not a day", "Write it as 2026-08-31.")
