"""The reading of attribution: which posting carries which part of which charge. A view over charges and shares.

A charge coded whole carries its posting itself; a split, and every later recoding, is in `shares`: minus from the old
posting, plus to the new one. So the rows of a charge always sum to its amount, at any cut.
"""

from __future__ import annotations

from collections.abc import Iterator

import attrs
from sqlalchemy import Connection, select

from ledger_core.facts.entry import COST_ROLES, Book
from ledger_core.projections.chargebacks import CHARGEBACKS
from ledger_core.store.tables import BODIES

VIEW = (
    "CREATE VIEW attribution AS "
    "SELECT c.fact AS fact, c.fact AS charge_fact, c.line AS charge_line, c.posting AS posting, c.amount AS amount, "
    "c.reason AS reason, c.ref AS ref FROM charges c WHERE c.posting IS NOT NULL "
    "UNION ALL SELECT s.fact, CASE WHEN s.charge_fact = 0 THEN s.fact ELSE s.charge_fact END, s.charge_line, "
    "s.posting, s.amount, s.reason, s.ref FROM shares s"
)


@attrs.frozen
class Attributed:
    """Cost that stands in one bucket of the paying fund: posting `line` of fact `fact`. `amount` in minor units."""

    account: str
    role: str
    fund: str
    department: str
    object: str
    vendor: str
    booked: str
    billed: str
    currency: str
    effective: str
    fact: int
    line: int
    amount: int


def cost_postings(connection: Connection, *, until: int) -> Iterator[Attributed]:
    """Postings of cost and suspense made by bills, recodings and reversals up to a sequence: not by chargebacks.

    The buckets of attribution: each posting's amount is the sum of the charge parts that it carries.
    """
    p = BODIES["postings"].c
    query = (
        select(*(p[field.name] for field in attrs.fields(Attributed)))
        .where(p.role.in_(sorted(COST_ROLES)), p.book == Book.ACTUAL, p.fact <= until)
        .where(p.fact.not_in(select(CHARGEBACKS.c.fact)))
        .order_by(p.fact, p.line)
    )
    for row in connection.execute(query):
        yield Attributed(*row)
