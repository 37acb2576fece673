"""The reading of hindrances: what keeps a bill from being certified, whoever would certify it."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection

from ledger_core.facts.discrepancy import Discrepancy
from ledger_core.money import fixed
from ledger_core.projections import checks, covers, exceptions
from ledger_core.projections.bills import POSTED, PostedBill
from ledger_core.projections.checks import Raised
from ledger_core.projections.disputes import disputes
from ledger_core.projections.holds import held
from ledger_core.store import log


def hindrances(connection: Connection, bill: PostedBill, until: int | None = None) -> Iterator[Discrepancy]:
    """Why a bill may not be certified yet; nothing where it may. A bill that was taken back only gives money back."""
    if bill.state != POSTED:
        return
    where = f"bill {bill.bill}"
    content = log.fact(connection, bill.fact).content
    if not covers.payable(connection, bill.bill, stated=content["payable"], until=until):
        yield Discrepancy(
            "no-cover",
            where,
            "it states no total",
            f"Enter its cover: `tollbook cover {bill.bill}` with the paper's total.",
        )
    if bill.bill not in checks.examinations(connection, until, bill.bill):
        found = "no check has looked at it"
        yield Discrepancy("bill-unchecked", where, found, f"Run `tollbook check {bill.bill}`.")
        return
    exempt = _exempt_taxes(connection, bill)
    if exempt:
        amount = sum(one.stake for one in exempt)
        lines = ", ".join(str(one.charge) for one in exempt[:3]) + (" ..." if len(exempt) > 3 else "")
        found = f"exempt taxes of {fixed(amount, bill.currency)} {bill.currency} would be paid (line {lines})"
        yield Discrepancy(
            "exempt-tax-open", where, found, "Dispute or hold them, or accept them with a reason.", amount
        )


def _exempt_taxes(connection: Connection, bill: PostedBill) -> list[Raised]:
    """Exempt taxes that would be paid and that nobody disputed or accepted (INV-54). What is held is not paid."""
    if not checks.exempt_taxes_left(connection, bill):
        return []
    left = checks.exempt_taxes_left(connection, bill, exceptions.decided_objections(connection, bill))
    now = log.last_sequence(connection)
    disputed = {line.line for one in disputes(connection) if one.posted == bill.fact for line in one.lines}
    withheld = {line for (fact, line), amount in held(connection, now).lines.items() if fact == bill.fact and amount}
    return [one for one in left if one.charge not in disputed | withheld]
