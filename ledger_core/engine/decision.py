"""Decisions about the queue: accept an item as it is, dismiss a file, say who is to look, or that something else was
done about it. One reason over many."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from ledger_core.engine.ledger import Act
from ledger_core.errors import Unknown, UsageRefused
from ledger_core.facts import catalogue
from ledger_core.facts.fact import Fact
from ledger_core.projections import documents, people, reference
from ledger_core.projections.exceptions import SUSPENSE, ExceptionItem, open_exceptions
from ledger_core.projections.today import day_at
from ledger_core.store.door import Draft

ACCEPT, ASSIGN, HOLD, DISPUTE = "accept", "assign", "hold", "dispute"


def accept(
    act: Act, items: Sequence[str], reason: str, queue: Sequence[ExceptionItem] | None = None
) -> tuple[Fact, ...]:
    """Take items as they are: they leave the queue, with the reason. Files that wait or were refused are dismissed.

    `queue` is what is open, where it was read in this act already; else it is read by the clock. Raises Unknown for an
    item that is not open, UsageRefused without a reason and for lines in suspense, which only a coding ends.
    """
    found = open_items(act.connection, items, _queue(act) if queue is None else queue)
    suspense = [item for item in found if item.kind == SUSPENSE]
    if suspense:
        raise UsageRefused(
            f"item {suspense[0].item}", "it lies in suspense", "Say who bears it with `tollbook code`, or retain it."
        )
    dismissed = [item for item in found if _dismissible(act.connection, item)]
    others = [item.item for item in found if item not in dismissed]
    facts = [_record(act, ACCEPT, others, reason, "")] if others else []
    return (*facts, *(_dismiss(act, item, reason) for item in dismissed))


def _dismissible(connection: Connection, item: ExceptionItem) -> bool:
    """Files that nothing was made of: an estimate, by contrast, is only looked at and stays one."""
    known = [documents.known(connection, sha256) for sha256 in item.documents]
    return bool(known) and all(document is not None and document.state != documents.ESTIMATE for document in known)


def _dismiss(act: Act, item: ExceptionItem, reason: str) -> Fact:
    _require(reason)
    content = {"documents": [{"sha256": sha256} for sha256 in item.documents], "item": item.item, "reason": reason}
    key = f"released/{item.documents[0]}/{act.id}"
    return act.record(Draft(catalogue.DOCUMENT_RELEASED, key, content, act.id, based_on=act.door.last))


def assign(
    act: Act, items: Sequence[str], owner: str, reason: str, queue: Sequence[ExceptionItem] | None = None
) -> Fact:
    """Give items to a person. `queue` as above.

    Raises Unknown for an item that is not open and for somebody who is neither enrolled nor in the sheet of people,
    UsageRefused without an owner or reason.
    """
    open_items(act.connection, items, _queue(act) if queue is None else queue)
    if not owner.strip():
        raise UsageRefused("PERSON", "it is empty", "Name who is to look at it.")
    if owner not in _people(act.connection):
        found = "nobody of that name is enrolled or in the sheet of people"
        raise Unknown(f"person {owner[:80]}", found, "Enrol them, load them, or correct the name.")
    return _record(act, ASSIGN, items, reason, owner)


def _queue(act: Act) -> Sequence[ExceptionItem]:
    return open_exceptions(act.connection, day_at(act.connection, act.door.clock()))


def decide(act: Act, decision: str, items: Sequence[str], reason: str) -> Fact:
    """Record that items are decided by what else this act does about them: they leave the queue.

    Raises UsageRefused without a reason.
    """
    return _record(act, decision, items, reason, "")


def _people(connection: Connection) -> set[str]:
    """Everybody who was ever enrolled, and whom the sheet of people ever named."""
    listed = reference.known(connection, {"people"}).versions("people")
    return {one.person for one in people.enrolled(connection).values()} | {row.cell("person") for row in listed}


def open_items(
    connection: Connection, names: Sequence[str], queue: Sequence[ExceptionItem] | None = None
) -> list[ExceptionItem]:
    """The open items of these names, in their order. Raises Unknown naming all that are not open."""
    found = open_exceptions(connection) if queue is None else queue
    waiting = {item.item: item for item in found}
    missing = [name for name in names if name not in waiting]
    if missing or not names:
        shown = ", ".join(name[:80] for name in missing) or "none named"
        raise Unknown(
            f"{'items' if len(missing) > 1 else 'item'} {shown}",
            "not in the queue",
            "Take the names from `tollbook queue`.",
        )
    return [waiting[name] for name in names]


def _record(act: Act, decision: str, items: Sequence[str], reason: str, owner: str) -> Fact:
    _require(reason)
    content = {"decision": decision, "items": list(items), "owner": owner, "reason": reason}
    key = f"decision/{act.id}/{len(act.door.facts) + 1}"
    return act.record(Draft(catalogue.EXCEPTION_DECIDED, key, content, act.id, based_on=act.door.last))


def _require(reason: str) -> None:
    if not reason.strip():
        raise UsageRefused("--reason", "it is empty", "Say why: the books keep it.")
