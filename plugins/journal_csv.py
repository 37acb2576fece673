"""The journal as CSV: one row a posting, debits and credits in columns of their own, balanced in every fund.

UTF-8 with CRLF line ends, amounts in major units without separators, no totals row; what a general ledger's import
form asks for in one shape or another.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ledger_core import ExportEntry, Exporter, ExportLine, Route, csv_file, fixed, hookimpl, safe_cell

_COLUMNS = (
    "journal_id", "line", "fund", "dept", "project", "grant", "object", "debit", "credit", "description", "trace_id",
    "account", "string", "partner", "date", "currency",
)  # fmt: skip
_LONGEST = 240  # characters of a description


class JournalCsv:
    """The generic journal layout."""

    name: str = "journal_csv"
    version: str = "1"
    route: Route = Route.JOURNAL
    suffix: str = ".csv"

    def write(self, batch: str, entries: Sequence[ExportEntry]) -> Iterable[bytes]:
        """A header and a row for each posting. The batch's name is the file's, not a column."""
        yield csv_file(_COLUMNS, (row for entry in entries for row in _rows(entry)))


def _rows(entry: ExportEntry) -> Iterator[tuple[str, ...]]:
    description = safe_cell(entry.narrative)[:_LONGEST]
    for line in entry.lines:
        debit, credit = _sides(line, entry.currency)
        codes = (line.fund, line.department, line.project, line.grant, line.object)
        yield (
            safe_cell(entry.journal),
            str(line.line),
            *map(safe_cell, codes),
            debit,
            credit,
            description,
            f"{entry.trace}:{line.line}",
            *map(safe_cell, (line.account, line.string, line.partner)),
            entry.effective.isoformat(),
            entry.currency,
        )


def _sides(line: ExportLine, currency: str) -> tuple[str, str]:
    amount = fixed(abs(line.amount), currency)
    return (amount, "") if line.amount > 0 else ("", amount)


@hookimpl
def exporters() -> Sequence[Exporter]:
    """The journal."""
    return (JournalCsv(),)
