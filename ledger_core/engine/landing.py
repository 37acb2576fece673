"""Where a credit lands: on the parts of what it follows, with the owner of the credited days, or in suspense.

Account strings must be valid on the day of the entry (INV-11). What a person should look at first is a doubt: strings
that have closed, cost that an award bore, fiscal years that are past, another paying fund.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cached_property
from math import lcm
from typing import Any

import attrs
from sqlalchemy import Connection, select

from ledger_core.engine.strings import Strings
from ledger_core.errors import LedgerRefused
from ledger_core.facts.bill import Bill
from ledger_core.facts.charge import ChargeColumns, Timing
from ledger_core.facts.chart import PLAIN, parse_template
from ledger_core.facts.entry import COST_ROLES, Role
from ledger_core.facts.reference import Reference
from ledger_core.money import EXACT, from_minor, parse_decimal, plain
from ledger_core.policy.allocation import allocate
from ledger_core.policy.buckets import RETAINED, SUSPENSE
from ledger_core.policy.buckets import Bucket as OwnersBucket
from ledger_core.policy.coder import Coder
from ledger_core.policy.coding import Coding
from ledger_core.policy.credits import Place, granted
from ledger_core.policy.periods import Calendar, period_of
from ledger_core.projections import bills, reference
from ledger_core.projections.bills import PostedBill
from ledger_core.projections.parts import Bucket, Lines, Part, StandingCharge, exact_amount, standing_charges
from ledger_core.store import log
from ledger_core.store.tables import BODIES

_CHARGES = BODIES["charges"].c
_CODED = ("sub_account", "service", "service_kind", "kind", "product", "customer_code")
_NEAR = 50  # lines
_SPLIT_PLACES = 12  # digits to which the fractions of a credit are split, as on arrival

Weighed = tuple[Bucket, int, Decimal]  # what stands in a bucket: minor units, exact major units


@attrs.frozen
class Doubt:
    """Why a person should say where a credit goes: a code, and the words."""

    code: str
    found: str


@attrs.frozen
class Landing:
    """Where a credit goes: parts that sum to it. `how`: "follows", "owner", "pro-rata", "as-coded" or "suspense"."""

    parts: tuple[Part, ...]
    how: str
    reason: str


@attrs.define(eq=False)
class Landings:
    """Where the credits of one bill land in an entry dated `on`. `decided` says that a person has looked: an award or a
    past fiscal year is then no doubt any more."""

    connection: Connection
    bill: PostedBill
    on: date
    decided: bool = False
    _strings: Strings = attrs.field(init=False)
    _opened: Mapping[str, Any] = attrs.field(init=False)
    _split: dict[Place, StandingCharge] = attrs.field(factory=dict, init=False)
    _bills: dict[int, PostedBill] = attrs.field(factory=dict, init=False)
    _likely: dict[int, list[int]] = attrs.field(factory=dict, init=False)
    _coders: dict[tuple[str, str], Coder] = attrs.field(factory=dict, init=False)

    def __attrs_post_init__(self) -> None:
        self._strings = Strings(self.connection, self.on)
        self._opened = log.fact(self.connection, 1).content

    def following(self, credit: StandingCharge, targets: Sequence[tuple[Place, int]]) -> Landing | Doubt:
        """The split of the charges that a credit follows, as they stand, in proportion to the weights."""
        parts: dict[Bucket, list[Part]] = {}
        amounts = allocate(credit.amount, [weight for _, weight in targets], [place for place, _ in targets])
        exacts = _exacts(credit.exact, [Decimal(weight) for _, weight in targets], [place for place, _ in targets])
        for (place, _), amount, exact in zip(targets, amounts, exacts, strict=True):
            bill, charge = self._standing(place)
            if doubt := self._past(date.fromisoformat(bill.effective)):
                return doubt
            weighed = [
                (part.bucket, part.amount, exact_amount(part.amount, part.exact, bill.currency))
                for part in charge.parts
            ]
            landed = self._divided(credit, (amount, exact), weighed)
            if isinstance(landed, Doubt):
                return landed
            for part in landed:
                parts.setdefault(part.bucket, []).append(part)
        return Landing(_joined(parts, self.bill.currency), "follows", "the split of what it follows")

    def pro_rata(self, credit: StandingCharge, discounted: Sequence[tuple[Bucket, int]]) -> Landing | Doubt:
        """In proportion to what a discount of the whole account is a discount on (domain.md: telecom traps)."""
        if not discounted:
            return self.suspense(credit, "nothing is charged that it could be a discount on")
        weighed = [(bucket, amount, from_minor(amount, self.bill.currency)) for bucket, amount in discounted]
        landed = self._divided(credit, (credit.amount, credit.exact), weighed)
        if isinstance(landed, Doubt):
            return landed
        return Landing(tuple(landed), "pro-rata", "shared by the charges that it is a discount on")

    def at_owner(self, credit: StandingCharge, days: tuple[str, str]) -> Landing | Doubt:
        """With whoever owned the service on the days that are credited, as the coder finds it."""
        last = date.fromisoformat(days[1])
        if doubt := self._past(last):
            return doubt
        coding = self._coding(credit.line, days)
        if coding.discrepancy is not None and coding.discrepancy.code.startswith("string-"):
            return Doubt(coding.discrepancy.code, f"{coding.discrepancy.where} is {coding.discrepancy.found}")
        if coding.reason == SUSPENSE:
            return self.suspense(credit, f"nobody owned it on {days[1]}")
        old = credit.parts[0].bucket
        common = lcm(*(weight.denominator for _, weight in coding.parts))
        placed: dict[Bucket, int] = {}
        for owner, weight in coding.parts:
            bucket = self._owned(old, owner)
            if isinstance(bucket, Doubt):
                return bucket
            placed[bucket] = placed.get(bucket, 0) + int(weight * common)
        parts = _shared(credit.amount, credit.exact, [(bucket, one, Decimal(one)) for bucket, one in placed.items()])
        assert not isinstance(parts, Doubt), "weights of a coding are above zero"
        return Landing(tuple(parts), "owner", f"the owner on the days that it credits, {days[0]} to {days[1]}")

    def _owned(self, old: Bucket, owner: OwnersBucket) -> Bucket | Doubt:
        if owner.state == SUSPENSE:
            return self._in_suspense(old)
        return self._bucket(old, owner.department, owner.object, retained=owner.state == RETAINED)

    def as_coded(self, credit: StandingCharge) -> Landing | Doubt:
        """Where it was coded when it came, unless an award would get it."""
        for part in credit.parts:
            bucket = part.bucket
            if (
                not self.decided
                and bucket.department
                and granted(self._known, bucket.department, bucket.object, self.on)
            ):
                return _award(bucket.department, bucket.object)
        return Landing(credit.parts, "as-coded", "coded like the charges of its service")

    def suspense(self, credit: StandingCharge, reason: str) -> Landing:
        """Where nobody gets it before somebody has said who."""
        bucket = self._in_suspense(credit.parts[0].bucket)
        return Landing((Part(bucket, credit.amount, credit.exact),), "suspense", reason)

    # --- buckets ------------------------------------------------------------------------------------------------

    def _divided(
        self, credit: StandingCharge, amount: tuple[int, str | None], weighed: Sequence[Weighed]
    ) -> list[Part] | Doubt:
        """An amount in proportion to what stands in buckets elsewhere, put into the like buckets of this bill."""
        old = credit.parts[0].bucket
        into: dict[Bucket, tuple[int, Decimal]] = {}
        for bucket, minor, exact in weighed:
            found = self._like(old, bucket)
            if isinstance(found, Doubt):
                return found
            known = into.get(found, (0, Decimal(0)))
            into[found] = (known[0] + minor, EXACT.add(known[1], exact))
        return _shared(*amount, [(bucket, *sums) for bucket, sums in into.items()])

    def _like(self, old: Bucket, there: Bucket) -> Bucket | Doubt:
        """The bucket beside `old` of who bears `there`."""
        if there.fund != old.fund:
            found = f"fund {there.fund} paid what it follows, and fund {old.fund} pays this bill"
            return Doubt("other-fund", found)
        if there.role not in COST_ROLES:  # clearing: what was paid by card goes back where it came from
            return there._replace(vendor=old.vendor)
        if there.role == Role.SUSPENSE:
            return self._in_suspense(old)
        return self._bucket(old, there.department, there.object, retained=there.role == Role.RETAINED)

    def _bucket(self, old: Bucket, department: str, account_object: str, *, retained: bool) -> Bucket | Doubt:
        if not self.decided and department and granted(self._known, department, account_object, self.on):
            return _award(department, account_object)
        try:
            return self._strings.bucket(self.bill, old, department, account_object, retained)
        except LedgerRefused as refused:
            where = refused.where.removesuffix(f", on {self.on}")
            return Doubt(refused.code, f"{where} is {refused.found}")

    def _in_suspense(self, old: Bucket) -> Bucket:
        account = self._strings.account(Role.SUSPENSE)
        nobody = dict.fromkeys(("department", "object", "billed"), "")
        return old._replace(account=account, role=Role.SUSPENSE.value, booked=old.fund, **nobody)

    def _past(self, day: date) -> Doubt | None:
        """Whether a day lies in a fiscal year before the entry's (domain.md J6y)."""
        calendar = self._calendar
        year, now = calendar.fiscal_year(period_of(day)), calendar.fiscal_year(period_of(self.on))
        return None if self.decided or year >= now else Doubt("past-year", f"it credits fiscal year {year}")

    # --- what it is judged on -----------------------------------------------------------------------------------

    @cached_property
    def _known(self) -> Reference:
        return reference.known(self.connection)

    @cached_property
    def _calendar(self) -> Calendar:
        """The sheet's where one is in force, else what the ledger was opened with."""
        row = self._known.in_force("calendar", ("fiscal_year_start_month",), self.on)
        return Calendar(int(row.cell("value")) if row else self._opened["fiscal_year_start_month"])

    def expect(self, places: Iterable[Place]) -> None:
        """Say which charges may be asked for, so that those of one bill are read at once."""
        for fact, line in sorted(set(places)):
            self._likely.setdefault(fact, []).append(line)

    def _standing(self, place: Place) -> tuple[PostedBill, StandingCharge]:
        if place not in self._split:
            fact = place[0]
            if fact not in self._bills:
                bill = bills.of_fact(self.connection, fact)
                assert bill is not None
                self._bills[fact] = bill
            ranges = near([place[1], *self._likely.pop(fact, ())])
            wanted = Lines(fact, self._bills[fact].currency, ranges)
            self._split |= {(fact, one.line): one for one in standing_charges(self.connection, wanted)}
        return self._bills[place[0]], self._split[place]

    def _coding(self, line: int, days: tuple[str, str]) -> Coding:
        """The coding of the credit, were it a charge for these days alone."""
        query = select(*(_CHARGES[name] for name in _CODED)).where(
            _CHARGES.fact == self.bill.fact, _CHARGES.line == line
        )
        cells = self.connection.execute(query).one()._asdict()
        columns = ChargeColumns(
            count=1, place="1", start=0, end=0, exact="0", service_from=days[0], service_to=days[1],
            timing=Timing.ARREARS.value, **cells,
        )  # fmt: skip
        return self._coder(days).code_batch(columns)[0]

    def _coder(self, days: tuple[str, str]) -> Coder:
        """The coder of a bill for these days alone."""
        coder = self._coders.get(days)
        if coder is None:
            first, last = (date.fromisoformat(day) for day in days)
            head = Bill(self.bill.vendor, self.bill.account, self.bill.currency, period_from=first, period_to=last)
            written = self._opened["chart_template"]
            template = parse_template(written) if written else PLAIN
            coder = Coder(self._known, head, self.on, self._opened["default_fund"], template)
            self._coders[days] = coder
        return coder


