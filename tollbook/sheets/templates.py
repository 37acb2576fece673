"""The reference sheets that a new site starts from: headers, one example row each, and a page that explains them."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from enum import StrEnum
from io import StringIO
from pathlib import Path

from ledger_core.facts.entry import Role
from ledger_core.facts.reference import ReferenceRow
from ledger_core.facts.sheet import SHEETS, Column, ColumnKind, Sheet


class Template(StrEnum):
    """How a site's accounts look at first."""

    PLAIN = "plain"  # codes in words, strings with points
    WA_BARS = "wa-bars"  # Washington's BARS: seven-digit accounts, strings as JD Edwards writes them


#: How each template writes account strings.
CHART_TEMPLATES = {
    Template.PLAIN: "fund . department . object . subobject",
    Template.WA_BARS: "fund:3 department:5 . object:5 . subobject:4",
}

# Examples in the sheets' definitions are Washington's; these stand in a plain site.
_PLAIN_EXAMPLES = {
    "account_string": "general.police.telephone",
    "activity": "",
    "department": "police",
    "fund": "general",
    "object": "telephone",
    "paying_fund": "technology",
    "string": "general.police.telephone",
    "subobject": "",
}
_FUNDS = {
    Template.PLAIN: ("technology", "Information technology"),
    Template.WA_BARS: ("520", "Information technology"),
}
# Revenue is the BARS code for services between funds (348.00.00) and cost the one for information technology; BARS
# leaves balance-sheet numbers to each city (domain.md 1.1), so the others are only a start.
_BARS_ACCOUNTS = {
    Role.COST: "5188000",
    Role.PAYABLE: "2130000",
    Role.HELD: "2139000",
    Role.DISPUTED: "1269000",
    Role.SUSPENSE: "5188099",
    Role.DUE_FROM: "1310000",
    Role.DUE_TO: "2310000",
    Role.REVENUE: "3480000",
    Role.ROUNDING: "5188098",
    Role.PREPAID: "1430000",
    Role.RETAINED: "5188097",
    Role.CARD_CLEARING: "2135000",
    Role.RECEIVABLE: "1150000",
    Role.ACCRUED: "2138000",
    Role.CASH: "1110000",
}


def first_rows(template: Template) -> dict[str, list[ReferenceRow]]:
    """What a bare site needs before anybody fills a sheet: a fund that pays, and an account for every role."""
    fund, name = _FUNDS[template]
    bars = template is Template.WA_BARS
    accounts = [
        ReferenceRow(
            0, line, "account_roles", (role,), None, None, _account(role, _BARS_ACCOUNTS[role] if bars else role)
        )
        for line, role in enumerate(Role, 1)
    ]
    value = {"name": name, "kind": "internal-service"}
    return {"funds": [ReferenceRow(0, 1, "funds", (fund,), None, None, value)], "account_roles": accounts}


def _account(role: Role, number: str) -> dict[str, str]:
    return {"account": number, "name": role.value.replace("_", " ").capitalize()}


def write_templates(folder: Path, template: Template) -> list[Path]:
    """Write `NAME.csv` with headers and one example row for each sheet, and README.md. Files that exist are left alone.

    Returns what was written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    texts = {f"{sheet.name}.csv": _csv(sheet, template) for sheet in SHEETS.values()}
    written = []
    for name, text in {**texts, "README.md": guide(template)}.items():
        path = folder / name
        if not path.exists():
            path.write_text(text, "utf-8", newline="")
            written.append(path)
    return written


def is_example(rows: Sequence[ReferenceRow]) -> bool:
    """Whether a sheet still holds the example row of a template and nothing else."""
    if len(rows) != 1:
        return False
    sheet = SHEETS[rows[0].sheet]
    cells = [rows[0].cell(header) for header in sheet.headers]
    return any(cells == [_example(sheet, column, template) for column in sheet.columns] for template in Template)


def guide(template: Template) -> str:
    """The page beside the sheets: what each is for and what its columns hold, in Markdown."""
    return "\n".join(_guide(template))


def _guide(template: Template) -> Iterator[str]:
    yield "# Reference sheets"
    yield ""
    yield "Fill a sheet in any spreadsheet program and save it as CSV UTF-8 or as an Excel workbook, then load it:"
    yield "`tollbook load KIND FILE --dry-run` shows what would change, without `--dry-run` it is recorded."
    yield ""
    yield "- Each sheet has one example row: replace it."
    yield "- Codes are text; format their columns as text so that leading zeros survive."
    yield "- Dates are written 2026-09-30. `from` and `to` are inclusive, empty is open."
    yield "- A load adds and changes the rows that it holds and leaves all others as they are."
    yield "- To end a row, load it again with the same `from` and a `to`."
    yield f"- Account strings are written `{CHART_TEMPLATES[template]}`."
    for sheet in SHEETS.values():
        yield ""
        yield f"## {sheet.name}"
        yield ""
        yield sheet.about
        yield ""
        yield "| column | holds | required | meaning |"
        yield "|---|---|---|---|"
        for column in sheet.columns:
            yield f"| `{column.name}` | {_holds(column)} | {'yes' if column.required else ''} | {column.meaning} |"
    yield ""


def _holds(column: Column) -> str:
    if column.kind is ColumnKind.CHOICE:
        return ", ".join(f"`{choice}`" for choice in column.choices)
    return column.kind.value


def _csv(sheet: Sheet, template: Template) -> str:
    stream = StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(sheet.headers)
    writer.writerow([_example(sheet, column, template) for column in sheet.columns])
    return stream.getvalue()


def _example(sheet: Sheet, column: Column, template: Template) -> str:
    if template is Template.PLAIN and (sheet.name, column.name) == ("account_roles", "account"):
        return Role.PAYABLE.value
    if template is Template.PLAIN and column.example and column.kind is ColumnKind.TEXT:
        return _PLAIN_EXAMPLES.get(column.name, column.example)
    return column.example
