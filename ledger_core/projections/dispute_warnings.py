"""The reading of what disputes and holds ask for: notice to be given, answers and credits that did not come, holds that
nobody decides. Nothing that is withheld or pending lies forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import attrs
from sqlalchemy import Connection

from ledger_core.money import fixed
from ledger_core.policy.deadlines import business_days
from ledger_core.policy.disputes import warning
from ledger_core.policy.limits import limits_of
from ledger_core.projections import bills, reference
from ledger_core.projections.bills import PostedBill
from ledger_core.projections.charges import charge_id
from ledger_core.projections.disputes import disputes
from ledger_core.projections.due_day import SHEETS, due_day
from ledger_core.projections.holds import held
from ledger_core.store import log

DISPUTE, HOLD = "dispute", "hold"
_DECIDE = "Release or dispute it."


@attrs.frozen
class Waiting:
    """Something about a dispute, or about what is held of a bill outside of disputes. `key` names it, the same on every
    reading until something is done about it. `day` is by when, None where nothing sets it; `amount` in minor units.
    `charges` are the lines."""

    kind: str
    code: str
    key: tuple[str, ...]
    bill: PostedBill
    day: date | None
    amount: int
    text: str
    charges: tuple[tuple[int, int], ...]


def waiting_disputes(connection: Connection, today: date) -> Iterator[Waiting]:
    """What the disputes ask for as of a day."""
    found = [one for one in disputes(connection) if one.pending]
    if not found:
        return
    known = reference.known(connection, {"limits", "holidays"})
    working = business_days(known)
    for one in found:
        warned = warning(one.course, today, working, limits_of(known, today, one.currency).warning_days)
        bill = bills.of_fact(connection, one.posted)
        if warned is None or bill is None:
            continue
        named = " ".join(part for part in (one.vendor, one.number or one.account) if part)
        amount = f"{fixed(warned.amount, one.currency)} {one.currency}"
        text = f"{one.dispute}, {amount} on {named}: {warned.found}. {warned.do}"
        key = (one.dispute, warned.code, str(len(one.steps)))
        charges = tuple((line.line, line.account.pending) for line in one.lines)
        yield Waiting(DISPUTE, warned.code, key, bill, warned.day, warned.amount, text, charges)


def waiting_holds(connection: Connection) -> Iterator[Waiting]:
    """What is held of each bill outside of disputes: somebody has to release or dispute it."""
    until = log.last_sequence(connection)
    lines = held(connection, until, dispute="").lines
    if not lines:
        return
    known = reference.known(connection, SHEETS)
    for fact in sorted({fact for fact, _ in lines}):
        bill = bills.of_fact(connection, fact)
        assert bill is not None
        charges = tuple((line, amount) for (of, line), amount in sorted(lines.items()) if of == fact)
        total = sum(amount for _, amount in charges)
        named = " ".join(part for part in (bill.vendor, bill.number or bill.account) if part) or bill.bill
        count = "1 line" if len(charges) == 1 else f"{len(charges)} lines"
        text = f"{named}, {count}: {fixed(total, bill.currency)} {bill.currency} is held. {_DECIDE}"
        key = (bill.bill, *(f"{line}/{amount}" for line, amount in charges))
        day = due_day(bill, known)
        yield Waiting(HOLD, code="on-hold", key=key, bill=bill, day=day, amount=total, text=text, charges=charges)


def first_charge(waiting: Waiting) -> str:
    """The first line concerned."""
    return charge_id(waiting.bill.bill, waiting.charges[0][0])
