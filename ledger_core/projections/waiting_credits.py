"""The reading of credits that wait for a person: what each may follow, in words, the best candidate first."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import attrs
from sqlalchemy import Connection

from ledger_core.canonical import row_bytes
from ledger_core.money import fixed
from ledger_core.projections.bills import of_fact
from ledger_core.projections.credit_grounds import charge_at
from ledger_core.projections.credits import PROPOSED, REVIEW, UNMATCHED, Credit, CreditRow, name_of, waiting
from ledger_core.store import log

#: The kind of the items of the queue, and their codes by what became of the credit.
CREDIT = "credit"
CODES = {PROPOSED: "credit-proposed", UNMATCHED: "credit-unmatched", REVIEW: "credit-review"}
_DO = {
    PROPOSED: "Confirm what it follows with `tollbook credits confirm`, or refuse it.",
    UNMATCHED: "Accept it, or say what it follows with `tollbook credits confirm`.",
    REVIEW: "Nobody has it yet. Confirm it, or say who is given it with `tollbook code`.",
}


@attrs.frozen
class WaitingCredit:
    """One credit that waits: its code in the queue, and what is to be decided, in words."""

    credit: Credit
    code: str
    text: str

    @property
    def item(self) -> str:
        """The name of the item, the same on every reading."""
        return item_of(self.credit)


def item_of(credit: Credit) -> str:
    """The name of a credit's item in the queue, as long as it waits."""
    return f"G-{hashlib.sha256(row_bytes([CREDIT, credit.name])).hexdigest()[:16]}"


def waiting_credits(connection: Connection) -> Iterator[WaitingCredit]:
    """The credits that wait for a person, in the order of their bills."""
    for credit in waiting(connection, log.last_sequence(connection)):
        yield WaitingCredit(credit, CODES[credit.outcome], _text(connection, credit))


def candidate_words(connection: Connection, row: CreditRow, currency: str) -> str:
    """What a credit may follow: the dispute, or the charge with its amount and day."""
    if row.dispute:
        return f"dispute {row.dispute} ({row.reason})"
    charge, bill = charge_at(connection, row.charge), of_fact(connection, row.charge_fact)
    assert bill is not None
    day = bill.bill_date or bill.period_to or bill.effective
    amount = f"{fixed(charge.amount, currency)} {currency}"
    return f"{name_of(connection, row.charge)}, {charge.product or charge.kind} {amount} of {day} ({row.reason})"


def _text(connection: Connection, credit: Credit) -> str:
    bill, currency = credit.bill, credit.bill.currency
    named = " ".join(part for part in (bill.vendor, bill.number or bill.account) if part) or bill.bill
    what = f"{credit.product or 'a credit'} {fixed(credit.amount, currency)} {currency}"
    where = f"{what} for {credit.service or 'the account itself'} on {named}"
    rows = [row for row in credit.rows if row.dispute or row.charge_fact]
    if credit.outcome == PROPOSED:
        found = "may follow " + ", or ".join(candidate_words(connection, row, currency) for row in rows)
    elif credit.outcome == UNMATCHED:
        found = f"follows nothing that is known; it went by: {credit.rows[0].reason}"
    else:
        found = f"is to be reviewed, {credit.rows[0].code}: {credit.rows[0].reason}"
        found += "".join(f"; it may follow {candidate_words(connection, row, currency)}" for row in rows)
    return f"{where} {found}. {_DO[credit.outcome]}"
