"""The reading of credits that wait for a person: what each may follow, in words, the best candidate first."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

import attrs
from sqlalchemy import Connection

from ledger_core.canonical import row_bytes
from ledger_core.money import fixed
from ledger_core.projections.bills import PostedBill, of_fact
from ledger_core.projections.charges import charge_id
from ledger_core.projections.credit_grounds import charges_at
from ledger_core.projections.credits import PROPOSED, REVIEW, UNMATCHED, Credit, CreditRow, waiting
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
    found = waiting(connection, log.last_sequence(connection))
    words = CandidateWords(connection, [row for credit in found for row in credit.rows])
    for credit in found:
        yield WaitingCredit(credit, CODES[credit.outcome], _text(words, credit))


class CandidateWords:
    """The words for what credits follow or may follow. `rows` are all that will be asked for: they are read at once."""

    def __init__(self, connection: Connection, rows: Iterable[CreditRow]) -> None:
        self._charges = charges_at(connection, {row.charge for row in rows if row.charge_fact})
        self._bills: dict[int, PostedBill] = {}
        for fact in {place[0] for place in self._charges}:
            bill = of_fact(connection, fact)
            assert bill is not None, "a charge of no bill"
            self._bills[fact] = bill

    def name(self, row: CreditRow) -> str | None:
        """The name of the charge; None where it is none."""
        return charge_id(self._bills[row.charge_fact].bill, row.charge_line) if row.charge_fact else None

    def of(self, row: CreditRow) -> str:
        """The dispute, or the charge with its amount and day."""
        if row.dispute:
            return f"dispute {row.dispute} ({row.reason})"
        charge, bill = self._charges[row.charge], self._bills[row.charge_fact]
        day = bill.bill_date or bill.period_to or bill.effective
        amount = f"{fixed(charge.amount, bill.currency)} {bill.currency}"
        return f"{self.name(row)}, {charge.product or charge.kind} {amount} of {day} ({row.reason})"


def _text(words: CandidateWords, credit: Credit) -> str:
    bill, currency = credit.bill, credit.bill.currency
    named = " ".join(part for part in (bill.vendor, bill.number or bill.account) if part) or bill.bill
    what = f"{credit.product or 'a credit'} {fixed(credit.amount, currency)} {currency}"
    where = f"{what} for {credit.service or 'the account itself'} on {named}"
    rows = [row for row in credit.rows if row.dispute or row.charge_fact]
    if credit.outcome == PROPOSED:
        found = "may follow " + ", or ".join(map(words.of, rows))
    elif credit.outcome == UNMATCHED:
        found = f"follows nothing that is known; it went by: {credit.rows[0].reason}"
    else:
        found = f"is to be reviewed, {credit.rows[0].code}: {credit.rows[0].reason}"
        found += "".join(f"; it may follow {words.of(row)}" for row in rows)
    return f"{where} {found}. {_DO[credit.outcome]}"
