"""The reading of covers: what people typed from the paper of bills that arrived without a total. Few facts, a view."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import attrs
from sqlalchemy import Connection, select

from ledger_core.facts import catalogue
from ledger_core.facts.fact import Fact, read_fact
from ledger_core.store import log
from ledger_core.store.tables import LOG


@attrs.frozen
class Cover:
    """What the paper of one bill states: its total in exact major units, and what else the file left out.

    `bill` is the bill's id without its generation; `person` entered it, and is not who approves it where two people
    are needed.
    """

    fact: int
    bill: str
    total: str
    number: str | None
    bill_date: date | None
    account: str | None
    person: str
    reason: str


def entered(connection: Connection, until: int | None = None) -> dict[str, Cover]:
    """The latest cover of each bill, by `bill`."""
    covers = map(_cover, log.facts(connection, [catalogue.COVER_ENTERED], until=until))
    return {cover.bill: cover for cover in covers}


def of_documents(connection: Connection, bill: str, documents: Iterable[str]) -> Cover | None:
    """The cover of a bill in these documents (their SHA-256), by the key of its fact: quick in a long log."""
    found: list[Fact] = []
    for sha256 in documents:
        start = f"cover/{sha256}/{first_generation(bill)}/"
        query = select(LOG.c.fact).where(LOG.c.key >= start, LOG.c.key < start[:-1] + "0")  # "0" follows "/"
        found += (read_fact(bytes(written)) for written in connection.execute(query).scalars())
    return _cover(max(found, key=lambda fact: fact.sequence)) if found else None


def _cover(fact: Fact) -> Cover:
    content = fact.content
    return Cover(
        fact.sequence,
        content["bill"],
        content["total"],
        content["number"],
        date.fromisoformat(content["bill_date"]) if content["bill_date"] else None,
        content["account"],
        fact.actor.person,
        content["reason"],
    )


def of_bill(connection: Connection, bill: str, until: int | None = None) -> Cover | None:
    """The cover of a bill, whichever generation of it is named."""
    return entered(connection, until).get(first_generation(bill))


def first_generation(bill: str) -> str:
    """A bill's id as its first posting had it: later ones carry a number after a point."""
    return bill.partition(".")[0]


def payable(connection: Connection, bill: str, *, stated: bool, until: int | None = None) -> bool:
    """Whether a bill may be paid: it states its total itself, or a cover does."""
    return stated or of_bill(connection, bill, until) is not None
