"""The reading of aged payables: what the books owe on a day, by how long it is past due."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import attrs
from sqlalchemy import Connection

from ledger_core.facts.reference import Reference
from ledger_core.policy.aging import Age, age_of, days_past
from ledger_core.policy.deadlines import account_row
from ledger_core.projections import reference
from ledger_core.projections.due_day import SHEETS, due_day
from ledger_core.projections.payables import OpenItem, Payables
from ledger_core.projections.ways import PAYABLES

_SHEETS = SHEETS | {"agreements"}


@attrs.frozen
class Aged:
    """One open item on a day: when it is due, how many days ago that was, how it is paid, and whether what was agreed
    lets the vendor charge for a late payment: "yes", "no", or None where no agreement that is loaded says it."""

    item: OpenItem
    due: date | None
    days: int | None
    age: Age
    paid_by: str
    late_fees: str | None


def aged(connection: Connection, on: date, *, until: int | None = None, dated: bool = False) -> Iterator[Aged]:
    """What is not settled on the day `on`, in order of posting. With `dated` only what is dated, recorded and paid up
    to that day counts; else everything does, and the day only says how old it is."""
    known = reference.known(connection, _SHEETS, until)
    for item in Payables(connection, until, on if dated else None).all():
        if item.outstanding or item.open or item.in_transit:
            yield _aged(known, item, on)


def _aged(known: Reference, item: OpenItem, on: date) -> Aged:
    bill = item.bill
    day = date.fromisoformat(bill.bill_date or bill.effective)
    account = account_row(known, bill.vendor, bill.account, day)
    due = due_day(bill, known)
    days = days_past(due, on)
    paid_by = (account.cell("paid_by") if account else "") or PAYABLES
    return Aged(item, due, days, age_of(days), paid_by, _late_fees(known, item, due or day))


def _late_fees(known: Reference, item: OpenItem, on: date) -> str | None:
    """What the agreements in force say, one of the account before one of the vendor; where several, any "yes"."""
    for account in dict.fromkeys((item.bill.account, "")):
        said = {
            row.cell("late_fees")
            for row in known.with_cell("agreements", "vendor", item.bill.vendor)
            if row.cell("account") == account and row.cell("late_fees") and row.covers(on)
        }
        if said:
            return "yes" if "yes" in said else "no"
    return None
