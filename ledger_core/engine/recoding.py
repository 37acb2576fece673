"""Recoding: a person says who bears charges, or that they stay with the fund that paid. One act, one reason, any lines.

Before a chargeback run this replaces the billed string inside the paying fund; after it, the same entry is a
correction that the next run picks up. Each bill keeps its date where its period is open (INV-39).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from fractions import Fraction
from pathlib import Path

import attrs
from sqlalchemy import Connection

from ledger_core.engine.ledger import Act
from ledger_core.engine.moving import Move, Moving
from ledger_core.engine.sharing import Shares
from ledger_core.engine.strings import Strings
from ledger_core.errors import LedgerRefused, Unknown, UsageRefused
from ledger_core.facts import catalogue
from ledger_core.facts.entry import Role
from ledger_core.facts.fact import Fact
from ledger_core.money import EXACT, fixed, parse_decimal, plain
from ledger_core.policy.allocation import allocate
from ledger_core.policy.periods import effective_date, parse_period
from ledger_core.projections import bills, periods
from ledger_core.projections.bills import POSTED, PostedBill
from ledger_core.projections.parts import Bucket, Lines, Part, StandingCharge, standing_charges
from ledger_core.store.door import Draft

MANUAL, RETAINED = "manual", "retained"
_SPLIT_PLACES = 12  # digits to which the fractions of a charge are split, as on arrival


@attrs.frozen
class Selection:
    """Charges of one bill: `lines` (inclusive ranges, any order; None all), of one `service` (None any)."""

    bill: str
    lines: tuple[tuple[int, int], ...] | None = None
    service: str | None = None


@attrs.frozen
class Target:
    """Who is to bear a share in proportion to `weight`. `object` None keeps the object that the charge has."""

    department: str
    object: str | None = None
    weight: Fraction = Fraction(1)


@attrs.frozen
class Recoding:
    """What a person decided about charges. `retained` keeps the cost with the paying fund, as that department's own;
    no target then means the department that the paying fund's own cost lies with. `suspense_only` leaves alone what is
    coded already. `items` are the queue's items that this answers."""

    selections: tuple[Selection, ...]
    targets: tuple[Target, ...]
    retained: bool = False
    suspense_only: bool = False
    items: tuple[str, ...] = ()


@attrs.frozen
class Recoded:
    """What came of it: the facts (one for each effective date), how many charges moved and how many were there
    already, and the minor units of those that moved."""

    facts: tuple[Fact, ...]
    charges: int
    unchanged: int
    amount: int


def recode(act: Act, recoding: Recoding, reason: str, spools: Path) -> Recoded:
    """Record the recoding. `spools` is a folder for files that live as long as the call.

    Raises UsageRefused without a reason, lines or a target, Unknown for a bill or line that is not there, LedgerRefused
    for a reversed bill, for what is held, or for an account string that is not valid on the entry's date (INV-11).
    """
    _require(recoding, reason)
    closed = {parse_period(period) for period in periods.closed(act.connection)}
    by_date: dict[date, list[tuple[PostedBill, Lines]]] = defaultdict(list)
    for bill, lines in selected(act.connection, recoding.selections):
        by_date[effective_date(date.fromisoformat(bill.effective), closed)].append((bill, lines))
    done = [_recode_on(act, day, found, recoding, reason, spools) for day, found in sorted(by_date.items())]
    return Recoded(
        tuple(fact for recoded in done for fact in recoded.facts),
        sum(recoded.charges for recoded in done),
        sum(recoded.unchanged for recoded in done),
        sum(recoded.amount for recoded in done),
    )


def _require(recoding: Recoding, reason: str) -> None:
    if not reason.strip():
        raise UsageRefused("--reason", "it is empty", "Say why: the books keep it.")
    if not recoding.selections:
        raise UsageRefused("charges", "none are named", "Name charges, or a bill.")
    if not recoding.targets and not recoding.retained:
        raise UsageRefused("--department", "nobody is named", "Name the department that bears the cost.")


def selected(connection: Connection, selections: Sequence[Selection]) -> Iterator[tuple[PostedBill, Lines]]:
    """Each bill once for each service named, with its ranges joined so that no line is met twice.

    Raises Unknown for a bill or line that is not there, LedgerRefused for a reversed bill.
    """
    ranges: dict[tuple[str, str | None], list[tuple[int, int]] | None] = {}
    for chosen in selections:
        key = (chosen.bill, chosen.service)
        known = ranges.setdefault(key, [])
        if chosen.lines is None:
            ranges[key] = None
        elif known is not None:
            known.extend(chosen.lines)
    for (name, service), found in ranges.items():
        bill = bills.named(connection, name)
        if bill is None:
            raise Unknown(f"bill {name[:80]}", "the ledger holds none of that name", "Take it from `tollbook charges`.")
        if bill.state != POSTED:
            raise LedgerRefused(f"bill {name}", "it was reversed", "Take the bill that replaced it.", code="reversed")
        joined = None if found is None else _joined(found)
        if joined and not 1 <= joined[0][0] <= joined[-1][1] <= bill.charges:
            raise Unknown(f"bill {name}", f"it has lines 1 to {bill.charges}, not {joined[-1][1]}", "Check the lines.")
        yield bill, Lines(bill.fact, bill.currency, joined, service)


