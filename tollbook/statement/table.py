"""A statement as a table: one row a line, for a spreadsheet. No text in it can pass for a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from ledger_core.contracts.exporter import safe_cell
from ledger_core.money import fixed
from ledger_core.projections.statement_lines import StatementLine
from ledger_core.projections.statements import Statement

COLUMNS = (
    "period", "department", "department_name", "fund", "journal", "section", "class", "vendor", "account", "bill",
    "bill_date", "service", "kind", "product", "text", "quantity", "unit", "rate", "from", "to", "exact",
    "charge_amount", "amount", "currency", "object", "string", "treatment", "corrects", "charge", "posting", "why",
)  # fmt: skip


def table(statement: Statement) -> str:
    """The lines as CSV with a header, CRLF at the end of each row. Amounts in major units; `exact` and
    `charge_amount` are the whole charge's, `amount` is the department's part."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for section, group, line in _sections(statement):
        writer.writerow(_row(statement, section, group, line))
    return out.getvalue()


def _sections(statement: Statement) -> Iterator[tuple[str, str, StatementLine]]:
    for group in statement.classes:
        for service in group.services:
            yield from (("month", group.name, line) for line in service.lines)
    yield from (("one-time", "", line) for line in statement.one_time)
    yield from (("correction", "", line) for line in statement.corrections)
    yield from (("kept", "", line) for line in statement.kept)
    yield from (("held", "", line) for line in statement.held)
    yield from (("pending", "", line) for line in statement.pending)


def _row(statement: Statement, section: str, group: str, line: StatementLine) -> list[str]:
    currency = statement.currency
    journals = " ".join(run.journal for run in statement.journals)
    texts = (statement.department, statement.name, statement.fund, journals, section, group, line.vendor, line.account)
    bought = (line.service, line.kind, line.product, line.text)
    booked = (line.object, line.string, line.way, line.corrects, line.charge, line.entry, line.why)
    return [
        str(statement.period),
        *map(safe_cell, texts),
        safe_cell(line.number or ""),
        line.bill_date or "",
        *map(safe_cell, bought),
        line.quantity or "",
        safe_cell(line.unit),
        line.rate or "",
        line.service_from or "",
        line.service_to or "",
        line.exact,
        fixed(line.whole, currency),
        fixed(line.amount, currency),
        currency,
        *map(safe_cell, booked),
    ]
