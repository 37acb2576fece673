"""Writing the worksheet: a protected workbook with lists to choose from, and the page that explains it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import attrs

from ledger_core.errors import LedgerUnavailable
from ledger_core.money import from_minor, places
from ledger_core.projections.exceptions import ExceptionItem
from tollbook.worksheet.columns import HEADERS, LOCKED, SHARES, Decided, cell_text, harmless

_WIDTHS = {"item": 20, "vendor": 24, "text": 60, "bill": 22, "charge": 24, "reason": 40}
_NARROW = 13
_DIGITS = 15  # a spreadsheet's number holds no more of them exactly
_SPARE = 1000  # rows below the items that stay locked with the rest
_HOW = (
    "Decide in the white columns; the grey ones are locked.",
    "decision: code (say who bears it), retain (it stays with the fund that paid), accept (it is right as it is),",
    "  assign (somebody else looks at it), hold (what is in question is neither paid nor charged),",
    "  dispute (with the vendor; what is not paid yet is held), confirm (a credit follows what the text names first),",
    "  refuse (it follows none of that). A row without a decision stays in the queue.",
    "code: one department, or up to three with percents that sum to 100; object is the object of cost.",
    "assign: owner says who. reason: why; the books keep it. Rows decided alike are recorded together.",
    "Then: tollbook work FILE --dry-run shows what would be recorded, without --dry-run it is recorded.",
)


@attrs.frozen
class Lists:
    """What people choose from: the departments in force, and the people who may own an item."""

    departments: tuple[str, ...] = ()
    people: tuple[str, ...] = ()


def write_worksheet(path: Path, items: Sequence[ExceptionItem], lists: Lists, made: datetime) -> None:
    """Write the open items, a row each, into the workbook at `path`. `made` is when that is, for its properties.

    Raises LedgerUnavailable where the file cannot be written.
    """
    import xlsxwriter
    from xlsxwriter.exceptions import FileCreateError

    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(str(path), options)
    book.set_properties({"title": "Queue", "created": made.replace(tzinfo=None)})
    sheet = book.add_worksheet("queue")
    how = book.add_worksheet("how to")
    for row, line in enumerate(_HOW):
        how.write_string(row, 0, line)
    how.set_column(0, 0, 120)
    _write_rows(book, sheet, items)
    _lists(book, sheet, len(items), lists)
    sheet.freeze_panes(1, 1)
    sheet.protect("", {"select_locked_cells": True, "format_columns": True, "sort": True, "autofilter": True})
    sheet.autofilter(0, 0, max(len(items), 1), len(HEADERS) - 1)
    try:
        book.close()
    except FileCreateError as failed:
        raise LedgerUnavailable(str(path), f"it cannot be written ({failed})", "Choose another place.") from failed


def _write_rows(book: Any, sheet: Any, items: Sequence[ExceptionItem]) -> None:
    header = book.add_format({"bold": True, "bottom": 1, "locked": True, "num_format": "@"})
    locked = book.add_format({"bg_color": "#EEEEEE", "locked": True, "num_format": "@"})
    wrapped = book.add_format({"bg_color": "#EEEEEE", "locked": True, "num_format": "@", "text_wrap": True})
    opened = book.add_format({"locked": False, "num_format": "@"})
    money = {currency: _money(book, currency) for currency in sorted({item.currency for item in items})}
    for column, name in enumerate(HEADERS):
        sheet.set_column(column, column, _WIDTHS.get(name, _NARROW))
        sheet.write_string(0, column, name, header)
    for row, item in enumerate(items, 1):
        for column, name in enumerate(LOCKED):
            if name == "amount" and len(str(abs(item.amount))) <= _DIGITS:
                sheet.write_number(row, column, from_minor(item.amount, item.currency), money[item.currency])
            else:
                sheet.write_string(row, column, cell_text(item, name), wrapped if name == "text" else locked)
        for column in range(len(LOCKED), len(HEADERS)):
            sheet.write_blank(row, column, None, opened)


def _money(book: Any, currency: str) -> Any:
    """The format of amounts: all places shown, locked like the cells beside them."""
    digits = places(currency)
    shape = "#,##0." + "0" * digits if digits else "#,##0"
    return book.add_format({"bg_color": "#EEEEEE", "locked": True, "num_format": shape})


def _lists(book: Any, sheet: Any, count: int, lists: Lists) -> None:
    """What can be chosen, on a sheet of its own: a list written into the cell itself may only be short."""
    choices = book.add_worksheet("lists")
    choices.hide()
    columns = [
        ("decision", tuple(Decided)),
        *((name, lists.departments) for name, _ in SHARES),
        ("owner", lists.people),
    ]
    for at, (name, values) in enumerate(columns):
        for row, value in enumerate(values):
            choices.write_string(row, at, harmless(value))
        if not values or not count:
            continue
        letter = chr(ord("A") + at)
        rule = {
            "validate": "list",
            "source": f"=lists!${letter}$1:${letter}${len(values)}",
            "error_title": name,
            "error_message": f"Choose a {name.partition('_')[0]} from the list.",
        }
        column = HEADERS.index(name)
        sheet.data_validation(1, column, count, column, rule)
