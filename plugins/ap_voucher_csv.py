"""Vouchers for accounts payable as CSV: one row for each fund line of a bill; the rows of a voucher sum to its amount.

UTF-8 with CRLF line ends; amounts in major units, a credit negative. A bill taken back is a voucher of the opposite
sign under the same number.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from ledger_core import ExportEntry, Exporter, Route, csv_file, fixed, hookimpl, safe_cell

_COLUMNS = (
    "voucher_id", "vendor", "account", "invoice", "invoice_date", "due_date", "currency", "amount", "line", "fund",
    "dept", "project", "grant", "object", "ledger_account", "string", "line_amount", "description", "trace_id",
)  # fmt: skip


class VoucherCsv:
    """The generic voucher layout."""

    name: str = "ap_voucher_csv"
    version: str = "1"
    route: Route = Route.VOUCHERS
    suffix: str = ".csv"

    def write(self, batch: str, entries: Sequence[ExportEntry]) -> Iterable[bytes]:
        """A header and a row for each fund line."""
        yield csv_file(_COLUMNS, (row for entry in entries for row in _rows(batch, entry)))


def _rows(batch: str, entry: ExportEntry) -> Iterator[tuple[str, ...]]:
    paper = (*map(safe_cell, (entry.vendor, entry.account, entry.number)), _day(entry.bill_date), _day(entry.due_date))
    for line in entry.lines:
        codes = (line.fund, line.department, line.project, line.grant, line.object, line.account, line.string)
        yield (
            f"{batch}-{entry.trace}",
            *paper,
            entry.currency,
            fixed(entry.total, entry.currency),
            str(line.line),
            *map(safe_cell, codes),
            fixed(line.amount, entry.currency),
            safe_cell(entry.narrative),
            f"{entry.trace}:{line.line}",
        )


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""


@hookimpl
def exporters() -> Sequence[Exporter]:
    """Vouchers."""
    return (VoucherCsv(),)
