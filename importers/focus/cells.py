"""Arrays of texts as the columns of a batch of charges: one value where all rows agree, checked numbers and dates."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache

from importers.focus.rows import Array, Rows
from ledger_core import NotANumber, parse_decimal

#: Cells, or one cell that stands for all.
Texts = list[str] | str
Cells = list[str | None] | str | None

# Up to 15 digits before the point, so that every store holds the sums, and 40 after it.
_NUMBER = r"^[+-]?(\d{1,15}(\.\d{0,40})?|\.\d{1,40})$"
_LARGEST = Decimal(10) ** 15
_SMALLEST = -40  # exponent
_INSTANT = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[ T](\d{2}:\d{2})(:\d{2})?(\.\d{1,9})?(Z|[+-]\d{2}:?\d{2})?)?", re.ASCII)
_CORRECT = "Correct the figure at its source and export the file again."


def shared(array: Array) -> bool:
    """Whether all cells are equal; nulls are equal to each other."""
    import pyarrow.compute as pc

    if array.null_count:
        return bool(array.null_count == len(array))
    if array[0] != array[-1]:
        return False  # nearly always settles it without looking at the rest
    return bool(pc.all(pc.equal(array, array[0])).as_py())


def cells(array: Array) -> Cells:
    """The cells, None where nothing is stated."""
    if shared(array):
        only: str | None = array[0].as_py()
        return only
    found: list[str | None] = array.to_pylist()
    return found


def texts(array: Array) -> Texts:
    """The cells, "" where nothing is stated."""
    import pyarrow.compute as pc

    if shared(array):
        return array[0].as_py() or ""
    found: list[str] = pc.fill_null(array, "").to_pylist()
    return found


def numbers(name: str, rows: Rows, column: str) -> Cells:
    """Exact decimals as they are written, each of them checked. Raises DocumentRefused naming the row."""
    import pyarrow.compute as pc

    array = rows.columns[column]
    if shared(array):
        only: str | None = array[0].as_py()
        if only is not None:
            _check_number(name, rows, column, 0, only)
        return only
    simple = pc.fill_null(pc.match_substring_regex(array, _NUMBER), True)
    found: list[str | None] = array.to_pylist()
    if not pc.all(simple).as_py():
        for index in pc.indices_nonzero(pc.invert(simple)).to_pylist():
            _check_number(name, rows, column, index, found[index] or "")
    return found


def _check_number(name: str, rows: Rows, column: str, index: int, text: str) -> None:
    try:
        value = parse_decimal(text, column)
    except NotANumber as error:
        raise rows.refused(name, index, f"{column}: {error.found}", _CORRECT) from error
    exponent = value.as_tuple().exponent
    if abs(value) >= _LARGEST or (isinstance(exponent, int) and exponent < _SMALLEST):
        raise rows.refused(name, index, f"{column}: '{text}' is beyond what a bill can state", _CORRECT)


def days(name: str, rows: Rows, column: str, *, end: bool = False) -> Cells:
    """ISO dates of instants. `end`: instants are exclusive (FOCUS), so the day before a midnight is the last.

    Raises DocumentRefused naming the row.
    """
    array = rows.columns[column]
    if shared(array):
        text = array[0].as_py()
        return None if text is None else _day(name, rows, (column, 0), text, end=end).isoformat()
    coded = array.dictionary_encode()
    indices = coded.indices.to_pylist()
    known: dict[int | None, str | None] = {
        code: _day(name, rows, (column, indices.index(code)), text, end=end).isoformat()
        for code, text in enumerate(coded.dictionary.to_pylist())
    }
    return list(map(known.get, indices))


def day(name: str, rows: Rows, column: str, index: int, *, end: bool = False) -> date | None:
    """The date of one cell, None where nothing is stated."""
    text = rows.columns[column][index].as_py()
    return None if text is None else _day(name, rows, (column, index), text, end=end)


def _day(name: str, rows: Rows, cell: tuple[str, int], text: str, *, end: bool) -> date:
    column, index = cell
    found = _instant(text)
    if found is None:
        raise rows.refused(name, index, f"{column}: '{text[:40]}' is not a date and time of ISO 8601", _CORRECT)
    try:
        return (found - timedelta(microseconds=1) if end else found).date()
    except OverflowError as error:
        raise rows.refused(name, index, f"{column}: '{text[:40]}' has no day before it", _CORRECT) from error


@lru_cache(maxsize=4096)  # a month has few instants, and a file repeats them a million times
def _instant(text: str) -> datetime | None:
    """An instant in UTC, which is what FOCUS writes; without an offset UTC is meant."""
    parts = _INSTANT.fullmatch(text)
    if parts is None:
        return None
    day_text, minutes, seconds, fraction, offset = parts.groups()
    zone = {None: "+00:00", "Z": "+00:00"}.get(offset, offset)
    try:
        # Six digits are what a datetime holds; a seventh cannot move it to another day.
        instant = datetime.fromisoformat(
            f"{day_text}T{minutes or '00:00'}{seconds or ':00'}{(fraction or '')[:7]}{zone}"
        )
        return instant.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
