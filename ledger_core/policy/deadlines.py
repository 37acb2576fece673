"""The deadlines of a bill: due, validation, verification and dispute, on business days of the site's calendar.

A business day is neither a Saturday, a Sunday nor a holiday of the site. Dates at the ends of the calendar stand still.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import attrs

from ledger_core.facts.reference import Reference, ReferenceRow
from ledger_core.policy.limits import Limits

_DAY = timedelta(days=1)
_SATURDAY = 5


@attrs.frozen
class BusinessDays:
    """The days on which a site works: all but Saturdays, Sundays and its holidays."""

    holidays: frozenset[date] = frozenset()

    def works(self, day: date) -> bool:
        """Whether it is a business day."""
        return day.weekday() < _SATURDAY and day not in self.holidays

    def on_or_before(self, day: date) -> date:
        """The day itself where it is a business day, else the last one before it."""
        while not self.works(day) and day > date.min:
            day -= _DAY
        return day

    def on_or_after(self, day: date) -> date:
        """The day itself where it is a business day, else the first one after it."""
        while not self.works(day) and day < date.max:
            day += _DAY
        return day

    def add(self, day: date, count: int) -> date:
        """The business day that is `count` of them after `day` (before it where negative); `day` itself for 0.

        `day` need not be a business day: one after a Saturday is Monday, one before it is Friday.
        """
        step = _DAY if count > 0 else -_DAY
        last = date.max if count > 0 else date.min
        for _ in range(abs(count)):
            while day != last:
                day += step
                if self.works(day):
                    break
        return day

    def between(self, first: date, last: date) -> int:
        """How many business days lie after `first`, up to and including `last`; negative where `last` is earlier."""
        if last < first:
            return -self.between(last, first)
        return sum(self.works(first + timedelta(days=number)) for number in range(1, (last - first).days + 1))


@attrs.frozen
class Deadlines:
    """By when a bill is to be paid, validated, verified and disputed; each inclusive, None where nothing sets it.

    `due` is the day that the bill states or its terms give, whatever day of the week that is; `pay_by` the last
    business day until then. All others are business days.
    """

    due: date | None = None
    pay_by: date | None = None
    validate_by: date | None = None
    verify_by: date | None = None
    dispute_by: date | None = None

    def named(self) -> Iterator[tuple[str, date]]:
        """The days by which something is to be done, those that are set, by what it is: validation, verification,
        dispute, payment."""
        days = {
            "validation": self.validate_by,
            "verification": self.verify_by,
            "dispute": self.dispute_by,
            "payment": self.pay_by,
        }
        for name, day in days.items():
            if day is not None:
                yield name, day


def deadlines(
    bill_date: date | None,
    account_row: ReferenceRow | None,
    agreement_row: ReferenceRow | None,
    limits: Limits,
    working: BusinessDays,
    *,
    stated_due: date | None = None,
    received: date | None = None,
) -> Deadlines:
    """The deadlines of a bill. Pure.

    Due: as the bill states, else its date and the account's `terms_days`. Verified: `verification_days` business days
    before it is due. Validated: `validation_days` business days after it was received. Disputed: calendar days from the
    bill's date, by the agreement, else the vendor account, else the site's limits; a day on which nobody works moves to
    the business day before, as a vendor counts calendar days.
    """
    due = stated_due or _later(bill_date, _days(account_row, "terms_days"))
    verify = None if due is None or limits.verification_days is None else working.add(due, -limits.verification_days)
    validate = None
    if received is not None and limits.validation_days is not None:
        validate = working.add(received, limits.validation_days)
    days = _days(agreement_row, "dispute_days")
    days = _days(account_row, "dispute_days") if days is None else days
    dispute = _later(bill_date, limits.dispute_days if days is None else days)
    return Deadlines(
        due=due,
        pay_by=None if due is None else working.on_or_before(due),
        validate_by=None if validate is None else working.on_or_after(validate),
        verify_by=None if verify is None else working.on_or_before(verify),
        dispute_by=None if dispute is None else working.on_or_before(dispute),
    )


def business_days(reference: Reference) -> BusinessDays:
    """The site's calendar. `reference` holds the sheet `holidays`."""
    return BusinessDays(frozenset(date.fromisoformat(row.cell("date")) for row in reference.versions("holidays")))


def account_row(reference: Reference, vendor: str, account: str, on: date) -> ReferenceRow | None:
    """The row of the sheet `vendor_accounts` for an account on a day: its own, or that of any account of the vendor."""
    return reference.in_force("vendor_accounts", (vendor, account), on) or reference.in_force(
        "vendor_accounts", (vendor, ""), on
    )


def agreement_row(reference: Reference, vendor: str, account: str, on: date) -> ReferenceRow | None:
    """The agreement that limits disputes of an account's bills on a day, None where none says anything about it.

    One of the account goes before one of the vendor. Of several, the shortest time counts: a dispute that keeps it
    keeps them all.
    """
    for named in dict.fromkeys((account, "")):
        rows = [
            row
            for row in reference.with_cell("agreements", "vendor", vendor)
            if row.cell("account") == named and row.cell("dispute_days") and row.covers(on)
        ]
        if rows:
            return min(rows, key=lambda row: (int(row.cell("dispute_days")), row.key))
    return None


def _days(row: ReferenceRow | None, column: str) -> int | None:
    cell = row.cell(column) if row is not None else ""
    return int(cell) if cell else None


def _later(day: date | None, days: int | None) -> date | None:
    if day is None or days is None:
        return None
    return day + timedelta(days=min(days, (date.max - day).days))
