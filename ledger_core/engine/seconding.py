"""Seconding: a decision is prepared by one person, changes nothing, and is taken or refused by another (INV-42).

An aide prepares whatever they decide. Where the sheet of limits wants two, everybody prepares what moves money.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

import attrs

from ledger_core.engine.ledger import Act
from ledger_core.errors import (
    AlreadyRecorded,
    LedgerBusy,
    LedgerRefused,
    LedgerUnavailable,
    NotPermitted,
    TwoPeopleNeeded,
    UsageRefused,
)
from ledger_core.facts import catalogue
from ledger_core.facts.fact import Fact
from ledger_core.money import fixed
from ledger_core.policy.limits import limits_of
from ledger_core.projections import prepared, reference
from ledger_core.projections.prepared import Prepared
from ledger_core.store import log
from ledger_core.store.door import Draft

#: The decisions that say what is paid and charged: two people take them where the site says so.
BY_TWO = frozenset({"accept", "hold", "release", "dispute"})
_DO = "Refuse it with `tollbook decide --refuse`, and decide on what stands there now."
_OURS = (LedgerBusy, LedgerUnavailable, NotPermitted)  # these say nothing about what was prepared


@attrs.frozen
class Came:
    """What a decision comes to: how many charges it concerns, minor units, items of the queue that it answers."""

    charges: int
    amount: int
    items: tuple[str, ...] = ()


def needs_another(act: Act, decision: str, on: date) -> bool:
    """Whether what this person decides is only prepared, by who they are and by the sheet `limits` on a day."""
    if catalogue.AIDE in act.person.roles:
        return True
    currency = log.fact(act.connection, 1).content["currency"]
    wanted = limits_of(reference.known(act.connection, {"limits"}), on, currency).decide_by_two
    return decision in BY_TWO and bool(wanted)


def prepare(act: Act, decision: str, arguments: Mapping[str, Any], reason: str, came: Came) -> Fact:
    """Record that a decision is prepared. `arguments` are canonical content, enough to carry it out later; `came` is
    what it would come to now.

    Raises UsageRefused without a reason, AlreadyRecorded where this person has prepared the same before.
    """
    if not reason.strip():
        raise UsageRefused("--reason", "it is empty", "Say why: the books keep it.")
    for one in prepared.waiting(act.connection):
        same = (one.person, one.decision, dict(one.arguments)) == (act.person.person, decision, dict(arguments))
        if same:
            raise AlreadyRecorded(f"prepared {one.name}", "you prepared the same before", "Another person decides it.")
    content = {
        "decision": decision,
        "reason": reason,
        "arguments": dict(arguments),
        "items": list(came.items),
        "charges": came.charges,
        "amount": came.amount,
    }
    key = f"{prepared.PREPARED}{act.id}/{len(act.door.facts) + 1}"
    return act.record(Draft(catalogue.DECISION_PREPARED, key, content, act.id, based_on=act.door.last))


def second(act: Act, one: Prepared, carry_out: Callable[[Prepared], Came], reason: str = "") -> Fact:
    """Take what another prepared: `carry_out` does it, in this act, and this names what it was and who prepared it.

    Raises TwoPeopleNeeded for whoever prepared it, LedgerRefused (`prepared-changed`) where it cannot be done any more
    or would come to something else: then it stays as it is.
    """
    if act.person.person == one.person:
        raise TwoPeopleNeeded(f"prepared {one.name}", f"{one.person} prepared it", "Let another person decide it.")
    before = len(act.door.facts)
    try:
        came = carry_out(one)
    except _OURS:
        raise
    except (LedgerRefused, UsageRefused) as refused:
        raise _changed(one, f"it cannot be done any more: {refused.where}: {refused.found}") from refused
    if (came.charges, came.amount) != (one.charges, one.amount):
        was, now = _figures(act, one), _figures(act, came)
        raise _changed(one, f"it was prepared for {was}, and would be for {now}")
    return _end(act, one, prepared.TAKEN, reason, act.door.facts[before:])


def refuse(act: Act, one: Prepared, reason: str) -> Fact:
    """End what is prepared; nothing of it is done. Whoever prepared it may. Raises UsageRefused without a reason."""
    if not reason.strip():
        raise UsageRefused("--reason", "it is empty", "Say why: the books keep it.")
    return _end(act, one, prepared.REFUSED, reason, ())


def _end(act: Act, one: Prepared, outcome: str, reason: str, facts: Sequence[Fact]) -> Fact:
    content = {
        "prepared": one.sequence,
        "by": one.person,
        "outcome": outcome,
        "reason": reason,
        "facts": [fact.sequence for fact in facts],
    }
    key = f"{prepared.ENDED}{act.id}/{one.sequence}"
    return act.record(Draft(catalogue.PREPARATION_ENDED, key, content, act.id, based_on=act.door.last))


def _figures(act: Act, of: Prepared | Came) -> str:
    currency = log.fact(act.connection, 1).content["currency"]
    lines = "1 line" if of.charges == 1 else f"{of.charges} lines"
    return f"{fixed(of.amount, currency)} {currency} on {lines}"


def _changed(one: Prepared, found: str) -> LedgerRefused:
    return LedgerRefused(f"prepared {one.name}", found, _DO, code="prepared-changed")
