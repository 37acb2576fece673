"""Documents that are read again: after a reversal, after a cover, or because somebody asks for it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path

from sqlalchemy import Connection

from ledger_core.engine.reception import Origin, Received
from ledger_core.errors import Unknown
from ledger_core.facts.bill import Bill, Totals
from ledger_core.facts.charge import ChargeColumns
from ledger_core.facts.discrepancy import Discrepancy
from ledger_core.money import EXACT, exact_sum, from_minor, parse_decimal, places, round_minor
from ledger_core.policy.controls import check_totals, gaps
from ledger_core.projections import bills, documents
from ledger_core.projections.documents import KNOWN, KnownDocument
from ledger_core.store import log
from tollbook.archive import digest
from tollbook.site import Site

_SHORTEST = 8  # hex digits of a digest by which a document may be named


def stands(connection: Connection, document: KnownDocument) -> bool:
    """Whether everything that a posted or known document charged is still in the books.

    A second copy does not say of which bill it is one, so it is read again while any bill lacks a successor.
    """
    gone = bills.taken_back(connection)
    if not gone:
        return True
    if document.state == KNOWN:
        return False
    first = log.fact(connection, document.decided).content["documents"][0]["sha256"]
    return all(bill.document != first for bill in gone)


def documents_of(connection: Connection, name: str) -> tuple[Received, ...]:
    """The archived documents of a bill, posted or not, or the document with that digest (or its first digits).

    Raises Unknown where there are none, or where the digits could mean more than one.
    """
    posted = bills.named(connection, name)
    if posted is not None:
        listed = log.fact(connection, posted.fact).content["documents"]
        return tuple(Received(one["sha256"], one["name"], one["part"]) for one in listed)
    digits = name.removeprefix("B-").rpartition("-")[0] if name.startswith("B-") else name.lower()
    sets = _sets(documents.all_documents(connection))
    found = [group for key, group in sets.items() if len(digits) >= _SHORTEST and key.startswith(digits)]
    if len(found) != 1:
        meant = f"{len(found)} documents begin like that" if found else "no document or bill has that name"
        raise Unknown(
            f"'{name[:80]}'", meant, "Take the bill from the queue, or the digest from `tollbook import --json`."
        )
    return tuple(Received(one.sha256, one.name, one.part) for one in found[0])


def place_of(site: Site, document: Received) -> Path:
    """Where the document lies: still in the inbox under its name, else in the archive."""
    waiting = site.path("inbox") / Path(document.name).name
    if waiting.is_file() and digest(waiting) == document.sha256:
        return waiting
    return Path(document.name)


def untied(head: Bill, origin: Origin, batches: Iterable[ChargeColumns], totals: Totals | None) -> list[Discrepancy]:
    """The gap between a bill's own stated total and its charges, if there is one."""
    if totals is None or totals.total is None:
        return []
    count, total = 0, Decimal(0)
    for columns in batches:
        count += columns.count
        total = EXACT.add(total, exact_sum(parse_decimal(str(cell)) for cell in columns.cells("exact")))
    half = EXACT.scaleb(Decimal("0.5"), -places(head.currency))
    slack = Decimal(0) if total == from_minor(round_minor(total, head.currency), head.currency) else half
    own = Totals(count, totals.total)
    return gaps(check_totals(own, count, total, lambda first, last: Decimal(0), slack), origin.name)


def _sets(known: list[KnownDocument]) -> dict[str, list[KnownDocument]]:
    """Documents by the digest that names their bills: alone their own, in a set that of all."""
    groups: dict[tuple[str, str], dict[str, KnownDocument]] = {}
    sets: dict[str, list[KnownDocument]] = {}
    for document in known:
        sets[document.sha256] = [document]
        if document.group:
            groups.setdefault((document.importer, document.group), {})[document.part] = document
    for parts in groups.values():
        digests = sorted(document.sha256 for document in parts.values())
        together = list(parts.values())
        sets[hashlib.sha256("".join(digests).encode()).hexdigest()] = together
        for document in together:
            sets[document.sha256] = together
    return sets
