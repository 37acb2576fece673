"""The spool: a bill's rows on their way to the ledger, in a file of their own, sealed while they are written.

Nothing here is durable or trusted to last: a spool that a crash leaves behind is thrown away. Its tables have the
shape of the ledger's, so that the embedded store takes them over inside the database engine.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import attrs

from ledger_core import tree
from ledger_core.facts.body import CHARGES, PARTICULARS, SHARES, BodyFormat
from ledger_core.facts.fact import Body
from ledger_core.store.rows import SpooledRows, leaves, salted
from ledger_core.store.tables import driver_columns

SPOOLED = (CHARGES, PARTICULARS, SHARES)


@attrs.define
class Spool:
    """One bill's spool file. Use as a context manager; `discard` removes what was spooled."""

    path: Path
    _connection: sqlite3.Connection = attrs.field(init=False)
    _frontiers: dict[str, tree.Frontier] = attrs.field(factory=dict, init=False)

    def open(self) -> None:
        """Begin an empty spool; what a crash left under the name is thrown away."""
        self.discard()
        self._connection = sqlite3.connect(self.path, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode = OFF")
        self._connection.execute("PRAGMA synchronous = OFF")
        self._lay_out()

    def close(self) -> None:
        """Let go of the file, which stays."""
        self._connection.close()

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, raised: BaseException | None, at: TracebackType | None
    ) -> None:
        self.close()

    def _lay_out(self) -> None:
        self._connection.execute("BEGIN")
        self._create()

    def _create(self) -> None:
        for body in SPOOLED:
            columns = ", ".join(f'"{name}"' for name in driver_columns(body)[1:])
            self._connection.execute(f"CREATE TABLE {body.name} (line INTEGER PRIMARY KEY, {columns})")

    def clear(self) -> None:
        """Forget every row kept so far."""
        if not self._connection.in_transaction:  # sealed already, and judged again
            self._connection.execute("BEGIN")
        for body in SPOOLED:
            self._connection.execute(f"DROP TABLE {body.name}")
        self._frontiers.clear()
        self._create()

    def discard(self) -> None:
        """Remove the file, if it is there."""
        self.path.unlink(missing_ok=True)

    def add(self, body: BodyFormat, rows: Sequence[tuple[Any, ...]]) -> None:
        """Seal and keep rows of a body in line order; particulars get their salts here."""
        if not rows:
            return
        kept = salted(rows) if body.salted else rows
        self._frontiers.setdefault(body.name, tree.Frontier()).extend(leaves(body, kept))
        marks = ", ".join("?" * len(kept[0]))
        self._connection.executemany(f"INSERT INTO {body.name} VALUES ({marks})", kept)  # noqa: S608 - names of ours

    def sealed(self) -> tuple[SpooledRows, ...]:
        """What was kept, as rows ready to be written. Nothing can be added afterwards."""
        self._connection.execute("COMMIT")
        sealed = []
        for body in SPOOLED:
            if frontier := self._frontiers.get(body.name):
                commitment = Body(body.name, body.format, frontier.size, frontier.root().hex())
                sealed.append(SpooledRows(body, self.path, commitment))
        return tuple(sealed)

    def twins(self, kinds: Sequence[str], most: int = 100) -> list[tuple[Any, ...]]:
        """Charges of these kinds that stand more than once, alike in everything but their place and coding, at most
        `most`: (first line, times, service, product, amount in minor units). Only rows that cost something."""
        alike = "c.service, c.product, c.kind, c.quantity, c.rate, c.exact, c.amount, c.service_from, c.service_to"
        marks = ", ".join("?" * len(kinds))
        query = (
            "SELECT min(c.line), count(*), c.service, c.product, c.amount "  # noqa: S608 - names of ours
            "FROM charges c LEFT JOIN particulars p ON p.line = c.line "
            f"WHERE c.kind IN ({marks}) AND c.amount > 0 AND c.service <> '' "
            f"GROUP BY {alike}, p.text HAVING count(*) > 1 ORDER BY min(c.line) LIMIT {int(most)}"
        )
        return self._connection.execute(query, tuple(kinds)).fetchall()
