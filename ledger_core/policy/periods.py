"""Periods: calendar months, the fiscal year that each lies in, and where a date goes when its month is closed."""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet
from datetime import date, timedelta
from enum import StrEnum

import attrs

from ledger_core.errors import UsageRefused
from ledger_core.facts.reference import Reference

_PERIOD = re.compile(r"(\d{4})-(0[1-9]|1[0-2])", re.ASCII)


class PeriodState(StrEnum):
    """Whether entries may still be dated in a period."""

    OPEN = "open"
    CLOSED = "closed"


@attrs.frozen(order=True)
class Period:
    """One calendar month, written YYYY-MM. Periods sort by time."""

    year: int = attrs.field(validator=[attrs.validators.ge(1), attrs.validators.le(9999)])
    month: int = attrs.field(validator=[attrs.validators.ge(1), attrs.validators.le(12)])

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"

    @property
    def first_day(self) -> date:
        """The first day of the month."""
        return date(self.year, self.month, 1)

    @property
    def last_day(self) -> date:
        """The last day of the month, inclusive."""
        if (self.year, self.month) == (9999, 12):
            return date.max
        return self.next().first_day - timedelta(days=1)

    def next(self) -> Period:
        """The month after. There is none after 9999-12 (ValueError)."""
        return Period(self.year + self.month // 12, self.month % 12 + 1)

    def previous(self) -> Period:
        """The month before. There is none before 0001-01 (ValueError)."""
        return Period(self.year - (self.month == 1), (self.month - 2) % 12 + 1)


def period_of(day: date) -> Period:
    """The period that a day lies in."""
    return Period(day.year, day.month)


def parse_period(text: str, where: str = "period") -> Period:
    """The period that YYYY-MM spells. Raises UsageRefused naming `where`."""
    match = _PERIOD.fullmatch(text)
    if match is None or match[1] == "0000":
        raise UsageRefused(where, f"'{text[:40]}' is not a month", "Write it as 2026-09.")
    return Period(int(match[1]), int(match[2]))


@attrs.frozen
class Calendar:
    """The fiscal calendar: a fiscal year begins on the first day of this month and is named by the year it ends in."""

    fiscal_year_start_month: int = attrs.field(default=1, validator=[attrs.validators.ge(1), attrs.validators.le(12)])

    def fiscal_year(self, period: Period) -> int:
        """The fiscal year of a period: with a start in July, 2026-07 lies in 2027."""
        return period.year + (1 < self.fiscal_year_start_month <= period.month)

    def number(self, period: Period) -> int:
        """The period's place in its fiscal year, 1 to 12."""
        return (period.month - self.fiscal_year_start_month) % 12 + 1

    def first_period(self, fiscal_year: int) -> Period:
        """The first period of a fiscal year."""
        return Period(fiscal_year - (self.fiscal_year_start_month > 1), self.fiscal_year_start_month)


def calendar_of(reference: Reference, on: date) -> Calendar:
    """The fiscal calendar in force on a day; the calendar year where the sheet says nothing."""
    row = reference.in_force("calendar", ("fiscal_year_start_month",), on)
    return Calendar(int(row.cell("value"))) if row else Calendar()


def effective_date(wanted: date, closed: AbstractSet[Period]) -> date:
    """`wanted` where its period is open, else the first day of the first open period after it (INV-39).

    A period not in `closed` is open.
    """
    period = period_of(wanted)
    if period not in closed:
        return wanted
    while period in closed:
        period = period.next()
    return period.first_day
