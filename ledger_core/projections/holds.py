"""The reading of holds: what of which charges is held now, and by which dispute.

A hold is a memo pair of postings, disputed and held, that carry parts of charges; its release is the same pair with the
signs turned. So what is held is a sum, at any cut, and both sides of it are always equal (INV-36).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date

import attrs
from sqlalchemy import ColumnElement, Connection, func, select

from ledger_core.facts.entry import Book, Role
from ledger_core.store.tables import BODIES

#: How the ids of disputes begin. Parts that are held for a dispute carry its id as evidence, others the act's.
DISPUTE = "DSP-"
_MANY = 500  # facts in one question; SQLite takes a thousand
_SHARES, _POSTINGS = (BODIES[name].c for name in ("shares", "postings"))


@attrs.frozen
class Held:
    """What is held, in minor units with the signs of the charges: by (fact of the bill, line), and by fact of the bill.

    What is not held is not in it.
    """

    lines: Mapping[tuple[int, int], int]
    bills: Mapping[int, int]


def held(connection: Connection, until: int, *, dispute: str | None = None) -> Held:
    """What is held at sequence `until`: all of it, that of one dispute, or with "" what no dispute holds."""
    conditions = _held_side()
    if dispute:
        conditions.append(_SHARES.ref == dispute)
    elif dispute is not None:
        conditions.append(_SHARES.ref.not_like(f"{DISPUTE}%"))
    query = (
        select(_SHARES.charge_fact, _SHARES.charge_line, func.sum(_SHARES.amount))
        .where(*conditions)
        .group_by(_SHARES.charge_fact, _SHARES.charge_line)
    )
    sums: dict[tuple[int, int], int] = defaultdict(int)
    for entries in _entries(connection, until):
        for fact, line, amount in connection.execute(query.where(_SHARES.fact.in_(entries))):
            sums[fact, line] -= int(amount)
    lines = {place: amount for place, amount in sorted(sums.items()) if amount}
    bills: dict[int, int] = defaultdict(int)
    for (fact, _), amount in lines.items():
        bills[fact] += amount
    return Held(lines, dict(bills))


def ever_held(connection: Connection, until: int) -> frozenset[int]:
    """The facts of the bills of which anything was ever held."""
    query = select(_SHARES.charge_fact).distinct()
    return frozenset(
        bill
        for entries in _entries(connection, until)
        for bill in connection.execute(query.where(_SHARES.fact.in_(entries))).scalars()
    )


def last_day(connection: Connection, bill: int) -> date | None:
    """The latest effective date of any hold or release of what fact `bill` posted; None where there is none."""
    query = select(func.max(_POSTINGS.effective)).where(_SHARES.charge_fact == bill, *_held_side())
    found: str | None = connection.execute(query).scalar()
    return None if found is None else date.fromisoformat(found)


def _entries(connection: Connection, until: int) -> Iterator[Sequence[int]]:
    """The facts of holds and releases, some at a time. Found first: shares are many, and most are of other entries."""
    query = select(_POSTINGS.fact).where(
        _POSTINGS.role == Role.HELD.value, _POSTINGS.book == Book.MEMO.value, _POSTINGS.fact <= until
    )
    found = sorted(connection.execute(query.distinct()).scalars())
    for at in range(0, len(found), _MANY):
        yield found[at : at + _MANY]


def _held_side() -> list[ColumnElement[bool]]:
    """The shares on the held side of holds and releases: minus what was held, plus what was released."""
    return [
        _SHARES.fact == _POSTINGS.fact,
        _SHARES.posting == _POSTINGS.line,
        _POSTINGS.book == Book.MEMO.value,
        _POSTINGS.role == Role.HELD.value,
    ]
