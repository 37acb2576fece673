"""Canonical bytes are frozen: every digest of every ledger stands on them.

A failing golden test here means that old ledgers no longer verify. The remedy is a new format name, never a new golden.
"""

from decimal import Decimal
from hashlib import sha256
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from ledger_core import canonical
from ledger_core.errors import NotText

_texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
_cells = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | _texts
_rows = st.lists(st.recursive(_cells, lambda inner: st.lists(inner, max_size=4), max_leaves=12), max_size=8)

GOLDEN: list[tuple[Any, bytes]] = [
    ([], b"[]"),
    ([1, None, "", "a"], b'[1,null,"","a"]'),
    ([True, False, -0, -1], b"[true,false,0,-1]"),
    (['"', "\\", "/", "\b\t\n\f\r", "\x01\x1f\x7f"], b'["\\"","\\\\","/","\\b\\t\\n\\f\\r","\\u0001\\u001f\x7f"]'),
    (["é", "e\u0301", "\u2028", "🧾"], '["é","e\u0301","\u2028","🧾"]'.encode()),
    ([2**53, 2**53 + 1], b'[9007199254740992,"9007199254740993"]'),
    ([-(2**53), -(2**53) - 1], b'[-9007199254740992,"-9007199254740993"]'),
    ([{"b": 1, "a": [2, {"": "x"}]}], b'[{"b":1,"a":[2,{"":"x"}]}]'),
    ((1, ("a", 2)), b'[1,["a",2]]'),
]  # fmt: skip


@pytest.mark.parametrize(("row", "written"), GOLDEN)
def test_the_bytes_of_a_row_never_change(row: Any, written: bytes) -> None:
    assert canonical.row_bytes(row) == written


def test_the_digest_of_all_examples_never_changes() -> None:
    joined = b"\n".join(canonical.row_bytes(row) for row, _ in GOLDEN)
    assert sha256(joined).hexdigest() == "2e9be493de6ee492a3e8014b1a62c9026ccf0e02a21c0a303dc4238b5f3b6a5c"


@given(_rows)
def test_a_row_is_written_as_rfc_8785_writes_it(row: list[Any]) -> None:
    """Another implementation of canonical JSON agrees on everything that a row may hold but dicts, whose keys stand
    here in the order of the fact that they belong to."""
    assert canonical.row_bytes(row) == rfc8785.dumps(row)


@given(_rows)
def test_different_rows_have_different_bytes(row: list[Any]) -> None:
    """Reading back gives the same row, so no two rows share their bytes."""
    assert canonical.read_row(canonical.row_bytes(row)) == row


@given(st.lists(st.lists(st.none() | st.integers(-(2**53), 2**53) | _texts, max_size=6).map(tuple), max_size=6))
def test_the_hot_path_writes_the_same_bytes(rows: list[tuple[Any, ...]]) -> None:
    assert canonical.rows_bytes(rows) == [canonical.row_bytes(row) for row in rows]


@pytest.mark.parametrize("row", [["a\x00"], [["\x00"]], [{"key": "\x00"}], [{"\x00": 1}]])
def test_nul_is_refused_wherever_it_hides(row: Any) -> None:
    with pytest.raises(NotText, match="NUL"):
        canonical.row_bytes(row)


def test_a_backslash_before_u0000_is_ordinary_text() -> None:
    assert canonical.row_bytes(["\\u0000"]) == b'["\\\\u0000"]'


@pytest.mark.parametrize("row", [["\ud800"], [{"key": "\udfff"}], [{"\ud800": 1}]])
def test_a_lone_surrogate_is_refused(row: Any) -> None:
    with pytest.raises(NotText, match="surrogate"):
        canonical.row_bytes(row)


def test_the_hot_path_refuses_a_lone_surrogate() -> None:
    with pytest.raises(NotText, match="surrogate"):
        canonical.rows_bytes([("fine",), ("\ud800",)])


@pytest.mark.parametrize("value", [Decimal("1.5"), b"bytes", {1: "a"}, {"set"}])
def test_what_has_no_canonical_bytes_is_our_bug(value: Any) -> None:
    with pytest.raises(TypeError, match="no canonical bytes"):
        canonical.row_bytes([value])


def test_a_binary_float_has_no_canonical_bytes() -> None:
    with pytest.raises(TypeError, match="float has no canonical bytes"):
        canonical.row_bytes([1 / 3])


def test_text_that_both_stores_keep_is_given_back() -> None:
    assert canonical.check_text("Zürich 🧾") == "Zürich 🧾"


@pytest.mark.parametrize(("text", "found"), [("a\x00b", "NUL"), ("\ud83d", "surrogate")])
def test_text_that_no_store_may_keep_is_refused_with_its_place(text: str, found: str) -> None:
    with pytest.raises(NotText, match=f"row 3.*{found}"):
        canonical.check_text(text, "row 3")
