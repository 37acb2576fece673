"""Verify a ledger: recompute everything that was sealed, and name every difference. Nothing is written.

Two processes share the work of a large ledger, each with a snapshot of its own: what was recorded in between stands in
the second's own copy of the log.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import chain
from pathlib import Path

import attrs
from sqlalchemy import Connection

from ledger_core.engine.checkpoint import Checkpoint, origin_of
from ledger_core.engine.ledger import READINGS
from ledger_core.engine.verification import archive, bodies, log, readings, schema
from ledger_core.engine.verification.difference import Destroyed, Difference, readable
from ledger_core.engine.verification.log import LogRead, Sealed
from ledger_core.engine.verification.sums import CELLS, Sums
from ledger_core.facts.body import CHARGES, FORMATS, PARTICULARS, POSTINGS, SHARES, BodyFormat
from ledger_core.store.database import Database
from ledger_core.store.log import Head
from ledger_core.store.tables import DESTROYED

#: Reads the archive again through the importers and yields what differs from the charges as they were known then.
Deep = Callable[[Connection], Iterator[Difference]]
_SUMMED = (CHARGES, SHARES, POSTINGS, PARTICULARS)
_UNCOUNTED = tuple(body for body in FORMATS.values() if body not in _SUMMED)  # bodies that no sum rests on
_LARGE = 50_000  # particulars from which on a second process pays


@attrs.define
class Checked:
    """How much was looked at."""

    facts: int = 0
    entries: int = 0
    postings: int = 0
    charges: int = 0
    shares: int = 0
    files: int = 0
    readings: int = 0


@attrs.frozen
class Verified:
    """What `verify` found. The head is computed from the facts' own bytes."""

    head: Head
    checked: Checked
    differences: tuple[Difference, ...]
    destroyed: tuple[Destroyed, ...]

    @property
    def ok(self) -> bool:
        """Whether everything is as it was sealed. Destroyed particulars are: their leaves were kept."""
        return not self.differences


@attrs.frozen
class Request:
    """What to verify. `against` is a head kept elsewhere; `deep` reads the archive again."""

    database: Database
    archive: Path
    against: Checkpoint | None = None
    deep: Deep | None = None


def verify(request: Request) -> Verified:
    """Recompute the whole ledger. Raises LedgerUnavailable when the store cannot be reached at all."""
    if not _large(request.database):
        return _verify(request, lambda: _apart(request.database, request.archive))
    fork = multiprocessing.get_context("fork")  # before this process opens the store: no connection is inherited
    with ProcessPoolExecutor(1, mp_context=fork) as second:
        apart = second.submit(_apart, request.database, request.archive)
        return _verify(request, apart.result)


def _large(database: Database) -> bool:
    query = f"SELECT count(*) FROM (SELECT 1 FROM particulars LIMIT {_LARGE}) AS some"  # noqa: S608 - a constant
    try:
        with database.reading() as connection:
            return bool(connection.exec_driver_sql(query).scalar_one() == _LARGE)
    except Exception:  # noqa: BLE001 - whatever is wrong with the store, verification itself says it
        return False


@attrs.frozen
class _Apart:
    """What a second process may find: it sees particulars and the archive alone."""

    differences: tuple[Difference, ...]
    destroyed: tuple[Destroyed, ...]


def _apart(database: Database, folder: Path) -> _Apart:
    destroyed: list[Destroyed] = []
    with database.reading() as connection:
        read = log.LogRead()
        found = chain(
            readable("log", _reading(connection, read)),
            readable(PARTICULARS.name, _check_particulars(connection, read)),
            readable(DESTROYED.name, bodies.check_destroyed(connection, read, destroyed)),
        )
        differences = tuple(found)
    return _Apart((*differences, *archive.check_archive(folder, read)), tuple(destroyed))


def _reading(connection: Connection, read: LogRead) -> Iterator[Difference]:
    read.facts.update(log.read_commitments(connection).facts)
    yield from ()


