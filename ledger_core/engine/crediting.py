"""Crediting: credits go home, to whoever bore the charge that they give back, even where the line has moved (INV-35).

A bill's credits are looked at once, after it has posted. What is certain is recorded and recoded in one act; the rest
is proposed, and a person confirms it or refuses it. A credit that waits keeps its coding only where every candidate
would leave it there; else it lies in suspense, so that nobody is given what may not be theirs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import attrs

from ledger_core.engine.disputing import credited
from ledger_core.engine.homing import Homing, Verdict
from ledger_core.engine.ledger import Act, Ledger
from ledger_core.engine.moving import Move, Moving
from ledger_core.engine.sharing import Shares
from ledger_core.errors import AlreadyRecorded, LedgerRefused, Unknown, UsageRefused
from ledger_core.facts import catalogue
from ledger_core.facts.body import CREDITS
from ledger_core.facts.fact import Fact
from ledger_core.money import fixed
from ledger_core.policy.credits import Candidate, Earlier, Expected
from ledger_core.policy.periods import effective_date, parse_period
from ledger_core.projections import bills, periods
from ledger_core.projections.bills import POSTED, PostedBill
from ledger_core.projections.charges import charge_named
from ledger_core.projections.credit_grounds import charge_at
from ledger_core.projections.credits import (
    EXAMINED,
    MATCHED,
    OPEN,
    PLACED,
    REVIEW,
    Credit,
    all_credits,
    examined_key,
    given,
    name_of,
    to_examine,
    unexamined,
)
from ledger_core.projections.parts import Bucket
from ledger_core.store.door import Draft, Signer
from ledger_core.store.rows import FewRows

CONFIRMED, REFUSED = "confirmed", "refused"
_CREDIT = "credit"  # the evidence that stands with every part that a credit moved


@attrs.frozen
class Homed:
    """What was recorded: the fact that says what credits follow, the entry that moved them if any moved, and which
    disputes were credited with how much (minor units above zero)."""

    fact: Fact
    entry: Fact | None
    verdicts: tuple[Verdict, ...]
    recurring: int = 0


def home(ledger: Ledger, bill: str, signer: Signer, spools: Path) -> Homed | None:
    """Look at the credits of a bill that has posted, unless that was done or there are none.

    One act: after a crash it is done whole or not at all, and `home_waiting` finds the bill. While a credit that would
    move is held, nothing is done. `spools` is a folder for files that live as long as the call. Raises Unknown for a
    bill that is not there.
    """
    with ledger.reading() as connection:
        posted = bills.named(connection, bill)
        if posted is None:
            raise Unknown(f"bill {bill[:80]}", "the ledger holds none of that name", "Take it from `tollbook charges`.")
        if not to_examine(connection, posted):
            return None
    with ledger.acting(signer) as act:
        posted = bills.named(act.connection, bill)
        assert posted is not None
        return _examine(act, posted, spools) if to_examine(act.connection, posted) else None


def home_waiting(ledger: Ledger, signer: Signer, spools: Path) -> list[Homed]:
    """The same for every bill whose credits nobody has looked at, the oldest first: what has just come, what a crash
    left."""
    with ledger.reading() as connection:
        names = [bill.bill for bill in unexamined(connection)]
    return [homed for name in names if (homed := home(ledger, name, signer, spools)) is not None]


def confirm(act: Act, credit: Credit, follows: Sequence[str], reason: str, spools: Path) -> Homed:
    """Have a credit follow charges ("BILL:LINE") or a dispute ("DSP-..."); none named: its one candidate. Credits of
    tax on the same bill go with it, as far as it is clear which tax they give back.

    Raises UsageRefused without a reason or where the candidate is not clear, AlreadyRecorded for a credit that follows
    something already, Unknown, and LedgerRefused for more than a charge or dispute has left, a charge of another
    account or of a bill that was reversed, a credit that is held (`held`), and an account string that is not valid on
    the day of the entry.
    """
    _require(reason)
    if credit.outcome == MATCHED:
        found = f"it follows {_named(act, credit)} already"
        raise AlreadyRecorded(f"credit {credit.name}", found, "A credit is matched once.", code="credit-matched-twice")
    homing = _homing(act, credit.bill, decided=True)
    line = next(one for one in homing.credits if one.line == credit.line)
    candidate = _candidate(act, homing, credit, follows)
    verdicts = [homing.follow(line, candidate)]
    if verdicts[0].outcome == REVIEW:
        found = verdicts[0].rows[0].reason
        do = "Say who is given it with `tollbook code`, then accept the item."
        raise LedgerRefused(f"credit {credit.name}", found, do, code=verdicts[0].code)
    open_ones = {one.line for one in all_credits(act.connection, act.door.last, credit.bill.fact)
                 if one.outcome in OPEN and one.service == credit.service}  # fmt: skip
    for tax in (one for one in homing.credits if one.line in open_ones and one.line != credit.line):
        beside = homing.tax_beside(tax)
        if beside is not None:
            verdict = homing.follow(tax, beside)
            verdicts += [verdict] if verdict.outcome == MATCHED else []
    return _record(act, homing, verdicts, _Decided(CONFIRMED, reason), spools)


def refuse(act: Act, credit: Credit, reason: str, spools: Path) -> Homed:
    """Have a credit follow nothing: it goes to whoever owned the service on the credited days, of the whole account to
    what it is a discount on, else to suspense. Raises UsageRefused without a reason or where it waits for nobody,
    LedgerRefused where it would move and is held (`held`)."""
    _require(reason)
    if credit.outcome not in OPEN:
        raise UsageRefused(f"credit {credit.name}", f"it is {credit.outcome} already", "See `tollbook credits`.")
    homing = _homing(act, credit.bill, decided=True)
    line = next(one for one in homing.credits if one.line == credit.line)
    verdict = homing.place(line, PLACED)
    if verdict.outcome == REVIEW:  # not even a person can have it go there: it stays where nobody gets it
        verdict = attrs.evolve(verdict, outcome=PLACED)
    return _record(act, homing, [verdict], _Decided(REFUSED, reason), spools)


def _require(reason: str) -> None:
    if not reason.strip():
        raise UsageRefused("--reason", "it is empty", "Say why: the books keep it.")


# --- what a person names --------------------------------------------------------------------------------------------


def _candidate(act: Act, homing: Homing, credit: Credit, follows: Sequence[str]) -> Candidate:
    if not follows:
        names = [row for row in credit.rows if row.dispute or row.charge_fact]
        if len(names) != 1:
            found = f"it may follow {len(names)} things" if names else "nothing is known that it may follow"
            raise UsageRefused(f"credit {credit.name}", found, "Name the charge or dispute with --with.")
        follows = [names[0].dispute or _charge_name(act, names[0].charge)]
    if any(name.startswith("DSP-") for name in follows):
        if len(follows) > 1:
            raise UsageRefused("--with", "a dispute stands beside something else", "Name one dispute, or charges.")
        return _dispute(homing, credit, follows[0])
    charges = [_charge(act, homing, credit, name) for name in dict.fromkeys(follows)]
    left = sum(one.left for one in charges)
    if left < -credit.amount:
        currency = credit.bill.currency
        found = f"it gives back {fixed(-credit.amount, currency)}, and {fixed(left, currency)} {currency} are left"
        raise LedgerRefused(f"credit {credit.name}", found, "Name all the charges that it gives back.",
                            code="credit-exceeds")  # fmt: skip
    return Candidate(tuple((one.charge.place, one.left) for one in charges), 100, True, "named by a person")


def _charge(act: Act, homing: Homing, credit: Credit, name: str) -> Earlier:
    """A charge that a person named, and what is left of it to be credited."""
    bill, line = charge_named(act.connection, name)
    if bill.state != POSTED:
        raise LedgerRefused(f"bill {bill.bill}", "it was reversed", "Name a charge of the bill that replaced it.",
                            code="reversed")  # fmt: skip
    if (bill.vendor, bill.account) != (credit.bill.vendor, credit.bill.account):
        found = f"it is of {bill.vendor} {bill.account}, the credit of {credit.bill.vendor} {credit.bill.account}"
        raise LedgerRefused(f"charge {name}", found, "Name a charge of the same account.", code="other-account")
    charge = charge_at(act.connection, (bill.fact, line))
    if charge.amount <= 0:
        raise UsageRefused(f"charge {name}", "it charges nothing", "Name the charge that the credit gives back.")
    done = given(act.connection, act.door.last, {bill.fact}).charges.get(charge.place, 0)
    return Earlier(charge, charge.amount - done, 0)


def _dispute(homing: Homing, credit: Credit, name: str) -> Candidate:
    expected: Expected | None = next((one for one in homing.expected if one.dispute == name), None)
    if expected is None:
        found = f"no dispute of {credit.bill.vendor} {credit.bill.account} of that name waits for a credit"
        raise Unknown(f"dispute {name[:40]}", found, "See `tollbook dispute list`.")
    if expected.pending < -credit.amount:
        currency = credit.bill.currency
        found = f"{fixed(expected.pending, currency)} {currency} of it are pending"
        raise LedgerRefused(f"dispute {name}", found, "Name the charges that the rest gives back.",
                            code="credit-exceeds")  # fmt: skip
    there = [line for line in expected.lines if line.service == credit.service] or list(expected.lines)
    if sum(line.amount for line in there) < -credit.amount:
        there = list(expected.lines)
    return Candidate(tuple((line.place, line.amount) for line in there), 100, True, "named by a person", name)


def _named(act: Act, credit: Credit) -> str:
    return ", ".join(dict.fromkeys(row.dispute or _charge_name(act, row.charge) for row in credit.rows))


def _charge_name(act: Act, place: tuple[int, int]) -> str:
    return name_of(act.connection, place)


# --- recording ------------------------------------------------------------------------------------------------------


@attrs.frozen
class _Decided:
    """How the rows came about: what was decided, and why. `recurring` credits were left alone."""

    decision: str
    reason: str
    recurring: int = 0


def _homing(act: Act, bill: PostedBill, *, decided: bool) -> Homing:
    closed = {parse_period(period) for period in periods.closed(act.connection)}
    on = effective_date(date.fromisoformat(bill.effective), closed)
    return Homing(act.connection, bill, on, act.door.last, decided)


def _examine(act: Act, bill: PostedBill, spools: Path) -> Homed | None:
    homing = _homing(act, bill, decided=False)
    judged = homing.judge()
    if _held(judged.verdicts, bill.currency):
        return None
    named = " ".join(part for part in (bill.vendor, bill.number or bill.bill) if part)
    reason = f"Credits of {named} follow what they give back"
    return _record(act, homing, judged.verdicts, _Decided(EXAMINED, reason, judged.recurring), spools)


def _record(act: Act, homing: Homing, verdicts: Sequence[Verdict], decided: _Decided, spools: Path) -> Homed:
    """The fact that says what credits follow, the entry that moves them there, and what it means to disputes."""
    bill = homing.bill
    _refuse_held(bill, verdicts)
    by_outcome = dict.fromkeys((MATCHED, PLACED, *sorted(OPEN)), 0)
    for verdict in verdicts:
        by_outcome[verdict.outcome] += 1
    content: dict[str, Any] = {
        "bill": bill.bill,
        "decision": decided.decision,
        "reason": decided.reason,
        "recurring": decided.recurring,
        **by_outcome,
        "amount": sum(verdict.credit.amount for verdict in verdicts if verdict.outcome == MATCHED),
        "on": homing.on.isoformat(),
    }
    key = examined_key(bill.bill) if decided.decision == EXAMINED else f"credits/{bill.bill}/{act.id}.{act.door.last}"
    rows = tuple(_rows(bill, verdicts))
    bodies = (FewRows(CREDITS, rows),) if rows else ()
    fact = act.record(Draft(catalogue.CREDIT_MATCHED, key, content, act.id, based_on=act.door.last, rows=bodies))
    entry = _move(act, homing, verdicts, (decided.reason, fact.sequence), spools)
    for verdict in verdicts:
        if verdict.outcome == MATCHED and (dispute := verdict.rows[0].dispute):
            over = {row.charge: -row.amount for row in verdict.rows if row.amount}
            credited(act, dispute, verdict.credit.place, -verdict.credit.amount, spools=spools, over=over)
    return Homed(fact, entry, tuple(verdicts), decided.recurring)


def _rows(bill: PostedBill, verdicts: Sequence[Verdict]) -> Iterator[tuple[Any, ...]]:
    number = 0
    for verdict in verdicts:
        for row in verdict.rows:
            number += 1
            yield (
                number, bill.fact, verdict.credit.line, verdict.outcome, verdict.code, *row.charge, row.dispute,
                row.amount, row.score, row.reason,
            )  # fmt: skip


def _move(act: Act, homing: Homing, verdicts: Sequence[Verdict], why: tuple[str, int], spools: Path) -> Fact | None:
    """One entry for all that does not stand where it belongs; `why` is its narrative and the fact that decided."""
    moves = [(verdict.credit, moved) for verdict in verdicts if (moved := _moved(verdict, homing.bill.currency))]
    if not moves:
        return None
    narrative, decided_by = why
    with Shares.spooled(spools, _CREDIT, str(decided_by)) as shares:
        moving = Moving(homing.on, shares)
        for credit, moved in moves:
            for bucket, amount, exact in moved:
                moving.put(credit.place, bucket, amount, exact)
        entry = moving.entry(narrative)
        content: dict[str, Any] = {
            "entry": entry.kind.value,
            "narrative": narrative,
            "state": _CREDIT,
            "targets": [],
            "charges": len(moves),
            "amount": sum(credit.amount for credit, _ in moves),
            "items": [],
        }
        key = f"entry/reclass/{act.id}/{len(act.door.facts) + 1}"
        rows = moving.rows(entry)
        return act.record(Draft(catalogue.ENTRY_POSTED, key, content, act.id, homing.on, decided_by, rows))


def _held(verdicts: Sequence[Verdict], currency: str) -> list[Verdict]:
    """Those that would move what is held: its memo pair names whose it is, and would name the wrong one."""
    return [one for one in verdicts if one.standing.held and _moved(one, currency)]


def _refuse_held(bill: PostedBill, verdicts: Sequence[Verdict]) -> None:
    for verdict in _held(verdicts, bill.currency):
        amount = sum(part.amount for part in verdict.standing.held)
        raise LedgerRefused(
            f"credit {bill.bill}:{verdict.credit.line}",
            f"{fixed(amount, bill.currency)} {bill.currency} of it is held",
            "Release it first: `tollbook release`.",
            code="held",
        )


def _moved(verdict: Verdict, currency: str) -> list[tuple[Bucket, int, str | None]]:
    """What a credit leaves and where it goes; nothing where it stands there already."""
    if verdict.landing is None:
        return []
    move = Move(currency)
    for part in verdict.standing.parts:
        move.add(part.bucket, part.amount, part.exact, -1)
    for part in verdict.landing.parts:
        move.add(part.bucket, part.amount, part.exact)
    return move.parts()
