"""The trail, both ways: from a place in a file to the postings and statements that carry it, and back.

A charge's postings are its bucket in the bill's entry, those of later recodings and reversals, and those of the
chargebacks that charged them. From a posting or entry the same rows are followed to the charges.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

import attrs
from sqlalchemy import ColumnElement, Connection, select

from ledger_core.errors import Unknown
from ledger_core.facts import catalogue
from ledger_core.facts.entry import COST_ROLES, Book, EntryKind, Role
from ledger_core.facts.fact import Fact
from ledger_core.projections import bills, chargebacks
from ledger_core.projections.attribution import Attributed, attributed
from ledger_core.projections.bills import PostedBill
from ledger_core.projections.chargebacks import Charged
from ledger_core.projections.charges import ChargeReader, Part, charge_id, charge_named, posting_id
from ledger_core.projections.coverage import Coverage
from ledger_core.store import log
from ledger_core.store.tables import BODIES

_CHARGES, _SHARES, _POSTINGS = (BODIES[name].c for name in ("charges", "shares", "postings"))
_ENTRY = re.compile(r"E([1-9]\d{0,15})(?::([1-9]\d{0,8}))?", re.ASCII)
_SOURCE = re.compile(r"([0-9a-f]{64})(?::(.+))?", re.ASCII | re.DOTALL)
_REMEMBERED = 256  # entries kept at hand

Place = tuple[int, int]  # a posting: fact and line


@attrs.frozen
class TracedPosting:
    """One posting on a charge's way, as it stands in the ledger: `amount` minor units, debit positive.

    `part` is what of it stands for this charge, in minor units: a posting carries many charges.
    """

    posting: str
    entry: str
    sequence: int
    kind: str
    account: str
    fund: str
    department: str
    object: str
    currency: str
    amount: int
    effective: str
    part: int


@attrs.frozen
class Source:
    """The document that a charge was read from, and the importer that read it."""

    sha256: str
    name: str
    importer: str
    version: str


@attrs.frozen
class Path:
    """One charge's way: bytes `start` up to, not including, `end` of its document, which are `place` ("row 14"), its
    postings, its statements.

    `statements` are (period, department) of the chargebacks that charged it.
    """

    document: Source
    charge: str
    place: str
    start: int
    end: int
    postings: tuple[TracedPosting, ...]
    statements: tuple[tuple[str, str], ...]


@attrs.define
class _Wanted:
    """Which charges of a bill are meant: those that meet the conditions, one `line`, and of these, where `postings` is
    given, those that one of them carries or carried."""

    conditions: list[ColumnElement[bool]] = attrs.field(factory=list)
    postings: set[Place] | None = None
    line: int | None = None

    def meets(self, parts: Sequence[Part]) -> bool:
        return self.postings is None or any((part.fact, part.line) in self.postings for part in parts)


def paths(connection: Connection, wanted: str, *, until: int) -> Iterator[Path]:
    """The paths of a charge, bill, entry (`E5`), posting (`E5:2`), document (its SHA-256) or place (`SHA256:PLACE`).

    Sorted bytewise by document and charge, one at a time: an entry may carry a million. Raises Unknown, before the
    first path, for what the ledger does not hold.
    """
    trail = _Trail(connection, until)
    return trail.paths(trail.find(wanted))


class _Trail:
    """Follows rows at sequence `until`."""

    def __init__(self, connection: Connection, until: int) -> None:
        self._connection = connection
        self._until = until
        self._reader = ChargeReader(connection, until)
        self._coverage = Coverage(connection, until)
        self._reversals = _reversals(connection, until)
        self._entry: Callable[[int], _Entry] = lru_cache(maxsize=_REMEMBERED)(self._read_entry)

    # --- what is meant ------------------------------------------------------------------------------------------

    def find(self, wanted: str) -> dict[int, _Wanted]:
        """By the sequence of their bills, the charges meant. Raises Unknown."""
        if source := _SOURCE.fullmatch(wanted):
            return self._at_source(source[1], source[2])
        if entry := _ENTRY.fullmatch(wanted):
            return self._of_entry(int(entry[1]), int(entry[2]) if entry[2] else None)
        if bill := bills.named(self._connection, wanted):
            return {bill.fact: _Wanted()}
        posted, line = charge_named(self._connection, wanted)
        return {posted.fact: _Wanted(line=line)}

    def _at_source(self, sha256: str, place: str | None) -> dict[int, _Wanted]:
        found: dict[int, _Wanted] = {}
        for fact in log.facts(self._connection, [catalogue.BILL_POSTED], until=self._until):
            for index, document in enumerate(fact.content["documents"]):
                if document["sha256"] != sha256:
                    continue
                at = [_CHARGES.document == index] + ([] if place is None else [_CHARGES.place == place])
                query = select(_CHARGES.line).where(_CHARGES.fact == fact.sequence, *at).limit(1)
                if self._connection.execute(query).first() is not None:
                    found[fact.sequence] = _Wanted(at)
        if not found:
            where = f"document {sha256[:16]}" + (f", place {place[:40]}" if place else "")
            raise Unknown(where, "no posted charge was read there", "Take the place from `tollbook charges`.")
        return found

    def _of_entry(self, sequence: int, line: int | None) -> dict[int, _Wanted]:
        name = f"E{sequence}" if line is None else posting_id(sequence, line)
        if sequence > self._until:
            raise Unknown(f"entry {name}", "the ledger holds none of that name", "Check the number.")
        entry = self._entry(sequence)
        if not entry.postings or line not in {None, *entry.postings}:
            raise Unknown(f"entry {name}", "the ledger holds none of that name", "Check the number.")
        found = self._behind(entry, line)
        if not found:
            raise Unknown(f"entry {name}", "no bill's charges stand behind it", "See the entry's own narrative.")
        return found

    def _behind(self, entry: _Entry, line: int | None) -> dict[int, _Wanted]:
        """The charges behind one posting of an entry, or behind all of it."""
        if entry.kind == EntryKind.CHARGEBACK:
            return self._charged(entry, line)
        if entry.kind == EntryKind.REVERSAL:
            return self._behind(self._entry(int(entry.fact.content["reverses"])), line)
        if entry.kind == EntryKind.BILL:
            sequence = entry.fact.sequence
            if line is None or not self._carries(sequence, line):  # the credit side stands for the whole bill
                return {sequence: _Wanted()}
            return {sequence: _Wanted(postings={(sequence, line)})}
        return self._moved(entry.fact.sequence, line)

    def _carries(self, sequence: int, line: int) -> bool:
        whole = select(_CHARGES.line).where(_CHARGES.fact == sequence, _CHARGES.posting == line).limit(1)
        split = select(_SHARES.line).where(_SHARES.fact == sequence, _SHARES.posting == line).limit(1)
        return any(self._connection.execute(query).first() is not None for query in (whole, split))

    def _moved(self, sequence: int, line: int | None) -> dict[int, _Wanted]:
        """The charges that a recoding moved onto or off a posting; of a posting without any, all of the entry's."""
        moved = [_SHARES.fact == sequence, _SHARES.charge_fact > 0]
        here = [*moved, _SHARES.posting == line]
        if line is not None and self._connection.execute(select(_SHARES.line).where(*here).limit(1)).first():
            moved = here
        touched = self._connection.execute(select(_SHARES.charge_fact).where(*moved).distinct()).scalars()
        lines = select(_SHARES.charge_line).where(*moved)
        return {bill: _Wanted([_CHARGES.line.in_(lines.where(_SHARES.charge_fact == bill))]) for bill in touched}

    def _charged(self, entry: _Entry, line: int | None) -> dict[int, _Wanted]:
        """The charges that a chargeback charged: through a user's cost, those of its object; else all of the run."""
        runs = chargebacks.all_runs(self._connection)
        run = next(run for run in runs if run.fact == entry.fact.sequence)
        posting = entry.postings[line] if line is not None else None
        by_object = posting is not None and posting.role == Role.COST and posting.department
        found: dict[int, _Wanted] = {}
        for cost in self._coverage.postings_of(run):
            if by_object and not _carried_by(cost, posting):
                continue
            place = self._original(cost.fact, cost.line)
            for bill in self._bills_of(place):
                wanted = found.setdefault(bill, _Wanted(postings=set()))
                assert wanted.postings is not None
                wanted.postings.add(place)
        return found

    def _original(self, fact: int, line: int) -> Place:
        """The posting that this one reverses, or itself."""
        entry = self._entry(fact)
        if entry.kind != EntryKind.REVERSAL:
            return fact, line
        return self._original(int(entry.fact.content["reverses"]), line)

    def _bills_of(self, place: Place) -> list[int]:
        """The bills of which a posting carries charges."""
        fact, line = place
        if self._entry(fact).kind == EntryKind.BILL:
            return [fact]
        moved = select(_SHARES.charge_fact).where(_SHARES.fact == fact, _SHARES.posting == line).distinct()
        return list(self._connection.execute(moved).scalars())

    # --- the way ------------------------------------------------------------------------------------------------

    def paths(self, found: Mapping[int, _Wanted]) -> Iterator[Path]:
        """The paths of the charges meant, by document and charge."""
        for sha256, bill, index in sorted(self._documents(found), key=lambda at: (at[0], f"{at[1].bill}:".encode())):
            wanted = found[bill.fact]
            content = self._entry(bill.fact).fact.content
            document = content["documents"][index]
            source = Source(sha256, document["name"], *content["importer"])
            conditions = (_CHARGES.document == index, *wanted.conditions)
            for row, parts in self._reader.attributed(bill, conditions, wanted.line):
                if wanted.meets(parts):
                    carrying, statements = self._carrying(parts)
                    place = f"{content['head']['place_kind']} {row.place}"
                    name = charge_id(bill.bill, row.line)
                    yield Path(source, name, place, row.start, row.end, carrying, statements)

    def _documents(self, found: Collection[int]) -> Iterator[tuple[str, PostedBill, int]]:
        for sequence in found:
            bill = bills.of_fact(self._connection, sequence)
            assert bill is not None
            for index, document in enumerate(self._entry(sequence).fact.content["documents"]):
                yield document["sha256"], bill, index

    def _carrying(self, parts: Sequence[Part]) -> tuple[tuple[TracedPosting, ...], tuple[tuple[str, str], ...]]:
        """Every posting that carries or carried one of these parts, and the statements they came on."""
        held: dict[Place, int] = defaultdict(int)
        for part in parts:
            held[part.fact, part.line] += part.amount
        for (fact, line), amount in list(held.items()):
            for undone in self._reversals.get(fact, ()):
                held.setdefault((undone, line), -amount)
        charged: dict[Place, int] = defaultdict(int)
        statements: set[tuple[str, str]] = set()
        for (fact, line), amount in sorted(held.items()):
            cost = self._entry(fact).cost(line)
            run = self._coverage.entry_of(cost) if cost is not None else None
            if cost is None or run is None:
                continue
            statements.add((run.period, run.department))
            for user in self._charging(run, cost):
                charged[run.fact, user] += amount
        traced = [self._traced(place, amount) for place, amount in (*held.items(), *charged.items())]
        return tuple(sorted(traced, key=lambda posting: posting.posting.encode())), tuple(sorted(statements))

    def _charging(self, run: Charged, cost: Attributed) -> list[int]:
        """The lines of a chargeback that charge a cost: the user's, by the string that was to be charged."""
        postings = self._entry(run.fact).postings
        return [line for line, posting in postings.items() if _carried_by(cost, posting)]

    def _traced(self, place: Place, part: int) -> TracedPosting:
        fact, line = place
        entry = self._entry(fact)
        row = entry.postings[line]
        cells = (row.account, row.fund, row.department, row.object, row.currency, row.amount, row.effective)
        return TracedPosting(posting_id(fact, line), f"E{fact}", fact, entry.kind, *cells, part)

    def _read_entry(self, sequence: int) -> _Entry:
        fact = log.fact(self._connection, sequence)
        rows = self._connection.execute(select(BODIES["postings"]).where(_POSTINGS.fact == sequence))
        return _Entry(fact, {row.line: row for row in rows})