def _check_particulars(connection: Connection, read: LogRead) -> Iterator[Difference]:
    committed = {fact.sequence for fact in read.facts.values() if fact.body(PARTICULARS.name)}
    for sequence in sorted(committed):
        check = bodies.check_particulars(connection, read.facts[sequence])
        yield from _typed(PARTICULARS, read.facts[sequence], check)
    yield from bodies.check_strays(connection, PARTICULARS.name, read, committed)
    yield from bodies.check_strays(connection, DESTROYED.name, read, committed)


def _verify(request: Request, apart: Callable[[], _Apart]) -> Verified:
    read, checked = LogRead(), Checked()
    with request.database.reading() as connection:
        found = list(readable("schema", schema.check_schema(connection, request.database)))
        broken = list(readable("log", log.check_log(connection, read)))
        found += broken
        found += readable("rows", _check_rows(connection, read, checked))
        found += archive.check_documents(read)
        if not broken:  # a log that differs has no readings to compare with
            found += readable("readings", readings.check_readings(connection, READINGS))
            checked.readings = len(READINGS)
        if request.against is not None:
            found += check_against(read, request.against)
        if request.deep is not None and not broken:
            found += request.deep(connection)
    second = apart()
    checked.facts = len(read.leaves)
    checked.files = len(archive.kept(read))
    return Verified(read.head(), checked, tuple(sorted({*found, *second.differences})), second.destroyed)


def check_against(read: LogRead, kept: Checkpoint) -> Iterator[Difference]:
    """A head kept elsewhere must be that of the log's first facts: else the past was rewritten, or its end is lost."""
    size = kept.head.size
    where = f"the first {size} facts"
    if kept.text:
        if kept.origin != origin_of(read.site):
            yield Difference("head", str(size), "the log's name", kept.origin, origin_of(read.site))
        if not kept.signed_with(read.notary):
            yield Difference(
                "head", str(size), "the head's signature", "the notary's of this ledger", "another or none"
            )
    if size > len(read.leaves):
        yield Difference("head", str(size), where, f"{size} facts", f"{len(read.leaves)} facts")
    elif (found := read.head(size).root) != kept.head.root:
        yield Difference("head", str(size), where, f"root {kept.head.root.hex()}", f"root {found.hex()}")


def _check_rows(connection: Connection, read: LogRead, checked: Checked) -> Iterator[Difference]:
    """Charges, shares, postings, reference rows and usage, fact by fact; then rows that belong to none."""
    for fact in read.facts.values():
        if fact.bodies:
            yield from _check_fact(connection, fact, Sums(fact, read), checked)
    for body in (CHARGES, SHARES, POSTINGS, *_UNCOUNTED):
        committed = {fact.sequence for fact in read.facts.values() if fact.body(body.name)}
        yield from bodies.check_strays(connection, body.name, read, committed)


def _check_fact(connection: Connection, fact: Sealed, sums: Sums, checked: Checked) -> Iterator[Difference]:
    seen: dict[BodyFormat, bodies.Visit] = {
        CHARGES: sums.see_charges,
        SHARES: sums.see_shares,
        POSTINGS: sums.see_postings,
        **dict.fromkeys(_UNCOUNTED, bodies.unseen),
    }
    for body, see in seen.items():
        if fact.body(body.name) is None:
            continue

        def visit(rows: bodies.Rows, body: BodyFormat = body, see: bodies.Visit = see) -> None:
            see(rows)
            if body not in _UNCOUNTED:
                setattr(checked, body.name, getattr(checked, body.name) + len(rows))

        yield from _typed(body, fact, bodies.check_body(connection, body, fact, visit, CELLS.get(body, ("line",))))
    if fact.body(POSTINGS.name):
        checked.entries += 1
    yield from _typed(POSTINGS, fact, sums.differences())


def _typed(body: BodyFormat, fact: Sealed, check: Iterable[Difference]) -> Iterator[Difference]:
    """A cell of the wrong kind, which no sealed row has, is a difference and not a fault of ours."""
    try:
        yield from check
    except (TypeError, ValueError, KeyError) as wrong:
        where = f"fact {fact.sequence}, {body.name}"
        yield Difference(body.name, fact.id, where, "cells of their kinds", f"{type(wrong).__name__}: {wrong}")