def near(lines: Iterable[int]) -> tuple[tuple[int, int], ...]:
    """Ranges that hold these lines, and what lies between near ones: fewer questions, and not many more answers."""
    ranges: list[tuple[int, int]] = []
    for line in sorted(set(lines)):
        if ranges and line - ranges[-1][1] <= _NEAR:
            ranges[-1] = (ranges[-1][0], line)
        else:
            ranges.append((line, line))
    return tuple(ranges)


def _award(department: str, account_object: str) -> Doubt:
    return Doubt("award", f"an award bears the cost of department {department}, object {account_object or '(none)'}")


def _shared(amount: int, exact: str | None, into: Sequence[Weighed]) -> list[Part] | Doubt:
    """An amount by largest remainder over what stands in buckets (INV-31): the credit of all of it takes back just
    what stands there."""
    buckets = [bucket for bucket, _, _ in into]
    minors: list[int] | list[Decimal] = [minor for _, minor, _ in into]
    fine = [weight for _, _, weight in into]
    if len(into) == 1:
        return [Part(buckets[0], amount, exact)]
    if not any(minors):
        minors = fine
    try:
        amounts = allocate(amount, minors, buckets)
        exacts = _exacts(exact, fine, buckets)
    except LedgerRefused:  # parts on both sides of zero, or nothing at all
        return Doubt("mixed", "what it follows is split on both sides of zero")
    return [Part(*placed) for placed in zip(buckets, amounts, exacts, strict=True)]


def _exacts(exact: str | None, weights: Sequence[Decimal], keys: Sequence[Any]) -> list[str | None]:
    """The exact shares where a credit holds fractions of a minor unit."""
    if exact is None or len(weights) == 1:
        return [exact] * len(weights)
    value = parse_decimal(exact)
    _, _, exponent = value.as_tuple()
    assert isinstance(exponent, int)
    shift = max(_SPLIT_PLACES, -exponent)
    shares = allocate(int(EXACT.scaleb(value, shift)), weights, keys)
    return [plain(EXACT.scaleb(Decimal(share), -shift)) for share in shares]


def _joined(parts: Mapping[Bucket, Iterable[Part]], currency: str) -> tuple[Part, ...]:
    """Parts of several charges in one bucket as one part."""
    joined = []
    for bucket, found in parts.items():
        several = list(found)
        amount, exact = sum(part.amount for part in several), None
        if any(part.exact is not None for part in several):
            total = Decimal(0)
            for part in several:
                total = EXACT.add(total, exact_amount(part.amount, part.exact, currency))
            exact = plain(total)
        joined.append(Part(bucket, amount, exact))
    return tuple(joined)
