"""The reading of parts: in which buckets of the paying fund each charge of a bill stands now, to the exact fraction.

A stream: bills of a million lines pass through in batches. What recoding moves and what reversal takes back is read
here; `charges` shows the same to people.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

import attrs
from sqlalchemy import ColumnElement, Connection, and_, or_, select

from ledger_core.facts.entry import HOLD_ROLES, Role
from ledger_core.money import EXACT, from_minor, parse_decimal, plain
from ledger_core.projections.holds import DISPUTE
from ledger_core.store.tables import BODIES

_BATCH = 5_000
_RANGES = 200  # ranges of lines in one question; SQLite takes a thousand conditions
_CHARGES, _SHARES, _POSTINGS = (BODIES[name].c for name in ("charges", "shares", "postings"))


class Bucket(NamedTuple):
    """Everything that tells one posting from another, but its amount, book and date."""

    account: str
    role: str
    fund: str
    department: str
    object: str
    vendor: str
    booked: str
    billed: str
    partner: str
    basis: str
    currency: str


class Part(NamedTuple):
    """What a bucket holds of a charge: minor units, and major units as text where those hold fractions of them."""

    bucket: Bucket
    amount: int
    exact: str | None


class StandingCharge(NamedTuple):
    """One charge as it stands: its parts sum to `amount` (minor units) and to `exact` (major units) where given.

    `posting` is the line of the bill's posting that carried all of it on arrival, None where it was split. `held` says
    what of the parts is held; it takes nothing away from them.
    """

    line: int
    amount: int
    exact: str | None
    posting: int | None
    parts: tuple[Part, ...]
    held: tuple[HeldPart, ...] = ()


class HeldPart(NamedTuple):
    """What is held of a charge out of one bucket, in minor units, by one `dispute` or, with "", outside of disputes.

    `disputed` and `bucket` are the two sides of the memo pair.
    """

    disputed: Bucket
    bucket: Bucket
    amount: int
    dispute: str


class _Row(NamedTuple):
    """One row of attribution: an amount in a posting."""

    fact: int
    posting: int
    amount: int
    exact: str | None
    ref: str = ""


@attrs.frozen
class Lines:
    """Charges of the bill that fact `fact` posted: those in `ranges` (inclusive line numbers, ascending; None all), of
    one `service` (None any)."""

    fact: int
    currency: str
    ranges: tuple[tuple[int, int], ...] | None = None
    service: str | None = None


def standing_charges(connection: Connection, lines: Lines) -> Iterator[StandingCharge]:
    """The selected charges in line order, each with its parts as they stand now."""
    reader = PartReader(connection, lines.fact, lines.currency)
    for condition in _conditions(lines):
        query = select(*(_CHARGES[name] for name in ("line", "amount", "exact", "posting"))).where(condition)
        found = connection.execute(query.order_by(_CHARGES.line), execution_options={"stream_results": True})
        for batch in found.partitions(_BATCH):
            yield from reader.with_parts(batch)


def _conditions(lines: Lines) -> Iterator[ColumnElement[bool]]:
    base = _CHARGES.fact == lines.fact
    if lines.service is not None:
        base = and_(base, _CHARGES.service == lines.service)
    if lines.ranges is None:
        yield base
        return
    for at in range(0, len(lines.ranges), _RANGES):
        wanted = (_CHARGES.line.between(first, last) for first, last in lines.ranges[at : at + _RANGES])
        yield and_(base, or_(*wanted))


@attrs.define(eq=False)
class PartReader:
    """Reads the parts of one bill's charges, batches of them in line order. `fact` posted the bill."""

    connection: Connection
    fact: int
    currency: str
    _buckets: dict[int, Mapping[int, Bucket]] = attrs.field(factory=dict, init=False)
    _seen: int = attrs.field(default=0, init=False)  # the last line of the bill's own shares that was passed

    def with_parts(self, charges: Sequence[Any]) -> Iterator[StandingCharge]:
        """The charges (line, amount, exact, posting), each with what stands of it."""
        if not charges:
            return
        first, last = charges[0].line, charges[-1].line
        split = self._split(first, last) if any(charge.posting is None for charge in charges) else {}
        moved = self.moved(first, last)
        for line, amount, exact, posting in charges:
            rows = split.get(line, []) if posting is None else [_Row(self.fact, posting, amount, exact)]
            later = moved.get(line, [])
            held = self._held(later) if later else ()
            parts = self.net([*rows, *later]) if later or len(rows) > 1 else self._plain(rows)
            yield StandingCharge(line, amount, exact, posting, parts, held)

    def bucket(self, fact: int, line: int) -> Bucket:
        """The bucket of a posting."""
        known = self._buckets.get(fact)
        if known is None:
            query = select(_POSTINGS.line, *(_POSTINGS[name] for name in Bucket._fields)).where(_POSTINGS.fact == fact)
            known = self._buckets[fact] = {at: Bucket(*cells) for at, *cells in self.connection.execute(query)}
        return known[line]

    def moved(self, first: int, last: int) -> Mapping[int, list[_Row]]:
        """What later entries moved of the charges from one line to another, in the order of recording."""
        query = (
            select(_SHARES.charge_line, *(_SHARES[name] for name in _Row._fields))
            .where(_SHARES.charge_fact == self.fact, _SHARES.charge_line.between(first, last))
            .order_by(_SHARES.fact, _SHARES.line)
        )
        moved: dict[int, list[_Row]] = defaultdict(list)
        for line, *row in self.connection.execute(query):
            moved[line].append(_Row(*row))
        return moved

    def net(self, rows: Iterable[_Row]) -> tuple[Part, ...]:
        """What is left of rows of attribution, by bucket, whatever is held of it. Where all is zero, the last row says
        whose it is."""
        held: dict[Bucket, list[_Row]] = defaultdict(list)
        last: Bucket | None = None
        for row in rows:
            bucket = self.bucket(row.fact, row.posting)
            if bucket.role not in HOLD_ROLES:
                last = bucket
                held[bucket].append(row)
        summed = [(bucket, sum(row.amount for row in found), self._exact(found)) for bucket, found in held.items()]
        left = [Part(bucket, amount, exact) for bucket, amount, exact in summed if amount or exact]
        if not left and last is not None:
            left = [Part(last, 0, None)]
        return tuple(left)

    def _held(self, rows: Iterable[_Row]) -> tuple[HeldPart, ...]:
        """What holds and releases leave of a charge: their rows come in pairs, disputed before held."""
        sums: dict[tuple[Bucket, Bucket, str], int] = defaultdict(int)
        disputed: Bucket | None = None
        for row in rows:
            bucket = self.bucket(row.fact, row.posting)
            if bucket.role == Role.DISPUTED:
                disputed = bucket
            elif bucket.role == Role.HELD:
                assert disputed is not None
                sums[disputed, bucket, row.ref if row.ref.startswith(DISPUTE) else ""] -= row.amount
        return tuple(HeldPart(side, other, amount, by) for (side, other, by), amount in sums.items() if amount)

    def _plain(self, rows: Sequence[_Row]) -> tuple[Part, ...]:
        return tuple(Part(self.bucket(row.fact, row.posting), row.amount, row.exact) for row in rows)

    def _exact(self, rows: Sequence[_Row]) -> str | None:
        """The exact sum in major units; None where that is the sum of the minor units."""
        if all(row.exact is None for row in rows):
            return None
        total, minor = Decimal(0), 0
        for row in rows:
            total = EXACT.add(total, exact_amount(row.amount, row.exact, self.currency))
            minor += row.amount
        return None if total == from_minor(minor, self.currency) else plain(total)

    def _split(self, first: int, last: int) -> Mapping[int, list[_Row]]:
        """The shares that the bill itself made of charges it split. They lie in the order of their charges."""
        query = (
            select(_SHARES.line, _SHARES.charge_line, *(_SHARES[name] for name in _Row._fields))
            .where(_SHARES.fact == self.fact, _SHARES.charge_fact == 0, _SHARES.line > self._seen)
            .order_by(_SHARES.line)
        )
        split: dict[int, list[_Row]] = defaultdict(list)
        with self.connection.execute(query, execution_options={"stream_results": True}) as found:
            for at, line, *row in found:
                if line > last:
                    break
                self._seen = at
                if line >= first:
                    split[line].append(_Row(*row))
        return split


def exact_amount(minor: int, exact: str | None, currency: str) -> Decimal:
    """Major units of an amount kept as minor units and, where it holds fractions of them, as exact text."""
    return from_minor(minor, currency) if exact is None else parse_decimal(exact)
