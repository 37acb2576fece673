"""Reads a FOCUS CSV in blocks: UTF-8, commas, RFC 4180 quotes; each row keeps its number and its bytes."""

from __future__ import annotations

import csv
import os
from collections.abc import Generator, Iterator, Sequence
from itertools import accumulate
from itertools import count as count_from
from operator import add, itemgetter, sub

import attrs

from importers.focus.rows import LARGEST_CELL, Array, Rows, check_columns, row_refused
from ledger_core import Document, DocumentRefused

_BOM = b"\xef\xbb\xbf"
_BLOCK = 3 * 2**20  # bytes; about 8,000 rows, and small enough for a processor's cache
_LARGEST_ROW = 4 * 2**20
_BATCH = 10_000  # rows
_NULLS = ["", "NULL", "null"]
_EXPORT = "Export the file again from the provider."
_HEADER_SIZE = 2**17
_LAST_BYTE = itemgetter(slice(-1, None))


@attrs.frozen
class _Block:
    """Whole rows: their bytes, where these start in the document, and the number of the first."""

    body: bytes
    start: int
    number: int


def header(head: bytes) -> tuple[list[str], int] | None:
    """The names in the first row and the bytes that it takes with its line end; None where there is no such row."""
    skipped = len(_BOM) if head.startswith(_BOM) else 0
    stop = _rows_end(head, first=True)
    line = head[skipped : stop or len(head)]
    if b"\0" in line or (not stop and len(head) >= _HEADER_SIZE):
        return None
    try:
        names = next(csv.reader([line.decode("utf-8").rstrip("\r\n")], strict=True), [])
    except (UnicodeDecodeError, csv.Error):
        return None
    return (names, stop or len(head)) if names else None


def csv_rows(document: Document) -> Generator[Rows, None, None]:
    """The rows of a CSV. Raises DocumentRefused, naming the row, where one is ragged, too long or no UTF-8."""
    found = header(document.head(_HEADER_SIZE))
    if found is None:
        raise DocumentRefused(f"{document.name}:row 1", "no header of a CSV", _EXPORT)
    names, start = found
    chosen = check_columns(document.name, names)
    with document.path.open("rb", buffering=0) as stream:
        number = 2
        for block in _blocks(document, stream.fileno(), start):
            rows = _parsed(document.name, attrs.evolve(block, number=number), names, chosen)
            number += len(rows.numbers)
            yield from _batches(rows)


def _blocks(document: Document, file: int, start: int) -> Iterator[_Block]:
    """Stretches of whole rows. A newline inside quotes ends no row: there the quotes before it are odd in number."""
    size = _BLOCK
    while True:
        body = os.pread(file, size, start)
        if not body.strip(b"\r\n") and len(body) < size:
            return
        last = len(body) < size
        end = len(body.rstrip(b"\r\n")) if last else _rows_end(body)
        if last and _odd_quotes(body):
            end = 0
        if end:
            yield _Block(body[:end], start, 0)
            if last:
                return
            start, size = start + end, _BLOCK
        elif last or size > _LARGEST_ROW:
            where = f"{document.name}:byte {start}"
            raise DocumentRefused(where, f"a quoted cell that does not end within {len(body)} bytes", _EXPORT)
        else:
            size = _BLOCK + _LARGEST_ROW


def _odd_quotes(body: bytes) -> bool:
    return b'"' in body and body.count(b'"') % 2 == 1


def _rows_end(body: bytes, *, first: bool = False) -> int:
    """The bytes up to and including the last (the first) newline that ends a row; 0 where none does."""
    if first:
        end, odd = 0, 0
        while stop := body.find(b"\n", end) + 1:
            odd = (odd + body.count(b'"', end, stop)) % 2
            end = stop
            if not odd:
                return end
        return 0
    end = body.rfind(b"\n") + 1
    odd = body.count(b'"', 0, end) % 2 if b'"' in body else 0
    while end and odd:
        earlier = body.rfind(b"\n", 0, end - 1) + 1
        odd = (odd + body.count(b'"', earlier, end)) % 2
        end = earlier
    return end


def _parsed(name: str, block: _Block, names: Sequence[str], chosen: Sequence[str]) -> Rows:
    """A block as arrays of texts, with the bytes of each row."""
    _check_text(name, block)
    columns = _arrays(name, block, names, chosen)
    count = len(columns[chosen[0]])
    lines = block.body.split(b"\n")
    if not lines[-1]:
        lines.pop()
    # With quotes about, a newline inside some and a carriage return outside any could make up for each other.
    quoted = b'"' in block.body and b"\r" in block.body
    lone = quoted and block.body.count(b"\r") != sum(line.endswith(b"\r") for line in lines)
    if len(lines) != count:
        lines = _joined(lines)
    if len(lines) != count or lone:
        found = f"{count} rows by their cells, {len(lines)} by their line ends"
        raise row_refused(name, block.number, f"from here on a quote or a carriage return stands alone: {found}")
    starts, ends = _spans(block, lines)
    if max(map(sub, ends, starts)) > LARGEST_CELL:
        _check_cells(name, block, columns)
    return Rows(columns, range(block.number, block.number + count), starts, ends)


