"""Destroying particulars on schedule: the rows and their salts go, their salted leaves stay, and the books verify."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import attrs
from sqlalchemy import Connection, text

from ledger_core.engine.ledger import Act
from ledger_core.errors import LedgerRefused, NotEnrolled, Unknown
from ledger_core.facts import catalogue
from ledger_core.facts.body import PARTICULARS
from ledger_core.facts.fact import Fact
from ledger_core.projections import bills, people
from ledger_core.projections.legal_holds import Holds
from ledger_core.projections.today import day_at
from ledger_core.store.door import Draft
from ledger_core.store.rows import insert_into, plain_leaf_batches
from ledger_core.store.tables import DESTROYED


@attrs.frozen
class Destruction:
    """What is to be destroyed: the particulars of one fact, all of them or those of some lines.

    `schedule` names the records schedule that orders it, `reason` what a person adds.
    """

    fact: int
    schedule: str
    reason: str = ""
    lines: Collection[int] | None = None


def destroy(act: Act, wanted: Destruction) -> Fact:
    """Destroy particulars in one act, and record that it was done and which leaves stay.

    Nothing brings the text back: with the salt gone, the leaf does not tell it. Raises Unknown where the ledger holds
    none of these particulars, NotEnrolled where the actor is no administrator, LedgerRefused (under-hold) where a
    legal hold keeps the bill (INV-60).
    """
    _require_administrator(act)
    _require_no_hold(act, wanted.fact)
    found = list(_leaves(act.connection, wanted))
    if not found:
        raise Unknown(f"particulars of fact {wanted.fact}", "the ledger holds none of them", "Check fact and lines.")
    sequence = act.door.last + 1
    names = tuple(column.name for column in DESTROYED.columns)
    insert_into(act.connection, DESTROYED.name, names, ((wanted.fact, line, leaf, sequence) for line, leaf in found))
    act.connection.execute(
        text(
            "DELETE FROM particulars WHERE fact = :fact AND line IN "
            "(SELECT line FROM destroyed WHERE fact = :fact AND by_fact = :by)"
        ),
        {"fact": wanted.fact, "by": sequence},
    )
    content = {
        "fact": wanted.fact,
        "count": len(found),
        "lines": _ranges([line for line, _ in found]),
        "schedule": wanted.schedule,
        "reason": wanted.reason,
    }
    return act.record(Draft(catalogue.PARTICULARS_DESTROYED, f"destruction/{act.id}/{sequence}", content, act.id))


def _require_administrator(act: Act) -> None:
    actor = act.door.signer.actor
    if "administrator" not in people.enrolled(act.connection)[actor.key].roles:
        raise NotEnrolled(actor.person, "only an administrator destroys particulars", "Ask one to do it.")


def _require_no_hold(act: Act, fact: int) -> None:
    bill = bills.of_fact(act.connection, fact)
    held = "" if bill is None else Holds.in_force(act.connection, day_at(act.connection, act.door.clock())).of(bill)
    if bill is not None and held:
        found = f"the legal hold '{held}' keeps it"
        raise LedgerRefused(f"bill {bill.bill}", found, "Wait until the hold is lifted.", code="under-hold")


def _leaves(connection: Connection, wanted: Destruction) -> Iterator[tuple[int, bytes]]:
    for hashes, rows in plain_leaf_batches(connection, PARTICULARS, wanted.fact):
        for (line,), leaf in zip(rows, hashes, strict=True):
            if wanted.lines is None or line in wanted.lines:
                yield line, leaf


def _ranges(lines: list[int]) -> list[list[int]]:
    """Ascending lines as inclusive ranges."""
    ranges: list[list[int]] = []
    for line in lines:
        if ranges and line == ranges[-1][1] + 1:
            ranges[-1][1] = line
        else:
            ranges.append([line, line])
    return ranges
