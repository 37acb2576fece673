"""A connection to either store, opened for what it may do: read one snapshot, or write through the door.

SQLite: every reader opens the file read-only; the one writer also checkpoints, under the door's lock, so that two
connections never write or checkpoint at once. PostgreSQL: the writer acts as a role without UPDATE and DELETE.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import attrs
from sqlalchemy import Connection, Engine, create_engine, event, exc, text
from sqlalchemy.pool import NullPool

from ledger_core.errors import LedgerBusy, LedgerUnavailable

_BUSY_SECONDS = 30
_PATIENCE_SECONDS = 2  # with readers, when the journal is to be emptied
_PAGE = 16_384  # bytes: rows of bills are long, and fewer pages cost less to fill, log and move over


@attrs.frozen
class Database:
    """Where the ledger is kept: the file of an embedded ledger, or the URL of a PostgreSQL database."""

    file: Path | None = None
    url: str | None = None

    @property
    def embedded(self) -> bool:
        """Whether this is the SQLite file of a site."""
        return self.file is not None

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One snapshot, read-only. Raises LedgerUnavailable when the store cannot be opened."""
        with self._connected(self._engine(write=False)) as connection:
            snapshot = connection.begin()
            try:
                if not self.embedded:
                    connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))
                yield connection
            finally:
                snapshot.rollback()  # a damaged file may refuse to end a transaction in any other way

    @contextmanager
    def writing(self, attach: Path | None = None) -> Iterator[Connection]:
        """One transaction that commits at the end of the block. Only the door calls this. `attach` is a spool file
        that the embedded store reads beside its own."""
        with self._connected(self._engine(write=True)) as connection:
            if attach is not None and self.embedded:
                _raw(connection).execute("ATTACH DATABASE ? AS spool", (str(attach),))
            with connection.begin():
                yield connection
            if self.embedded:
                with suppress(sqlite3.OperationalError):  # all is committed; the next writer moves it over
                    _raw(connection).execute("PRAGMA wal_checkpoint(PASSIVE)")

    def truncate_journal(self) -> bool:
        """Move everything out of the journal into the file of an embedded ledger and empty it; whether that could be
        done. Only the door calls this. A server keeps its own."""
        if self.file is None:
            return True
        with self._connected(self._engine(write=True)) as connection:
            _raw(connection).execute(f"PRAGMA busy_timeout = {_PATIENCE_SECONDS * 1000}")
            busy, _, _ = _raw(connection).execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not busy

    @contextmanager
    def scratch(self) -> Iterator[Connection]:
        """An empty place of the same kind of store, gone at the end of the block: what a ledger is compared with.

        In memory; on PostgreSQL a schema of its own in a transaction that never commits.
        """
        if self.embedded:
            with memory() as connection:
                yield connection
            return
        with self._connected(self._engine(write=False)) as connection:
            connection.execute(text("CREATE SCHEMA tollbook_scratch"))
            connection.execute(text("SET LOCAL search_path TO tollbook_scratch"))
            try:
                yield connection
            finally:
                connection.rollback()

    @contextmanager
    def _connected(self, engine: Engine) -> Iterator[Connection]:
        try:
            with self.answering(engine), engine.connect() as connection:
                yield connection
        finally:
            engine.dispose()

    @contextmanager
    def answering(self, engine: Engine) -> Iterator[None]:
        """For what is asked of the store in the block. Raises LedgerUnavailable or LedgerBusy where it fails."""
        where = self.file or "the ledger database"
        try:
            yield
        except exc.DBAPIError as refused:
            if refused.orig is None or not _store_failed(engine, refused.orig):
                raise
            raise _unavailable(str(refused.orig), where) from refused
        except _driver(engine).Error as refused:  # from the driver itself, which bulk rows go through
            if not _store_failed(engine, refused):
                raise
            raise _unavailable(str(refused), where) from refused

    def _engine(self, *, write: bool) -> Engine:
        if self.file is None:
            assert self.url is not None
            return create_engine(self.url, poolclass=NullPool)
        file = self.file
        engine = create_engine("sqlite://", creator=lambda: _open(file, write=write), poolclass=NullPool)
        event.listen(engine, "begin", _begin_immediate if write else _begin)
        return engine


@contextmanager
def memory() -> Iterator[Connection]:
    """An empty SQLite store in memory, gone at the end of the block."""
    engine = create_engine("sqlite://", poolclass=NullPool)
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def _open(file: Path, *, write: bool) -> sqlite3.Connection:
    mode = "rwc" if write else "ro"
    try:
        connection = sqlite3.connect(f"{file.absolute().as_uri()}?mode={mode}", uri=True, isolation_level=None)
    except sqlite3.OperationalError as missing:
        raise LedgerUnavailable(str(file), f"it cannot be opened ({missing})", "Check the site's folder.") from missing
    connection.execute(f"PRAGMA busy_timeout = {_BUSY_SECONDS * 1000}")
    if write:
        for pragma in (
            f"page_size = {_PAGE}",  # of a new file; another keeps its own
            "journal_mode = WAL",
            "synchronous = FULL",
            "recursive_triggers = ON",
            "secure_delete = ON",
            "wal_autocheckpoint = 0",  # the door checkpoints, nobody else
            "cache_size = -16384",
        ):
            connection.execute(f"PRAGMA {pragma}")
    else:
        connection.execute("PRAGMA query_only = ON")
        connection.execute("PRAGMA mmap_size = 268435456")
    return connection


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _raw(connection: Connection) -> Any:
    return connection.connection.dbapi_connection


def _driver(engine: Engine) -> Any:
    return engine.dialect.loaded_dbapi


def _store_failed(engine: Engine, raised: BaseException) -> bool:
    """Whether the store itself failed: gone, locked, full, damaged. Else it is our own bug, or a guard that holds.

    SQLite says that a file is none of its own with the bare class of its errors, and with no subclass of it.
    """
    driver = _driver(engine)
    failures = (driver.OperationalError, driver.InterfaceError, driver.InternalError)
    return isinstance(raised, failures) or type(raised) is driver.DatabaseError


def _unavailable(found: str, where: object) -> LedgerUnavailable | LedgerBusy:
    if any(word in found for word in ("locked", "busy", "lock timeout")):
        return LedgerBusy(str(where), f"another program holds it ({found})", "Wait for it to finish, then try again.")
    if "full" in found or "No space" in found:
        return LedgerUnavailable(str(where), f"the disk is full ({found})", "Free some space; nothing was lost.")
    if "not a database" in found or "malformed" in found:
        return LedgerUnavailable(str(where), f"it is damaged ({found})", "Restore it from a backup.")
    return LedgerUnavailable(str(where), f"the store does not answer ({found})", "Check that it is there and readable.")
