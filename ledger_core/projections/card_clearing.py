"""The reading of card clearing: what card statements paid of the bills of each vendor account (decision 18)."""

from __future__ import annotations

from collections import defaultdict

from sqlalchemy import Connection, func, select

from ledger_core.canonical import read_row
from ledger_core.facts.entry import Book, Role
from ledger_core.policy.coding import PAYMENT
from ledger_core.store.tables import BODIES

_CHARGES, _POSTINGS, _REFERENCE = (BODIES[name].c for name in ("charges", "postings", "reference"))


def cleared_by_card(connection: Connection, until: int, day: str) -> dict[tuple[str, str], int]:
    """Minor units by (vendor, account), as known at sequence `until` and dated up to `day` (ISO).

    The row of the sheet of vendor accounts that each such line was recognised by says whose bill it pays.
    """
    query = (
        select(_CHARGES.ref, func.sum(_CHARGES.amount))
        .where(_CHARGES.fact == _POSTINGS.fact, _CHARGES.posting == _POSTINGS.line, _CHARGES.reason == PAYMENT)
        .where(_POSTINGS.role == Role.CARD_CLEARING.value, _POSTINGS.book == Book.ACTUAL.value)
        .where(_POSTINGS.fact <= until, _POSTINGS.effective <= day)
        .group_by(_CHARGES.ref)
    )
    cleared: dict[tuple[str, str], int] = defaultdict(int)
    for ref, amount in connection.execute(query).all():
        fact, line = map(int, ref.split("."))
        key = connection.execute(
            select(_REFERENCE.key).where(_REFERENCE.fact == fact, _REFERENCE.line == line)
        ).scalar_one()
        vendor, account = read_row(key.encode())
        cleared[vendor, account] += int(amount)
    return dict(cleared)
