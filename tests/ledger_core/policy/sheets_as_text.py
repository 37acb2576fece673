"""Reference data as a test writes it: sheets one below the other, the way a reader sees them in a spreadsheet."""

import csv
from datetime import date

from ledger_core.facts.reference import Reference, ReferenceRow
from ledger_core.facts.sheet import SHEETS


def rows_of(text: str, fact: int = 1) -> list[ReferenceRow]:
    """The rows of sheets written as `= kind`, a header, and rows; cells apart by `|`. Each sheet is a fact."""
    rows: list[ReferenceRow] = []
    kind, header, line = "", [""], 0
    for cells in csv.reader((line.strip() for line in text.strip().splitlines()), delimiter="|"):
        if not cells:
            continue
        stripped = [cell.strip() for cell in cells]
        if stripped[0].startswith("="):
            kind, header, line = stripped[0].removeprefix("=").strip(), [], 0
            fact += 1
        elif not header:
            header = stripped
        else:
            line += 1
            rows.append(_row(fact, line, kind, dict(zip(header, stripped, strict=True))))
    return rows


def reference_of(text: str) -> Reference:
    """The reference data that these sheets make."""
    return Reference(rows_of(text))


def _row(fact: int, line: int, kind: str, cells: dict[str, str]) -> ReferenceRow:
    sheet = SHEETS[kind]
    assert set(cells) <= set(sheet.headers)
    value = {name: cell for name, cell in cells.items() if name not in {*sheet.key, "from", "to"} and cell}
    days = [date.fromisoformat(cells[end]) if cells.get(end) else None for end in ("from", "to")]
    return ReferenceRow(fact, line, kind, tuple(cells.get(name, "") for name in sheet.key), days[0], days[1], value)
