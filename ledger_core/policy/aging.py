"""How old what is owed is: by days past its due date, in the five columns that a payables report has."""

from __future__ import annotations

from datetime import date
from enum import StrEnum


class Age(StrEnum):
    """How long what is owed is past due, in calendar days. What has no due date is current."""

    CURRENT = "current"
    MONTH = "1-30"
    TWO_MONTHS = "31-60"
    THREE_MONTHS = "61-90"
    OLDER = "over-90"


def days_past(due: date | None, on: date) -> int | None:
    """Days from the due date to the day: negative before it is due, None without a due date."""
    return None if due is None else (on - due).days


def age_of(days: int | None) -> Age:
    """The column for so many days past due; the due day itself is current."""
    if days is None or days <= 0:
        return Age.CURRENT
    return (Age.MONTH, Age.TWO_MONTHS, Age.THREE_MONTHS, Age.OLDER)[min((days - 1) // 30, 3)]
