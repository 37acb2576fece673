"""The floor: rows that lie ready in memory, appended to a bare table. Nothing is read, checked, coded or sealed."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

import attrs

_INTEGERS, _TEXTS = 8, 4


@attrs.frozen
class Append:
    """Seconds that a bare append took, by the wall and by the processor."""

    wall: float
    cpu: float


def rows(count: int) -> list[tuple[int | str, ...]]:
    """Rows of twelve columns: eight integers and four texts of the length that bills have."""
    return [
        (i, 1, i * 380, i * 380 + 379, i % 19_999, i % 400, 0, i % 28,
         f"res-{i % 50_000:06d}", f"sku{i % 300}", f"sub-{i % 400:03d}", "2026-09-01")
        for i in range(count)
    ]  # fmt: skip


def columns() -> str:
    """The columns of the bare table."""
    integers = [f"i{number} INTEGER" for number in range(1, _INTEGERS)]
    texts = [f"t{number} TEXT" for number in range(_TEXTS)]
    return ", ".join(["i0 INTEGER PRIMARY KEY", *integers, *texts])


def sqlite_append(file: Path, count: int) -> Append:
    """Append to SQLite: WAL, FULL, one transaction."""
    ready = rows(count)
    for left in file.parent.glob(f"{file.name}*"):
        left.unlink()
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(f"CREATE TABLE bare ({columns()})")
    marks = ", ".join("?" * (_INTEGERS + _TEXTS))
    wall, cpu = time.perf_counter(), time.process_time()
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany(f"INSERT INTO bare VALUES ({marks})", ready)  # noqa: S608 - question marks
    connection.execute("COMMIT")
    taken = Append(time.perf_counter() - wall, time.process_time() - cpu)
    connection.close()
    return taken
