"""Days and dated rows as checks ask them: which days a line pays for, which rows of a sheet speak of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from functools import lru_cache

from ledger_core import CheckedBill, Line, Reference, ReferenceRow

#: A month's charge pays for so many days at least: February's. Fewer are a part of a month.
FULL_MONTH = 28
_DAY = timedelta(days=1)


class Days:
    """First and last day that the lines of a bill pay for; each pair of dates is read once."""

    def __init__(self, bill: CheckedBill) -> None:
        self._bill = bill
        self._known: dict[tuple[str | None, str | None], tuple[date, date]] = {}

    def of(self, line: Line) -> tuple[date, date]:
        """The line's own dates, else the bill's period, else the bill's day."""
        key = (line.service_from, line.service_to)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._bill.days_of(line) or (self._bill.day, self._bill.day)
        return found


def length(first: date, last: date) -> int:
    """Days from one to another, both counted."""
    return (last - first).days + 1


def shared(first: date, last: date, other_first: date | None, other_last: date | None) -> int:
    """Days that two spans share; an open end never ends."""
    start = max(first, other_first or date.min)
    end = min(last, other_last or date.max)
    return max(0, (end - start).days + 1)


def partial(bill: CheckedBill, line: Line) -> tuple[date, date] | None:
    """The dates of a line that pays for a part of a month; None for whole months, and for the date of an event."""
    if line.service_from is None or line.service_to is None or line.service_from == line.service_to:
        return None
    first, last = date.fromisoformat(line.service_from), date.fromisoformat(line.service_to)
    whole = (bill.period_from, bill.period_to) == (first, last)
    return None if whole or not 0 < length(first, last) < FULL_MONTH else (first, last)


def rows_of_account(reference: Reference, sheet: str, bill: CheckedBill) -> Iterator[ReferenceRow]:
    """Every version of a sheet's rows for the bill's account, or for any account of its vendor."""
    for account in dict.fromkeys((bill.account, "")):
        for row in reference.with_cell(sheet, "account", account):
            if row.cell("vendor") == bill.vendor:
                yield row


def rows_of_vendor(reference: Reference, sheet: str, bill: CheckedBill) -> Iterator[ReferenceRow]:
    """Every version of a sheet's rows for the bill's vendor, or for any vendor."""
    for vendor in dict.fromkeys((bill.vendor, "")):
        yield from reference.with_cell(sheet, "vendor", vendor)


def fits(wanted: str, text: str) -> bool:
    """Whether a cell with `*` for any characters stands for a text; capitals or not. An empty cell stands for any."""
    return not wanted or _pattern(wanted).fullmatch(text) is not None


@lru_cache(maxsize=10_000)
def _pattern(wanted: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, wanted.split("*"))), re.DOTALL | re.IGNORECASE)


def covering(rows: Sequence[ReferenceRow], first: date, last: date) -> list[ReferenceRow]:
    """The rows that hold on some day from `first` to `last`."""
    return [row for row in rows if shared(first, last, row.valid_from, row.valid_to)]


def day_before(day: date) -> date:
    """The day before."""
    return day - _DAY
