"""The reading of missing bills: accounts that bill every month and have sent nothing for one (INV-25, in part).

An account is expected to bill in each month in which the sheet of vendor accounts gives it a cycle day, from its first
bill on. A month counts once any account's bill of it, or of a later one, stands: what others have sent by then, this
one has not. The item goes as soon as the bill comes, however late.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

import attrs

from ledger_core.facts.reference import Reference
from ledger_core.policy.periods import Period, period_of
from ledger_core.projections.bills import PostedBill


@attrs.frozen
class MissingBill:
    """A month for which an account has sent no bill that stands, and the last one before it."""

    month: Period
    last: PostedBill


def missing_bills(bills: Iterable[PostedBill], known: Reference) -> Iterator[MissingBill]:
    """What is missing among bills that stand, by account and month. `known` holds the sheet `vendor_accounts`."""
    accounts: dict[tuple[str, str], dict[Period, PostedBill]] = {}
    for bill in bills:
        month = _month(bill)
        if month is not None:
            accounts.setdefault((bill.vendor, bill.account), {})[month] = bill
    newest = max((month for months in accounts.values() for month in months), default=None)
    if newest is None:
        return
    for key, months in sorted(accounts.items()):
        month = min(months)
        last = months[month]
        while (month := month.next()) <= newest:
            if month in months:
                last = months[month]
            elif _bills_monthly(known, key, month):
                yield MissingBill(month, last)


def _month(bill: PostedBill) -> Period | None:
    """The month of a bill: of its date, or where it has none of the end of its period."""
    day = bill.bill_date or bill.period_to
    return period_of(date.fromisoformat(day)) if day else None


def _bills_monthly(known: Reference, account: tuple[str, str], month: Period) -> bool:
    row = known.in_force("vendor_accounts", account, month.last_day)
    return row is not None and bool(row.cell("cycle_day"))
