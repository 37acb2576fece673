"""The head of a bill: account, number, dates and the cycle it covers."""

from __future__ import annotations

from datetime import date, timedelta

import attrs

from tollbook.city.city import Account, Medium
from tollbook.city.months import Month


@attrs.frozen
class Bill:
    """One bill of an account. `first` and `last` are the ends of its cycle, both inclusive.

    `number` is empty and `dated` None where the vendor's format prints none.
    """

    account: Account
    month: Month
    number: str
    dated: date | None
    due: date | None
    first: date
    last: date


def bill_of(account: Account, month: Month) -> Bill:
    """The bill of that account dated in (cloud and card: covering) that month."""
    match account.medium:
        case Medium.MOBILE:
            return _mobile(account, month)
        case Medium.WIRELINE:
            return _wireline(account, month)
        case Medium.CLOUD:
            number = f"RC-{month}-{account.index + 1:04d}" if states_invoice(account) else ""
            return Bill(account, month, number, None, None, month.first, month.last)
        case Medium.CARD:
            return Bill(account, month, "", None, None, month.first, month.last)


def states_invoice(account: Account) -> bool:
    """Whether a cloud account's export is FOCUS 1.2, which has an InvoiceId; the others are 1.0."""
    return account.index % 2 == 1


def _mobile(account: Account, month: Month) -> Bill:
    """Billed on the cycle day for the month up to and including it."""
    dated = month.day(account.cycle_day)
    first = month.plus(-1).day(account.cycle_day) + timedelta(days=1)
    number = str(9_000_000_000 + account.index * 5_003 + (month.year * 12 + month.number) * 7)
    return Bill(account, month, number, dated, dated + timedelta(days=account.terms), first, dated)


def _wireline(account: Account, month: Month) -> Bill:
    """Billed on the first for the month before."""
    before = month.plus(-1)
    initials = "".join(word[0] for word in account.vendor.split()[:2])
    number = f"{initials}-{month.first:%y%m}-{account.index + 1:04d}"
    return Bill(account, month, number, month.first, month.first + timedelta(days=30), before.first, before.last)
