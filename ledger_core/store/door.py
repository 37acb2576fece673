"""The write door: the one way into the ledger. One writer at a time; the sequence is assigned inside."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any, Protocol

import attrs
from sqlalchemy import Connection, insert, text

from ledger_core import canonical
from ledger_core.errors import AlreadyRecorded, LedgerBusy, LedgerUnavailable
from ledger_core.facts.catalogue import CATALOGUE
from ledger_core.facts.fact import Actor, Body, Fact, digest_of, instant_text
from ledger_core.store import guards, log
from ledger_core.store.database import Database
from ledger_core.store.rows import Rows
from ledger_core.store.tables import LOG

#: How long a writer waits for another, in seconds.
WAIT_SECONDS = 60
_ADVISORY_LOCK = 7_011_055  # any number, the same for every writer of a database

_WAITING = """
    SELECT EXISTS (
        SELECT 1 FROM pg_locks l JOIN pg_database d ON d.oid = l.database AND d.datname = current_database()
        WHERE l.locktype = 'advisory' AND l.classid = 0 AND l.objid = :lock AND NOT l.granted)"""

Clock = Callable[[], datetime]


class Signer(Protocol):
    """Whoever acts, with the key that proves it. Nobody can act as another without that person's key."""

    @property
    def actor(self) -> Actor:
        """The person and the fingerprint of the key."""
        ...

    def sign(self, message: bytes) -> bytes:
        """The signature over `message`."""
        ...


@attrs.frozen
class Draft:
    """A fact before it has a sequence. `rows` are its bodies; `act` groups the facts of one act."""

    kind: str
    key: str
    content: Mapping[str, Any]
    act: str
    effective: date | None = None
    based_on: int = 0
    rows: tuple[Rows, ...] = ()


@attrs.define
class Door:
    """An open write door: one transaction, in which facts get their sequence, bytes, digest and signature."""

    connection: Connection
    site: str
    signer: Signer
    clock: Clock
    _last: int
    _recorded: datetime | None = None
    facts: list[Fact] = attrs.field(factory=list)

    @property
    def last(self) -> int:
        """The sequence of the last fact, those of this transaction included."""
        return self._last

    def beside(self) -> Door:
        """A door on the same transaction that counts on from here, while this one rests: for what is taken back."""
        return Door(self.connection, self.site, self.signer, self.clock, self._last, self._recorded)

    def record(self, draft: Draft) -> Fact:
        """Write one fact with its bodies. Raises AlreadyRecorded when its key is in the log."""
        canonical.check_text(draft.key, "key")
        if log.fact_by_key(self.connection, draft.key) is not None:
            raise AlreadyRecorded(f"fact {draft.key}", "it is in the log already", "Nothing needs to be done.")
        fact = self._fact(draft)
        written = fact.written()
        for rows in draft.rows:
            rows.write(self.connection, fact.sequence)
        digest = digest_of(written)
        self.connection.execute(
            insert(LOG).values(
                sequence=fact.sequence,
                kind=fact.kind,
                key=fact.key,
                recorded=instant_text(fact.recorded),
                effective=fact.effective.isoformat() if fact.effective else None,
                fact=written,
                digest=digest,
                signature=self.signer.sign(digest),
            )
        )
        self._last = fact.sequence
        self.facts.append(fact)
        return fact

    def _fact(self, draft: Draft) -> Fact:
        commitments: tuple[Body, ...] = tuple(rows.commitment for rows in draft.rows)
        return Fact(
            site=self.site,
            sequence=self._last + 1,
            kind=draft.kind,
            version=CATALOGUE[draft.kind].version,
            key=draft.key,
            act=draft.act,
            actor=self.signer.actor,
            based_on=draft.based_on,
            recorded=self._instant(),
            effective=draft.effective,
            content=draft.content,
            bodies=commitments,
        )

    def _instant(self) -> datetime:
        """Now, but never before the last recorded fact (INV-70: monotone within the writer)."""
        if self._recorded is None:
            self._recorded = log.fact(self.connection, self._last).recorded if self._last else None
        now = self.clock()
        self._recorded = now if self._recorded is None else max(now, self._recorded)
        return self._recorded


@contextmanager
def open_door(
    database: Database,
    site: str,
    signer: Signer,
    clock: Clock,
    *,
    spool: Path | None = None,
    wait: float = WAIT_SECONDS,
) -> Iterator[Door]:
    """The door, held for one transaction that commits at the end of the block and rolls back on any error.

    Raises LedgerBusy when another process holds it longer than `wait` seconds.
    """
    with _held(database, wait), database.writing(spool) as connection:
        if not database.embedded:
            connection.execute(text(f"SET LOCAL ROLE {guards.WRITER}"))
            _lock(connection, wait)
        yield Door(connection, site, signer, clock, log.last_sequence(connection))


def _lock(connection: Connection, wait: float) -> None:
    """The advisory lock of a database: held by whoever appends, until the transaction ends."""
    connection.execute(text(f"SET LOCAL lock_timeout = {max(1, int(wait * 1000))}"))
    if wait:
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})"))
    elif not connection.execute(text(f"SELECT pg_try_advisory_xact_lock({_ADVISORY_LOCK})")).scalar_one():
        raise LedgerBusy("the ledger database", "another program is writing", "Try again when it is done.")
    connection.execute(text(f"SET LOCAL lock_timeout = {WAIT_SECONDS * 1000}"))


def forget_rewritten(database: Database, wait: float = WAIT_SECONDS) -> bool:
    """Empty the journal of an embedded ledger, which still holds pages as they were before rows were destroyed. False
    where readers hold on to it: then whoever writes next does it. A server does this by itself, in its own time.

    Raises LedgerBusy when another process holds the door longer than `wait` seconds.
    """
    with _held(database, wait):
        return database.truncate_journal()


@contextmanager
def _held(database: Database, wait: float) -> Iterator[None]:
    """The lock file of an embedded site: held by whoever appends or checkpoints."""
    if database.file is None:
        yield
        return
    file = database.file.with_suffix(".lock")
    try:
        lock = file.open("a+b")
    except OSError as refused:
        raise LedgerUnavailable(
            str(file), f"it cannot be opened for writing ({refused.strerror})", "Let Tollbook write to this folder."
        ) from refused
    with lock:
        _flock(lock.fileno(), wait, database.file)
        yield


def _flock(descriptor: int, wait: float, file: Path) -> None:
    if _taken(descriptor):
        return
    deadline = time.monotonic() + wait
    with _bell(file).open("a+b") as bell:
        if wait:
            fcntl.flock(bell.fileno(), fcntl.LOCK_SH)
        while not _taken(descriptor):
            if time.monotonic() >= deadline:
                raise LedgerBusy(
                    str(file), f"another program has been writing for {wait:.0f} seconds", "Try again when it is done."
                )
            time.sleep(0.02)


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def awaited(database: Database, connection: Connection) -> bool:
    """Whether somebody waits for the door that `connection` holds. Of an embedded ledger they hold the bell while
    they do."""
    if database.file is None:
        return bool(connection.execute(text(_WAITING), {"lock": _ADVISORY_LOCK}).scalar_one())
    with _bell(database.file).open("a+b") as bell:
        return not _taken(bell.fileno())


def _bell(file: Path) -> Path:
    return file.with_suffix(".bell")
