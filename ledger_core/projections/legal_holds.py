"""The reading of legal holds: what the sheet `legal_holds` keeps from being destroyed (INV-60)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Self

import attrs
from sqlalchemy import Connection

from ledger_core.facts.reference import ReferenceRow
from ledger_core.projections import reference
from ledger_core.projections.bills import PostedBill

_SHEET = "legal_holds"


@attrs.frozen
class Holds:
    """The holds in force on a day."""

    _rows: Sequence[ReferenceRow]

    @classmethod
    def in_force(cls, connection: Connection, today: date) -> Self:
        """Those that hold today, as known now."""
        return cls(reference.known(connection, {_SHEET}).all_in_force(_SHEET, today))

    def of(self, bill: PostedBill) -> str:
        """The first hold that keeps a bill, by name; "" where none does. Empty conditions hold for any; the days are
        those of the bill, both inclusive."""
        dated = bill.bill_date or bill.effective
        for row in self._rows:
            same = all(row.cell(name) in {"", getattr(bill, name)} for name in ("vendor", "account"))
            if same and row.cell("first") <= dated and (not row.cell("last") or dated <= row.cell("last")):
                return row.key[0]
        return ""
