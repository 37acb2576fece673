"""Reads a FOCUS Parquet file batch by batch. Its numbers must be exact: decimals, whole numbers or texts."""

from __future__ import annotations

from collections.abc import Generator

from importers.focus.rows import LARGEST_CELL, Array, Rows, check_columns
from ledger_core import Document, DocumentRefused, plain

_BATCH = 10_000  # rows
_LARGEST_GROUP = 2 * 2**30  # bytes of one row group once unpacked
_EXPORT = "Export the file again from the provider."
_NULLS = ("NULL", "null", "")
MAGIC = b"PAR1"


def column_names(document: Document) -> list[str] | None:
    """The columns of a Parquet file; None where its footer cannot be read."""
    import pyarrow as pa
    from pyarrow import parquet

    try:
        with document.path.open("rb") as stream:
            return list(parquet.read_schema(stream).names)
    except (pa.ArrowException, OSError, ValueError):
        return None


def parquet_rows(document: Document) -> Generator[Rows, None, None]:
    """The rows of a Parquet file, counted from 1. A row has no bytes of its own: each names the whole document.

    Raises DocumentRefused where the file is damaged or keeps money in binary floating point.
    """
    import pyarrow as pa
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(document.path, page_checksum_verification=True) as file:
            chosen = check_columns(document.name, file.schema_arrow.names)
            _check_size(document.name, file.metadata)
            number = 1
            for batch in file.iter_batches(_BATCH, columns=chosen, use_threads=False):
                columns = {name: _texts(document.name, name, batch.column(name)) for name in chosen}
                count = batch.num_rows
                if count:
                    yield Rows(columns, range(number, number + count), 0, document.size)
                number += count
    except (pa.ArrowException, OSError, ValueError, KeyError) as error:
        raise DocumentRefused(document.name, f"a damaged Parquet file: {str(error)[:200]}", _EXPORT) from error


def _check_size(name: str, metadata: Array) -> None:
    """No row group unpacks to more than memory should hold: a small file can declare any size."""
    for place in range(metadata.num_row_groups):
        size = metadata.row_group(place).total_byte_size
        if size > _LARGEST_GROUP:
            raise DocumentRefused(name, f"row group {place} unpacks to {size} bytes", "Export smaller row groups.")


def _texts(name: str, column: str, array: Array) -> Array:
    """A column as texts with nulls, as they would stand in a CSV."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    kind = array.type
    if pa.types.is_floating(kind):
        found = f"column {column} is of type {kind}: binary floating point cannot hold money"
        raise DocumentRefused(name, found, "Export it with decimal columns, or as CSV.")
    if pa.types.is_null(kind):
        return pa.nulls(len(array), pa.string())
    if pa.types.is_decimal(kind):
        return pa.array([None if cell is None else plain(cell) for cell in array.to_pylist()], pa.string())
    if pa.types.is_timestamp(kind):
        # Instants are kept in UTC; finer than microseconds decides nothing about days.
        array = pc.cast(array, pa.timestamp("us"), safe=False)
    elif not (pa.types.is_integer(kind) or pa.types.is_date(kind) or _is_text(kind)):
        raise DocumentRefused(name, f"column {column} is of type {kind}, which no column of FOCUS has", _EXPORT)
    texts = pc.cast(array, pa.string())
    _check_text(name, column, texts)
    nulls = pc.is_in(texts, value_set=pa.array(_NULLS))
    return pc.if_else(nulls, pa.scalar(None, pa.string()), texts)


def _is_text(kind: Array) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _check_text(name: str, column: str, texts: Array) -> None:
    import pyarrow.compute as pc

    texts.validate(full=True)  # invalid UTF-8 raises ArrowInvalid
    if (pc.max(pc.binary_length(texts)).as_py() or 0) > LARGEST_CELL:
        raise DocumentRefused(name, f"a cell of {column} with more than {LARGEST_CELL} bytes", _EXPORT)
    if pc.any(pc.match_substring(texts, "\0")).as_py():
        raise DocumentRefused(name, f"a NUL character in {column}", _EXPORT)
