"""Canonical bytes, version 1: what is hashed, exactly as it is written.

A row is a compact UTF-8 JSON array in the column order of its body's format. Nothing is normalised here: who builds
the row decides its values. These bytes are frozen by golden digests (tests/ledger_core/test_canonical.py); a change of
one of them needs a new format name, never an edit.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from ledger_core.errors import NotText

#: JSON numbers beyond this are read differently by different programs, so they are written as text.
LARGEST_NUMBER = 2**53

_encoder = msgspec.json.Encoder()


def number(value: int) -> int | str:
    """An integer as it stands in canonical bytes: beyond 2^53 as text, so that every reader sees the same."""
    return value if -LARGEST_NUMBER <= value <= LARGEST_NUMBER else str(value)


def row_bytes(row: Sequence[Any]) -> bytes:
    """The canonical bytes of one row: integers, texts, booleans, None, and lists and string-keyed dicts of these.

    Dict keys are written in the order given: fact bodies are built by one function each, which fixes it.
    Raises NotText for NUL or lone surrogates, TypeError for anything else (a float, a Decimal: our bug).
    """
    try:
        written = _encoder.encode(_plain(row))
    except UnicodeEncodeError as broken:
        raise NotText("text", "a lone surrogate", "Repair the character at its source.") from broken
    if b"\\u0000" in written:
        _refuse_nul(row)
    return written


def rows_bytes(rows: Iterable[Sequence[Any]]) -> list[bytes]:
    """Canonical bytes of many rows of a body, on the hot path.

    Each cell must be an int within 2^53, a text without NUL or None: who takes the rows in has checked that. Raises
    NotText for a lone surrogate.
    """
    encode = _encoder.encode
    try:
        written = [encode(row) for row in rows]
    except UnicodeEncodeError as broken:
        raise NotText("text", "a lone surrogate", "Repair the character at its source.") from broken
    return written


def lines_bytes(rows: Iterable[Sequence[Any]]) -> bytes:
    """The same as `rows_bytes`, joined: each row ended by a newline, which JSON writes inside no text."""
    try:
        return _encoder.encode_lines(rows)
    except UnicodeEncodeError as broken:
        raise NotText("text", "a lone surrogate", "Repair the character at its source.") from broken


def check_text(value: str, where: str = "text") -> str:
    """`value` itself, or NotText when neither store may keep it."""
    if "\x00" in value:
        raise NotText(where, "a NUL character", "Remove it at its source.")
    try:
        value.encode("utf-8")
    except UnicodeEncodeError as broken:
        raise NotText(where, "a lone surrogate", "Repair the character at its source.") from broken
    return value


def read_row(written: bytes) -> Any:
    """The value that canonical bytes spell. Integers written as text stay text: the reader knows its columns."""
    return msgspec.json.decode(written)


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, int):
        return number(value)
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    raise TypeError(f"{type(value).__name__} has no canonical bytes")


def _refuse_nul(value: Any) -> None:
    if isinstance(value, str):
        check_text(value)
    elif isinstance(value, dict):
        for key, item in value.items():
            _refuse_nul(key)
            _refuse_nul(item)
    elif isinstance(value, list | tuple):
        for item in value:
            _refuse_nul(item)
