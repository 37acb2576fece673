"""What is wrong with a sheet beyond single cells: within a row, and between its rows."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import pairwise

from ledger_core.errors import NotANumber
from ledger_core.facts.discrepancy import Discrepancy
from ledger_core.facts.sheet import LIMITS, ColumnKind, Sheet
from ledger_core.facts.sheet.columns import MOST_DAYS, YES_NO
from ledger_core.money import exact_sum, parse_decimal, plain, to_minor
from tollbook.sheets.line import Line

_DAYS = re.compile(r"\d{1,4}", re.ASCII)
_MONTHS = frozenset(str(number) for number in range(1, 13))


def inconsistencies(lines: Sequence[Line], sheet: Sheet, name: str, currency: str = "") -> Iterator[Discrepancy]:
    """Everything wrong with the rows of a sheet read from the file `name`.

    Rows with a cell that could not be read are left out, as what follows from that is not told as well. Where the
    site's `currency` is given, amounts of money must be whole minor units of it.
    """
    whole = [line for line in lines if line.readable]
    yield from _among_rows(whole, sheet, name)
    if sheet.exclusive:
        yield from _overlapping(whole, sheet, name)
    if currency:
        yield from _of_money(whole, sheet, name, currency)
    if sheet.name == "rules" and len(whole) == len(lines):
        yield from _of_rules(whole, name)
    for line in whole:
        if sheet.name in {"calendar", "limits"}:
            yield from _of_settings(line, name, currency)
        if sheet.name == "taxes":
            yield from _of_taxes(line, name)


def _among_rows(lines: Sequence[Line], sheet: Sheet, name: str) -> Iterator[Discrepancy]:
    """What is wrong between the cells of a row, and between rows."""
    seen: dict[tuple[str, ...], int] = {}
    for line in lines:
        cells = line.cells
        version = (*(cells[column] for column in sheet.key), cells.get("from", ""))
        if not any(cells[column] for column in sheet.key):
            yield line.problem(name, sheet.key[0], "a row that names nothing", f"Fill in {' or '.join(sheet.key)}.")
        if sheet.dated and cells["from"] and cells["to"] and cells["to"] < cells["from"]:
            yield line.problem(name, "to", f"{cells['to']} lies before {cells['from']}", "Exchange the dates.")
        if version in seen:
            found = f"the same {', '.join(sheet.key)} and first day as in row {seen[version]}"
            yield line.problem(name, sheet.key[0], found, "Keep one of them.")
        seen.setdefault(version, line.number)


def _of_money(lines: Iterable[Line], sheet: Sheet, name: str, currency: str) -> Iterator[Discrepancy]:
    """Amounts that hold a fraction of the currency's smallest unit: no statement could show them."""
    columns = [column for column in sheet.columns if column.kind is ColumnKind.MONEY]
    for line in lines:
        for column in columns:
            cell = line.cells[column.name]
            try:
                to_minor(parse_decimal(cell or "0"), currency)
            except NotANumber:
                found = f"'{cell}' holds a fraction of the smallest unit of {currency}"
                yield line.problem(name, column.name, found, f"Write it like {column.example}.")


def _of_rules(lines: Iterable[Line], name: str) -> Iterator[Discrepancy]:
    """Rows of one rule agree in everything but the target, and their percents sum to 100."""
    rules: dict[tuple[str, str], list[Line]] = defaultdict(list)
    for line in lines:
        rules[line.cells["rule"], line.cells["from"]].append(line)
    for (rule, _), rows in rules.items():
        first = rows[0]
        for row in rows[1:]:
            for column in ("priority", "to", "vendor", "account", "service", "kind", "product", "text"):
                if row.cells[column] != first.cells[column]:
                    found = f"'{row.cells[column]}', but row {first.number} of rule {rule} has '{first.cells[column]}'"
                    yield row.problem(name, column, found, "Rows of one rule agree in all but target and percent.")
        total = exact_sum(Decimal(row.cells["percent"]) for row in rows)
        if total != 100:
            found = f"the percents of rule {rule} sum to {plain(total)}"
            yield first.problem(name, "percent", found, "Make them sum to 100.")


def _overlapping(lines: Iterable[Line], sheet: Sheet, name: str) -> Iterator[Discrepancy]:
    """Rows of one key that hold on the same day: which of them counts would be a guess."""
    named: dict[tuple[str, ...], list[Line]] = defaultdict(list)
    for line in lines:
        named[tuple(line.cells[column] for column in sheet.key)].append(line)
    for rows in named.values():
        for before, after in pairwise(sorted(rows, key=lambda line: line.cells["from"])):
            # Two rows with the same first day are told as the same row standing twice.
            if before.cells["from"] != after.cells["from"] and _reaches(before, after):
                found = f"row {after.number} holds from {after.cells['from']}, and row {before.number} of the same "
                found += f"{', '.join(sheet.key)} until {before.cells['to'] or 'further notice'}"
                do = f"End row {before.number} the day before row {after.number} begins."
                yield after.problem(name, "from", found, do)


def _reaches(before: Line, after: Line) -> bool:
    return not before.cells["to"] or after.cells["from"] <= before.cells["to"]


def _of_settings(line: Line, name: str, currency: str) -> Iterator[Discrepancy]:
    """Values that their key does not take."""
    key, value = line.cells["key"], line.cells["value"]
    if key == "fiscal_year_start_month":
        if value not in _MONTHS:
            yield line.problem(name, "value", f"'{value}' is not a month from 1 to 12", "Write it like 7.")
        return
    match LIMITS[key][0]:
        case "money" if not _is_amount(value, currency):
            found = f"'{value}' is not an amount{f' of {currency}' if currency else ''} of 0 or more"
            yield line.problem(name, "value", found, "Write it like 0.01.")
        case "days" if not _DAYS.fullmatch(value) or int(value) > MOST_DAYS:
            found = f"'{value}' is not a number of days from 0 to {MOST_DAYS}"
            yield line.problem(name, "value", found, "Write it like 5.")
        case "yes or no" if value not in YES_NO:
            yield line.problem(name, "value", f"'{value}' is neither yes nor no", "Write yes or no.")


def _is_amount(text: str, currency: str) -> bool:
    try:
        value = parse_decimal(text)
        if currency:
            to_minor(value, currency)
    except NotANumber:
        return False
    return value >= 0


def _of_taxes(line: Line, name: str) -> Iterator[Discrepancy]:
    """A tax that is owed says how much of it is."""
    for column in ("basis", "rate"):
        if line.cells["exempt"] == "no" and not line.cells[column]:
            found = f"an empty cell, and {line.cells['tax']} is owed"
            yield line.problem(name, column, found, "Fill it in, or say that the body is exempt.")
