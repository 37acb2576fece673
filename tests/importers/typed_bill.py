"""Types a bill into a workbook, as a clerk would from paper: a sheet `bill` of labels, a sheet `lines` of lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import xlsxwriter

#: What a clerk types: a text, a number, or a date.
Value = str | int | Decimal | date


def write_bill(path: Path, head: Mapping[str, Value], lines: Sequence[Mapping[str, Value]]) -> Path:
    """Write the workbook; the columns of `lines` are those of all its lines, in the order they are first met."""
    with xlsxwriter.Workbook(path) as workbook:
        workbook.set_properties({"created": datetime(2026, 1, 1)})  # noqa: DTZ001 - so that equal bills are equal bytes
        day = workbook.add_format({"num_format": "yyyy-mm-dd"})
        bill, sheet = workbook.add_worksheet("bill"), workbook.add_worksheet("lines")
        for row, (label, value) in enumerate(head.items()):
            bill.write_string(row, 0, label)
            _write(bill, row, 1, value, day)
        columns = list(dict.fromkeys(name for line in lines for name in line))
        for at, name in enumerate(columns):
            sheet.write_string(0, at, name)
        for row, line in enumerate(lines, 1):
            for name, value in line.items():
                _write(sheet, row, columns.index(name), value, day)
    return path


def _write(
    sheet: xlsxwriter.worksheet.Worksheet, row: int, column: int, value: Value, day: xlsxwriter.format.Format
) -> None:
    match value:
        case str():
            sheet.write_string(row, column, value)
        case int() | Decimal():
            sheet.write_number(row, column, value)
        case date():
            sheet.write_datetime(row, column, datetime(value.year, value.month, value.day), day)  # noqa: DTZ001 - a day
