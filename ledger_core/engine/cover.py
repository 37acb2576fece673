"""Covers: a person types from the paper what a bill's file does not state; only then may it be paid."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import attrs

from ledger_core.engine.ledger import Act
from ledger_core.errors import AlreadyRecorded, InputRefused, UsageRefused
from ledger_core.facts import catalogue
from ledger_core.facts.fact import Fact
from ledger_core.money import EXACT, fixed, from_minor, places, plain
from ledger_core.policy.controls import figure_text
from ledger_core.projections import covers
from ledger_core.projections.bills import PostedBill
from ledger_core.store import log
from ledger_core.store.door import Draft


@attrs.frozen
class Paper:
    """What the paper states: `total` in major units, and what the file may have left out (None: not typed)."""

    total: Decimal
    number: str | None = None
    bill_date: date | None = None
    account: str | None = None


def enter_cover(act: Act, bill: str, sha256: str, paper: Paper, reason: str) -> Fact:
    """Record the cover of a bill that waits for one. `sha256` is the digest of its first document.

    Raises UsageRefused without a reason, AlreadyRecorded where the same was entered before.
    """
    if not reason.strip():
        raise UsageRefused("--reason", "it is empty", "Say where the paper is: the books keep it.")
    name = covers.first_generation(bill)
    known = covers.of_bill(act.connection, bill)
    typed = (plain(paper.total), paper.number, paper.bill_date, paper.account)
    if known is not None and (known.total, known.number, known.bill_date, known.account) == typed:
        raise AlreadyRecorded(f"bill {name}", f"E{known.fact} is this cover", "Import the document again.")
    content = {
        "bill": name,
        "document": sha256,
        "total": plain(paper.total),
        "number": paper.number,
        "bill_date": paper.bill_date.isoformat() if paper.bill_date else None,
        "account": paper.account,
        "reason": reason,
    }
    key = f"cover/{sha256}/{name}/{act.id}"
    return act.record(Draft(catalogue.COVER_ENTERED, key, content, act.id, based_on=act.door.last))


def cover_posted(act: Act, bill: PostedBill, paper: Paper, reason: str) -> Fact:
    """Record the cover of a bill that is posted, of a format that never states a total: now it may be paid.

    Raises InputRefused where the paper's total is another, AlreadyRecorded where the bill is payable already.
    """
    content = log.fact(act.connection, bill.fact).content
    if covers.payable(act.connection, bill.bill, stated=content["payable"]):
        raise AlreadyRecorded(f"bill {bill.bill}", "it states its total", "Nothing needs to be done.")
    posted = from_minor(bill.total, bill.currency)
    if paper.total != posted:
        least = places(bill.currency)
        stated, gap = (figure_text(one, least) for one in (paper.total, EXACT.subtract(paper.total, posted)))
        found = f"the paper states {stated}, {fixed(bill.total, bill.currency)} is posted, gap {gap}"
        raise InputRefused(f"bill {bill.bill}", found, "Check the total; ask the vendor which is right.", code="gap")
    return enter_cover(act, bill.bill, bill.document, paper, reason)