def _joined(ranges: Sequence[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    joined: list[tuple[int, int]] = []
    for first, last in sorted(ranges):
        if joined and first <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
        else:
            joined.append((first, last))
    return tuple(joined)


def _recode_on(
    act: Act, day: date, found: list[tuple[PostedBill, Lines]], recoding: Recoding, reason: str, spools: Path
) -> Recoded:
    evidence = RETAINED if recoding.retained else MANUAL
    with Shares.spooled(spools, evidence, act.id) as shares:
        work = _Work(Moving(day, shares), Strings(act.connection, day), recoding)
        for bill, lines in found:
            for charge in standing_charges(act.connection, lines):
                work.take(bill, charge)
        if not work.charges:
            return Recoded((), 0, work.unchanged, 0)
        entry = work.moving.entry(reason)
        content = {
            "entry": entry.kind.value,
            "narrative": reason,
            "state": evidence,
            "targets": [[target.department, target.object, str(target.weight)] for target in recoding.targets],
            "charges": work.charges,
            "amount": work.amount,
            "items": list(recoding.items),
        }
        key = f"entry/reclass/{act.id}/{len(act.door.facts) + 1}"
        rows = work.moving.rows(entry)
        fact = act.record(Draft(catalogue.ENTRY_POSTED, key, content, act.id, day, act.door.last, rows))
    return Recoded((fact,), work.charges, work.unchanged, work.amount)


@attrs.define(eq=False)
class _Work:
    """Charges on their way to where they belong."""

    moving: Moving
    strings: Strings
    recoding: Recoding
    charges: int = 0
    unchanged: int = 0
    amount: int = 0

    def take(self, bill: PostedBill, charge: StandingCharge) -> None:
        """Move one charge of a bill, as far as it is not there already."""
        parts = charge.parts
        if self.recoding.suspense_only:
            parts = tuple(part for part in parts if part.bucket.role == Role.SUSPENSE)
        if not parts:
            return
        _refuse_held(bill, charge, parts)
        new = self._new(bill, parts)
        if [part.bucket for part in new] == [part.bucket for part in parts] and new == list(parts):
            self.unchanged += 1
            return
        move = Move(bill.currency)
        for part in parts:
            move.add(part.bucket, part.amount, part.exact, -1)
        for part in new:
            move.add(part.bucket, part.amount, part.exact)
        changed = move.parts() or _empty_move(parts, new)
        for bucket, amount, exact in changed:
            self.moving.put((bill.fact, charge.line), bucket, amount, exact)
        self.charges += 1
        self.amount += sum(part.amount for part in parts)

    def _new(self, bill: PostedBill, parts: Sequence[Part]) -> list[Part]:
        if self.recoding.retained and (not self.recoding.targets or self.recoding.targets[0].object is None):
            return self._retained(bill, parts)
        old = parts[0].bucket
        targets = self.recoding.targets
        buckets = [self.strings.bucket(bill, old, t.department, t.object, self.recoding.retained) for t in targets]
        if len(buckets) == 1 and len(parts) == 1:
            return [Part(buckets[0], parts[0].amount, parts[0].exact)]
        weights = [target.weight for target in targets]
        amounts = allocate(sum(part.amount for part in parts), weights, range(len(weights)))
        exacts = self._exacts(parts, weights)
        return [Part(*placed) for placed in zip(buckets, amounts, exacts, strict=True)]

    def _retained(self, bill: PostedBill, parts: Sequence[Part]) -> list[Part]:
        """The same parts under the same objects, as the payer's own."""
        targets = self.recoding.targets
        new = []
        for part in parts:
            department = targets[0].department if targets else self.strings.own_department(part.bucket.fund)
            new.append(part._replace(bucket=self.strings.bucket(bill, part.bucket, department, None, True)))
        return new

    @staticmethod
    def _exacts(parts: Sequence[Part], weights: Sequence[Fraction]) -> list[str | None]:
        """The exact shares where the charge holds fractions of a minor unit."""
        if all(part.exact is None for part in parts):
            return [None] * len(weights)
        move = Move(parts[0].bucket.currency)
        for part in parts:
            move.add(parts[0].bucket, part.amount, part.exact)
        whole = move.parts()
        if not whole or whole[0][2] is None:
            return [None] * len(weights)
        exact = parse_decimal(whole[0][2])
        _, _, exponent = exact.as_tuple()
        assert isinstance(exponent, int)
        shift = max(_SPLIT_PLACES, -exponent)
        shares = allocate(int(EXACT.scaleb(exact, shift)), weights, range(len(weights)))
        return [plain(EXACT.scaleb(parse_decimal(str(share)), -shift)) for share in shares]


def _refuse_held(bill: PostedBill, charge: StandingCharge, parts: Sequence[Part]) -> None:
    """What is held stays where it is until it is released: its memo pair names whose it is."""
    roles = {part.bucket.role for part in parts}
    amount = sum(held.amount for held in charge.held if held.bucket.partner in roles)
    if amount:
        raise LedgerRefused(
            f"charge {bill.bill}:{charge.line}",
            f"{fixed(amount, bill.currency)} {bill.currency} of it is held",
            "Release it first, or wait until its dispute is settled.",
            code="held",
        )


def _empty_move(parts: Sequence[Part], new: Sequence[Part]) -> list[tuple[Bucket, int, str | None]]:
    """A charge of zero moves nothing, but still says whose it is: the last row counts."""
    return [(part.bucket, 0, None) for part in (*parts, *new)]
