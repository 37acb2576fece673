"""The cells of a sheet as texts, from CSV or XLSX, each with the row in which a person finds it."""

from __future__ import annotations

import csv
import zlib
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from io import StringIO
from pathlib import Path
from zipfile import BadZipFile, ZipFile

import attrs

from ledger_core.canonical import check_text
from ledger_core.errors import NotText, SheetRefused
from ledger_core.money import plain

_LARGEST = 256 << 20  # bytes, unpacked; a million services are about 70 MB
_RATIO = 200  # a bomb packs a thousandfold
_DIGITS = 15  # a spreadsheet's number holds no more of them exactly
_SEPARATORS = (",", ";", "\t")
_CSV_AGAIN = "Save it as CSV UTF-8, or as an Excel workbook (.xlsx)."
_XLSX_AGAIN = "Save it again as an Excel workbook (.xlsx), or as CSV UTF-8."


@attrs.frozen
class Unreadable:
    """A cell that holds something which cannot be taken as text: what, and what to do."""

    found: str
    do: str


Cell = str | Unreadable


@attrs.frozen
class Grid:
    """A header and the rows below it that are not blank, by the numbers that a spreadsheet program shows."""

    header: tuple[str, ...]
    rows: tuple[tuple[int, tuple[Cell, ...]], ...]


def read_grid(path: Path) -> Grid:
    """The cells of a CSV file, or of the first sheet of an XLSX workbook. What the file is, its first bytes say.

    Raises SheetRefused for a file that cannot be read as either, or is empty.
    """
    try:
        with path.open("rb") as stream:
            start = stream.read(4)
        if path.stat().st_size > _LARGEST:
            raise SheetRefused(str(path), f"it is larger than {_LARGEST >> 20} MiB", "Load it in parts.")
        rows = list(_workbook_rows(path) if start == b"PK\x03\x04" else _csv_rows(path))
    except OSError as error:
        raise SheetRefused(str(path), f"it cannot be read ({error.strerror})", "Check its name and rights.") from error
    if not rows:
        raise SheetRefused(str(path), "it is empty", "Write the headers into its first row.")
    (_, header), *below = rows
    return Grid(tuple(cell if isinstance(cell, str) else "" for cell in header), tuple(below))


def _csv_rows(path: Path) -> Iterator[tuple[int, tuple[Cell, ...]]]:
    raw = path.read_bytes()
    try:
        text = check_text(raw.decode("utf-8").removeprefix("\ufeff"), str(path))
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        found = f"byte {error.start} is not UTF-8 (0x{raw[error.start]:02x})"
        raise SheetRefused(f"{path}:{line}", found, _CSV_AGAIN) from error
    except NotText as error:
        raise SheetRefused(str(path), error.found, _CSV_AGAIN) from error
    first = text.split("\n", 1)[0]
    separator = max(_SEPARATORS, key=first.count)
    reader = csv.reader(StringIO(text, newline=""), delimiter=separator, strict=True)
    line = 1
    try:
        for cells in reader:
            stripped = tuple(map(_stripped, cells))
            if any(stripped):
                yield line, stripped
            line = reader.line_num + 1
    except csv.Error as error:
        raise SheetRefused(f"{path}:{line}", f"a row is broken ({error})", _CSV_AGAIN) from error


def _workbook_rows(path: Path) -> Iterator[tuple[int, tuple[Cell, ...]]]:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        _refuse_bombs(path)
        with CalamineWorkbook.from_path(path) as workbook:
            rows: list[Sequence[object]] = list(workbook.get_sheet_by_index(0).iter_rows())
    except (CalamineError, BadZipFile, zlib.error, EOFError, ValueError, RuntimeError) as error:
        found = f"it cannot be read as a workbook ({str(error)[:120]})"
        raise SheetRefused(str(path), found, _XLSX_AGAIN) from error
    for number, row in enumerate(rows, 1):
        cells = tuple(_cell(value) for value in row)
        if any(cells):
            yield number, cells


def _refuse_bombs(path: Path) -> None:
    """Refuse a workbook that says, or turns out, to unpack to more than anybody types."""
    left = _LARGEST
    with ZipFile(path) as archive:
        for member in archive.infolist():
            tight = member.file_size > (1 << 20) and member.file_size > _RATIO * member.compress_size
            if tight or member.file_size > left:
                raise SheetRefused(str(path), "it unpacks to far more than it should hold", _XLSX_AGAIN)
            with archive.open(member) as stream:
                while piece := stream.read(1 << 20):
                    left -= len(piece)
                    if left < 0:
                        raise SheetRefused(str(path), "it unpacks to far more than it should hold", _XLSX_AGAIN)


def _stripped(cell: str) -> Cell:
    text = cell.strip()
    if text.startswith("="):
        return Unreadable(f"the formula {text[:40]}", "Write the value that it stands for.")
    return text


def _cell(value: object) -> Cell:
    """A workbook's cell as text. Numbers keep the digits that were typed, dates become ISO 8601."""
    match value:
        case str():
            return _stripped(value)
        case bool():
            return Unreadable(f"the truth value {value}", "Format the cell as text.")
        case int() | float():
            return _number(value)
        case datetime():
            return value.date().isoformat() if value.time() == time(0) else value.isoformat()
        case date():
            return value.isoformat()
    return Unreadable(f"a {type(value).__name__}", "Format the cell as text.")


def _number(value: float) -> Cell:
    """The decimal that was typed: the shortest one that the spreadsheet's number stands for, where it is exact."""
    typed = Decimal(repr(value)).normalize()
    # Beyond 15 digits spreadsheets write zeros: the number of a SIM card comes out as another one.
    if not typed.is_finite() or len(typed.as_tuple().digits) > _DIGITS or abs(typed) >= 10**_DIGITS:
        return Unreadable(f"the number {value}, which has lost digits", "Format the cell as text and type it again.")
    return plain(typed)


def headers_of(grid: Grid, known: Sequence[str], required: Sequence[str]) -> Iterator[tuple[str, str]]:
    """What is wrong with the header: each column that is unknown, repeated or missing, and what to do."""
    for name in dict.fromkeys(grid.header):
        if name not in known:
            yield name or "(empty)", f"a column that this sheet does not have; its columns are {', '.join(known)}"
        elif grid.header.count(name) > 1:
            yield name, "a column that stands twice"
    for name in required:
        if name not in grid.header:
            yield name, "a column that is missing"
