"""The reading of charges: every charge of the bills that stand, with whom each part of it is attributed to.

A stream: bills of a million lines pass through in batches of a thousand. Charges come in the bytewise order of their
ids, in which line 10 stands before line 2.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any, NamedTuple

import attrs
from sqlalchemy import ColumnElement, Connection, select

from ledger_core.errors import Unknown
from ledger_core.facts.entry import HOLD_ROLES, Role
from ledger_core.money import from_minor, plain
from ledger_core.policy.buckets import CLEARING, CODED, RETAINED, SUSPENSE
from ledger_core.policy.footing import FOOTING
from ledger_core.projections import bills
from ledger_core.projections.bills import PostedBill
from ledger_core.store import log
from ledger_core.store.tables import BODIES

#: The state of what is not charged until it is released.
HELD = "held"
_STATES: dict[str, str] = {
    Role.SUSPENSE: SUSPENSE,
    Role.RETAINED: RETAINED,
    Role.CARD_CLEARING: CLEARING,
    Role.ROUNDING: FOOTING,
}
_BATCH = 1_000
_REMEMBERED = 256  # facts whose postings are kept at hand
_CHARGES, _SHARES, _POSTINGS = (BODIES[name].c for name in ("charges", "shares", "postings"))


class Share(NamedTuple):
    """What one department bears of a charge, in minor units: `posting` holds it, for this `reason`, by row `ref`.

    `state` is 'coded', 'retained', 'suspense', 'card' (a payment of another bill), or 'held': not charged until it is
    released. The word for what is held goes before the others.
    """

    department: str
    fund: str
    object: str
    amount: int
    posting: str
    reason: str
    ref: str
    state: str = CODED


class Place(NamedTuple):
    """Where a charge was read: bytes `start` up to, not including, `end` of an archived document."""

    sha256: str
    member: str | None
    kind: str
    place: str
    start: int
    end: int


@attrs.frozen
class ChargeLine:
    """One charge of a posted bill. `amount` in minor units, `exact` in major ones; service dates are inclusive.

    The shares sum to the amount.
    """

    charge: str
    bill: str
    locator: Place
    vendor: str
    account: str
    number: str | None
    kind: str
    service: str
    product: str
    quantity: str | None
    unit: str
    rate: str | None
    exact: str
    amount: int
    currency: str
    service_from: str | None
    service_to: str | None
    shares: tuple[Share, ...]


class Part(NamedTuple):
    """One row of attribution: an amount that posting `line` of fact `fact` carries, negative where it was moved off."""

    fact: int
    line: int
    amount: int
    reason: str
    ref: str


class Bucket(NamedTuple):
    """What tells postings apart for a charge's shares."""

    account: str
    role: str
    fund: str
    department: str
    object: str
    partner: str = ""


@attrs.frozen
class Asked:
    """Which charges are asked for; None is any. `period` is that of the bill's effective date, YYYY-MM."""

    bill: str | None = None
    department: str | None = None
    period: str | None = None
    service: str | None = None


def charge_id(bill: str, line: int) -> str:
    """The name of a charge."""
    return f"{bill}:{line}"


def charge_named(connection: Connection, charge: str) -> tuple[PostedBill, int]:
    """The bill and the line of a charge's name. Raises Unknown."""
    bill, _, line = charge.rpartition(":")
    posted = bills.named(connection, bill) if line.isascii() and line.isdecimal() else None
    if posted is None or not 1 <= int(line) <= posted.charges or charge_id(bill, int(line)) != charge:
        raise Unknown(f"charge {charge[:80]}", "the ledger holds none of that name", "Take it from `tollbook charges`.")
    return posted, int(line)


def charge_lines(connection: Connection, asked: Asked, *, until: int) -> Iterator[ChargeLine]:
    """The charges of bills that stand at sequence `until`, in bytewise order of their ids. Raises Unknown for a bill
    that was never posted."""
    if asked.bill is not None and bills.named(connection, asked.bill) is None:
        raise Unknown(
            f"bill {asked.bill[:80]}", "the ledger holds none of that name", "Take it from `tollbook charges`."
        )
    for bill in standing_bills(connection, until):
        if asked.bill not in {None, bill.bill} or asked.period not in {None, bill.effective[:7]}:
            continue
        for line in ChargeReader(connection, until).lines_of(bill, service=asked.service):
            if asked.department is None or any(share.department == asked.department for share in line.shares):
                yield line


