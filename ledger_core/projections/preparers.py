"""The reading of preparers: whose acts decided what is to be paid of a bill. Its certifier is another (INV-42)."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Connection, select

from ledger_core.facts.reference import Reference
from ledger_core.policy.limits import limits_of
from ledger_core.projections import covers, gaps, people, prepared, reference
from ledger_core.projections.bills import PostedBill
from ledger_core.store import log
from ledger_core.store.tables import BODIES

_SHARES = BODIES["shares"].c
_SERVICE = "service"


def of_bill(connection: Connection, bill: PostedBill) -> frozenset[str]:
    """Who entered its cover, accepted its gap, recoded, held, released or reversed any of it, or prepared that for
    another to decide. People only: a bill that the intake took in and nobody touched was prepared by nobody."""
    moved = select(_SHARES.fact).where(_SHARES.charge_fact == bill.fact).distinct()
    facts = [log.fact(connection, sequence) for sequence in connection.execute(moved).scalars().all()]
    found = {person for fact in facts for person in (fact.actor.person, *prepared.preparers_of(connection, fact))}
    documents = [one["sha256"] for one in log.fact(connection, bill.fact).content["documents"]]
    if cover := covers.of_documents(connection, bill.bill, documents):
        found.add(cover.person)
    found |= {acceptance.person for acceptance in gaps.acceptances(connection, bill.bill, documents)}
    if not found:
        return frozenset()
    enrolled = people.enrolled(connection).values()
    services = {one.person for one in enrolled if _SERVICE in one.roles}
    # Who is something besides, by whatever key, is a person: a second role hides nobody's work.
    return frozenset(found - services | found & {one.person for one in enrolled if set(one.roles) != {_SERVICE}})


def by_two(connection: Connection, bill: PostedBill, known: Reference | None = None) -> bool:
    """Whether preparer and certifier of a bill must differ: what the sheet of limits says for the bill's date; where
    it says nothing, unless the ledger was opened for one person. `known` holds the sheet, where it was read already."""
    known = known or reference.known(connection, {"limits"})
    wanted = limits_of(known, date.fromisoformat(bill.effective), bill.currency).certify_by_two
    return not people.one_person_site(connection) if wanted is None else wanted
