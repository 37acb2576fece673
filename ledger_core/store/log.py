"""The log read back: facts by sequence, kind and key, and the head of the tree over them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

import attrs
from sqlalchemy import Connection, func, select

from ledger_core import tree
from ledger_core.errors import Unknown
from ledger_core.facts.fact import Fact, instant_text, read_fact
from ledger_core.store.tables import LOG


@attrs.frozen
class Head:
    """The state of the log: how many facts it holds, and the root over them (RFC 6962)."""

    size: int
    root: bytes


def last_sequence(connection: Connection) -> int:
    """The sequence of the last fact; 0 in an empty log."""
    return int(connection.execute(select(func.coalesce(func.max(LOG.c.sequence), 0))).scalar_one())


def sequence_at(connection: Connection, moment: datetime) -> int:
    """The last sequence recorded at or before `moment`: what was known then."""
    newest = select(func.coalesce(func.max(LOG.c.sequence), 0)).where(LOG.c.recorded <= instant_text(moment))
    return int(connection.execute(newest).scalar_one())


def digests(connection: Connection, size: int | None = None) -> list[bytes]:
    """The stored leaf hashes of the log in order, all or the first `size`."""
    query = select(LOG.c.digest).order_by(LOG.c.sequence)
    return [bytes(digest) for digest in connection.execute(query.limit(size) if size is not None else query).scalars()]


def head(connection: Connection, size: int | None = None) -> Head:
    """The head over the stored digests, now or when the log had `size` facts."""
    hashes = digests(connection, size)
    return Head(len(hashes), tree.root_of(hashes))


def fact(connection: Connection, sequence: int) -> Fact:
    """The fact of that sequence. Raises Unknown."""
    written = connection.execute(select(LOG.c.fact).where(LOG.c.sequence == sequence)).scalar()
    if written is None:
        raise Unknown(f"fact {sequence}", "the ledger holds none of that sequence", "Check the number.")
    return read_fact(bytes(written))


def fact_by_key(connection: Connection, key: str) -> Fact | None:
    """The fact recorded under that key, if any."""
    written = connection.execute(select(LOG.c.fact).where(LOG.c.key == key)).scalar()
    return None if written is None else read_fact(bytes(written))


def facts(
    connection: Connection, kinds: Sequence[str] | None = None, *, after: int = 0, until: int | None = None
) -> Iterator[Fact]:
    """Facts in order, of some kinds or all, with `after` < sequence <= `until`."""
    query = select(LOG.c.fact).where(LOG.c.sequence > after).order_by(LOG.c.sequence)
    if kinds is not None:
        query = query.where(LOG.c.kind.in_(kinds))
    if until is not None:
        query = query.where(LOG.c.sequence <= until)
    for written in connection.execute(query).scalars():
        yield read_fact(bytes(written))
