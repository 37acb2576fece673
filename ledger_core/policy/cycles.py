"""The billing cycles of vendor accounts: in which month one ends, on which day, and which of them a bill belongs to."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta

from ledger_core.facts.reference import Reference, ReferenceRow
from ledger_core.policy.deadlines import account_row
from ledger_core.policy.periods import Period, period_of

_DAY = timedelta(days=1)

Account = tuple[str, str]  # vendor and account


class Cycles:
    """What the sheet `vendor_accounts` says of cycles: one a month, for accounts whose row names the day it ends on.

    A cycle is called by the month in which it ends.
    """

    def __init__(self, known: Reference) -> None:
        self._known = known

    def ends(self, account: Account, month: Period) -> date | None:
        """The day on which the account's cycle of that month ends; None where it has none.

        It has one where a row with a cycle day holds on some day of the cycle: an account that is opened or closed
        within it is billed for its part.
        """
        for key in dict.fromkeys((account, (account[0], ""))):
            for version in self._known.history("vendor_accounts", key):
                row = version[0]
                if row.cell("cycle_day") and self._holds(row, account, month):
                    return _end(row, month)
        return None

    def nearest(self, account: Account, day: date) -> Period:
        """The cycle whose end lies nearest to a day; of two the earlier; the month itself where there is none."""
        month = period_of(day)
        around = {_previous(month), month, _next(month)}
        ends = {cycle: end for cycle in around if (end := self.ends(account, cycle)) is not None}
        return min(ends, key=lambda cycle: (abs((ends[cycle] - day).days), cycle), default=month)

    def running(self, account: Account, day: date) -> Period:
        """The cycle that runs on a day: that of its month, or of the next where the month's has ended by then."""
        month = period_of(day)
        ends = self.ends(account, month)
        return month if ends is None or day <= ends else _next(month)

    def closed_on(self, account: Account, month: Period) -> date | None:
        """The last day of an account that had cycles of its own, and was closed before the month was over."""
        rows = [version[0] for version in self._known.history("vendor_accounts", account)]
        last = max((row.valid_to or date.max for row in rows if row.cell("cycle_day")), default=None)
        return last if last is not None and last < month.last_day else None

    def _holds(self, row: ReferenceRow, account: Account, month: Period) -> bool:
        """Whether it is this row that decides on the last day of the cycle on which it is valid."""
        last = min(row.valid_to or date.max, _end(row, month))
        if last < max(_begin(row, month), row.valid_from or date.min):
            return False
        return account_row(self._known, *account, last) is row


def _end(row: ReferenceRow, month: Period) -> date:
    """The day that the row names, or the last day of a month that has no such day."""
    return date(month.year, month.month, min(int(row.cell("cycle_day")), monthrange(month.year, month.month)[1]))


def _begin(row: ReferenceRow, month: Period) -> date:
    """The first day of the cycle: the day after the one before it ended."""
    before = _previous(month)
    return _end(row, before) + _DAY if before < month else date.min


def _next(month: Period) -> Period:
    return month.next() if month < Period(9999, 12) else month


def _previous(month: Period) -> Period:
    return month.previous() if month > Period(1, 1) else month
