"""The reading of exports: on which route each entry leaves, what has left already, and what waits for what.

Tollbook is a subsidiary ledger: every entry has exactly one way out. What is owed to a vendor goes to accounts payable,
as certified claims; everything else to the general ledger's journal; a reversal goes the way of what it reverses. Zero
buckets, holds and payments that were read back stay here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import cached_property

import attrs
from sqlalchemy import Connection, select

from ledger_core.contracts.exporter import Route
from ledger_core.facts import catalogue
from ledger_core.facts.entry import Book, EntryKind, Role
from ledger_core.facts.fact import Fact
from ledger_core.facts.reference import Reference
from ledger_core.money import fixed
from ledger_core.policy.claims import held_after_it_left
from ledger_core.projections import approvals, bills, covers, people, reference, ways
from ledger_core.projections.bills import PostedBill
from ledger_core.projections.hindrances import hindrances
from ledger_core.projections.payables import Certified, OpenItem, Payables
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
    NOTHING = "nothing"  # nothing of it leaves: zero buckets, a payment read back, a bill taken back before a claim
    STRAY = "stray"  # no route: a fault that is reported


@attrs.frozen
class Routed:
    """One entry and its way out; of a bill that is owed, one for each claim. `why` says what it waits for, `batch` in
    which batch it left."""

    fact: Fact
    route: Route | None
    standing: Standing
    why: str = ""
    batch: str = ""
    claim: Certified | None = None

    @property
    def entry(self) -> str:
        """Its name."""
        return f"E{self.fact.sequence}"


def routes(connection: Connection, until: int | None = None) -> Iterator[Routed]:
    """Every entry recorded up to `until` (None: all), in order, with its route."""
    return _Routes(connection, until).all()


def exports(connection: Connection, target: str, until: int | None = None) -> list[Fact]:
    """The exports made on one route, in order."""
    made = log.facts(connection, [catalogue.EXPORT_MADE], until=until)
    return [fact for fact in made if fact.content["target"] == target]


class _Routes:
    """Entries, read once."""

    def __init__(self, connection: Connection, until: int | None) -> None:
        self._connection = connection
        self._until = until
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
        self._approved = None if people.one_person_site(connection) else approvals.approved(connection, until)
        self._payables = Payables(connection, until)

    def all(self) -> Iterator[Routed]:
        """In order of recording."""
        for fact in self._facts.values():
            yield from self._routed(fact)

    def _routed(self, fact: Fact) -> Iterator[Routed]:
        kind = fact.content["entry"]
        if not self._roles.get(fact.sequence) or kind == EntryKind.PAYMENT:
            yield Routed(fact, None, Standing.NOTHING)
            return
        route = self._route(fact)
        if route is None:
            yield Routed(fact, None, Standing.STRAY, f"nothing says how a {kind} entry leaves")
        elif route is Route.VOUCHERS:
            yield from self._vouchers(fact)
        elif batch := self._batches.get(fact.sequence):
            yield Routed(fact, route, Standing.EXPORTED, batch=batch)
        else:
            why = self._waits(fact)
            yield Routed(fact, route, Standing.WAITING if why else Standing.READY, why)

    def _route(self, fact: Fact) -> Route | None:
        kind = fact.content["entry"]
        if kind == EntryKind.REVERSAL:
            return self._route(self._facts[int(fact.content["reverses"])])
        if kind == EntryKind.BILL:
            # A bill paid by card owes its vendor nothing: it goes against card clearing in the journal.
            owed = self._roles.get(fact.sequence, frozenset()) & {Role.PAYABLE, Role.HELD}
            return Route.VOUCHERS if owed else Route.JOURNAL
        return Route.JOURNAL if kind in _JOURNAL else None

    def _waits(self, fact: Fact) -> str:
        """What an entry of the journal waits for; "" where it may leave."""
        kind = fact.content["entry"]
        if kind == EntryKind.REVERSAL:
            reversed_fact = self._facts[int(fact.content["reverses"])]
            return "" if reversed_fact.sequence in self._batches else self._waits(reversed_fact)
        if kind == EntryKind.CHARGEBACK and self._approved is not None and fact.sequence not in self._approved:
            return "a second person's approval"
        return ""

    # --- vouchers -----------------------------------------------------------------------------------------------

    def _vouchers(self, fact: Fact) -> Iterator[Routed]:
        """A bill's claims, and what of it nobody certified. What takes it back leaves as a claim of the bill too."""
        bill = bills.of_fact(self._connection, fact.sequence)
        if bill is None:  # a reversal
            yield Routed(fact, Route.VOUCHERS, Standing.NOTHING)
            return
        item = self._payables.of_bill(bill)
        waits = self._paid(item) or self._replaces(bill)
        for claim in item.standing:
            ready = Standing.WAITING if waits else Standing.READY
            standing, why = (Standing.EXPORTED, "") if claim.batch else (ready, waits)
            yield Routed(fact, Route.VOUCHERS, standing, why, batch=claim.batch, claim=claim)
        if item.open or (item.held and not item.standing):
            yield Routed(fact, Route.VOUCHERS, Standing.WAITING, self._uncertified(item))
        elif not item.standing:
            yield Routed(fact, Route.VOUCHERS, Standing.NOTHING)

    def _paid(self, item: OpenItem) -> str:
        """Why a claim may not leave any more: it was paid without a voucher, as read back. What the vendor draws itself
        is paid so as a rule."""
        beyond = -item.in_transit
        if (
            item.payable <= 0
            or beyond <= 0
            or ways.of_bill(self._connection, item.bill, self._accounts) == ways.AUTOPAY
        ):
            return ""
        currency = item.bill.currency
        return f"{fixed(beyond, currency)} {currency} of it was paid before it left: `tollbook payables`"

    @cached_property
    def _accounts(self) -> Reference:
        return reference.known(self._connection, {"vendor_accounts"})

    def _replaces(self, bill: PostedBill) -> str:
        """Why a bill that was posted again may not leave: its earlier posting left, and nobody certified what takes
        that back, or it was paid without leaving. It would be paid twice."""
        for earlier in self._reversed.get(covers.first_generation(bill.bill), ()):
            same = (earlier.vendor, earlier.account) == (bill.vendor, bill.account)
            if not same or earlier.fact > bill.fact:
                continue
            item = self._payables.of_bill(earlier)
            if item.open:
                return f"{earlier.bill} left and was taken back: `tollbook certify {earlier.bill}`"
            if item.in_transit < 0:
                return f"{earlier.bill}, which it replaces, was paid"
        return ""

    @cached_property
    def _reversed(self) -> Mapping[str, list[PostedBill]]:
        """The bills that were taken back, by their first posting."""
        found: dict[str, list[PostedBill]] = defaultdict(list)
        for bill in bills.all_bills(self._connection):
            if bill.state != bills.POSTED:
                found[covers.first_generation(bill.bill)].append(bill)
        return found

    def _uncertified(self, item: OpenItem) -> str:
        if not item.open:
            return "all of it is held"
        late = held_after_it_left(item.bill.bill, item.open, item.held, item.bill.currency)
        for hindrance in (*([late] if late else []), *hindrances(self._connection, item.bill, self._until)):
            return f"{hindrance.found}: {hindrance.do[0].lower()}{hindrance.do[1:].rstrip('.')}"
        if any(not claim.stands for claim in item.claims):
            return "it changed since it was certified: certify it again"
        return "nobody certified it: `tollbook certify`"


def _roles(connection: Connection) -> dict[int, frozenset[str]]:
    """By entry, the roles of its postings that are not zero buckets."""
    query = select(_POSTINGS.fact, _POSTINGS.role).where(_POSTINGS.book == Book.ACTUAL.value).distinct()
    found: dict[int, set[str]] = defaultdict(set)
    for fact, role in connection.execute(query):
        found[fact].add(role)
    return {fact: frozenset(roles) for fact, roles in found.items()}
