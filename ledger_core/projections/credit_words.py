"""Why a credit went where it went, and what was given back of a charge: words, read from what was recorded."""

from __future__ import annotations

from collections.abc import Iterator

import attrs
from sqlalchemy import Connection

from ledger_core.money import fixed
from ledger_core.policy.credits import Place
from ledger_core.projections.credit_grounds import charge_at
from ledger_core.projections.credits import MATCHED, OPEN, CreditRow, giving_back, name_of, rows_of


@attrs.frozen
class Said:
    """One ground: what holds it (a charge or dispute), and its words."""

    kind: str
    ref: str
    text: str


def credit_clause(connection: Connection, place: Place, until: int, *, moved: bool) -> str:
    """Why a credit lies where it lies, as a clause; "" for a charge that was not looked at as a credit, and for a part
    of one that follows nothing and was not `moved` because of that."""
    rows = rows_of(connection, place, until)
    if not rows or not (moved or rows[0].outcome == MATCHED):
        return ""
    first = rows[0]
    if first.outcome == MATCHED:
        names = " and ".join(dict.fromkeys(_followed(connection, row) for row in rows))
        return f"it follows {names} ({first.reason}), and is split as that is"
    if first.outcome in OPEN:
        return f"it is {first.outcome}: {first.reason}"
    return f"it follows no charge: {first.reason}"


def credit_grounds_of(connection: Connection, place: Place, until: int, currency: str) -> Iterator[Said]:
    """What a credit follows or may follow, and what gave a charge back."""
    for row in rows_of(connection, place, until):
        if row.charge_fact or row.dispute:
            verb = "follows" if row.outcome == MATCHED else "may follow"
            text = f"{fixed(row.amount, currency)} {currency} {verb} {_followed(connection, row)}: {row.reason}"
            yield Said("follows", name_of(connection, row.charge) if row.charge_fact else row.dispute, text)
    for row in giving_back(connection, place, until):
        credit = charge_at(connection, (row.credit_fact, row.credit_line))
        name = name_of(connection, credit.place)
        by = f", for dispute {row.dispute}" if row.dispute else ""
        yield Said("credited", name, f"{fixed(row.amount, currency)} {currency} of it came back by {name}{by}")


def _followed(connection: Connection, row: CreditRow) -> str:
    name = name_of(connection, row.charge) if row.charge_fact else ""
    return " of dispute ".join(part for part in (name, row.dispute) if part)
