"""Files of payments: what accounts payable, the bank or a card says was paid. No reference data: each row is an act."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

from ledger_core.engine.paying import Payment
from ledger_core.errors import NotANumber
from ledger_core.facts.discrepancy import Discrepancy
from ledger_core.facts.sheet import Column, ColumnKind, Sheet
from ledger_core.facts.sheet.columns import ACCOUNT, VENDOR
from ledger_core.money import parse_decimal, to_minor
from tollbook.sheets.line import Line
from tollbook.sheets.reading import SheetProblems, read_lines

#: What a file of payments holds, a row for each bill that a payment pays.
PAYMENTS = Sheet(
    "payments",
    "What was paid, a row for each bill: read back from accounts payable, the bank or a card.",
    (
        Column("vendor", VENDOR.meaning, VENDOR.example, required=True),
        Column("account", ACCOUNT.meaning, ACCOUNT.example, required=True),
        Column("number", "The bill's number; empty for a bill that has none.", "9100000001"),
        Column("amount", "What was paid of it, a refund negative.", "115.97", ColumnKind.MONEY, required=True),
        Column("paid", "The day on which it was paid.", "2026-09-24", ColumnKind.DATE, required=True),
        Column("method", "How it was paid, as the payer names it.", "warrant"),
        Column("reference", "The payer's number of the warrant, transfer or draft.", "W-20417", required=True),
    ),
    ("vendor", "account", "number", "reference"),
)


def read_payments(path: Path, currency: str) -> list[Payment]:
    """The payments of a CSV or XLSX file, in its order; `row` is the number that a spreadsheet shows.

    Raises SheetProblems with every cell that cannot be taken, SheetRefused where the file is no sheet at all.
    """
    lines, problems = read_lines(path, PAYMENTS)
    problems += _fractions(lines, path.name, currency)
    if problems:
        raise SheetProblems(path, problems)
    return [_payment(line, currency) for line in lines]


def _fractions(lines: Sequence[Line], name: str, currency: str) -> Iterator[Discrepancy]:
    for line in lines:
        cell = line.cells["amount"]
        try:
            to_minor(parse_decimal(cell or "0"), currency)
        except NotANumber:
            found = f"'{cell}' holds a fraction of the smallest unit of {currency}"
            yield line.problem(name, "amount", found, "Write it like 115.97.")


def _payment(line: Line, currency: str) -> Payment:
    cells = line.cells
    return Payment(
        row=line.number,
        vendor=cells["vendor"],
        account=cells["account"],
        number=cells["number"],
        amount=to_minor(parse_decimal(cells["amount"]), currency),
        paid=date.fromisoformat(cells["paid"]),
        method=cells["method"],
        reference=cells["reference"],
    )
