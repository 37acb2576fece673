"""The reading of what is prepared: decisions that somebody wrote down and another person has to take. Few facts, found
by their keys, so a view over the log."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import attrs
from sqlalchemy import Connection, select

from ledger_core.errors import AlreadyRecorded, Unknown
from ledger_core.facts.fact import Fact, read_fact
from ledger_core.store.tables import LOG

#: How the keys of the two facts begin: a decision is prepared, and that ends.
PREPARED, ENDED = "prepared/", "seconded/"
#: How it ends.
TAKEN, REFUSED = "taken", "refused"


@attrs.frozen
class Prepared:
    """A decision that waits for another person: what it would do, as `person` found it on `seen` facts of the log.

    `amount` is in minor units, `charges` how many it concerns; `items` are the queue's items that it answers.
    """

    sequence: int
    person: str
    since: datetime
    seen: int
    decision: str
    reason: str
    arguments: Mapping[str, Any]
    items: tuple[str, ...]
    charges: int
    amount: int

    @property
    def name(self) -> str:
        """How it is named to people."""
        return f"P{self.sequence}"


def waiting(connection: Connection) -> list[Prepared]:
    """What is prepared and has not ended, in the order in which it was prepared."""
    over = {fact.content["prepared"] for fact in _facts(connection, ENDED)}
    found = (_read(fact) for fact in _facts(connection, PREPARED) if fact.sequence not in over)
    return sorted(found, key=lambda one: one.sequence)


def prepared_of(connection: Connection, name: str) -> Prepared:
    """What waits under that name. Raises Unknown, AlreadyRecorded where it has ended."""
    for fact in _facts(connection, ENDED):
        if f"P{fact.content['prepared']}" == name:
            found = f"it was {fact.content['outcome']} by {fact.actor.person} in fact {fact.sequence}"
            raise AlreadyRecorded(f"prepared {name}", found, "Nothing needs to be done.")
    for one in waiting(connection):
        if one.name == name:
            return one
    raise Unknown(f"prepared {name[:80]}", "nothing of that name was prepared", "Take the name from `tollbook decide`.")


def by_item(connection: Connection) -> dict[str, tuple[str, ...]]:
    """By item of the queue, the names of what is prepared about it."""
    found: dict[str, tuple[str, ...]] = {}
    for one in waiting(connection):
        for item in one.items:
            found[item] = (*found.get(item, ()), one.name)
    return found


def preparers_of(connection: Connection, fact: Fact) -> frozenset[str]:
    """Who prepared the decision that a fact is part of: nobody for most facts."""
    ended = _facts(connection, f"{ENDED}{fact.act}/")
    return frozenset(end.content["by"] for end in ended if fact.sequence in end.content["facts"])


def _facts(connection: Connection, start: str) -> Iterator[Fact]:
    """Facts whose keys begin so, by the index of keys: quick in a long log. `start` ends in a slash."""
    query = select(LOG.c.fact).where(LOG.c.key >= start, LOG.c.key < start[:-1] + "0")  # "0" follows "/"
    return (read_fact(bytes(written)) for written in connection.execute(query).scalars().all())


def _read(fact: Fact) -> Prepared:
    content = fact.content
    return Prepared(
        fact.sequence,
        fact.actor.person,
        fact.recorded,
        fact.based_on,
        content["decision"],
        content["reason"],
        content["arguments"],
        tuple(content["items"]),
        content["charges"],
        content["amount"],
    )
