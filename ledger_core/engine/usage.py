"""What services used, as rows of a bill: one a service and unit, sorted, so that equal usage has one root."""

from __future__ import annotations

from decimal import Decimal

from ledger_core.canonical import LARGEST_NUMBER
from ledger_core.errors import InputRefused
from ledger_core.facts.bill import Totals
from ledger_core.facts.body import USAGE
from ledger_core.money import EXACT, plain
from ledger_core.store.rows import FewRows


def usage_rows(totals: Totals, where: str) -> tuple[FewRows, ...]:
    """The body `usage` of a bill, nothing where it states none. `where` names the document in messages.

    Raises InputRefused where the importer counts records that cannot be.
    """
    sums: dict[tuple[str, str], tuple[Decimal, int]] = {}
    for one in totals.usage:
        quantity, records = sums.get((one.service, one.unit), (Decimal(0), 0))
        sums[one.service, one.unit] = EXACT.add(quantity, one.quantity), records + one.records
        if not 0 <= one.records <= records + one.records <= LARGEST_NUMBER:
            raise InputRefused(
                where, f"the importer counts {one.records} usage records", "This is a fault of the importer: report it."
            )
    rows = [
        (line, service, unit, plain(quantity), records)
        for line, ((service, unit), (quantity, records)) in enumerate(sorted(sums.items()), 1)
    ]
    return (FewRows(USAGE, tuple(rows)),) if rows else ()
