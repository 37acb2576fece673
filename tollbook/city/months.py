"""Months, and the fiscal calendar they lie in."""

from __future__ import annotations

from datetime import date, timedelta

import attrs

#: Everything begins before the first fiscal year that any bill touches.
BEGINNING = date(2025, 1, 1)


@attrs.frozen(order=True)
class Month:
    """One calendar month; `number` counts from 1. Written as `2026-07`."""

    year: int
    number: int = attrs.field(validator=attrs.validators.in_(range(1, 13)))

    def plus(self, months: int) -> Month:
        """The month so many months later (earlier, when negative)."""
        count = self.year * 12 + self.number - 1 + months
        return Month(count // 12, count % 12 + 1)

    def day(self, number: int) -> date:
        """That day of this month."""
        return date(self.year, self.number, number)

    @property
    def first(self) -> date:
        """The first day."""
        return self.day(1)

    @property
    def last(self) -> date:
        """The last day."""
        return self.plus(1).first - timedelta(days=1)

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.number:02d}"


@attrs.frozen
class Calendar:
    """The months whose bills a city gets, and the month its fiscal year starts in (1 calendar year, 7 July to June)."""

    first: Month = Month(2026, 7)
    months: int = attrs.field(default=3, validator=attrs.validators.ge(3))
    fiscal_year_start: int = attrs.field(default=1, validator=attrs.validators.in_(range(1, 13)))

    def month(self, ordinal: int) -> Month:
        """The month with that ordinal, from 1."""
        return self.first.plus(ordinal - 1)

    def ordinal(self, month: Month) -> int:
        """Which month it is, counted from 1; smaller for those before the first."""
        return (month.year - self.first.year) * 12 + month.number - self.first.number + 1

    def all(self) -> tuple[Month, ...]:
        """Every month with bills, in order."""
        return tuple(self.month(n) for n in range(1, self.months + 1))

    def fiscal_year(self, month: Month) -> int:
        """The fiscal year that holds the month, named by the year it ends in."""
        return month.year + (1 if 1 < self.fiscal_year_start <= month.number else 0)
