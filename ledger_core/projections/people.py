"""The reading of people: who is enrolled, with which keys and roles. Few facts, so a view over the log."""

from __future__ import annotations

import base64

import attrs
from sqlalchemy import Connection

from ledger_core.facts import catalogue
from ledger_core.facts.fact import Fact
from ledger_core.store import log


@attrs.frozen
class Enrolled:
    """A person or service that may act, by one of their keys."""

    person: str
    key: str
    public: bytes
    roles: tuple[str, ...]
    fact: int


def enrolled(connection: Connection) -> dict[str, Enrolled]:
    """By key fingerprint, everybody who is enrolled. A later enrolment of a key replaces an earlier one; a key that was
    withdrawn is gone."""
    people: dict[str, Enrolled] = {}
    for fact in log.facts(connection, [catalogue.LEDGER_OPENED, catalogue.PERSON_ENROLLED, catalogue.KEY_WITHDRAWN]):
        if fact.kind == catalogue.KEY_WITHDRAWN:
            for key in fact.content["keys"]:
                people.pop(key, None)
            continue
        for person in fact.content["people"]:
            people[person["key"]] = Enrolled(
                person["person"],
                person["key"],
                base64.b64decode(person["public"]),
                tuple(person["roles"]),
                fact.sequence,
            )
    return people


def withdrawn(connection: Connection) -> dict[str, Fact]:
    """By key fingerprint, the fact that withdrew it."""
    facts = log.facts(connection, [catalogue.KEY_WITHDRAWN])
    return {key: fact for fact in facts for key in fact.content["keys"]}


def one_person_site(connection: Connection) -> bool:
    """Whether the ledger was opened for one person, who then prepares and approves alike; the books say so."""
    return any(fact.content["one_person"] for fact in log.facts(connection, [catalogue.LEDGER_OPENED]))
