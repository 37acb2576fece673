"""Retention: which bills' particulars a records schedule lets go, what a legal hold keeps, who orders, who destroys.

Nothing under a hold is destroyed, by anybody (INV-60). Where two people are needed, one administrator orders and
another carries it out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

import attrs
from sqlalchemy import Connection, func, select

from ledger_core.engine.destruction import Destruction, destroy
from ledger_core.engine.ledger import Act
from ledger_core.errors import AlreadyRecorded, LedgerRefused, TwoPeopleNeeded, Unknown, UsageRefused
from ledger_core.facts import catalogue
from ledger_core.facts.fact import Fact
from ledger_core.projections import bills, people
from ledger_core.projections.legal_holds import Holds
from ledger_core.store import log
from ledger_core.store.door import Draft
from ledger_core.store.tables import BODIES

_PARTICULARS = BODIES["particulars"].c


@attrs.frozen
class Kept:
    """The particulars of one bill that are still there: how many texts, and which legal hold keeps them ("" none)."""

    fact: int
    bill: str
    vendor: str
    account: str
    dated: date
    texts: int
    held: str


@attrs.frozen
class Schedule:
    """What orders a destruction: everything dated before a day (exclusive), the records schedule, and a reason."""

    before: date
    schedule: str
    reason: str


def kept_before(connection: Connection, before: date, today: date) -> list[Kept]:
    """Bills dated before a day (exclusive) whose particulars are still there, in order of posting."""
    counted = select(_PARTICULARS.fact, func.count().label("texts")).group_by(_PARTICULARS.fact)
    texts = {int(row.fact): int(row.texts) for row in connection.execute(counted)}
    holds = Holds.in_force(connection, today)
    found = []
    for bill in bills.all_bills(connection):
        dated = date.fromisoformat(bill.bill_date or bill.effective)
        if dated < before and texts.get(bill.fact):
            held = holds.of(bill)
            found.append(Kept(bill.fact, bill.bill, bill.vendor, bill.account, dated, texts[bill.fact], held))
    return found


def order(act: Act, wanted: Schedule, today: date) -> Fact:
    """Record that the particulars of these bills are to be destroyed; what is under a hold is left out.

    Raises UsageRefused without a schedule or reason, or for a day to come, Unknown where nothing is left to destroy.
    """
    for name, text in (("--schedule", wanted.schedule), ("--reason", wanted.reason)):
        if not text.strip():
            raise UsageRefused(name, "it is empty", "Say it: the books keep it.")
    if wanted.before > today:
        raise UsageRefused("--before", f"{wanted.before} is still to come", "Name a day that the schedule has passed.")
    free = [one for one in kept_before(act.connection, wanted.before, today) if not one.held]
    if not free:
        raise Unknown(
            f"particulars before {wanted.before}", "none are left that no hold keeps", "Nothing is to be done."
        )
    content = {
        "before": wanted.before.isoformat(),
        "schedule": wanted.schedule.strip(),
        "reason": wanted.reason.strip(),
        "facts": [one.fact for one in free],
        "texts": sum(one.texts for one in free),
        "alone": people.one_person_site(act.connection),
    }
    return act.record(Draft(catalogue.DESTRUCTION_ORDERED, f"destruction/order/{act.id}", content, act.id))


def carry_out(act: Act, ordered: Fact, today: date) -> list[Fact]:
    """Destroy what was ordered. Whoever ordered it does not carry it out, except on a site opened for one person.

    Raises TwoPeopleNeeded, LedgerRefused where a hold has come meanwhile, AlreadyRecorded where it was done.
    """
    actor = act.door.signer.actor.person
    if not ordered.content["alone"] and ordered.actor.person == actor:
        raise TwoPeopleNeeded(
            f"order {ordered.sequence}", f"{actor} ordered it", "Let a second administrator carry it out."
        )
    wanted = ordered.content
    left = {one.fact: one for one in kept_before(act.connection, date.fromisoformat(wanted["before"]), today)}
    facts = [fact for fact in wanted["facts"] if fact in left]
    if not facts:
        raise AlreadyRecorded(f"order {ordered.sequence}", "it was carried out", "Nothing needs to be done.")
    _require_free(ordered, [left[fact] for fact in facts])
    return [destroy(act, Destruction(fact, wanted["schedule"], wanted["reason"])) for fact in facts]


def ordered_destruction(connection: Connection, sequence: int) -> Fact:
    """The order of that fact. Raises Unknown."""
    found = log.fact(connection, sequence)
    if found.kind != catalogue.DESTRUCTION_ORDERED:
        raise Unknown(f"order {sequence}", "that fact orders no destruction", "Take the number that `destroy` told.")
    return found


def _require_free(ordered: Fact, kept: Iterable[Kept]) -> None:
    held: Sequence[Kept] = [one for one in kept if one.held]
    if held:
        names = ", ".join(sorted({one.held for one in held}))
        found = f"{len(held)} of its bills came under legal hold since ({names})"
        raise LedgerRefused(
            f"order {ordered.sequence}", found, "Order it again: what is held is left out.", code="under-hold"
        )
