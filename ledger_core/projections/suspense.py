"""The reading of suspense: which lines of which bills nobody is charged for yet, and how much they hold."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator

import attrs
from sqlalchemy import ColumnElement, Connection, Select, func, select

from ledger_core.facts.entry import Role
from ledger_core.projections.bills import PostedBill
from ledger_core.projections.charges import standing_bills
from ledger_core.store.tables import BODIES

_CHARGES, _SHARES, _POSTINGS = (BODIES[name].c for name in ("charges", "shares", "postings"))


@attrs.frozen
class SuspenseLine:
    """One charge of a bill, and what of it lies in suspense, in minor units. A line of zero may lie there too."""

    line: int
    service: str
    amount: int


@attrs.frozen
class Unassigned:
    """The lines of one service of a bill that lie in suspense: how many, how much, and the first of them."""

    bill: PostedBill
    service: str
    lines: int
    amount: int
    first: int


def unassigned(connection: Connection, *, until: int, without: Collection[tuple[int, int]] = ()) -> list[Unassigned]:
    """What lies in suspense at sequence `until`, by bill and service: all but the lines `without` (fact, line)."""
    touched = _bills_touched(connection, until)
    left_out: dict[int, set[int]] = defaultdict(set)
    for fact, line in without:
        left_out[fact].add(line)
    return [
        found
        for bill in standing_bills(connection, until)
        if bill.fact in touched
        for found in _by_service(connection, bill, until, left_out.get(bill.fact, ()))
    ]


def suspense_lines(
    connection: Connection, bill: PostedBill, *, until: int, service: str | None = None
) -> Iterator[SuspenseLine]:
    """The lines of a bill that lie in suspense at sequence `until`, in their order, all or those of one service."""
    own = _suspense_postings(connection, bill.fact)
    moved = _moved(connection, bill.fact, until)
    touched: ColumnElement[bool] = _CHARGES.posting.in_(own)
    for rows in _moves(bill.fact, until):
        touched |= _CHARGES.line.in_(rows.with_only_columns(_SHARES.charge_line))
    query = select(_CHARGES.line, _CHARGES.service, _CHARGES.posting, _CHARGES.amount).where(
        _CHARGES.fact == bill.fact, touched
    )
    if service is not None:
        query = query.where(_CHARGES.service == service)
    for line, name, posting, amount in connection.execute(query.order_by(_CHARGES.line)):
        held = (amount if posting in own else 0) + moved.get(line, 0)
        if held or (posting in own and line not in moved):
            yield SuspenseLine(line, name, held)


def _bills_touched(connection: Connection, until: int) -> set[int]:
    """The bills of which anything ever lay in suspense."""
    own = select(_POSTINGS.fact).where(_POSTINGS.role == Role.SUSPENSE.value, _POSTINGS.fact <= until).distinct()
    moved = (
        select(_SHARES.charge_fact)
        .where(_SHARES.charge_fact > 0, _SHARES.fact <= until, _SHARES.fact == _POSTINGS.fact)
        .where(_SHARES.posting == _POSTINGS.line, _POSTINGS.role == Role.SUSPENSE.value)
        .distinct()
    )
    return {*connection.execute(own).scalars(), *connection.execute(moved).scalars()}


def _by_service(connection: Connection, bill: PostedBill, until: int, without: Collection[int]) -> Iterator[Unassigned]:
    if without or _moved(connection, bill.fact, until):
        lines = suspense_lines(connection, bill, until=until)
        yield from _gathered(bill, (line for line in lines if line.line not in without))
        return
    # Nothing was split or recoded: the database sums, however many lines there are.
    query = (
        select(_CHARGES.service, func.count(), func.sum(_CHARGES.amount), func.min(_CHARGES.line))
        .where(_CHARGES.fact == bill.fact, _CHARGES.posting.in_(_suspense_postings(connection, bill.fact)))
        .group_by(_CHARGES.service)
    )
    for service, lines, amount, first in connection.execute(query):
        yield Unassigned(bill, service, lines, int(amount), first)


def _gathered(bill: PostedBill, lines: Iterator[SuspenseLine]) -> Iterator[Unassigned]:
    by_service: dict[str, list[SuspenseLine]] = defaultdict(list)
    for line in lines:
        by_service[line.service].append(line)
    for service, found in by_service.items():
        yield Unassigned(bill, service, len(found), sum(line.amount for line in found), found[0].line)


def _suspense_postings(connection: Connection, fact: int) -> Collection[int]:
    query = select(_POSTINGS.line).where(_POSTINGS.fact == fact, _POSTINGS.role == Role.SUSPENSE.value)
    return list(connection.execute(query).scalars())


def _moves(fact: int, until: int) -> tuple[Select[int, int], Select[int, int]]:
    """The rows (line of the bill, amount) that splits and recodings put into suspense or took out of it, as holds and
    releases do: what is held waits for its release."""
    carried = (_SHARES.fact == _POSTINGS.fact) & (_SHARES.posting == _POSTINGS.line)
    held = (_POSTINGS.role == Role.HELD.value) & (_POSTINGS.partner == Role.SUSPENSE.value)
    shares = select(_SHARES.charge_line, _SHARES.amount).where(carried, (_POSTINGS.role == Role.SUSPENSE.value) | held)
    return (
        shares.where(_SHARES.fact == fact, _SHARES.charge_fact == 0),
        shares.where(_SHARES.charge_fact == fact, _SHARES.fact <= until),
    )


def _moved(connection: Connection, fact: int, until: int) -> dict[int, int]:
    """By line of a bill, what splits and recodings put into suspense and took out of it."""
    moved: dict[int, int] = defaultdict(int)
    for query in _moves(fact, until):
        for line, amount in connection.execute(query):
            moved[line] += amount
    return dict(moved)
