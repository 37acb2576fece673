"""The ledger as everything above sees it: open it, read one snapshot, act on it."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attrs
from sqlalchemy import Connection, text

from ledger_core.engine.open_period import require_open
from ledger_core.errors import AlreadyRecorded, NotEnrolled, NotPermitted
from ledger_core.facts import catalogue
from ledger_core.facts.fact import Fact
from ledger_core.projections import bills, chargebacks, documents, people, periods, readings
from ledger_core.projections.attribution import VIEW as ATTRIBUTION
from ledger_core.signature import PersonalKey, fingerprint
from ledger_core.store import guards, log, tables
from ledger_core.store.database import Database
from ledger_core.store.door import WAIT_SECONDS, Clock, Door, Draft, Signer, open_door

READINGS = (bills.READING, documents.READING, periods.READING, chargebacks.READING)


@attrs.frozen
class Opening:
    """What is fixed when a ledger is opened: one legal entity, one currency, one log.

    `site` names the log and stands in every fact. `fiscal_year_start_month` is 1 to 12. `chart_template` says how the
    site writes an account string. On a `one_person` site preparer and approver may be the same, and the books say so.
    """

    site: str
    entity: str
    currency: str
    time_zone: str
    first: PersonalKey
    notary: bytes
    services: tuple[PersonalKey, ...] = ()
    fiscal_year_start_month: int = 1
    chart_template: str = ""
    default_fund: str = "001"
    one_person: bool = True


@attrs.define
class Act:
    """One act of a person: facts recorded in one transaction, and the readings that follow them."""

    door: Door
    id: str
    person: people.Enrolled
    rehearsed: bool = False

    @property
    def connection(self) -> Connection:
        """The connection of the transaction."""
        return self.door.connection

    def record(self, draft: Draft) -> Fact:
        """Record one fact; the readings follow at once.

        Raises AlreadyRecorded, PeriodClosed, NotPermitted where the catalogue gives the fact to other roles.
        """
        if not self.rehearsed:
            _permit(self.person, draft.kind, self.door.facts)
        if draft.effective is not None:
            require_open(self.connection, draft.effective)
        fact = self.door.record(draft)
        readings.advance(self.connection, READINGS, [fact])
        return fact

    @contextmanager
    def rehearsal(self) -> Iterator[Act]:
        """What would come of it: whatever is recorded in the block is taken back at its end, so nobody's role is asked.
        This act must not record while the block lasts."""
        with self.connection.begin_nested() as since:
            yield Act(self.door.beside(), self.id, self.person, rehearsed=True)
            since.rollback()


@attrs.frozen
class Ledger:
    """A ledger in its database. The clock is passed in; nothing here asks the system for the time.

    `told` hears after each commit, once, of the facts just recorded. It cannot veto and must not raise.
    """

    database: Database
    clock: Clock
    told: Callable[[Sequence[Fact]], None] = lambda _: None

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One snapshot of everything."""
        with self.database.reading() as connection:
            yield connection

    @contextmanager
    def acting(self, signer: Signer, *, spool: Path | None = None, wait: int = WAIT_SECONDS) -> Iterator[Act]:
        """One act in one transaction; it is recorded whole when the block ends, or not at all. `wait` is for how many
        seconds another writer is waited for.

        Raises NotEnrolled when the ledger does not know the signer's key as theirs, LedgerBusy, LedgerUnavailable.
        """
        with open_door(self.database, self.site(), signer, self.clock, spool=spool, wait=wait) as door:
            person = _admit(door.connection, signer)
            if stale := readings.outdated(door.connection, READINGS):
                readings.rebuild(door.connection, stale)
            yield Act(door, f"A{door.last + 1}", person)
        if door.facts:
            self.told(tuple(door.facts))

    def site(self) -> str:
        """The name of the log, as its first fact has it."""
        return self.opened().site

    def opened(self) -> Fact:
        """The fact with which the ledger began."""
        with self.reading() as connection:
            return log.fact(connection, 1)


