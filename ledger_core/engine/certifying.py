"""Certifying: the auditing officer says of exact claims that they are just, due and unpaid; only then are they sent.

What is certified is the claim's digest. A bill of which something is held, released or taken back afterwards is another
claim, and is certified again (INV-43).
"""

from __future__ import annotations

from typing import Any

import attrs
from sqlalchemy import Connection

from ledger_core.engine.ledger import Act
from ledger_core.errors import LedgerRefused, TwoPeopleNeeded, Unknown
from ledger_core.facts import catalogue
from ledger_core.facts.discrepancy import Discrepancy
from ledger_core.facts.fact import Fact
from ledger_core.facts.reference import Reference
from ledger_core.policy.claims import (
    DRAWN_STATEMENT,
    STATEMENT,
    Claim,
    held_after_it_left,
    line_content,
    nothing_to_claim,
)
from ledger_core.policy.periods import Period
from ledger_core.projections import bills, preparers, reference, ways
from ledger_core.projections.bills import PostedBill
from ledger_core.projections.hindrances import hindrances
from ledger_core.projections.payables import Payables
from ledger_core.store.door import Draft


@attrs.frozen
class Proposal:
    """A claim that could be certified, or why it may not: `hindrances` is empty where it may.

    `prepared_by` are the people whose acts decided what is to be paid, `alone` says that one of them may certify it.
    `voids` are earlier certificates of the bill that were overtaken before they left.
    """

    claim: Claim
    hindrances: tuple[Discrepancy, ...]
    statement: str
    prepared_by: tuple[str, ...]
    alone: bool
    voids: tuple[int, ...]


def proposal(connection: Connection, bill: str, person: str) -> Proposal:
    """What may be claimed of a bill, as `person` would certify it. Raises Unknown for a bill that is not there."""
    posted = bills.named(connection, bill)
    if posted is None:
        raise Unknown(f"bill {bill[:80]}", "the ledger holds none of that name", "Take it from `tollbook payables`.")
    return _proposed(_Ground(connection), posted, person)


def proposals(connection: Connection, period: Period | None, person: str) -> list[Proposal]:
    """Everything that is open and not certified, of the bills of one month or of all, in order of posting."""
    ground = _Ground(connection)
    return [
        _proposed(ground, item.bill, person)
        for item in ground.payables.all()
        if item.open and (period is None or item.bill.effective[:7] == str(period))
    ]


def certify(act: Act, bill: str, seen: str | None = None) -> Fact:
    """Certify what may be claimed of a bill. `seen` is the digest of the claim that the certifier looked at.

    Raises Unknown for a bill that is not there, LedgerRefused where there is nothing to claim, where something hinders
    it or where the claim is not the one that was seen, TwoPeopleNeeded for who prepared it (INV-42).
    """
    found = proposal(act.connection, bill, act.person.person)
    claim = found.claim
    if not claim.amount:
        nothing = nothing_to_claim(claim.bill, claim.payable, claim.held, claim.currency)
        raise LedgerRefused(nothing.where, nothing.found, nothing.do, code=nothing.code)
    if seen is not None and not _is(claim, seen):
        raise LedgerRefused(
            f"bill {bill}",
            f"its claim is {claim.digest[:16]} now and not {seen[:16]}, the one that was shown",
            "Something changed since: look at the claim again.",
            code="claim-changed",
        )
    for hindrance in found.hindrances:
        error = TwoPeopleNeeded if hindrance.code == TwoPeopleNeeded.code else LedgerRefused
        raise error(hindrance.where, hindrance.found, hindrance.do, code=hindrance.code)
    return _record(act, found)


def _is(claim: Claim, seen: str) -> bool:
    """Whether the digest, or the name of a claim, that somebody gives is this claim's."""
    named = seen.removeprefix("C-").lower()
    return len(named) >= 16 and claim.digest.startswith(named)


def certify_ready(act: Act, period: Period | None) -> list[tuple[Proposal, Fact | None]]:
    """Certify everything of a month, or of all, that nothing hinders: each proposal, and the fact that certified it."""
    found = proposals(act.connection, period, act.person.person)
    return [(one, _record(act, one) if one.claim.amount and not one.hindrances else None) for one in found]


def _record(act: Act, found: Proposal) -> Fact:
    claim = found.claim
    content: dict[str, Any] = {
        "claim": claim.id,
        "bill": claim.bill,
        "posted": claim.fact,
        "number": claim.number,
        "vendor": claim.vendor,
        "account": claim.account,
        "invoice": claim.invoice,
        "currency": claim.currency,
        "payable": claim.payable,
        "held": claim.held,
        "before": claim.before,
        "amount": claim.amount,
        "lines": [line_content(line) for line in claim.lines],
        "digest": claim.digest,
        "statement": found.statement,
        "prepared_by": list(found.prepared_by),
        "alone": found.alone,
        "voids": list(found.voids),
    }
    key = f"claim/{claim.bill}/{claim.number}"
    return act.record(Draft(catalogue.CLAIM_CERTIFIED, key, content, act.id, based_on=act.door.last))


@attrs.define(eq=False)
class _Ground:
    """What proposals rest on, read once for all of them."""

    connection: Connection
    payables: Payables = attrs.field(init=False)
    known: Reference = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.payables = Payables(self.connection)
        self.known = reference.known(self.connection, {"vendor_accounts", "limits"})


def _proposed(ground: _Ground, bill: PostedBill, person: str) -> Proposal:
    connection, payables = ground.connection, ground.payables
    found = [*hindrances(connection, bill)]
    prepared = preparers.of_bill(connection, bill)
    alone = not preparers.by_two(connection, bill, ground.known)
    if person in prepared and not alone:
        found.append(
            Discrepancy(
                TwoPeopleNeeded.code,
                f"bill {bill.bill}",
                f"{person} prepared it and would certify it alone",
                "Let another person certify it.",
            )
        )
    claim = payables.claim(bill)
    if late := held_after_it_left(bill.bill, claim.amount, claim.held, bill.currency):
        found.append(late)
    drawn = ways.of_bill(connection, bill, ground.known) == ways.AUTOPAY
    return Proposal(
        claim=claim,
        hindrances=tuple(found),
        statement=DRAWN_STATEMENT if drawn else STATEMENT,
        prepared_by=tuple(sorted(prepared)),
        alone=alone,
        voids=tuple(claim.fact for claim in payables.of_bill(bill).claims if not claim.stands),
    )
