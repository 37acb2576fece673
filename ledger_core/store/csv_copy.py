"""Bills' rows into PostgreSQL by COPY, spelled by columns: a row's canonical bytes are nearly a line of CSV.

A row is a JSON array of whole numbers, texts and nulls. Without its brackets PostgreSQL reads it as CSV whose escape
is the backslash, as long as each escape stands for the character behind it. Handing over a batch is one call.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from ledger_core.facts.body import BodyFormat
from ledger_core.store.tables import driver_columns

_BETWEEN = b"]\n["  # two rows; a newline in a text is still written \\n
_ESCAPE = re.compile(rb'\\(u00[0-9a-f]{2}|["\\bfnrt])')
_CONTROLS = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t"}


def add(connection: Connection, body: BodyFormat, sequence: int, lines: bytes, salts: Sequence[bytes] = ()) -> None:
    """Add rows to fact `sequence`, given as canonical bytes, each row ended by a newline; with their salts."""
    names = ", ".join(f'"{name}"' for name in ("fact", *driver_columns(body)))
    raw: Any = connection.connection.dbapi_connection
    statement = f"COPY {body.name} ({names}) FROM STDIN (FORMAT csv, NULL 'null', ESCAPE '\\', ENCODING 'UTF8')"
    with raw.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(csv_of(sequence, lines, salts))


def csv_of(sequence: int, lines: bytes, salts: Sequence[bytes] = ()) -> bytes:
    """Rows as CSV: in front of each the sequence, behind it its salt, where there are any."""
    first = b"%d," % sequence
    if salts:
        digits = binascii.hexlify(b"".join(salts))
        size = len(digits) // len(salts)
        ends = (digits[at : at + size] for at in range(0, len(digits), size))
        rows = lines[1:-2].split(_BETWEEN)
        content = b"".join([b"%b%b,\\x%b\n" % (first, row, end) for row, end in zip(rows, ends, strict=True)])
    else:
        content = first + lines[1:-2].replace(_BETWEEN, b"\n" + first) + b"\n"
    return _ESCAPE.sub(_unescaped, content) if b"\\" in lines else content


def _unescaped(found: re.Match[bytes]) -> bytes:
    """What CSV writes for an escape of JSON: quotes and backslashes are escaped alike, the rest stands for itself."""
    escape = found[1]
    if escape.startswith(b"u"):
        return bytes.fromhex(escape[3:].decode())
    return _CONTROLS.get(escape, found[0])
