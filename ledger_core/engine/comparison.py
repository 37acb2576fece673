"""Comparing a bill that came again with the one that stands: the same charges, or which lines differ (INV-13).

Provenance is not identity: places and bytes do not count, only what is charged. Equal lines can both be real, so
lines are counted, not collected.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any

import attrs
from sqlalchemy import Connection

from ledger_core.facts.body import CHARGES
from ledger_core.facts.charge import ChargeColumns
from ledger_core.facts.discrepancy import Discrepancy
from ledger_core.money import EXACT, exact_sum, from_minor, parse_decimal, plain, round_minor
from ledger_core.policy.footing import FOOTING
from ledger_core.projections.bills import PostedBill
from ledger_core.store.rows import stored

_SHOWN = 20  # differing lines named one by one; the rest are counted
_COMPARED = ("service", "kind", "product", "service_from", "service_to")

Line = tuple[Any, ...]


def differing_lines(
    connection: Connection, standing: PostedBill, again: Iterable[ChargeColumns], document: str
) -> list[Discrepancy]:
    """The lines that only one of both bills has, as discrepancies; empty when the charges are the same."""
    lines = Counter(_stored_lines(connection, standing))
    lines.subtract(Counter(_new_lines(again)))
    differing = sorted((line, count) for line, count in lines.items() if count)
    shown = [_discrepancy(line, count, document, standing) for line, count in differing[:_SHOWN]]
    if shown:
        shown[0] = attrs.evolve(shown[0], stake=_at_stake(differing, standing.currency))
    if len(differing) > _SHOWN:
        found = f"{len(differing) - _SHOWN} more lines differ"
        shown.append(Discrepancy("revision", document, found, _advice(standing)))
    return shown


def _at_stake(differing: Sequence[tuple[Line, int]], currency: str) -> int:
    """What a revision may change, in minor units: by how much the totals differ, and where they do not, what the lines
    come to that only the new file has. The first of the discrepancies stands for all of them."""
    here, there = (
        exact_sum(EXACT.multiply(parse_decimal(line[-1]), Decimal(max(0, sign * count))) for line, count in differing)
        for sign in (1, -1)
    )
    return abs(round_minor(EXACT.subtract(there, here), currency)) or abs(round_minor(there, currency))


def _stored_lines(connection: Connection, standing: PostedBill) -> Iterator[Line]:
    at = {name: CHARGES.columns.index(name) for name in (*_COMPARED, "exact", "amount", "reason")}
    for row in stored(connection, CHARGES, standing.fact):
        if row[at["reason"]] == FOOTING:
            continue  # no line of the document: what two people accepted that it is off by
        exact = row[at["exact"]] or plain(from_minor(row[at["amount"]], standing.currency))
        yield (*(row[at[name]] or "" for name in _COMPARED), exact)


def _new_lines(again: Iterable[ChargeColumns]) -> Iterator[Line]:
    for columns in again:
        cells = [[cell or "" for cell in columns.cells(name)] for name in _COMPARED]
        amounts = [plain(parse_decimal(str(text))) for text in columns.cells("exact")]
        yield from zip(*cells, amounts, strict=True)


def _discrepancy(line: Line, count: int, document: str, standing: PostedBill) -> Discrepancy:
    service, kind, product, first, last, amount = line
    where = f"{document}, service {service or '(account)'}, {kind} {product} {first}..{last}"
    side = "only the posted bill" if count > 0 else "only this file"
    return Discrepancy("revision", where, f"{side} charges {amount} (x{abs(count)})", _advice(standing))


def _advice(standing: PostedBill) -> str:
    return f"If it is right, `tollbook reverse {standing.bill}` and import it again."
