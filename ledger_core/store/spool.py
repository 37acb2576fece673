"""The spool: a bill's rows on their way to the ledger, sealed while they are written.

They wait in a file of their own, whose tables have the shape of the ledger's, so that the embedded store takes them
over inside the database engine. Or, while nobody else wants the write door, they stream through it at once, into a
transaction that only commits if the bill is posted. Nothing here is durable or trusted to last: a spool that a crash
leaves behind is thrown away.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

import attrs

from ledger_core import canonical
from ledger_core.errors import LedgerUnavailable
from ledger_core.facts.body import CHARGES, PARTICULARS, SHARES, BodyFormat
from ledger_core.facts.fact import Body
from ledger_core.store import bulk
from ledger_core.store.rows import Rows, SpooledRows, WrittenRows
from ledger_core.store.sealing import SALT_BYTES, Batch, Sealing
from ledger_core.store.tables import driver_columns

SPOOLED = (CHARGES, PARTICULARS, SHARES)


class Stream(Protocol):
    """An open transaction of the ledger that rows may go to at once."""

    @property
    def sequence(self) -> int:
        """The fact that they belong to: the next one."""
        ...

    def add(self, body: BodyFormat, columns: Sequence[bulk.Cells], count: int, lines: bytes) -> None:
        """Add rows to that fact: their columns in stored order, salts last, and their canonical bytes."""
        ...

    def withdraw(self) -> None:
        """Roll everything back and let go."""
        ...


@attrs.define
class Spool:
    """One bill's spool. Use as a context manager; `discard` removes the file."""

    path: Path
    _connection: sqlite3.Connection = attrs.field(init=False)
    _stream: Stream | None = attrs.field(default=None, init=False)
    _sealing: Sealing = attrs.field(factory=Sealing, init=False)

    def open(self) -> None:
        """Begin an empty spool; what a crash left under the name is thrown away."""
        with self._on_disk():
            self.discard()
            self._connection = sqlite3.connect(self.path, isolation_level=None)
            self._connection.execute("PRAGMA page_size = 16384")
            self._connection.execute("PRAGMA journal_mode = OFF")
            self._connection.execute("PRAGMA synchronous = OFF")
            self._connection.execute("BEGIN")
            self._create()

    @contextmanager
    def _on_disk(self) -> Iterator[None]:
        """What touches the file. Raises LedgerUnavailable when the disk takes nothing."""
        try:
            yield
        except (OSError, sqlite3.OperationalError) as failed:
            raise LedgerUnavailable(
                str(self.path.parent), f"rows cannot be kept ({failed})", "Free some space; nothing was lost."
            ) from failed

    def close(self) -> None:
        """Let go of the file, which stays; withdraw from the door."""
        self._withdraw()
        self._sealing.close()
        self._connection.close()

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, raised: BaseException | None, at: TracebackType | None
    ) -> None:
        self.close()

    def _create(self) -> None:
        for body in SPOOLED:
            columns = ", ".join(f'"{name}"' for name in driver_columns(body)[1:])
            self._connection.execute(f"CREATE TABLE {body.name} (line INTEGER PRIMARY KEY, {columns})")

    def stream(self, to: Stream) -> None:
        """From now on rows go there. The spool must be empty; it withdraws when it is cleared or closed."""
        self._stream = to

    def clear(self) -> None:
        """Forget every row kept so far; rows wait in the file from now on."""
        self._withdraw()
        if not self._connection.in_transaction:  # sealed already, and judged again
            self._connection.execute("BEGIN")
        for body in SPOOLED:
            self._connection.execute(f"DROP TABLE {body.name}")
        self._sealing.close()
        self._create()

    def _withdraw(self) -> None:
        if self._stream is not None:
            self._stream.withdraw()
            self._stream = None

    def discard(self) -> None:
        """Remove the file, if it is there."""
        self.path.unlink(missing_ok=True)

    def add(self, body: BodyFormat, rows: Sequence[tuple[Any, ...]]) -> None:
        """Seal and keep rows of a body in line order; particulars get their salts here."""
        if rows:
            self.add_columns(body, bulk.columns_of(rows), len(rows))

    def add_columns(self, body: BodyFormat, columns: Sequence[bulk.Cells], count: int) -> None:
        """The same as columns: each a list or range of `count` cells, or one value for all. Raises NotText."""
        if not count:
            return
        kept = list(columns)
        salts = b""
        lines = canonical.lines_bytes(bulk.rows_of(columns, count))
        if body.salted:
            salts = secrets.token_bytes(SALT_BYTES * count)
            # The driver binds a bytearray at once; for bytes it first looks for an adapter, cell by cell.
            own = bytearray(salts)
            kept.append([own[at : at + SALT_BYTES] for at in range(0, len(salts), SALT_BYTES)])
        self._sealing.add(Batch(body.name, lines, salts))
        with self._on_disk():
            if self._stream is None:
                bulk.append(self._connection, body.name, kept, count)
            else:
                self._stream.add(body, kept, count, lines)

    def sealed(self, *, attached: bool = True) -> tuple[Rows, ...]:
        """What was kept, as rows ready to be written. Nothing can be added afterwards. `attached` says that the
        ledger will be opened with the file beside its own."""
        found = self._sealing.sealed()
        commitments = [
            (body, Body(body.name, body.format, sealed.count, sealed.root))
            for body in SPOOLED
            if (sealed := found.get(body.name))
        ]
        if self._stream is not None:
            sequence = self._stream.sequence
            return tuple(WrittenRows(commitment, sequence) for _, commitment in commitments)
        with self._on_disk():
            self._connection.execute("COMMIT")
        return tuple(SpooledRows(body, self.path, commitment, attached) for body, commitment in commitments)
