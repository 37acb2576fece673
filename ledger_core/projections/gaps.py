"""The reading of accepted gaps: who accepted that a bill's total is off, and by which figures."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, select

from ledger_core.facts.fact import read_fact
from ledger_core.policy.footing import Acceptance
from ledger_core.projections.covers import first_generation
from ledger_core.store.tables import LOG


def acceptances(connection: Connection, bill: str, documents: Iterable[str]) -> tuple[Acceptance, ...]:
    """The acceptances of a bill in these documents (their SHA-256), in order, by the keys of their facts: quick in a
    long log."""
    found = []
    for sha256 in documents:
        start = f"gap/{sha256}/{first_generation(bill)}/"
        query = select(LOG.c.fact).where(LOG.c.key >= start, LOG.c.key < start[:-1] + "0")  # "0" follows "/"
        found += [read_fact(bytes(written)) for written in connection.execute(query).scalars()]
    return tuple(
        Acceptance(
            fact.sequence,
            fact.actor.person,
            tuple((one["name"], one["scope"], one["stated"], one["computed"]) for one in fact.content["controls"]),
        )
        for fact in sorted(found, key=lambda fact: fact.sequence)
    )
