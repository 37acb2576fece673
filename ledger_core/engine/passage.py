"""A large bill on its way through the write door while it is still being read, as long as nobody else wants the door.

Nothing is recorded by that: the transaction commits only if the bill is judged to stand. Whoever waits for the door
gets it after the next batch; the bill then withdraws and starts again from its batches, later.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Self

import attrs

from ledger_core.engine.ledger import Act, Ledger
from ledger_core.errors import LedgerBusy
from ledger_core.store import guards
from ledger_core.store.door import Signer, awaited
from ledger_core.store.spool import SPOOLED


class _Withdrawn(Exception):
    """Ends a transaction that is not to be."""


@attrs.define(eq=False)
class Passage:
    """An open door and the transaction in it, for the rows of the next fact. Only an embedded ledger has it."""

    ledger: Ledger
    act: Act
    _stack: ExitStack
    _guards: ExitStack = attrs.field(factory=ExitStack, init=False)
    open: bool = attrs.field(default=True, init=False)

    @classmethod
    def through(cls, ledger: Ledger, signer: Signer) -> Self | None:
        """The door, if it can be had at once. Raises NotEnrolled, LedgerUnavailable."""
        if not ledger.database.embedded:
            return None
        stack = ExitStack()
        try:
            act = stack.enter_context(ledger.acting(signer, wait=0))
        except LedgerBusy:
            return None
        passage = cls(ledger, act, stack)
        for body in SPOOLED:
            passage._guards.enter_context(guards.suspended(act.connection, body.name, passage.sequence))
        return passage

    @property
    def connection(self) -> sqlite3.Connection:
        """The driver's connection."""
        raw: Any = self.act.connection.connection.dbapi_connection
        assert isinstance(raw, sqlite3.Connection)
        return raw

    @property
    def sequence(self) -> int:
        """The fact that the rows belong to."""
        return self.act.door.last + 1

    def awaited(self) -> bool:
        """Whether somebody else waits for the door."""
        return self.open and awaited(self.ledger.database)

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
