"""A large bill on its way through the write door while it is still being read, as long as nobody else wants the door.

Nothing is recorded by that: the transaction commits only if the bill is judged to stand. Whoever waits for the door
gets it after the next batch; the bill then withdraws and starts again from its batches, later.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, Self

import attrs

from ledger_core.engine.ledger import Act, Ledger
from ledger_core.errors import LedgerBusy
from ledger_core.facts.body import BodyFormat
from ledger_core.store import bulk, csv_copy, guards
from ledger_core.store.door import Signer, awaited
from ledger_core.store.spool import SPOOLED


class _Withdrawn(Exception):
    """Ends a transaction that is not to be."""


@attrs.define(eq=False)
class Passage:
    """An open door and the transaction in it, for the rows of the next fact."""

    ledger: Ledger
    act: Act
    _stack: ExitStack
    _guards: ExitStack = attrs.field(factory=ExitStack, init=False)
    open: bool = attrs.field(default=True, init=False)

    @classmethod
    def through(cls, ledger: Ledger, signer: Signer) -> Self | None:
        """The door, if it can be had at once. Raises NotEnrolled, LedgerUnavailable."""
        stack = ExitStack()
        try:
            act = stack.enter_context(ledger.acting(signer, wait=0))
        except LedgerBusy:
            return None
        passage = cls(ledger, act, stack)
        for body in SPOOLED if ledger.database.embedded else ():  # PostgreSQL asks its guards once a statement
            passage._guards.enter_context(guards.suspended(act.connection, body.name, passage.sequence))
        return passage

    @property
    def sequence(self) -> int:
        """The fact that the rows belong to."""
        return self.act.door.last + 1

    def add(self, body: BodyFormat, columns: Sequence[bulk.Cells], count: int, lines: bytes) -> None:
        """Add rows to that fact: their columns in stored order, salts last, and their canonical bytes.

        Raises LedgerUnavailable.
        """
        connection = self.act.connection
        raw: Any = connection.connection.dbapi_connection
        with self.ledger.database.answering(connection.engine):
            if isinstance(raw, sqlite3.Connection):
                bulk.append(raw, body.name, [self.sequence, *columns], count)
            else:
                csv_copy.add(connection, body, self.sequence, lines, columns[-1] if body.salted else ())

    def awaited(self) -> bool:
        """Whether somebody else waits for the door. Raises LedgerUnavailable."""
        if not self.open:
            return False
        connection = self.act.connection
        with self.ledger.database.answering(connection.engine):
            return awaited(self.ledger.database, connection)

    @contextmanager
    def completed(self) -> Iterator[Act]:
        """The act in which the fact is recorded; commits at the end of the block, or withdraws on any error."""
        try:
            self._guards.close()
            yield self.act
        except BaseException:
            self.withdraw()
            raise
        self.open = False
        self._stack.close()

    def withdraw(self) -> None:
        """Roll everything back and leave the door."""
        if self.open:
            self.open = False
            # Not closed: what it would put back comes back with the rollback.
            self._guards.pop_all()
            self._stack.__exit__(_Withdrawn, _Withdrawn(), None)