def create(database: Database, clock: Clock, opening: Opening) -> Ledger:
    """A new ledger: tables, guards, readings and the first fact. Raises AlreadyRecorded where one is there already."""
    with database.writing() as connection:
        if connection.dialect.has_table(connection, tables.LOG.name):
            raise AlreadyRecorded(
                str(database.file or "database"), "it holds a ledger already", "Choose another place."
            )
        lay_out(connection)
        if not database.embedded:
            prepare_roles(connection)
        door = Door(connection, opening.site, opening.first, clock, 0)
        door.record(Draft(catalogue.LEDGER_OPENED, "ledger", _opening_content(opening), "A1"))
        readings.rebuild(connection, READINGS)
    return Ledger(database, clock)


def lay_out(connection: Connection) -> None:
    """Everything that a ledger consists of before its first fact: tables, the view, guards. `verify` lays out a
    scratch copy and compares."""
    tables.METADATA.create_all(connection)
    readings.METADATA.create_all(connection)
    connection.execute(text(ATTRIBUTION))
    guards.install(connection)


def prepare_roles(connection: Connection) -> None:
    """PostgreSQL: the role as which everything is written, and its grants."""
    found = connection.execute(text("SELECT 1 FROM pg_roles WHERE rolname = :name"), {"name": guards.WRITER}).scalar()
    if found is None:
        connection.execute(text(f"CREATE ROLE {guards.WRITER} NOLOGIN"))
    for statement in guards.grants(tuple(table.name for table in readings.METADATA.sorted_tables)):
        connection.execute(text(statement))
    connection.execute(text(f"GRANT SELECT ON attribution TO {guards.WRITER}"))
    connection.execute(text(f"GRANT {guards.WRITER} TO CURRENT_USER"))


def _opening_content(opening: Opening) -> dict[str, Any]:
    first = person_content(opening.first.person, opening.first.public, ("administrator", "coordinator", "accountant"))
    services = [person_content(key.person, key.public, ("service",)) for key in opening.services]
    return {
        "entity": opening.entity,
        "currency": opening.currency,
        "time_zone": opening.time_zone,
        "fiscal_year_start_month": opening.fiscal_year_start_month,
        "chart_template": opening.chart_template,
        "default_fund": opening.default_fund,
        "one_person": opening.one_person,
        "notary": base64.b64encode(opening.notary).decode(),
        "people": [first, *services],
    }


def person_content(person: str, public: bytes, roles: tuple[str, ...]) -> dict[str, Any]:
    """A person as they stand in a fact: name, key fingerprint, public key in base64, roles."""
    return {
        "person": person,
        "key": fingerprint(public),
        "public": base64.b64encode(public).decode(),
        "roles": list(roles),
    }


def _admit(connection: Connection, signer: Signer) -> people.Enrolled:
    actor = signer.actor
    known = people.enrolled(connection).get(actor.key)
    if known is None and (gone := people.withdrawn(connection).get(actor.key)) is not None:
        raise NotEnrolled(
            f"key {actor.key[:12]}",
            f"{gone.actor.person} withdrew it in fact {gone.sequence}",
            "Act with the key that you have now; an administrator enrols it.",
        )
    if known is None or known.person != actor.person:
        raise NotEnrolled(
            f"key {actor.key[:12]}",
            f"this ledger does not know it as {actor.person}'s",
            "Ask an enrolled administrator to run `tollbook enrol`.",
        )
    return known


def _permit(person: people.Enrolled, kind: str, before: Sequence[Fact]) -> None:
    """People and services record what the catalogue of facts gives to one of their roles, and all but aides what it
    gives to anybody. A service records besides what follows from credits, `before` being the facts of the same act:
    nobody may be there when a bill comes."""
    allowed = catalogue.CATALOGUE[kind].recorded_by
    anybody = "any" in allowed and catalogue.AIDE not in person.roles
    if anybody or set(allowed).intersection(person.roles):
        return
    follows = kind in catalogue.AFTER_A_CREDIT and any(fact.kind == catalogue.CREDIT_MATCHED for fact in before)
    if "service" in person.roles and follows:
        return
    raise NotPermitted(
        f"person {person.person}",
        f"enrolled as {', '.join(person.roles)}, which may not record '{kind}'",
        f"Ask somebody who is {' or '.join('a coordinator' if role == 'any' else role for role in allowed)}.",
    )
