"""The days of a bill as the vendor writes them, three ways, two of them without a year."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date

from importers.delimited import Row
from importers.verizon_wireless.parts import Part

_NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTHS = {name: month for month, name in enumerate(_NAMES, 1)}
_CYCLE = re.compile(r"([A-Z][a-z]{2}) (\d{1,2}), (\d{4})", re.ASCII)
_DUE = re.compile(r"(\d\d)/(\d\d)/(\d\d)", re.ASCII)
_SPAN = re.compile(r"([A-Z][a-z]{2}) (\d{1,2}) ?- ?([A-Z][a-z]{2}) (\d{1,2})", re.ASCII)
_DAY = re.compile(r"(\d\d)/(\d\d)", re.ASCII)


def cycle_day(part: Part, row: Row) -> date:
    """The bill cycle date, from which all other days take their year. Raises DocumentRefused."""
    match = _CYCLE.fullmatch(part.text(row, "Bill Cycle Date"))
    day = _calendar(int(match[3]), _MONTHS.get(match[1], 0), int(match[2])) if match else None
    if day is None:
        raise part.odd(row, "Bill Cycle Date", "no day such as Aug 16, 2026")
    return day


def due_day(part: Part, row: Row) -> date | None:
    """The day the bill is due, if it says so; two digits of a year are of this century."""
    if not (cell := part.text(row, "Date Due")):
        return None
    match = _DUE.fullmatch(cell)
    day = _calendar(2000 + int(match[3]), int(match[1]), int(match[2])) if match else None
    if day is None:
        raise part.odd(row, "Date Due", "no day such as 09/08/26")
    return day


def bill_period(part: Part, row: Row, cycle: date) -> tuple[date, date]:
    """First and last day of the bill period, both inclusive, the last one not after the cycle date."""
    if match := _SPAN.fullmatch(part.text(row, "Bill Period")):
        last = _last_such_day(_MONTHS.get(match[3], 0), int(match[4]), cycle)
        first = _last_such_day(_MONTHS.get(match[1], 0), int(match[2]), last) if last else None
        if first and last:
            return first, last
    raise part.odd(row, "Bill Period", "no period such as Jul 17 -Aug 16")


def day_of(part: Part, row: Row, cycle: date) -> date | None:
    """A date without a year, or nothing."""
    if not (cell := part.text(row, "Date")):
        return None
    match = _DAY.fullmatch(cell)
    if match and (day := _last_such_day(int(match[1]), int(match[2]), cycle)):
        return day
    raise part.odd(row, "Date", "no day such as 07/21 in the year before the bill cycle date")


def _last_such_day(month: int, day: int, until: date) -> date | None:
    """The last day of that month and number up to `until`, at most a year back; None where the calendar has none."""
    days = (_calendar(year, month, day) for year in (until.year, until.year - 1))
    return next((found for found in days if found and found <= until), None)


def _calendar(year: int, month: int, day: int) -> date | None:
    """The day, or None where the calendar has no such day."""
    if not (1 <= year <= 9999 and 1 <= month <= 12 and 1 <= day <= monthrange(year, month)[1]):
        return None
    return date(year, month, day)
