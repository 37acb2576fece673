"""The reading of checks: what the latest examination of each bill found, and which bills were not examined yet."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, select

from ledger_core.canonical import read_row
from ledger_core.facts.fact import Fact
from ledger_core.projections.bills import PostedBill
from ledger_core.projections.charges import standing_bills
from ledger_core.store import log
from ledger_core.store.tables import BODIES, LOG

_ROWS = BODIES["exceptions"].c
_FACTS = 500  # facts in one question; SQLite takes a thousand
_KEYS = ("check/", "check0")  # every key of a check lies between them


class Raised(NamedTuple):
    """One row of the latest examination of a bill: an objection to one charge, or to the bill itself (`charge` 0).

    `checked` is the sequence of the fact that holds it, `posted` of the one that posted the bill. `stake` in minor
    units, `confidence` in whole percent; `waiver` names the reference row that covers it ("FACT.LINE"), None where none
    does. `evidence` are names with what they show.
    """

    bill: str
    posted: int
    checked: int
    line: int
    check: str
    code: str
    charge: int
    service: str
    stake: int
    confidence: int
    cause: str
    waiver: str | None
    found: str
    do: str
    evidence: tuple[tuple[str, str], ...]


def number_of(fact: Fact) -> int:
    """Which examination of its bill a fact records, from 1."""
    return int(fact.key.rpartition("/")[2])


def latest(connection: Connection, bill: str, until: int | None = None) -> Fact | None:
    """The last examination of a bill (its id), as known at sequence `until` (None: now); None where there is none."""
    found = examinations(connection, until, bill).get(bill)
    return None if found is None else log.fact(connection, found)


def examinations(connection: Connection, until: int | None = None, bill: str | None = None) -> Mapping[str, int]:
    """The sequence of the last examination of each bill that has one. Read from the keys of the log alone."""
    first, end = _KEYS if bill is None else (f"check/{bill}/", f"check/{bill}0")
    query = select(LOG.c.key, LOG.c.sequence).where(LOG.c.key >= first, LOG.c.key < end)
    if until is not None:
        query = query.where(LOG.c.sequence <= until)
    found: dict[str, int] = {}
    for key, sequence in connection.execute(query):
        named = key.removeprefix("check/").rpartition("/")[0]
        found[named] = max(sequence, found.get(named, 0))
    return found


def unchecked(connection: Connection) -> list[PostedBill]:
    """Standing bills that were never examined, in order of posting: what a crash left, or what came before checks."""
    known = examinations(connection)
    bills = standing_bills(connection, log.last_sequence(connection))
    return sorted((bill for bill in bills if bill.bill not in known), key=lambda bill: bill.fact)


def raised(connection: Connection, bills: Sequence[PostedBill], until: int | None = None) -> Iterator[Raised]:
    """The rows of the latest examination of each of these bills, waived ones included, in order of examination."""
    known = examinations(connection, until)
    of_fact = {known[bill.bill]: bill for bill in bills if bill.bill in known}
    sequences = sorted(of_fact)
    columns = [_ROWS[name] for name in ("fact", "line", *Raised._fields[4:-2], "advice", "evidence")]
    for at in range(0, len(sequences), _FACTS):
        query = select(*columns).where(_ROWS.fact.in_(sequences[at : at + _FACTS])).order_by(_ROWS.fact, _ROWS.line)
        for fact, *cells, evidence in connection.execute(query):
            bill = of_fact[fact]
            shown = tuple((name, text) for name, text in read_row(evidence.encode()))
            yield Raised._make((bill.bill, bill.fact, fact, *cells, shown))


def exempt_taxes_left(
    connection: Connection, bill: PostedBill, settled: Collection[tuple[str, int]] = ()
) -> list[Raised]:
    """Exempt taxes on a bill that no waiver covers and that are not among `settled` (code, charge line): those that
    were disputed, or accepted by a person (INV-54)."""
    return [
        one
        for one in raised(connection, [bill])
        if one.code == "tax-exempt" and one.waiver is None and (one.code, one.charge) not in settled
    ]
