"""Entries for tests of exporters: the reimbursement and the bill of a small month, written by hand."""

from __future__ import annotations

from datetime import date

from ledger_core import ExportEntry, ExportLine


def line(number: int, amount: int, **cells: str) -> ExportLine:
    """One posting; what is not said is empty."""
    usual = dict.fromkeys(("department", "project", "grant", "object", "string", "partner"), "")
    return ExportLine(line=number, amount=amount, **{**usual, "account": "64000", "fund": "001", **cells})


CHARGEBACK = ExportEntry(
    trace="E30",
    journal="CB-2026-08-04010-1",
    kind="chargeback",
    effective=date(2026, 8, 31),
    narrative="Chargeback 2026-08, department 04010",
    currency="USD",
    lines=(
        line(1, -3747, object="64220"),
        line(2, 3747, account="13100", partner="410"),
        line(3, 3747, fund="410", department="04010", object="64220", string="41004010.64220.0100", project="P7"),
        line(4, -3747, fund="410", account="23100", partner="001"),
    ),
)

BILL = ExportEntry(
    trace="E18",
    journal="JE-18",
    kind="bill",
    effective=date(2026, 8, 1),
    narrative="Bill Grand Bay 8005550700 GB-2608-1",
    currency="USD",
    lines=(
        line(1, 8324, department="01210", object="64220", string="001.64220"),
        line(2, -400, department="01320", object="64220", string="001.64220"),
    ),
    vendor="Grand Bay",
    account="8005550700",
    number="GB-2608-1",
    bill_date=date(2026, 8, 1),
    due_date=date(2026, 8, 31),
    total=7924,
)