def standing_bills(connection: Connection, until: int) -> list[PostedBill]:
    """The bills posted and not reversed at sequence `until`, in the bytewise order of their charges' ids."""
    found = [
        bill
        for bill in bills.all_bills(connection)
        if bill.fact <= until and (bill.reversed_by is None or bill.reversed_by > until)
    ]
    return sorted(found, key=lambda bill: charge_id(bill.bill, 0)[:-1].encode())


def bytewise(last: int) -> Iterator[int]:
    """The whole numbers from 1 to `last` in the bytewise order of their texts: 1, 10, 100, 101, ..., 11, ..., 2."""
    number = 1
    for _ in range(last):
        yield number
        if number * 10 <= last:
            number *= 10
            continue
        while number % 10 == 9 or number == last:
            number //= 10
        number += 1


@attrs.define(eq=False)
class ChargeReader:
    """Reads charges and their attribution at sequence `until`."""

    connection: Connection
    until: int
    _buckets: Callable[[int], Mapping[int, Bucket]] = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self._buckets = lru_cache(maxsize=_REMEMBERED)(self._read_buckets)

    def lines_of(
        self, bill: PostedBill, *, service: str | None = None, line: int | None = None
    ) -> Iterator[ChargeLine]:
        """The charges of one bill: all, those of one service, or one line."""
        only = [] if service is None else [_CHARGES.service == service]
        content = log.fact(self.connection, bill.fact).content
        for row, parts in self.attributed(bill, only, line):
            yield self._line(bill, content, row, parts)

    def attributed(
        self, bill: PostedBill, only: Sequence[ColumnElement[bool]] = (), line: int | None = None
    ) -> Iterator[tuple[Any, list[Part]]]:
        """The rows of a bill's charges, with everything that was ever attributed of each, in order of recording.

        `only` are conditions on the charges; `line` is the only one read, where it is given.
        """
        split = log.fact(self.connection, bill.fact).body("shares") is not None
        numbers = bytewise(bill.charges) if line is None else iter([line])
        while batch := list(islice(numbers, _BATCH)):
            query = select(BODIES["charges"]).where(_CHARGES.fact == bill.fact, _CHARGES.line.in_(batch), *only)
            rows = {row.line: row for row in self.connection.execute(query).all()}
            if rows:
                parts = self._parts(bill.fact, rows, split=split)
                yield from ((rows[line], parts[line]) for line in batch if line in rows)

    def bucket(self, part: Part) -> Bucket:
        """Of the posting that carries a part."""
        return self._buckets(part.fact)[part.line]

    def shares(self, parts: Sequence[Part]) -> tuple[Share, ...]:
        """What is left of a charge's parts, netted by bucket; each named by the last posting that put it there.

        What was moved off again is left out. Of a charge of zero the last row still says whose it is.
        """
        if len(parts) == 1:  # nearly always
            return (_share(self.bucket(parts[0]), parts[0].amount, parts[0]),)
        netted: dict[Bucket, list[Part]] = defaultdict(list)
        for part in parts:
            netted[self.bucket(part)].append(part)
        held = [bucket for bucket in netted if bucket.role in HOLD_ROLES]
        out = _Held.read((bucket, netted.pop(bucket)) for bucket in held)
        found = [
            share
            for bucket, kept in netted.items()
            for share in out.taken(bucket, sum(part.amount for part in kept), kept)
        ]
        if not found and netted:
            last = next(part for part in reversed(parts) if self.bucket(part).role not in HOLD_ROLES)
            found = [_share(self.bucket(last), 0, last)]
        return tuple(sorted(found, key=lambda share: (share.department, share.fund, share.object, share.posting)))

    def _parts(self, fact: int, rows: Mapping[int, Any], *, split: bool) -> dict[int, list[Part]]:
        parts: dict[int, list[Part]] = defaultdict(list)
        for line, row in rows.items():
            if row.posting is not None:
                parts[line].append(Part(fact, row.posting, row.amount, row.reason, row.ref))
        query = select(_SHARES.charge_line, *(_SHARES[name] for name in ("fact", "posting", "amount", "reason", "ref")))
        wanted = _SHARES.charge_line.in_(list(rows))
        if split:
            own = query.where(_SHARES.charge_fact == 0, _SHARES.fact == fact, wanted).order_by(_SHARES.line)
            for line, *part in self.connection.execute(own):
                parts[line].append(Part(*part))
        later = query.where(_SHARES.charge_fact == fact, _SHARES.fact <= self.until, wanted)
        for line, *part in self.connection.execute(later.order_by(_SHARES.fact, _SHARES.line)):
            parts[line].append(Part(*part))
        return parts

    def _read_buckets(self, fact: int) -> Mapping[int, Bucket]:
        query = select(_POSTINGS.line, *(_POSTINGS[name] for name in Bucket._fields)).where(_POSTINGS.fact == fact)
        return {line: Bucket(*cells) for line, *cells in self.connection.execute(query)}

    def _line(self, bill: PostedBill, content: Mapping[str, Any], row: Any, parts: Sequence[Part]) -> ChargeLine:
        document = content["documents"][row.document]
        return ChargeLine(
            charge=charge_id(bill.bill, row.line),
            bill=bill.bill,
            locator=Place(document["sha256"], row.member, content["head"]["place_kind"], row.place, row.start, row.end),
            vendor=bill.vendor,
            account=bill.account,
            number=bill.number,
            kind=row.kind,
            service=row.service,
            product=row.product,
            quantity=row.quantity,
            unit=row.unit,
            rate=row.rate,
            exact=row.exact if row.exact is not None else _major(row.amount, bill.currency),
            amount=row.amount,
            currency=bill.currency,
            service_from=row.service_from,
            service_to=row.service_to,
            shares=self.shares(parts),
        )