@attrs.frozen
class _Entry:
    """An entry with its postings by line."""

    fact: Fact
    postings: Mapping[int, Any]

    @property
    def kind(self) -> str:
        return str(self.fact.content["entry"])

    def cost(self, line: int) -> Attributed | None:
        """The posting of that line where it holds the cost of bills, attributed and not yet charged; or takes it out of
        what may be charged, as a hold does."""
        row = self.postings[line]
        held = row.role == Role.HELD and row.book == Book.MEMO
        if not held and (self.kind == EntryKind.CHARGEBACK or row.role not in COST_ROLES or row.book != Book.ACTUAL):
            return None
        return attributed(row)


def _carried_by(cost: Attributed, posting: Any) -> bool:
    """Whether a chargeback's posting is the user's side of a cost: the same department, object and string."""
    if posting.role != Role.COST or (posting.department, posting.object) != (cost.department, cost.object):
        return False
    strings = {posting.booked, posting.billed} - {""}
    return not cost.billed or not strings or cost.billed in strings


def _reversals(connection: Connection, until: int) -> dict[int, list[int]]:
    """By entry, the entries that reverse it: line by line, so that a line's number stays (INV-06)."""
    found: dict[int, list[int]] = {}
    for fact in log.facts(connection, [catalogue.ENTRY_POSTED], until=until):
        if fact.content["entry"] == EntryKind.REVERSAL:
            found.setdefault(int(fact.content["reverses"]), []).append(fact.sequence)
    return found
