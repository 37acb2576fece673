"""The reading for the first screen of the morning: what the ledger holds, what waits, what is closed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime

import attrs
from sqlalchemy import Connection, distinct, func, select

from ledger_core.facts import catalogue
from ledger_core.projections import documents, periods
from ledger_core.projections.charges import standing_bills
from ledger_core.projections.exceptions import WaitingFiles, waiting_files
from ledger_core.projections.suspense import unassigned
from ledger_core.store import log
from ledger_core.store.log import Head
from ledger_core.store.tables import BODIES

#: Documents that were not taken in and need a person.
_REJECTED = (documents.REFUSED, "revision")


@attrs.frozen
class InSuspense:
    """How many charges lie in suspense, and how much: minor units."""

    currency: str
    count: int
    amount: int


@attrs.frozen
class FailedExtension:
    """An extension that failed when it was asked who reads a file, which another reads: how often, and when last."""

    name: str
    files: int
    file: str
    code: str
    found: str
    recorded: datetime


@attrs.frozen
class Overview:
    """The state of the books. Bills and charges are those that stand; entries and postings are all ever made.

    `rejected` are names of documents with the code of the refusal, `periods` months with their state.
    """

    head: Head
    documents: int
    bills: int
    charges: int
    entries: int
    postings: int
    suspense: tuple[InSuspense, ...]
    waiting: tuple[WaitingFiles, ...]
    rejected: tuple[tuple[str, str], ...]
    periods: tuple[tuple[str, str], ...]
    failed: tuple[FailedExtension, ...] = ()


def overview(connection: Connection) -> Overview:
    """The state of the books at the head of the log."""
    head = log.head(connection)
    bills = standing_bills(connection, head.size)
    known = documents.all_documents(connection)
    postings = BODIES["postings"].c
    entries, lines = connection.execute(select(func.count(distinct(postings.fact)), func.count())).one()
    states = {bill.effective[:7]: periods.OPEN for bill in bills} | periods.states(connection)
    return Overview(
        head=head,
        documents=len(known),
        bills=len(bills),
        charges=sum(bill.charges for bill in bills),
        entries=entries,
        postings=lines,
        suspense=_suspense(connection, head.size),
        waiting=tuple(sorted(waiting_files(connection), key=lambda waiting: waiting.files)),
        rejected=tuple(sorted((one.name, one.code) for one in known if one.state in _REJECTED)),
        periods=tuple(sorted(states.items())),
        failed=tuple(_failed(connection)),
    )


def _failed(connection: Connection) -> Iterator[FailedExtension]:
    found: dict[str, FailedExtension] = {}
    for fact in log.facts(connection, [catalogue.DOCUMENT_RECEIVED]):
        for name, code, said in fact.content.get("failed", ()):
            before = found[name].files if name in found else 0
            found[name] = FailedExtension(name, before + 1, fact.content["name"], code, said, fact.recorded)
    yield from (found[name] for name in sorted(found))


def _suspense(connection: Connection, until: int) -> tuple[InSuspense, ...]:
    found: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for lines in unassigned(connection, until=until):
        found[lines.bill.currency][0] += lines.lines
        found[lines.bill.currency][1] += lines.amount
    return tuple(InSuspense(currency, *sums) for currency, sums in sorted(found.items()))
