"""The reading of arrivals: which bills came when, what is accrued, and since when the books know of an account.

An accrual is named by its key, `entry/accrual/PERIOD/...`, and its content says whose bill it stands for: `vendor`,
`account`, `period`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from sqlalchemy import Connection, select

from ledger_core.canonical import read_row
from ledger_core.facts import catalogue
from ledger_core.facts.fact import instant
from ledger_core.policy.cycles import Account
from ledger_core.policy.periods import Period, parse_period
from ledger_core.projections import reference
from ledger_core.projections.charges import standing_bills
from ledger_core.projections.expected_bills import SHEETS, Arrivals, ExpectedBills
from ledger_core.projections.today import zone
from ledger_core.store import log
from ledger_core.store.tables import BODIES, LOG

_ACCRUALS = ("entry/accrual/", "entry/accrual0")  # the key of every accrual lies between them


def expected_bills(connection: Connection, today: date, until: int | None = None) -> ExpectedBills:
    """The register as of a day, as known at sequence `until` (None: now)."""
    last = log.last_sequence(connection) if until is None else until
    currency = log.fact(connection, 1).content["currency"]
    return ExpectedBills(arrivals(connection, last), reference.known(connection, SHEETS, until=last), today, currency)


def arrivals(connection: Connection, until: int) -> Arrivals:
    """What came and what is known of it at sequence `until`."""
    return Arrivals(
        bills=standing_bills(connection, until),
        received=_received(connection, until),
        accrued=frozenset(_accrued(connection, until)),
        learned=_learned(connection, until),
    )


def _received(connection: Connection, until: int) -> Mapping[int, date]:
    """By the fact that posted it, the day on which each bill came."""
    query = select(LOG.c.sequence, LOG.c.recorded).where(LOG.c.kind == catalogue.BILL_POSTED, LOG.c.sequence <= until)
    local = zone(connection)
    return {fact: instant(recorded).astimezone(local).date() for fact, recorded in connection.execute(query)}


def _accrued(connection: Connection, until: int) -> set[tuple[str, str, Period]]:
    """The accounts and cycles for which an accrual stands."""
    first, end = _ACCRUALS
    found = {}
    query = select(LOG.c.sequence).where(LOG.c.key >= first, LOG.c.key < end, LOG.c.sequence <= until)
    for sequence in connection.execute(query).scalars():
        content = log.fact(connection, sequence).content
        found[sequence] = (content["vendor"], content["account"], parse_period(content["period"]))
    if found:
        for fact in log.facts(connection, [catalogue.ENTRY_POSTED], until=until):
            found.pop(fact.content.get("reverses"), None)
    return set(found.values())


def _learned(connection: Connection, until: int) -> Mapping[Account, date]:
    """The day on which the books first learned of each vendor account."""
    rows = BODIES["reference"].c
    local = zone(connection)
    found: dict[Account, date] = {}
    for fact in log.facts(connection, [catalogue.REFERENCE_LOADED], until=until):
        if fact.content["sheet"] != "vendor_accounts":
            continue
        day = fact.recorded.astimezone(local).date()
        for key in connection.execute(select(rows.key).where(rows.fact == fact.sequence)).scalars():
            vendor, account = read_row(key.encode())
            if account:
                found.setdefault((vendor, account), day)
    return found
