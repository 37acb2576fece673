"""An XLSX workbook from outside, opened so that it can do no harm: bounded, unpacked once, no links, no macros."""

from __future__ import annotations

import html
import re
import struct
import zlib
from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from importers.delimited import refused
from ledger_core import Document, DocumentRefused

Cell = str | float | int | bool | date | datetime | time | timedelta

_LARGEST = 64 << 20  # bytes, unpacked, of the whole workbook
_MOST_FILES = 1000
_RATIO = 200  # a bomb packs a thousandfold; sheets of one repeated word reach about a hundred
_FREE = 1 << 20  # bytes that may be packed as tightly as they like
_LAST_ROW, _LAST_COLUMN = 20_000, 64
_BROKEN = (BadZipFile, EOFError, OSError, OverflowError, RuntimeError, ValueError, struct.error, zlib.error)
_SHEET_NAME = re.compile(rb"<(?:\w+:)?sheet\s[^>]{0,500}?\bname\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_PLACE = re.compile(rb"\br\s*=\s*[\"']([A-Za-z]*)(\d*)[\"']")
_AGAIN = "Save it again as an Excel workbook (.xlsx)."


def sheet_names(document: Document) -> tuple[str, ...]:
    """The names of the sheets, in order; none if the document is no workbook. Reads the workbook's index alone."""
    if not document.head(4).startswith(b"PK\x03\x04"):
        return ()
    try:
        with ZipFile(document.path) as archive:
            index = archive.getinfo("xl/workbook.xml")
            if index.file_size > _FREE or index.compress_type not in {ZIP_STORED, ZIP_DEFLATED}:
                return ()
            with archive.open(index) as stream:
                body = stream.read(_FREE)
    except (KeyError, *_BROKEN):
        return ()
    return tuple(_name(found[0] or found[1]) for found in _SHEET_NAME.findall(body))


def sheets(document: Document, wanted: Collection[str]) -> dict[str, list[list[Cell]]]:
    """The cells of the wanted sheets as rows from the first row and column on. Raises DocumentRefused.

    Formulas give the value that was saved with them, error values are empty.
    """
    from python_calamine import CalamineError, CalamineWorkbook

    packed = _packed_again(document)
    try:
        with CalamineWorkbook.from_filelike(packed) as workbook:
            return {
                name: workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
                for name in workbook.sheet_names
                if name in wanted
            }
    except (CalamineError, *_BROKEN) as error:
        raise refused(document, None, f"the workbook cannot be read ({str(error)[:120]})", _AGAIN) from None


def _name(raw: bytes) -> str:
    return html.unescape(raw.decode("utf-8", "replace"))


def _packed_again(document: Document) -> BytesIO:
    """The parts of the workbook that hold cells, unpacked within bounds and put together anew.

    What the directory of the archive says is not taken on trust: only bytes that were counted and checked here are
    read as sheets. External links, macros, pictures and objects are not among them.
    """
    packed = BytesIO()
    try:
        with ZipFile(document.path) as archive, ZipFile(packed, "w", ZIP_STORED) as clean:
            left = _LARGEST
            for member in _members(document, archive):
                with archive.open(member) as stream:
                    body = stream.read(left + 1)
                left -= len(body)
                if left < 0:
                    raise _too_large(document)
                _check(document, member.filename, body)
                clean.writestr(ZipInfo(member.filename), body)
    except _BROKEN as error:
        raise refused(document, None, f"the workbook cannot be unpacked ({str(error)[:120]})", _AGAIN) from None
    packed.seek(0)
    return packed


def _members(document: Document, archive: ZipFile) -> list[ZipInfo]:
    """The files of the archive to be read, after a look at what its directory promises."""
    every = archive.infolist()
    if len(every) > _MOST_FILES or len({member.filename for member in every}) < len(every):
        raise refused(document, None, "the workbook holds too many files, or two of one name", _AGAIN)
    if sum(member.file_size for member in every) > _LARGEST:
        raise _too_large(document)
    for member in every:
        if member.file_size > _FREE and member.file_size > _RATIO * member.compress_size:
            raise _too_large(document)
        if member.compress_type not in {ZIP_STORED, ZIP_DEFLATED}:
            raise refused(document, None, f"{member.filename[:80]} is packed in an unusual way", _AGAIN)
    return [
        member
        for member in every
        if member.filename.endswith((".xml", ".rels")) and "externallinks" not in member.filename.lower()
    ]


def _check(document: Document, name: str, body: bytes) -> None:
    """Refuse a sheet spread so wide that nobody typed it, or written so that its cells cannot be seen."""
    if b"\0" in body or b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise refused(document, None, f"{name[:80]} is no plain UTF-8 XML", _AGAIN)
    if "/worksheets/" not in name:
        return
    for letters, digits in set(_PLACE.findall(body)):
        column = 0
        for letter in letters.upper()[:4]:
            column = column * 26 + letter - 64
        if column > _LAST_COLUMN or len(digits) > 7 or int(digits or b"0") > _LAST_ROW:
            found = f"{name[:80]} has a cell at {(letters + digits)[:20].decode('ascii', 'replace')}"
            raise refused(document, None, found, f"Keep a bill within {_LAST_COLUMN} columns and {_LAST_ROW} rows.")


def _too_large(document: Document) -> DocumentRefused:
    found = f"the workbook is larger than {_LARGEST >> 20} MiB unpacked, or packed suspiciously tightly"
    return refused(document, None, found, "Type the bill into a workbook of its own.")
