"""Holding: parts of charges that are neither paid nor charged back until they are released, and their release.

A hold is an entry of the memo book: disputed against held, by the same department, object, vendor and strings as the
cost that it holds, so that no actual money moves (INV-36). What can be charged is the cost less what is held. A hold
made after the month was charged back gives the money back in the next run; a release charges it there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

import attrs

from ledger_core.engine.ledger import Act
from ledger_core.engine.moving import Moving
from ledger_core.engine.recoding import Selection, selected
from ledger_core.engine.sharing import Shares
from ledger_core.errors import LedgerRefused, UsageRefused
from ledger_core.facts import catalogue
from ledger_core.facts.entry import COST_ROLES, EntryKind, Role
from ledger_core.facts.fact import Fact
from ledger_core.money import fixed
from ledger_core.policy.allocation import allocate
from ledger_core.policy.periods import effective_date, parse_period
from ledger_core.projections import periods, reference
from ledger_core.projections.bills import PostedBill
from ledger_core.projections.holds import last_day
from ledger_core.projections.parts import Bucket, Lines, Part, StandingCharge, standing_charges
from ledger_core.store.door import Draft


@attrs.frozen
class Portion:
    """What to hold or release: everything that there is of a selection of charges, or of its one charge an `amount` in
    minor units, with the sign of the charge."""

    selection: Selection
    amount: int | None = None

    @classmethod
    def of(cls, bill: str, line: int, amount: int | None = None) -> Portion:
        """Of one charge."""
        return cls(Selection(bill, ((line, line),)), amount)


@attrs.frozen
class Withheld:
    """What came of it: the facts (one for each effective date), how many charges are concerned and how many already
    were as asked, and the minor units held or released."""

    facts: tuple[Fact, ...]
    charges: int
    unchanged: int
    amount: int


@attrs.frozen
class Because:
    """Why something is held or released: a reason, the dispute that it is for ("" none), the queue's items that it
    answers. `since` is a day before which the entry is not dated."""

    reason: str
    dispute: str = ""
    items: tuple[str, ...] = ()
    since: date | None = None


def hold(act: Act, portions: Sequence[Portion], why: Because, spools: Path) -> Withheld:
    """Hold parts of charges. `spools` is a folder for files that live as long as the call.

    Raises UsageRefused without a reason or charges, Unknown for a bill or line that is not there, LedgerRefused for a
    reversed bill and for more than there is to hold (`too-much`).
    """
    return _Withholding(act, EntryKind.HOLD, why, spools).of(portions)


def release(act: Act, portions: Sequence[Portion], why: Because, spools: Path) -> Withheld:
    """Release what is held: for the dispute of `why`, or what no dispute holds.

    Raises as `hold`, and LedgerRefused for a release beyond what is held (`too-much`), or of what a dispute holds
    (`held`).
    """
    return _Withholding(act, EntryKind.RELEASE, why, spools).of(portions)


@attrs.define(eq=False)
class _Withholding:
    """Holds, or releases, on their way into the books."""

    act: Act
    kind: EntryKind
    why: Because
    spools: Path

    def of(self, portions: Sequence[Portion]) -> Withheld:
        if not self.why.reason.strip():
            raise UsageRefused("--reason", "it is empty", "Say why: the books keep it.")
        if not portions:
            raise UsageRefused("charges", "none are named", "Name charges, or a bill.")
        partial = amounts_asked(portions)
        closed = {parse_period(period) for period in periods.closed(self.act.connection)}
        by_date: dict[date, list[tuple[PostedBill, Lines]]] = defaultdict(list)
        for bill, lines in selected(self.act.connection, [portion.selection for portion in portions]):
            earlier = last_day(self.act.connection, bill.fact)
            days = [date.fromisoformat(bill.effective), earlier, self.why.since]
            by_date[effective_date(max(filter(None, days)), closed)].append((bill, lines))
        done = [self._on(day, found, partial) for day, found in sorted(by_date.items())]
        return Withheld(
            tuple(fact for one in done for fact in one.facts),
            sum(one.charges for one in done),
            sum(one.unchanged for one in done),
            sum(one.amount for one in done),
        )

    def _on(self, day: date, found: list[tuple[PostedBill, Lines]], partial: Mapping[tuple[str, int], int]) -> Withheld:
        """One entry, of everything that is dated alike."""
        act = self.act
        with Shares.spooled(self.spools, self.kind.value, act.id, self.why.dispute) as shares:
            pairs = _Pairs(Moving(day, shares, self.kind, memo=True), _accounts(act, day))
            for bill, lines in found:
                for charge in standing_charges(act.connection, lines):
                    pairs.put(bill, charge, self._parts(bill, charge, partial.get((bill.bill, charge.line))))
            if not pairs.charges:
                return Withheld((), 0, pairs.unchanged, 0)
            entry = pairs.moving.entry(self.why.reason)
            content = {
                "entry": self.kind.value,
                "narrative": self.why.reason,
                "dispute": self.why.dispute,
                "charges": pairs.charges,
                "amount": pairs.amount,
                "items": list(self.why.items),
            }
            key = f"entry/{self.kind}/{act.id}/{len(act.door.facts) + 1}"
            rows = pairs.moving.rows(entry)
            fact = act.record(Draft(catalogue.ENTRY_POSTED, key, content, act.id, day, act.door.last, rows))
        return Withheld((fact,), pairs.charges, pairs.unchanged, pairs.amount)

    def _parts(self, bill: PostedBill, charge: StandingCharge, amount: int | None) -> list[_HeldOf]:
        """What of a charge to hold, or to release with the sign turned, by bucket."""
        if self.kind is EntryKind.HOLD:
            return _of_there(bill, charge, [_HeldOf(part.bucket, left) for part, left in _free(charge)], amount, "held")
        mine = [held for held in charge.held if held.dispute == self.why.dispute]
        if not mine and charge.held and (amount is not None or not self.why.dispute):
            _refuse_other(bill, charge)
        there = [_HeldOf(held.bucket, held.amount, held.disputed) for held in mine]
        taken = _of_there(bill, charge, there, amount, "released")
        return [attrs.evolve(one, amount=-one.amount) for one in taken]


@attrs.frozen
class _HeldOf:
    """Minor units of one bucket: of cost, or for a release of the held side, whose other side is `disputed`."""

    bucket: Bucket
    amount: int
    disputed: Bucket | None = None


@attrs.define(eq=False)
class _Pairs:
    """The memo pairs of one entry."""

    moving: Moving
    accounts: Mapping[Role, str]
    charges: int = 0
    unchanged: int = 0
    amount: int = 0

    def put(self, bill: PostedBill, charge: StandingCharge, parts: Sequence[_HeldOf]) -> None:
        """Both sides of what is held of a charge; the disputed side is written before the held one."""
        if not parts:
            self.unchanged += 1
            return
        for part in parts:
            held = part.bucket if part.disputed else self._side(part.bucket, Role.HELD)
            self.moving.put((bill.fact, charge.line), part.disputed or self._side(part.bucket, Role.DISPUTED),
                            part.amount, None)  # fmt: skip
            self.moving.put((bill.fact, charge.line), held, -part.amount, None)
        self.amount += abs(sum(part.amount for part in parts)) * (1 if charge.amount > 0 else -1)
        self.charges += 1

    def _side(self, cost: Bucket, role: Role) -> Bucket:
        return cost._replace(account=self.accounts.get(role, role.value), role=role.value, partner=cost.role)


def amounts_asked(portions: Sequence[Portion]) -> dict[tuple[str, int], int]:
    """The amounts asked for by (bill, line). Raises UsageRefused where one is of several charges, or stands twice."""
    asked: dict[tuple[str, int], int] = {}
    for portion in portions:
        if portion.amount is None:
            continue
        lines = portion.selection.lines or ()
        if len(lines) != 1 or lines[0][0] != lines[0][1]:
            raise UsageRefused("--amount", "it is of several charges", "Name one charge beside it.")
        key = (portion.selection.bill, lines[0][0])
        if key in asked:
            raise UsageRefused(f"charge {key[0]}:{key[1]}", "it is named twice", "Name it once.")
        asked[key] = portion.amount
    return asked


def _free(charge: StandingCharge) -> Iterator[tuple[Part, int]]:
    """The parts of cost of a charge, and how much of each is not held."""
    held: dict[Bucket, int] = defaultdict(int)
    for one in charge.held:
        held[one.bucket._replace(account="", role=one.bucket.partner, partner="")] += one.amount
    for part in charge.parts:
        if part.bucket.role not in COST_ROLES:
            continue
        key = part.bucket._replace(account="", partner="")
        taken = held[key] if abs(held[key]) < abs(part.amount) else part.amount
        held[key] -= taken
        if part.amount - taken:
            yield part, part.amount - taken


def _of_there(
    bill: PostedBill, charge: StandingCharge, there: Sequence[_HeldOf], amount: int | None, done: str
) -> list[_HeldOf]:
    """All that there is, or `amount` of it: shared over the parts in proportion, by largest remainder."""
    available = sum(part.amount for part in there)
    if amount is None or amount == available != 0:
        return list(there)
    of_sign = [part for part in there if part.amount * amount > 0]
    if amount == 0 or abs(amount) > abs(available) or amount * available <= 0:
        where = f"charge {bill.bill}:{charge.line}"
        found = f"{fixed(amount, bill.currency)} of it cannot be {done}: there is {fixed(available, bill.currency)}"
        raise LedgerRefused(where, found, "Name an amount up to that, with the charge's sign.", code="too-much")
    shares = allocate(amount, [abs(part.amount) for part in of_sign], range(len(of_sign)))
    return [attrs.evolve(part, amount=share) for part, share in zip(of_sign, shares, strict=True) if share]


def _refuse_other(bill: PostedBill, charge: StandingCharge) -> None:
    by = ", ".join(sorted({held.dispute for held in charge.held} - {""}))
    found = f"dispute {by} holds it" if by else "that dispute holds nothing of it"
    raise LedgerRefused(
        f"charge {bill.bill}:{charge.line}", found, "Say what became of the dispute: `tollbook dispute`.", code="held"
    )


def _accounts(act: Act, on: date) -> dict[Role, str]:
    """The site's memo accounts; a site without a chart books under the role's own name."""
    rows = reference.known(act.connection, {"account_roles"}).all_in_force("account_roles", on)
    return {Role(row.key[0]): row.cell("account") for row in rows}
