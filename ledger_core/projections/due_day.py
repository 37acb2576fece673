"""The day on which a posted bill is to be paid."""

from __future__ import annotations

from datetime import date

from ledger_core.facts.reference import Reference
from ledger_core.policy.deadlines import account_row, business_days, deadlines
from ledger_core.policy.limits import Limits
from ledger_core.projections.bills import PostedBill

#: What it rests on beside the bill.
SHEETS = frozenset({"vendor_accounts", "holidays"})


def due_day(bill: PostedBill, known: Reference) -> date | None:
    """As the bill states it, else by the terms of its account; None without both."""
    day = date.fromisoformat(bill.bill_date or bill.effective)
    stated = date.fromisoformat(bill.due_date) if bill.due_date else None
    account = account_row(known, bill.vendor, bill.account, day)
    return deadlines(day, account, None, Limits(), business_days(known), stated_due=stated).due
