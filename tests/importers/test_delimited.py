"""Rows of delimited text: their bytes are exactly theirs, and what cannot be a row is refused with its number."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importers.delimited import Row, is_utf8, rows
from ledger_core import DocumentRefused
from tests.importers.hostility import files
from tests.importers.reading import document


def _rows(body: bytes, *, encoding: str = "utf-8", delimiter: str = "\t", quoted: bool = True) -> list[Row]:
    with files({"table.txt": body}) as (path,):
        return list(rows(document(path), encoding=encoding, delimiter=delimiter, quoted=quoted))


def test_line_ends_of_either_kind_belong_to_no_row() -> None:
    assert _rows(b"a\tb\r\n\nc") == [Row(1, 0, 3, ["a", "b"]), Row(2, 5, 5, [""]), Row(3, 6, 7, ["c"])]


def test_a_byte_order_mark_belongs_to_no_cell() -> None:
    assert _rows(b"\xef\xbb\xbfa\tb\n") == [Row(1, 3, 6, ["a", "b"])]


def test_a_quoted_cell_may_hold_delimiters_quotes_and_line_ends() -> None:
    (row, after) = _rows(b'x,"1,5 ""in""\r\nwide"\r\ny,z\r\n', delimiter=",")
    assert row == Row(1, 0, 20, ["x", '1,5 "in"\r\nwide'])
    assert after.number == 2


def test_where_cells_are_never_quoted_a_quote_is_a_character() -> None:
    assert _rows(b'7" TABLET\t"x\n', quoted=False)[0].cells == ['7" TABLET', '"x']


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b'a\n"b', "opened and never closed"),
        (b'a\n"b"c"d"', "quoting is broken"),
        (b"a\n\xe9", "0xe9 is no character of utf-8"),
        (b"a\nb\0", "NUL"),
        (b"a\n" + b"x" * (1 << 20) + b"y", "longer than 1048576 bytes"),
        (b"a\n" + b"x" * (1 << 17) + b"y", "longer than 131072 characters"),
        (b'a\n"' + b"x" * (1 << 17) + b'y"', "quoting is broken (field larger"),
        (b'a\n"' + b"x\n" * (1 << 20), "longer than 1048576 bytes"),
    ],
)
def test_what_cannot_be_a_row_is_refused_with_its_number(body: bytes, found: str) -> None:
    with pytest.raises(DocumentRefused) as caught:
        _rows(body)
    assert found in caught.value.found
    assert caught.value.where == "table.txt:2"


_LINES = st.lists(st.text(st.characters(blacklist_characters="\n\r\0", codec="utf-8")), min_size=1)


@given(lines=_LINES, ends=st.booleans())
def test_every_row_is_found_at_its_bytes(lines: list[str], ends: bool) -> None:
    body = "\r\n".join(lines).encode() + (b"\r\n" if ends else b"")
    for row in _rows(body, quoted=False):
        assert body[row.start : row.end].removeprefix(b"\xef\xbb\xbf").decode().split("\t") == row.cells


def test_one_byte_decides_whether_a_file_is_utf8() -> None:
    with files({"a": b"plain", "b": "é".encode(), "c": b"\xe9", "d": b"\xc3"}) as paths:
        assert [is_utf8(document(path)) for path in paths] == [True, True, False, False]
