"""Disputing: lines of a bill are disputed with its vendor, step by step, until each cent is credited or dropped.

A dispute that withholds holds what it is about, so that it is neither paid nor charged back; what the vendor refuses is
released, and is paid and charged in the open month. What the vendor concedes stays held until the vendor's credit is
posted: then as much is released, and the charge and its credit net to zero. A dispute that claims moves no money.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path

import attrs
from sqlalchemy import Connection, select

from ledger_core.canonical import row_bytes
from ledger_core.engine.decision import DISPUTE, decide
from ledger_core.engine.holding import Because, Portion, amounts_asked, hold, release
from ledger_core.engine.ledger import Act
from ledger_core.engine.recoding import selected
from ledger_core.errors import LedgerRefused, UsageRefused
from ledger_core.facts import catalogue
from ledger_core.facts.body import DISPUTED
from ledger_core.facts.fact import Fact
from ledger_core.money import fixed
from ledger_core.policy.deadlines import account_row, agreement_row, business_days, deadlines
from ledger_core.policy.disputes import (
    DROPPING,
    TAXES,
    BilledLine,
    Mode,
    Step,
    apportion,
    related_tax,
)
from ledger_core.policy.limits import limits_of
from ledger_core.projections import disputes, holds, payables, reference
from ledger_core.projections.bills import PostedBill
from ledger_core.projections.disputes import CONCEDED, CREDITED, DROPPED, NAMED, TAX, Dispute
from ledger_core.projections.parts import Lines
from ledger_core.store import log
from ledger_core.store.door import Draft
from ledger_core.store.rows import FewRows
from ledger_core.store.tables import BODIES

_CHARGES = BODIES["charges"].c
_SHEETS = frozenset({"vendor_accounts", "agreements", "limits", "holidays"})
_MANY = 500  # values in one question; SQLite takes a thousand
_NO_AMOUNT = frozenset({Step.NOTICED, Step.ESCALATED})


@attrs.frozen
class Claim:
    """What is to be disputed, and from which day on: charges, whole or in part. `mode` None withholds what is not paid
    yet and claims the rest. `codes` are those of the exceptions behind it, `items` the queue's items that it answers.
    Without `tax` the tax on the lines is left out."""

    portions: tuple[Portion, ...]
    on: date
    mode: Mode | None = None
    codes: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    tax: bool = True


@attrs.frozen
class Advance:
    """One step of a dispute. `on` is the day that it is about, `amount` minor units (None: all that is undecided).
    `method` says how it was done ("letter"), `reference` is the vendor's own ticket or letter. With `final` what a
    concession leaves is refused."""

    step: Step
    on: date
    amount: int | None = None
    method: str = ""
    reference: str = ""
    final: bool = False


def open_dispute(act: Act, claim: Claim, reason: str, spools: Path) -> tuple[Dispute, ...]:
    """Open a dispute for each bill that is named, all for one reason. A late one is recorded all the same.

    `spools` is a folder for files that live as long as the call. Raises UsageRefused without a reason or charges,
    Unknown for a bill or line that is not there, LedgerRefused for a reversed bill, for more than there is to dispute
    (`too-much`), and where nothing is overcharged.
    """
    _require(reason)
    if not claim.portions:
        raise UsageRefused("charges", "none are named", "Name charges, items of the queue, or --bill.")
    asked = amounts_asked(claim.portions)
    found: dict[int, tuple[PostedBill, dict[int, int]]] = {}
    taken = _Taken.read(act)
    for bill, lines in selected(act.connection, [portion.selection for portion in claim.portions]):
        _, named = found.setdefault(bill.fact, (bill, {}))
        for line, amount in _billed(act.connection, lines):
            part = taken.left(bill, line, amount, asked.get((bill.bill, line)))
            if part:
                named[line] = part
    opened = [_open(act, claim, reason, bill, named, taken, spools) for bill, named in found.values()]
    if claim.items:
        decide(act, DISPUTE, claim.items, reason)
    return tuple(opened)


def advance(act: Act, name: str, step: Advance, reason: str, spools: Path) -> tuple[Fact, ...]:
    """Record a step of a dispute: all but `credited` and `settled`, which follow from the vendor's credit.

    What is refused, withdrawn or expired is released where it was held. Raises UsageRefused without a reason, Unknown
    for no such dispute, LedgerRefused where nothing is undecided, for more than is (`too-much`), for a day before the
    dispute was opened, and for an expiry before the deadline has passed (`dispute-state`).
    """
    _require(reason)
    if step.step in {Step.CREDITED, Step.SETTLED}:
        raise UsageRefused(
            step.step, "it follows from the vendor's credit", "Match the credit: `tollbook credits confirm`."
        )
    one = disputes.dispute_of(act.connection, name)
    _fits(one, step)
    if step.step in _NO_AMOUNT:
        return (_record(act, one, step, reason, ()),)
    amount = one.sums.undecided if step.amount is None else step.amount
    if not 0 < amount <= one.sums.undecided:
        raise _too_much(one, amount, one.sums.undecided, "undecided")
    shares = apportion(amount, {(line.fact, line.line): line.account.undecided for line in one.lines})
    if step.step in DROPPING:
        return _drop(act, one, attrs.evolve(step, amount=amount), shares, reason, spools)
    conceded = _record(act, one, attrs.evolve(step, amount=amount), reason, _rows(shares, CONCEDED))
    rest = one.sums.undecided - amount
    if not step.final or not rest:
        return (conceded,)
    again = disputes.dispute_of(act.connection, name)
    shares = {(line.fact, line.line): line.account.undecided for line in again.lines}
    refused = attrs.evolve(step, step=Step.REFUSED, amount=rest)
    return (conceded, *_drop(act, again, refused, shares, reason, spools))


def credited(
    act: Act,
    name: str,
    credit: tuple[int, int],
    amount: int,
    *,
    spools: Path,
    over: Mapping[tuple[int, int], int] | None = None,
) -> tuple[Fact, ...]:
    """The vendor credited `amount` minor units (above zero) of a dispute by the charge `credit` (fact, line).

    As much of what is held is released, dated with the credit's bill, so that both are seen by the same chargeback.
    What was conceded is credited first; more than that is taken for conceded. All credited settles the dispute. `over`
    says what of it falls on which charge, where the credit is coded so; else it is shared over all lines. Raises
    Unknown, and LedgerRefused for more than is pending (`too-much`).
    """
    one = disputes.dispute_of(act.connection, name)
    if not 0 < amount <= one.pending:
        raise _too_much(one, amount, one.pending, "pending")
    if over is None:
        first = min(amount, one.sums.awaiting)
        awaited = apportion(first, {(line.fact, line.line): line.account.awaiting for line in one.lines})
        unasked = apportion(amount - first, {(line.fact, line.line): line.account.undecided for line in one.lines})
        shares = {place: awaited[place] + unasked[place] for place in awaited}
    else:
        shares, unasked = dict(over), _unasked(one, amount, over)
    by = log.fact(act.connection, credit[0])
    step = Advance(Step.CREDITED, by.recorded.date(), amount)
    reason = f"the vendor credited it on {by.content['bill']}:{credit[1]}"
    entries = _release(act, one, shares, Because(reason, one.dispute, since=by.effective), spools)
    rows = (*_rows(unasked, CONCEDED), *_rows(shares, CREDITED))
    facts = [*entries, _record(act, one, step, reason, rows, entries=entries, credit=credit)]
    if amount == one.pending:
        settled = Advance(Step.SETTLED, step.on, one.credited + amount)
        facts.append(_record(act, one, settled, "everything that was not dropped is credited", ()))
    return tuple(facts)


# --- opening ----------------------------------------------------------------------------------------------------


@attrs.frozen
class _Taken:
    """What of which charges is disputed already."""

    by_charge: Mapping[tuple[int, int], int]
    names: Mapping[tuple[int, int], str]

    @classmethod
    def read(cls, act: Act) -> _Taken:
        by_charge: dict[tuple[int, int], int] = defaultdict(int)
        names = {}
        for place, found in disputes.disputed_lines(act.connection).items():
            names[place] = ", ".join(one.dispute for one in found)
            for one in found:
                by_charge[place] += sum(
                    line.amount - line.dropped for line in one.lines if (line.fact, line.line) == place
                )
        return cls(by_charge, names)

    def left(self, bill: PostedBill, line: int, amount: int, asked: int | None) -> int:
        """What is to be disputed of a charge: what was asked for, or all that is left. Raises LedgerRefused."""
        place = (bill.fact, line)
        left = amount - self.by_charge.get(place, 0)
        if asked is None:
            return left
        if asked == 0 or asked * left <= 0 or abs(asked) > abs(left):
            by = f"; {self.names[place]} is about it" if place in self.names else ""
            found = f"{fixed(asked, bill.currency)} of it cannot be disputed: there is {fixed(left, bill.currency)}{by}"
            do = "Name an amount up to that, with the charge's sign."
            raise LedgerRefused(f"charge {bill.bill}:{line}", found, do, code="too-much")
        return asked


def _open(
    act: Act, claim: Claim, reason: str, bill: PostedBill, named: Mapping[int, int], taken: _Taken, spools: Path
) -> Dispute:
    taxes = _taxes(act.connection, bill, named, taken) if claim.tax and named else {}
    amount = sum(named.values()) + sum(taxes.values())
    if amount <= 0:
        found = f"what is named comes to {fixed(amount, bill.currency)} {bill.currency} that is not disputed already"
        raise LedgerRefused(f"bill {bill.bill}", found, "Name charges of which something is too much.", code="too-much")
    name = _name(act, bill, named, taxes)
    mode = claim.mode or _mode(act.connection, bill)
    entries: tuple[Fact, ...] = ()
    if mode is Mode.WITHHELD:
        entries = _withhold(act, bill, {**named, **taxes}, Because(reason, name, claim.items), spools)
    deadline, due = _days(act.connection, bill, claim.on)
    content = {
        "dispute": name,
        "vendor": bill.vendor,
        "account": bill.account,
        "bill": bill.bill,
        "posted": bill.fact,
        "number": bill.number,
        "currency": bill.currency,
        "mode": mode.value,
        "amount": amount,
        "tax": sum(taxes.values()),
        "reason": reason,
        "codes": list(claim.codes),
        "opened": claim.on.isoformat(),
        "deadline": deadline.isoformat() if deadline else None,
        "due": due.isoformat() if due else None,
        "late": deadline is not None and claim.on > deadline,
        "items": list(claim.items),
        "entries": [fact.sequence for fact in entries],
    }
    places = [((bill.fact, line), part, NAMED) for line, part in sorted(named.items())]
    places += [((bill.fact, line), part, TAX) for line, part in sorted(taxes.items())]
    rows = tuple((number, *place, part, what) for number, (place, part, what) in enumerate(places, 1))
    act.record(
        Draft(
            catalogue.DISPUTE_OPENED, f"dispute/{name}", content, act.id, based_on=act.door.last,
            rows=(FewRows(DISPUTED, rows),),
        )
    )  # fmt: skip
    return disputes.dispute_of(act.connection, name)


def _billed(connection: Connection, lines: Lines) -> Iterable[tuple[int, int]]:
    """Line and amount of the charges that are selected."""
    conditions = [_CHARGES.fact == lines.fact]
    if lines.service is not None:
        conditions.append(_CHARGES.service == lines.service)
    for first, last in lines.ranges if lines.ranges is not None else ((0, 2**62),):
        query = select(_CHARGES.line, _CHARGES.amount).where(*conditions, _CHARGES.line.between(first, last))
        yield from ((line, amount) for line, amount in connection.execute(query.order_by(_CHARGES.line)))


def _taxes(connection: Connection, bill: PostedBill, named: Mapping[int, int], taken: _Taken) -> dict[int, int]:
    """The tax that goes along, as far as it is not disputed already."""
    services = _services(connection, bill, named)
    lines: list[BilledLine] = []
    for at in range(0, len(services), _MANY):
        query = select(*(_CHARGES[field] for field in BilledLine._fields)).where(
            _CHARGES.fact == bill.fact, _CHARGES.service.in_(services[at : at + _MANY])
        )
        lines += [BilledLine(*row) for row in connection.execute(query.order_by(_CHARGES.line))]
    found = related_tax(lines, named)
    left = {line.line: taken.left(bill, line.line, line.amount, None) for line in lines if line.line in found}
    return {line: min(part, left[line], key=abs) for line, part in found.items() if part * left[line] > 0}


def _services(connection: Connection, bill: PostedBill, named: Mapping[int, int]) -> list[str]:
    lines = sorted(named)
    found: set[str] = set()
    for at in range(0, len(lines), _MANY):
        query = select(_CHARGES.service).where(
            _CHARGES.fact == bill.fact, _CHARGES.line.in_(lines[at : at + _MANY]), _CHARGES.kind.not_in(sorted(TAXES))
        )
        found |= set(connection.execute(query.distinct()).scalars())
    return sorted(found)


def _withhold(act: Act, bill: PostedBill, lines: Mapping[int, int], because: Because, spools: Path) -> tuple[Fact, ...]:
    """Hold the lines for the dispute; what was held before there was one is taken over."""
    manual = holds.held(act.connection, act.door.last, dispute="").lines
    over = {
        line: min(part, manual[bill.fact, line], key=abs)
        for line, part in lines.items()
        if part * manual.get((bill.fact, line), 0) > 0
    }
    facts: tuple[Fact, ...] = ()
    if over:
        taken = Because(f"{because.dispute} holds it from now on: {because.reason}")
        facts = release(act, _portions(bill.bill, over), taken, spools).facts
    return (*facts, *hold(act, _portions(bill.bill, lines), because, spools).facts)


def _mode(connection: Connection, bill: PostedBill) -> Mode:
    """What left for payment, or is paid without being asked, can only be claimed back."""
    item = payables.Payables(connection).of_bill(bill)
    return Mode.CLAIMED if item.exported or item.paid or item.card else Mode.WITHHELD


def _days(connection: Connection, bill: PostedBill, on: date) -> tuple[date | None, date | None]:
    """By when notice is to be given, and when the bill is due."""
    known = reference.known(connection, _SHEETS)
    stated = bill.bill_date or bill.period_to or bill.effective
    day = date.fromisoformat(stated)
    found = deadlines(
        day,
        account_row(known, bill.vendor, bill.account, day),
        agreement_row(known, bill.vendor, bill.account, day),
        limits_of(known, on, bill.currency),
        business_days(known),
        stated_due=date.fromisoformat(bill.due_date) if bill.due_date else None,
    )
    return found.dispute_by, found.due


def _name(act: Act, bill: PostedBill, named: Mapping[int, int], taxes: Mapping[int, int]) -> str:
    """Derived from the bill, its disputed lines, and how many disputes it had before: the same on every machine."""
    before = sum(one.posted == bill.fact for one in disputes.disputes(act.connection))
    cells = [bill.bill, str(before), *(f"{line}={part}" for line, part in sorted({**named, **taxes}.items()))]
    return f"{holds.DISPUTE}{hashlib.sha256(row_bytes(cells)).hexdigest()[:16]}"


# --- steps ------------------------------------------------------------------------------------------------------


def _fits(one: Dispute, step: Advance) -> None:
    where = f"dispute {one.dispute}"
    if not one.sums.undecided:
        found = f"it is {one.state}: nothing of it is undecided"
        raise LedgerRefused(where, found, "Open another dispute for what is wrong besides.", code="dispute-state")
    if step.on < one.opened:
        found = f"{step.on} is before {one.opened}, when it was opened"
        raise LedgerRefused(where, found, "Correct the date.", code="dispute-state")
    if step.step is Step.EXPIRED and one.deadline is not None and step.on <= one.deadline:
        found = f"notice is in time until {one.deadline}"
        raise LedgerRefused(where, found, "Give notice, or withdraw it.", code="dispute-state")


def _drop(
    act: Act, one: Dispute, step: Advance, shares: Mapping[tuple[int, int], int], reason: str, spools: Path
) -> tuple[Fact, ...]:
    """What is ours to pay after all: released where it was held."""
    entries = _release(act, one, shares, Because(f"{step.step}: {reason}", one.dispute), spools)
    return (*entries, _record(act, one, step, reason, _rows(shares, DROPPED), entries=entries))


def _release(
    act: Act, one: Dispute, shares: Mapping[tuple[int, int], int], because: Because, spools: Path
) -> tuple[Fact, ...]:
    if one.mode is not Mode.WITHHELD:
        return ()
    lines = {line: part for (_, line), part in shares.items() if part}
    return release(act, _portions(one.bill, lines), because, spools).facts


def _record(
    act: Act,
    one: Dispute,
    step: Advance,
    reason: str,
    rows: Sequence[tuple[tuple[int, int], int, str]],
    *,
    entries: Sequence[Fact] = (),
    credit: tuple[int, int] | None = None,
) -> Fact:
    content = {
        "dispute": one.dispute,
        "step": step.step.value,
        "on": step.on.isoformat(),
        "amount": step.amount or 0,
        "method": step.method,
        "reference": step.reference,
        "reason": reason,
        "credit": None if credit is None else {"fact": credit[0], "line": credit[1]},
        "entries": [fact.sequence for fact in entries],
    }
    body = tuple((number, *place, part, what) for number, (place, part, what) in enumerate(rows, 1))
    number = sum(1 for _ in disputes.dispute_of(act.connection, one.dispute).steps) + 1
    key = f"dispute/{one.dispute}/{number}"
    written = (FewRows(DISPUTED, body),) if body else ()
    return act.record(Draft(catalogue.DISPUTE_ADVANCED, key, content, act.id, based_on=act.door.last, rows=written))


def _unasked(one: Dispute, amount: int, over: Mapping[tuple[int, int], int]) -> dict[tuple[int, int], int]:
    """What of a credit on these charges was not conceded before. Raises LedgerRefused for more than is pending."""
    lines = {(line.fact, line.line): line.account for line in one.lines}
    assert sum(over.values()) == amount, "parts that do not sum to the credit"
    for place, part in over.items():
        pending = lines[place].pending if place in lines else 0
        if not 0 < part <= pending:
            raise _too_much(one, part, pending, f"pending on line {place[1]}")
    return {place: part - min(part, lines[place].awaiting) for place, part in over.items()}


def _rows(shares: Mapping[tuple[int, int], int], what: str) -> tuple[tuple[tuple[int, int], int, str], ...]:
    return tuple((place, part, what) for place, part in sorted(shares.items()) if part)


def _portions(bill: str, lines: Mapping[int, int]) -> tuple[Portion, ...]:
    return tuple(Portion.of(bill, line, part) for line, part in sorted(lines.items()))


def _too_much(one: Dispute, amount: int, there: int, what: str) -> LedgerRefused:
    found = f"{fixed(amount, one.currency)} of it cannot be: {fixed(there, one.currency)} {one.currency} is {what}"
    return LedgerRefused(f"dispute {one.dispute}", found, "Name an amount above zero, up to that.", code="too-much")


def _require(reason: str) -> None:
    if not reason.strip():
        raise UsageRefused("--reason", "it is empty", "Say why: the books keep it.")
