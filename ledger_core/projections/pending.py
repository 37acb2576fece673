"""The reading of what is pending: charges that are paid and claimed back, and stay charged meanwhile."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from sqlalchemy import Connection

from ledger_core.facts.entry import Role
from ledger_core.policy.allocation import allocate
from ledger_core.policy.disputes import Mode
from ledger_core.projections import bills
from ledger_core.projections.charges import ChargeLine, ChargeReader, Share
from ledger_core.projections.disputes import Dispute, disputes
from ledger_core.projections.statement_lines import RETAINED, StatementLine


def pending_by_department(connection: Connection, until: int) -> Mapping[str, list[StatementLine]]:
    """What is claimed back and may still be credited, as known at sequence `until`: for each department its part of
    each charge. `amount` is what is pending of the part."""
    found: dict[str, list[StatementLine]] = defaultdict(list)
    reader = ChargeReader(connection, until)
    for one in disputes(connection, until):
        bill = bills.of_fact(connection, one.posted)
        if one.mode is not Mode.CLAIMED or not one.pending or bill is None:
            continue
        for line in one.lines:
            pending = line.account.pending
            charge = next(reader.lines_of(bill, line=line.line))
            shares = [share for share in charge.shares if share.amount * pending > 0]
            if not pending or not shares:
                continue
            parts = allocate(pending, [abs(share.amount) for share in shares], range(len(shares)))
            for share, part in zip(shares, parts, strict=True):
                if part:
                    found[share.department].append(_line(one, charge, share, part, bill.bill_date))
    return found


def _line(one: Dispute, charge: ChargeLine, share: Share, part: int, bill_date: str | None) -> StatementLine:
    names = ("charge", "bill", "vendor", "account", "number", "service", "kind", "product", "quantity", "unit", "rate",
             "exact", "service_from", "service_to")  # fmt: skip
    return StatementLine(
        **{name: getattr(charge, name) for name in names},
        bill_date=bill_date,
        object=share.object,
        string="",
        way=RETAINED if share.state == Role.RETAINED else "",
        entry=share.posting,
        whole=charge.amount,
        amount=part,
        corrects="",
        why=f"{one.dispute}, claimed back since {one.opened}: {one.reason}",
    )
