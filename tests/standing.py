"""How books stand, for comparing: by digest, and by counting rows."""

from __future__ import annotations

from sqlalchemy import func, select

from ledger_core.engine.ledger import READINGS
from ledger_core.facts import catalogue
from ledger_core.projections import readings
from ledger_core.projections.bills import BILLS
from ledger_core.store import log
from ledger_core.store.tables import BODIES
from tollbook.site import Site


def books_of(site: Site) -> dict[str, str]:
    """What the books say, by digest: readings, and the roots of every body in the log."""
    with site.ledger().reading() as connection:
        found = {reading.table.name: readings.digest(connection, reading.table) for reading in READINGS}
        for fact in log.facts(connection):
            found |= {
                f"{fact.key.rpartition('/A')[0]}/{body.name}": body.root
                for body in fact.bodies
                if body.name != "particulars"
            }
    return found


def posted_bills(site: Site) -> list[str]:
    """The bills of the log, in the order of their names, however often each was posted."""
    with site.ledger().reading() as connection:
        return sorted(fact.content["bill"] for fact in log.facts(connection) if fact.kind == catalogue.BILL_POSTED)


def rows_of(site: Site) -> dict[str, int]:
    """How many charges, postings and bills there are."""
    tables = {**{name: BODIES[name] for name in ("charges", "postings")}, "bills": BILLS}
    with site.ledger().reading() as connection:
        return {
            name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for name, table in tables.items()
        }
