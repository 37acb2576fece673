"""The reading of exports: on which route each entry leaves, what has left already, and what waits for what.

Tollbook is a subsidiary ledger: every entry has exactly one way out. What is owed to a vendor goes to accounts payable;
everything else to the general ledger's journal; a reversal goes the way of what it reverses. Zero buckets stay here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from enum import StrEnum

import attrs
from sqlalchemy import Connection, select

from ledger_core.contracts.exporter import Route
from ledger_core.facts import catalogue
from ledger_core.facts.entry import Book, EntryKind, Role
from ledger_core.facts.fact import Fact
from ledger_core.projections import approvals, covers, people
from ledger_core.store import log
from ledger_core.store.tables import BODIES

_POSTINGS = BODIES["postings"].c
_JOURNAL = frozenset(
    {EntryKind.CHARGEBACK, EntryKind.RECLASS, EntryKind.CORRECTION, EntryKind.MANUAL, EntryKind.ACCRUAL}
)


class Standing(StrEnum):
    """Where an entry is on its way out."""

    READY = "ready"
    EXPORTED = "exported"
    WAITING = "waiting"
    NOTHING = "nothing"  # every bucket is zero
    STRAY = "stray"  # no route: a fault that is reported


@attrs.frozen
class Routed:
    """One entry and its way out. `why` says what it waits for, `batch` in which batch it left."""

    fact: Fact
    route: Route | None
    standing: Standing
    why: str = ""
    batch: str = ""

    @property
    def entry(self) -> str:
        """Its name."""
        return f"E{self.fact.sequence}"


def routes(connection: Connection, until: int | None = None, person: str = "") -> Iterator[Routed]:
    """Every entry recorded up to `until` (None: all), in order, with its route, for the `person` who would send it."""
    return _Routes(connection, until, person).all()


def exports(connection: Connection, target: str, until: int | None = None) -> list[Fact]:
    """The exports made on one route, in order."""
    made = log.facts(connection, [catalogue.EXPORT_MADE], until=until)
    return [fact for fact in made if fact.content["target"] == target]


class _Routes:
    """Entries, read once."""

    def __init__(self, connection: Connection, until: int | None, person: str) -> None:
        self._person = person
        self._facts = {
            fact.sequence: fact
            for fact in log.facts(connection, [catalogue.BILL_POSTED, catalogue.ENTRY_POSTED], until=until)
        }
        self._roles = _roles(connection)
        self._batches: Mapping[int, str] = {
            int(entry): str(fact.content["batch"])
            for fact in log.facts(connection, [catalogue.EXPORT_MADE], until=until)
            for entry in fact.content["entries"]
        }
        self._covers = covers.entered(connection, until)
        self._approved = None if people.one_person_site(connection) else approvals.approved(connection, until)

    def all(self) -> Iterator[Routed]:
        """In order of recording."""
        for fact in self._facts.values():
            yield self._routed(fact)

    def _routed(self, fact: Fact) -> Routed:
        if not self._roles.get(fact.sequence):
            return Routed(fact, None, Standing.NOTHING)
        route = self._route(fact)
        if route is None:
            return Routed(fact, None, Standing.STRAY, f"nothing says how a {fact.content['entry']} entry leaves")
        if batch := self._batches.get(fact.sequence):
            return Routed(fact, route, Standing.EXPORTED, batch=batch)
        why = self._waits(fact, route)
        return Routed(fact, route, Standing.WAITING if why else Standing.READY, why)

    def _route(self, fact: Fact) -> Route | None:
        kind = fact.content["entry"]
        if kind == EntryKind.REVERSAL:
            return self._route(self._facts[int(fact.content["reverses"])])
        if kind == EntryKind.BILL:
            # A bill paid by card owes its vendor nothing: it goes against card clearing in the journal.
            owed = self._roles.get(fact.sequence, frozenset()) & {Role.PAYABLE, Role.HELD}
            return Route.VOUCHERS if owed else Route.JOURNAL
        return Route.JOURNAL if kind in _JOURNAL else None

    def _waits(self, fact: Fact, route: Route) -> str:
        """What an entry waits for; "" where it may leave."""
        kind = fact.content["entry"]
        if kind == EntryKind.REVERSAL:
            reversed_fact = self._facts[int(fact.content["reverses"])]
            return "" if reversed_fact.sequence in self._batches else self._waits(reversed_fact, route)
        if route is Route.VOUCHERS and not fact.content["payable"]:
            return self._waits_for_cover(covers.first_generation(fact.content["bill"]))
        if kind == EntryKind.CHARGEBACK and self._approved is not None and fact.sequence not in self._approved:
            return "a second person's approval"
        return ""

    def _waits_for_cover(self, bill: str) -> str:
        """What states no total is not payable until a person typed it from the paper, and another one sends it."""
        cover = self._covers.get(bill)
        if cover is None:
            return "its bill states no total: enter its cover"
        if self._approved is not None and cover.person == self._person:
            return f"{cover.person} entered its cover: another person must send it"
        return ""


def _roles(connection: Connection) -> dict[int, frozenset[str]]:
    """By entry, the roles of its postings that are not zero buckets."""
    query = select(_POSTINGS.fact, _POSTINGS.role).where(_POSTINGS.book == Book.ACTUAL.value).distinct()
    found: dict[int, set[str]] = defaultdict(set)
    for fact, role in connection.execute(query):
        found[fact].add(role)
    return {fact: frozenset(roles) for fact, roles in found.items()}
