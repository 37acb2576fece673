"""The reading of covers: what people typed from the paper of bills that arrived without a total. Few facts, a view."""

from __future__ import annotations

from datetime import date

import attrs
from sqlalchemy import Connection

from ledger_core.facts import catalogue
from ledger_core.store import log


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
    covers: dict[str, Cover] = {}
    for fact in log.facts(connection, [catalogue.COVER_ENTERED], until=until):
        content = fact.content
        day = content["bill_date"]
        covers[content["bill"]] = Cover(
            fact.sequence,
            content["bill"],
            content["total"],
            content["number"],
            date.fromisoformat(day) if day else None,
            content["account"],
            fact.actor.person,
            content["reason"],
        )
    return covers


def of_bill(connection: Connection, bill: str, until: int | None = None) -> Cover | None:
    """The cover of a bill, whichever generation of it is named."""
    return entered(connection, until).get(first_generation(bill))


def first_generation(bill: str) -> str:
    """A bill's id as its first posting had it: later ones carry a number after a point."""
    return bill.partition(".")[0]


def payable(connection: Connection, bill: str, *, stated: bool, until: int | None = None) -> bool:
    """Whether a bill may be paid: it states its total itself, or a cover does."""
    return stated or of_bill(connection, bill, until) is not None
