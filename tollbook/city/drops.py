"""What lands in the inbox in a month: each bill once, except where an oddity says otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from enum import StrEnum

import attrs

from tollbook.city.bills import Bill, bill_of
from tollbook.city.city import Account, Case, City, Medium
from tollbook.city.lines import planted
from tollbook.city.months import Month


class Copy(StrEnum):
    """Which writing of a bill a file is."""

    FIRST = "first"
    SAME_BYTES = "same-bytes"
    SENT_AGAIN = "sent-again"
    REVISED = "revised"
    MISADDED = "misadded"
    RENUMBERED = "renumbered"
    FOREIGN = "foreign"


@attrs.frozen
class Drop:
    """One bill landing in one place. `path` is a file, or the folder of a bill in four; `sent` its day of sending.

    `case` is what is odd about this landing itself, else None.
    """

    bill: Bill
    path: str
    sent: date
    copy: Copy = Copy.FIRST
    case: Case | None = None


#: The months, by ordinal, whose bills come a second time under another number.
_RENUMBERED = (2, 5)


def drops(city: City, month: Month) -> Iterator[Drop]:
    """All that lands in that month, account by account; the first writing of a bill before any other."""
    for account in city.accounts:
        yield from _due(city, account, month)
        if Case.LATE_BILL in account.cases and month == city.calendar.month(3):
            bill = bill_of(account, city.calendar.month(2))
            yield Drop(bill, path_of(bill), _sent(bill) + timedelta(days=32), case=Case.LATE_BILL)


def path_of(bill: Bill) -> str:
    """The name that a vendor's portal gives the file, or the folder of the account's download."""
    account = bill.account
    match account.medium:
        case Medium.MOBILE:
            return f"{account.number} {bill.month}"
        case Medium.WIRELINE:
            return f"811_{account.number}_{bill.last + timedelta(days=1):%Y%m%d}.edi"
        case Medium.CLOUD:
            return f"focus-{account.number}-{bill.month}.csv"
        case Medium.CARD:
            return f"PCard Expenses_{bill.month.year}_{bill.month.number:02d}.csv"


def _due(city: City, account: Account, month: Month) -> Iterator[Drop]:
    bill = bill_of(account, month)
    if planted(city, bill, Case.MISSING_BILL, 3) or planted(city, bill, Case.LATE_BILL, 2):
        return
    if planted(city, bill, Case.TOTALS_OFF, 3):
        yield Drop(bill, path_of(bill), _sent(bill), Copy.MISADDED, Case.TOTALS_OFF)
        return
    yield Drop(bill, path_of(bill), _sent(bill))
    if Case.RENUMBERED in account.cases and city.calendar.ordinal(month) in _RENUMBERED:
        again = attrs.evolve(bill, number=f"{bill.number}-R")
        yield attrs.evolve(_again(bill, "renumbered", 8, Copy.RENUMBERED, Case.RENUMBERED), bill=again)
    if planted(city, bill, Case.FOREIGN, 3):
        yield _again(bill, "foreign", 1, Copy.FOREIGN, Case.FOREIGN)
    if planted(city, bill, Case.DUPLICATE_BILL, 2):
        yield _again(bill, "copy", 0, Copy.SAME_BYTES, Case.DUPLICATE_BILL)
    if planted(city, bill, Case.SECOND_COPY, 2):
        yield _again(bill, "resent", 6, Copy.SENT_AGAIN, Case.SECOND_COPY)
    if planted(city, bill, Case.REVISION, 3):
        yield _again(bill, "revised", 9, Copy.REVISED, Case.REVISION)


def _again(bill: Bill, mark: str, days: int, copy: Copy, case: Case) -> Drop:
    """A further writing, named so that a reader in order of names meets the first one first."""
    path = path_of(bill).replace(".edi", f"_{mark}.edi")
    return Drop(bill, path, _sent(bill) + timedelta(days=days), copy, case)


def _sent(bill: Bill) -> date:
    return bill.last + timedelta(days=4)