def _spans(block: _Block, lines: list[bytes]) -> tuple[list[int], list[int]]:
    """The first byte of each line, and the byte after its last one that is no part of its end."""
    sums = list(accumulate(map(len, lines)))
    starts = [block.start, *map(add, sums[:-1], count_from(block.start + 1))]
    if b"\r" not in block.body:
        return starts, list(map(add, sums, count_from(block.start)))
    if set(map(_LAST_BYTE, lines)) == {b"\r"}:
        return starts, list(map(add, sums, count_from(block.start - 1)))
    return starts, [start + len(line) - line.endswith(b"\r") for start, line in zip(starts, lines, strict=True)]


def _check_text(name: str, block: _Block) -> None:
    """No NUL, and UTF-8 throughout, also in columns that are not read."""
    body = block.body
    at, found = body.find(b"\0"), "a NUL character"
    if at < 0 and not body.isascii():
        try:
            body.decode("utf-8")
        except UnicodeDecodeError as error:
            at, found = error.start, f"byte {body[error.start]:#04x} is not UTF-8"
    if at >= 0:
        raise row_refused(name, block.number + body.count(b"\n", 0, at), found, "Export the file again as UTF-8.")


def _arrays(name: str, block: _Block, names: Sequence[str], chosen: Sequence[str]) -> dict[str, Array]:
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    ragged: list[DocumentRefused] = []

    def on_ragged(row: Array) -> str:
        found = f"{row.actual_columns} cells where the header has {row.expected_columns}"
        ragged.append(row_refused(name, block.number + (row.number or 1) - 1, found))
        return "error"

    # Names of columns that are not read may repeat; pyarrow wants its own.
    own = [column if column in chosen else f"{place}:{column}" for place, column in enumerate(names)]
    try:
        table = arrow_csv.read_csv(
            pa.BufferReader(block.body),
            # One thread: the other core has the ledger to write. One block: a row never crosses its end.
            read_options=arrow_csv.ReadOptions(use_threads=False, block_size=len(block.body) + 1, column_names=own),
            parse_options=arrow_csv.ParseOptions(ignore_empty_lines=False, invalid_row_handler=on_ragged),
            convert_options=arrow_csv.ConvertOptions(
                check_utf8=False,  # the whole block was checked
                include_columns=list(chosen),
                column_types=dict.fromkeys(chosen, pa.string()),
                null_values=_NULLS,
                strings_can_be_null=True,
                quoted_strings_can_be_null=True,
            ),
        )
    except (pa.ArrowException, OSError) as error:
        if ragged:
            raise ragged[0] from error
        raise row_refused(name, block.number, f"from here on: {str(error)[:200]}") from error
    # One block is one chunk.
    return {column: table.column(column).chunk(0) for column in chosen}


def _joined(lines: list[bytes]) -> list[bytes]:
    """Lines put together to rows: a row goes on while the quotes that it opened are odd in number."""
    rows: list[bytes] = []
    open_lines: list[bytes] = []
    odd = 0
    for line in lines:
        open_lines.append(line)
        odd = (odd + line.count(b'"')) % 2
        if not odd:
            rows.append(b"\n".join(open_lines))
            open_lines = []
    return [*rows, b"\n".join(open_lines)] if open_lines else rows


def _check_cells(name: str, block: _Block, columns: dict[str, Array]) -> None:
    """No cell that is read is longer than a cell may be."""
    import pyarrow.compute as pc

    for column, array in columns.items():
        if (pc.max(pc.binary_length(array)).as_py() or 0) > LARGEST_CELL:
            raise row_refused(
                name, block.number, f"from here on, a cell of {column} with more than {LARGEST_CELL} bytes"
            )


def _batches(rows: Rows) -> Iterator[Rows]:
    count = len(rows.numbers)
    if count <= _BATCH:
        yield rows
        return
    assert isinstance(rows.starts, list), "each row of a CSV has its own bytes"
    assert isinstance(rows.ends, list), "each row of a CSV has its own bytes"
    for first in range(0, count, _BATCH):
        part = slice(first, first + _BATCH)
        columns = {name: array.slice(first, _BATCH) for name, array in rows.columns.items()}
        yield Rows(columns, rows.numbers[part], rows.starts[part], rows.ends[part])
