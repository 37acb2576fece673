"""Shares on their way into an entry: rows that move parts of charges, sealed in a spool so that memory stays flat."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import attrs

from ledger_core.facts.body import SHARES
from ledger_core.store.rows import Rows
from ledger_core.store.spool import Spool

_BATCH = 5_000


@attrs.define
class Shares:
    """The shares of one entry, in order. `reason` and `evidence`, else `ref`, stand in each."""

    reason: str
    ref: str
    _spool: Spool
    evidence: str = ""
    count: int = 0
    _waiting: list[tuple[Any, ...]] = attrs.field(factory=list, init=False)

    @classmethod
    @contextmanager
    def spooled(cls, spools: Path, reason: str, ref: str, evidence: str = "") -> Iterator[Self]:
        """Shares that wait in a file of their own in the folder `spools`; it is gone at the end of the block."""
        spools.mkdir(parents=True, exist_ok=True)
        spool = Spool(spools / f"shares.{os.getpid()}.{ref}.spool")
        try:
            with spool:
                yield cls(reason, ref, spool, evidence)
        finally:
            spool.discard()

    def add(self, charge: tuple[int, int], posting: int, amount: int, exact: str | None) -> None:
        """Add `amount` minor units of a charge (fact, line) to a posting of the entry. `exact` is the amount in major
        units where it is not that."""
        self.count += 1
        self._waiting.append((self.count, *charge, posting, amount, exact, self.reason, self.evidence or self.ref))
        if len(self._waiting) >= _BATCH:
            self._spool.add(SHARES, self._waiting)
            self._waiting = []

    def sealed(self) -> tuple[Rows, ...]:
        """The rows, ready to be recorded. Nothing can be added afterwards."""
        self._spool.add(SHARES, self._waiting)
        # The ledger's transaction is open already, and a file cannot be attached to it any more.
        return self._spool.sealed(attached=False)
