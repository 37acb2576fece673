"""Fills in a worksheet, as a clerk would in a spreadsheet program: reads every cell, writes the book anew."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

import xlsxwriter

from tollbook.sheets.grid import read_grid


def fill_in(path: Path, typed: Mapping[str, Mapping[str, str]]) -> None:
    """Type cells (by column) into the rows of these items. Numbers stay numbers."""
    grid = read_grid(path)
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("queue")
        for column, name in enumerate(grid.header):
            sheet.write_string(0, column, name)
        for row, cells in grid.rows:
            known = dict(zip(grid.header, map(str, cells), strict=False))
            for column, name in enumerate(grid.header):
                text = typed.get(known["item"], {}).get(name, known.get(name, ""))
                if name == "amount" and text == known["amount"]:
                    sheet.write_number(row - 1, column, Decimal(text))
                elif text:
                    sheet.write_string(row - 1, column, text)
