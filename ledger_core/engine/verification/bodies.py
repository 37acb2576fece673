"""Bodies verified: the root over a fact's stored rows is the one sealed in the fact, and no row is without a fact."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from heapq import merge
from typing import Any

from sqlalchemy import Connection

from ledger_core import tree
from ledger_core.engine.verification.difference import Destroyed, Difference
from ledger_core.engine.verification.log import LogRead, Sealed
from ledger_core.facts import catalogue
from ledger_core.facts.body import PARTICULARS, BodyFormat
from ledger_core.facts.fact import Body
from ledger_core.store.rows import leaf_batches, plain_leaf_batches, selected_batches, stored_batches

Rows = list[tuple[Any, ...]]
Visit = Callable[[Rows], None]
_DESTROYED = "SELECT line, leaf, by_fact FROM destroyed WHERE fact = {fact} ORDER BY line"
_NAMED = 5  # lines that are named one by one


def check_body(
    connection: Connection, body: BodyFormat, fact: Sealed, visit: Visit, cells: Sequence[str] = ("line",)
) -> Iterator[Difference]:
    """Whether the rows of one body are those sealed. `visit` sees these cells of every batch of rows on the way.

    A changed cell shows in the root alone, so the rows of that body are named together.
    """
    commitment = fact.body(body.name) or Body(body.name, body.format, 0, tree.EMPTY_ROOT.hex())
    frontier = tree.Frontier()
    for hashes, rows in leaf_batches(connection, body, fact.sequence, cells):
        frontier.extend(hashes)
        visit(rows)
    if _sealed(commitment, frontier):
        return
    frontier = tree.Frontier()
    for hashes, _ in plain_leaf_batches(connection, body, fact.sequence):
        frontier.extend(hashes)
    if not _sealed(commitment, frontier):
        yield _body_difference(connection, body, fact, commitment, frontier)


def _sealed(commitment: Body, frontier: tree.Frontier) -> bool:
    return frontier.size == commitment.count and frontier.root().hex() == commitment.root


def check_particulars(connection: Connection, fact: Sealed) -> Iterator[Difference]:
    """The same for particulars, of which some may have been destroyed: their salted leaves stand for them."""
    if not any(True for _ in selected_batches(connection, _DESTROYED.format(fact=fact.sequence) + " LIMIT 1")):
        yield from check_body(connection, PARTICULARS, fact, unseen)
        return
    commitment = fact.body(PARTICULARS.name) or Body(PARTICULARS.name, PARTICULARS.format, 0, tree.EMPTY_ROOT.hex())
    frontier = tree.Frontier()
    last = None
    for line, leaf in merge(_kept(connection, fact), _gone(connection, fact), key=lambda pair: pair[0]):
        if line == last:
            expected = "kept or destroyed"
            yield Difference(PARTICULARS.name, fact.id, _place(fact, f"line {line}"), expected, "both")
        last = line
        frontier.extend([leaf])
    if not _sealed(commitment, frontier):
        yield _body_difference(connection, PARTICULARS, fact, commitment, frontier)


def _kept(connection: Connection, fact: Sealed) -> Iterator[tuple[int, bytes]]:
    for hashes, rows in plain_leaf_batches(connection, PARTICULARS, fact.sequence):
        yield from zip((row[0] for row in rows), hashes, strict=True)


def _gone(connection: Connection, fact: Sealed) -> Iterator[tuple[int, bytes]]:
    for batch in selected_batches(connection, _DESTROYED.format(fact=fact.sequence)):
        yield from ((line, bytes(leaf)) for line, leaf, _ in batch)


def _body_difference(
    connection: Connection, body: BodyFormat, fact: Sealed, commitment: Body, frontier: tree.Frontier
) -> Difference:
    where = _place(fact, body.name)
    if body is not PARTICULARS and (odd := _odd_lines(connection, body, fact, commitment.count)):
        where = f"{where}, {odd}"
    return Difference(
        body.name,
        fact.id,
        where,
        f"{commitment.count} rows, root {commitment.root}",
        f"{frontier.size} rows, root {frontier.root().hex()}",
    )


def _odd_lines(connection: Connection, body: BodyFormat, fact: Sealed, count: int) -> str:
    """Which lines are missing or too many: lines count from 1 without a gap."""
    expected = 1
    missing: list[int] = []
    extra: list[int] = []
    for batch in stored_batches(connection, body, fact.sequence):
        for row in batch:
            line = row[0]
            if not 1 <= line <= count:
                extra.append(line)
                continue
            missing += range(expected, min(line, expected + _NAMED + 1))
            expected = line + 1
    missing += range(expected, min(count + 1, expected + _NAMED + 1))
    return "; ".join(f"{what} {_lines(found)}" for what, found in (("missing", missing), ("extra", extra)) if found)


def _lines(found: Sequence[int]) -> str:
    shown = ", ".join(str(line) for line in found[:_NAMED])
    return f"line {shown} and more" if len(found) > _NAMED else f"line {shown}"


def _place(fact: Sealed, what: str) -> str:
    return f"fact {fact.sequence}, {what}"


def check_strays(connection: Connection, table: str, read: LogRead, committed: set[int]) -> Iterator[Difference]:
    """Rows of facts that carry no such body, or of facts that do not exist. `committed` are the facts that may."""
    present = _next_fact(connection, table, None)
    while present is not None:
        if present not in committed:
            count = next(iter(selected_batches(connection, f"SELECT count(*) FROM {table} WHERE fact = {present}")))  # noqa: S608 - an integer
            known = read.facts.get(present)
            name = known.id if known else str(present)
            yield Difference(table, name, f"fact {present}, {table}", "no rows", f"{count[0][0]} rows")
        present = _next_fact(connection, table, present)


def _next_fact(connection: Connection, table: str, after: int | None) -> int | None:
    """The next fact that has rows in a table: a seek in its key, not a scan."""
    later = "" if after is None else f" WHERE fact > {int(after)}"
    found = next(iter(selected_batches(connection, f"SELECT min(fact) FROM {table}{later}")))[0][0]  # noqa: S608 - an integer
    return None if found is None else int(found)


def check_destroyed(connection: Connection, read: LogRead, found: list[Destroyed]) -> Iterator[Difference]:
    """Every destroyed leaf is named by the fact that destroyed it, and that fact's count is met."""
    counts: dict[tuple[int, int], int] = {}
    for batch in selected_batches(connection, "SELECT fact, line, by_fact FROM destroyed ORDER BY fact, line"):
        for fact, line, by in batch:
            act = read.facts.get(by)
            if act is None or act.kind != catalogue.PARTICULARS_DESTROYED or not _names(act, fact, line):
                yield Difference(
                    "destroyed", str(fact), f"fact {fact}, line {line}", "a fact that says so", f"fact {by}"
                )
            counts[fact, by] = counts.get((fact, by), 0) + 1
    found += [Destroyed(fact, by, count) for (fact, by), count in sorted(counts.items())]
    for act in read.facts.values():
        if act.kind == catalogue.PARTICULARS_DESTROYED:
            fact, count = act.content["fact"], counts.get((act.content["fact"], act.sequence), 0)
            if count != act.content["count"]:
                where, expected = f"fact {fact}, under fact {act.sequence}", f"{act.content['count']} leaves"
                yield Difference("destroyed", str(fact), where, expected, f"{count} leaves")


def _names(act: Sealed, fact: int, line: int) -> bool:
    named = act.content["fact"] == fact
    return named and any(first <= line <= last for first, last in act.content["lines"])


def unseen(_: Rows) -> None:
    """For bodies whose rows no other check looks at."""
