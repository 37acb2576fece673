"""Rows of a delimited text file, each with the bytes of the file it stands in.

What the readers of tables share: one pass over the file, a row at a time, nothing kept. Line ends are LF or CRLF and
do not belong to a row. Every refusal names file and row.
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from ledger_core import Document, DocumentRefused

# Far above any row met in a real file (the longest has 1,100 bytes), and small enough to be read without a thought.
_LONGEST_ROW = 1 << 20  # bytes
_LONGEST_CELL = 1 << 17  # characters; also the limit of Python's own csv module
_BOM = codecs.BOM_UTF8
_BLOCK = 1 << 20


class Row(NamedTuple):
    """One row: its number in the file from 1, its first byte, the byte after its last, its cells as text."""

    number: int
    start: int
    end: int
    cells: list[str]


def refused(document: Document, row: int | None, found: str, do: str, *, code: str = "broken") -> DocumentRefused:
    """The refusal of `document` at `row`, to be raised by the caller."""
    return DocumentRefused(document.name if row is None else f"{document.name}:{row}", found, do, code=code)


def is_utf8(document: Document) -> bool:
    """Whether every byte of the file reads as strict UTF-8 (plain ASCII does)."""
    decoder = codecs.getincrementaldecoder("utf-8")("strict")
    try:
        with document.path.open("rb") as stream:
            while block := stream.read(_BLOCK):
                decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def rows(document: Document, *, encoding: str, delimiter: str, quoted: bool) -> Iterator[Row]:
    """The rows of the file in order, blank lines included (as rows of one empty cell).

    `quoted`: a cell may stand in double quotes, a quote inside it is doubled, and a line end inside it belongs to the
    cell; otherwise a quote is a character like any other. Raises DocumentRefused on bytes that are not of `encoding`,
    on NUL, on broken quoting and on rows or cells too large to be meant.
    """
    number, start = 0, 0
    with document.path.open("rb") as stream:
        while raw := stream.readline(_LONGEST_ROW + 1):
            number += 1
            if quoted and raw.count(b'"') % 2:
                raw = _with_lines_quoted(document, number, raw, stream)
            if len(raw) > _LONGEST_ROW:
                found = f"the row is longer than {_LONGEST_ROW} bytes"
                raise refused(document, number, found, "Check that this is the vendor's own file.")
            body = raw[:-1].removesuffix(b"\r") if raw.endswith(b"\n") else raw
            end = start + len(body)
            skipped = len(_BOM) if number == 1 and body.startswith(_BOM) else 0
            text = _decoded(document, number, body[skipped:], encoding)
            yield Row(number, start + skipped, end, _cells(document, number, text, delimiter, quoted))
            start += len(raw)


def _with_lines_quoted(document: Document, number: int, first: bytes, stream: BinaryIO) -> bytes:
    """A line in which a quote stays open, with the lines up to the one that closes it, or until it is too long."""
    lines, size = [first], len(first)
    while size <= _LONGEST_ROW:
        line = stream.readline(_LONGEST_ROW + 1)
        if not line:
            raise refused(document, number, "a double quote is opened and never closed", "Send the whole file.")
        lines.append(line)
        size += len(line)
        if line.count(b'"') % 2:
            break
    return b"".join(lines)


def _decoded(document: Document, number: int, body: bytes, encoding: str) -> str:
    if b"\0" in body:
        raise refused(document, number, "the row holds a NUL byte", "Send the file as the vendor's portal gave it.")
    try:
        return body.decode(encoding)
    except UnicodeDecodeError as error:
        found = f"byte {body[error.start]:#04x} is no character of {encoding}"
        raise refused(document, number, found, f"Save the file as {encoding}.") from None


def _cells(document: Document, number: int, text: str, delimiter: str, quoted: bool) -> list[str]:
    if not quoted or '"' not in text:
        cells = text.split(delimiter)
    else:
        try:
            cells = next(csv.reader([text], delimiter=delimiter, strict=True))
        except csv.Error as error:
            found = f"the quoting is broken ({error})"
            raise refused(document, number, found, "Send the file as the vendor's portal gave it.") from None
    if len(text) > _LONGEST_CELL and max(map(len, cells)) > _LONGEST_CELL:
        found = f"a cell is longer than {_LONGEST_CELL} characters"
        raise refused(document, number, found, "Check that this is the vendor's own file.")
    return cells
