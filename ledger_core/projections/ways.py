"""The reading of ways of paying: through accounts payable, by card, or drawn by the vendor itself."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Connection

from ledger_core.facts.reference import Reference
from ledger_core.projections import reference
from ledger_core.projections.bills import PostedBill

PAYABLES, CARD, AUTOPAY = "ap", "card", "autopay"


def of_bill(connection: Connection, bill: PostedBill, known: Reference | None = None) -> str:
    """How a bill's account was paid on its effective date, as the sheet of vendor accounts has it now; "ap" where it
    says nothing. `known` holds the sheet, where it was read already."""
    known = known or reference.known(connection, {"vendor_accounts"})
    row = known.in_force("vendor_accounts", (bill.vendor, bill.account), date.fromisoformat(bill.effective))
    return (row.cell("paid_by") if row else "") or PAYABLES
