"""Reading a reference sheet: every cell checked, every problem told at once, nothing guessed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

from ledger_core.errors import NotANumber, SheetRefused, UsageRefused
from ledger_core.facts.discrepancy import Discrepancy
from ledger_core.facts.reference import ReferenceRow
from ledger_core.facts.sheet import SHEETS, Column, ColumnKind, Sheet
from ledger_core.money import parse_decimal, plain
from tollbook.sheets.consistency import inconsistencies
from tollbook.sheets.grid import Cell, Grid, Unreadable, headers_of, read_grid
from tollbook.sheets.line import Line

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_INTEGER = re.compile(r"\d{1,9}", re.ASCII)
_MOST = 999_999_999  # a whole number that no sheet means to exceed
_SHOWN = 10  # problems in the message; all of them are in `problems`


class SheetProblems(SheetRefused):
    """A sheet with cells that cannot be taken. `problems` has every one of them, with file, row and column."""

    def __init__(self, path: Path | str, problems: Sequence[Discrepancy]) -> None:
        told = [f"{problem.where}: {problem.found}. {problem.do}" for problem in problems[:_SHOWN]]
        more = [f"and {len(problems) - _SHOWN} more"] if len(problems) > _SHOWN else []
        count = f"{len(problems)} problem{'s' if len(problems) > 1 else ''}"
        joined = "; ".join(("; ".join(told).removesuffix("."), *more))
        super().__init__(str(path), f"{count}: {joined}", "Nothing was loaded.")
        self.lines = (f"{count}:", *told, *more)
        self.problems = tuple(problems)


def sheet_of(kind: str) -> Sheet:
    """The definition of a kind of sheet. Raises UsageRefused for a name that is none."""
    sheet = SHEETS.get(kind)
    if sheet is None:
        raise UsageRefused("KIND", f"'{kind}' is not a kind of sheet", f"Use one of {', '.join(sorted(SHEETS))}.")
    return sheet


def read_sheet(path: Path, kind: str, currency: str = "") -> list[ReferenceRow]:
    """The rows of a CSV or XLSX file, not recorded yet: fact 0, lines from 1 in the order of the file.

    Where the site's `currency` is given, amounts of money must be whole minor units of it.

    Raises UsageRefused for an unknown kind, SheetProblems with everything that is wrong, SheetRefused where the file
    is no sheet at all.
    """
    sheet = sheet_of(kind)
    lines, problems = read_lines(path, sheet)
    # A cell that cannot be taken reads as empty; what follows from that is not told as well.
    problems.extend(inconsistencies(lines, sheet, path.name, currency))
    if problems:
        raise SheetProblems(path, sorted(problems, key=_place))
    return [_row(line, number, sheet) for number, line in enumerate(lines, 1)]


def read_lines(path: Path, sheet: Sheet) -> tuple[list[Line], list[Discrepancy]]:
    """The rows of a CSV or XLSX file with the headers of a sheet, each cell looked at alone, and what is wrong with
    them. Raises SheetProblems for wrong headers, SheetRefused where the file is no sheet at all or has no rows."""
    grid = read_grid(path)
    name = path.name
    required = [column.name for column in sheet.columns if column.required]
    problems = [
        Discrepancy("header", f"{name}:1: {column}", found, "Correct the first row.")
        for column, found in headers_of(grid, sheet.headers, required)
    ]
    if problems:
        raise SheetProblems(path, problems)
    lines = list(_lines(grid, sheet, name, problems))
    if not lines and not problems:
        raise SheetRefused(str(path), "it has a header and no rows", "Fill it in before loading it.")
    return lines, problems


def _place(problem: Discrepancy) -> tuple[int, str]:
    return int(problem.where.split(":")[-2]), problem.where


def _lines(grid: Grid, sheet: Sheet, name: str, problems: list[Discrepancy]) -> Iterator[Line]:
    columns = [sheet.column(header) for header in grid.header]
    for number, row in grid.rows:
        before = len(problems)
        cells = dict.fromkeys(sheet.headers, "")  # a column that may be empty may be absent
        for column, cell in zip(columns, (*row, *[""] * (len(columns) - len(row))), strict=False):
            value, found, do = _checked(column, cell)
            if found:
                problems.append(Discrepancy("cell", f"{name}:{number}: {column.name}", found, do))
            cells[column.name] = value
        if any(row[len(columns) :]):
            problems.append(
                Discrepancy("cell", f"{name}:{number}: (end)", "more cells than headers", "Put quotes around commas.")
            )
        yield Line(number, cells, len(problems) == before)


def _checked(column: Column, cell: Cell) -> tuple[str, str, str]:
    """The value to store, and what is wrong with it and what to do, both "" where nothing is."""
    if isinstance(cell, Unreadable):
        return "", cell.found, cell.do
    if not cell:
        return "", "an empty cell" if column.required else "", "Fill it in." if column.required else ""
    try:
        return _READERS[column.kind](column, cell), "", ""
    except ValueError as error:
        return "", f"'{cell[:80]}' {error}", f"Write it like {column.example}." if column.example else "Correct it."


def _text(_: Column, cell: str) -> str:
    return cell


def _day(_: Column, cell: str) -> str:
    if not _DATE.fullmatch(cell):
        raise ValueError("is not a date as year-month-day")
    try:
        return date.fromisoformat(cell).isoformat()
    except ValueError:
        raise ValueError("is a day that does not exist") from None


def _integer(column: Column, cell: str) -> str:
    if not _INTEGER.fullmatch(cell):
        raise ValueError("is not a whole number")
    lowest = column.lowest or 0
    highest = _MOST if column.highest is None else column.highest
    if not lowest <= int(cell) <= highest:
        raise ValueError(f"is not from {lowest} to {highest}")
    return str(int(cell))


def _decimal(column: Column, cell: str) -> str:
    try:
        value = parse_decimal(cell)
    except NotANumber:
        raise ValueError("is not a plain decimal number") from None
    if column.lowest is not None and value < column.lowest:
        raise ValueError(f"is below {column.lowest}")
    return plain(value)


def _percent(column: Column, cell: str) -> str:
    value = _decimal(column, cell)
    if not Decimal(0) < Decimal(value) <= Decimal(100):
        raise ValueError("is not above 0 and at most 100")
    return value


def _choice(column: Column, cell: str) -> str:
    if cell not in column.choices:
        raise ValueError(f"is not one of {', '.join(column.choices)}")
    return cell


_READERS: dict[ColumnKind, Callable[[Column, str], str]] = {
    ColumnKind.TEXT: _text,
    ColumnKind.DATE: _day,
    ColumnKind.INTEGER: _integer,
    ColumnKind.DECIMAL: _decimal,
    ColumnKind.MONEY: _decimal,
    ColumnKind.PERCENT: _percent,
    ColumnKind.CHOICE: _choice,
}


def _row(line: Line, number: int, sheet: Sheet) -> ReferenceRow:
    cells = line.cells
    key = tuple(cells[column] for column in sheet.key)
    left_out = {*sheet.key, "from", "to"}
    value = {header: cells[header] for header in sheet.headers if header not in left_out and cells[header]}
    days = [date.fromisoformat(cells[end]) if cells.get(end) else None for end in ("from", "to")]
    return ReferenceRow(0, number, sheet.name, key, days[0], days[1], value)
