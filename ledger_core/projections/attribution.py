"""The reading of attribution: which posting carries which part of which charge. A view over charges and shares.

A charge coded whole carries its posting itself; a split, and every later recoding, is in `shares`: minus from the old
posting, plus to the new one. So the rows of a charge always sum to its amount, at any cut.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs
from sqlalchemy import Connection, and_, or_, select

from ledger_core.facts.entry import COST_ROLES, Book, Role
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
    """Cost that stands in one bucket of the paying fund: posting `line` of fact `fact`. `amount` in minor units.

    What a hold takes out of a bucket is such a row too, with the sign turned: `held`, under the role of the cost.
    """

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
    held: bool = False


_CELLS = tuple(field.name for field in attrs.fields(Attributed))[:-1]
_ROLE = _CELLS.index("role")


def attributed(posting: Any) -> Attributed:
    """A posting of cost, or the held side of a hold's memo pair, as cost."""
    cells = {name: getattr(posting, name) for name in _CELLS}
    if posting.role == Role.HELD:
        return Attributed(**cells | {"role": posting.partner}, held=True)
    return Attributed(**cells)


def cost_postings(connection: Connection, *, until: int) -> Iterator[Attributed]:
    """Postings of cost and suspense made by bills, recodings, reversals, holds and releases up to a sequence: not by
    chargebacks. Without those that are `held` they are what was billed; with them, what may be charged (INV-36).

    The buckets of attribution: each posting's amount is the sum of the charge parts that it carries.
    """
    p = BODIES["postings"].c
    of_cost = and_(p.role.in_(sorted(COST_ROLES)), p.book == Book.ACTUAL)
    of_hold = and_(p.role == Role.HELD, p.book == Book.MEMO)
    query = (
        select(*(p[name] for name in _CELLS), p.partner)
        .where(or_(of_cost, of_hold), p.fact <= until)
        .where(p.fact.not_in(select(CHARGEBACKS.c.fact)))
        .order_by(p.fact, p.line)
    )
    for *cells, partner in connection.execute(query):
        held = cells[_ROLE] == Role.HELD
        if held:
            cells[_ROLE] = partner
        yield Attributed(*(*cells, held))