@lru_cache(maxsize=50_000)
def _major(amount: int, currency: str) -> str:
    return plain(from_minor(amount, currency))


@attrs.define
class _Held:
    """What is held of a charge, by the cost that it is held of: role, fund, department, object."""

    left: dict[tuple[str, ...], tuple[int, Part]]

    @classmethod
    def read(cls, netted: Iterable[tuple[Bucket, list[Part]]]) -> _Held:
        """From the disputed sides of holds and releases."""
        left: dict[tuple[str, ...], tuple[int, Part]] = {}
        for bucket, parts in netted:
            amount = sum(part.amount for part in parts)
            if bucket.role == Role.DISPUTED and amount:
                key = (bucket.partner, bucket.fund, bucket.department, bucket.object)
                last = next(part for part in reversed(parts) if part.amount * amount > 0)
                left[key] = (left.get(key, (0, last))[0] + amount, last)
        return cls(left)

    def taken(self, bucket: Bucket, amount: int, parts: Sequence[Part]) -> Iterator[Share]:
        """The shares that a bucket of cost makes: what is held of it apart."""
        key = (bucket.role, bucket.fund, bucket.department, bucket.object)
        held, by = self.left.get(key, (0, None))
        if by is not None and held * amount > 0:
            part = min(held, amount, key=abs)
            self.left[key] = (held - part, by)
            yield _share(bucket, part, by, HELD)
            amount -= part
        if amount:
            yield _share(bucket, amount, next(part for part in reversed(parts) if part.amount * amount > 0))


def _share(bucket: Bucket, amount: int, part: Part, state: str = "") -> Share:
    where = (bucket.department, bucket.fund, bucket.object)
    posting = posting_id(part.fact, part.line)
    return Share(*where, amount, posting, part.reason, part.ref, state or _STATES.get(bucket.role, CODED))


def posting_id(fact: int, line: int) -> str:
    """The name of a posting."""
    return f"E{fact}:{line}"
