"""What a digest tells: bills and files that came, the queue by money, what is late and what is due, on one day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import attrs
from sqlalchemy import Connection

from ledger_core.facts import catalogue
from ledger_core.policy.deadlines import business_days
from ledger_core.projections import documents, reference
from ledger_core.projections.bills import PostedBill, of_fact
from ledger_core.projections.exceptions import DEADLINE, ExceptionItem, queue_and_agenda
from ledger_core.projections.reminders import BILL, Reminder
from ledger_core.projections.today import zone
from ledger_core.store import log


@attrs.frozen
class Refused:
    """A file that was not taken in, or not yet: its name and the code of the reason."""

    name: str
    code: str


@attrs.frozen
class Digest:
    """The morning of `today`: what came from `since` on (inclusive), and everything that is open now.

    `sequence` is the position of the log it was read at. The queue comes by money times confidence, `due` by day.
    """

    entity: str
    site: str
    sequence: int
    since: date
    today: date
    came: tuple[PostedBill, ...]
    refused: tuple[Refused, ...]
    queue: tuple[ExceptionItem, ...]
    late: tuple[Reminder, ...]
    due: tuple[Reminder, ...]

    def waiting(self) -> Sequence[tuple[str, int]]:
        """The money at stake in the queue by currency, in minor units. A deadline's is that of other items: it is left
        out."""
        sums: dict[str, int] = {}
        for item in (one for one in self.queue if one.kind != DEADLINE):
            sums[item.currency] = sums.get(item.currency, 0) + abs(item.amount)
        return sorted(sums.items())


def digest(connection: Connection, today: date, since: date | None = None) -> Digest:
    """The digest of a day; without `since` it begins with the last business day before it, so that Monday's holds the
    weekend."""
    opened = log.fact(connection, 1)
    first = since or business_days(reference.known(connection, {"holidays"})).add(today, -1)
    queue, agenda = queue_and_agenda(connection, today)
    came, refused = _arrivals(connection, first)
    return Digest(
        entity=opened.content["entity"],
        site=opened.site,
        sequence=log.last_sequence(connection),
        since=first,
        today=today,
        came=tuple(came),
        refused=tuple(refused),
        queue=tuple(queue),
        late=tuple(one for one in agenda if one.what == BILL),
        due=tuple(one for one in agenda if one.what != BILL),
    )


def _arrivals(connection: Connection, since: date) -> tuple[list[PostedBill], list[Refused]]:
    """What was posted and what was refused from a day on, each in order; of a file its last refusal."""
    local = zone(connection)
    came: list[PostedBill] = []
    refused: dict[str, Refused] = {}
    for fact in log.facts(connection, [catalogue.BILL_POSTED, catalogue.DOCUMENT_REFUSED]):
        if fact.recorded.astimezone(local).date() < since:
            continue
        if fact.kind == catalogue.BILL_POSTED:
            bill = of_fact(connection, fact.sequence)
            assert bill is not None
            came.append(bill)
            continue
        for named in fact.content["documents"]:
            known = documents.known(connection, named["sha256"])
            if known is not None and known.state not in {documents.POSTED, documents.KNOWN, documents.RELEASED}:
                refused[known.sha256] = Refused(known.name, fact.content["code"] or fact.content["outcome"])
    return came, list(refused.values())
