"""The reading of hindrances: what keeps a bill from being certified, whoever would certify it."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection

from ledger_core.facts.discrepancy import Discrepancy
from ledger_core.projections import covers
from ledger_core.projections.bills import PostedBill
from ledger_core.store import log


def hindrances(connection: Connection, bill: PostedBill, until: int | None = None) -> Iterator[Discrepancy]:
    """Why a bill may not be certified yet; nothing where it may."""
    content = log.fact(connection, bill.fact).content
    if not covers.payable(connection, bill.bill, stated=content["payable"], until=until):
        yield Discrepancy(
            "no-cover",
            f"bill {bill.bill}",
            "it states no total",
            f"Enter its cover: `tollbook cover {bill.bill}` with the paper's total.",
        )
