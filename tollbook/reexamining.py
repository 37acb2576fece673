"""Examining again what was examined: whether the checks say of every bill what they said, on what was known then.

Part of `verify --deep`. Left out are examinations by other versions of the checks, those that a later one replaced, and
bills whose particulars were destroyed: a check may have read them (INV-32).
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, text

from ledger_core.contracts.check import Check
from ledger_core.engine.examining import exception_rows, judge
from ledger_core.engine.verification.difference import Difference
from ledger_core.facts import catalogue
from ledger_core.facts.body import EXCEPTIONS
from ledger_core.facts.fact import Body, Fact
from ledger_core.facts.reference import Reference
from ledger_core.projections import checks as checked
from ledger_core.projections import reference
from ledger_core.store import log
from ledger_core.store.rows import FewRows


def examined_again(connection: Connection, checks: tuple[Check, ...]) -> Iterator[Difference]:
    """What differs between what checks said and what they say now, bill by bill."""
    versions = [[check.name, check.version] for check in checks]
    latest = set(checked.examinations(connection).values())
    known: tuple[int, Reference] = (0, Reference())
    for fact in log.facts(connection, [catalogue.BILL_CHECKED]):
        if fact.sequence not in latest or fact.content["checks"] != versions or _destroyed(connection, fact):
            continue
        load = _last_load(connection, fact.based_on)
        if known[0] != load:
            known = (load, reference.known(connection, until=fact.based_on))
        yield from _compare(connection, fact, known[1], checks)


def _compare(connection: Connection, fact: Fact, known: Reference, checks: tuple[Check, ...]) -> Iterator[Difference]:
    judgement = judge(connection, known, checks, fact.content["posted"], fact.based_on)
    rows = exception_rows(judgement)
    found = FewRows(EXCEPTIONS, rows).commitment if rows else None
    sealed = fact.body(EXCEPTIONS.name)
    if found != sealed:
        where = f"fact {fact.sequence}, examined again"
        yield Difference(EXCEPTIONS.name, fact.content["bill"], where, _shown(sealed), _shown(found))


def _last_load(connection: Connection, until: int) -> int:
    last = 0
    for fact in log.facts(connection, [catalogue.REFERENCE_LOADED], until=until):
        last = fact.sequence
    return last


def _destroyed(connection: Connection, fact: Fact) -> bool:
    query = text("SELECT 1 FROM destroyed WHERE fact = :fact LIMIT 1")
    return connection.execute(query, {"fact": fact.content["posted"]}).first() is not None


def _shown(body: Body | None) -> str:
    return "no rows" if body is None else f"{body.count} rows, root {body.root}"
