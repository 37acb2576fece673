"""What a dispute rests on, read from the books: billed lines with their bytes, agreed rates, history, objections."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, TypeVar

import attrs
from sqlalchemy import Connection, select

from ledger_core.facts.fact import Fact
from ledger_core.facts.reference import Reference, ReferenceRow
from ledger_core.money import from_minor, plain
from ledger_core.policy.disputes import TAXES
from ledger_core.projections import bills, reference
from ledger_core.projections.bills import BILLS, POSTED, PostedBill
from ledger_core.projections.charges import charge_id
from ledger_core.projections.checks import Raised, raised
from ledger_core.projections.disputes import Dispute
from ledger_core.store import log
from ledger_core.store.tables import BODIES

CYCLES = 12  # earlier bills of the account whose lines for the same services are shown
_CHARGES = BODIES["charges"].c
_MANY = 500  # values in one question; SQLite takes a thousand
Value = TypeVar("Value")


@attrs.frozen
class BilledCharge:
    """One disputed charge as the bill states it, and where. Amounts in minor units; `exact` and `rate` are texts.

    `agreed` is the row of the sheet `contracts` for its product on its days, None where none is known. `what` is
    'named' or 'tax'. Bytes `start` up to, not including, `end` of the document are what was read.
    """

    charge: str
    line: int
    kind: str
    service: str
    product: str
    quantity: str | None
    unit: str
    rate: str | None
    exact: str
    service_from: str | None
    service_to: str | None
    amount: int
    disputed: int
    what: str
    document: str
    file: str
    place_kind: str
    place: str
    member: str | None
    start: int
    end: int
    agreed: ReferenceRow | None

    @property
    def rightly(self) -> int:
        """What of it is not disputed."""
        return self.amount - self.disputed


@attrs.frozen
class EarlierCharge:
    """What the same service was charged on an earlier bill, in minor units."""

    bill: str
    number: str | None
    bill_date: str | None
    service: str
    kind: str
    product: str
    quantity: str | None
    rate: str | None
    amount: int


@attrs.frozen
class Grounds:
    """Everything that a dispute's letter and evidence are made of."""

    dispute: Dispute
    entity: str
    bill: PostedBill
    charges: tuple[BilledCharge, ...]
    history: tuple[EarlierCharge, ...]
    objections: tuple[Raised, ...]
    sequence: int


def grounds_of(connection: Connection, dispute: Dispute) -> Grounds:
    """The grounds of a dispute, as known now."""
    posted = log.fact(connection, dispute.posted)
    bill = bills.of_fact(connection, dispute.posted)
    assert bill is not None
    charges = _charges(connection, dispute, posted, reference.known(connection, {"contracts"}))
    lines = {charge.line for charge in charges}
    services = sorted({charge.service for charge in charges})
    return Grounds(
        dispute,
        log.fact(connection, 1).content["entity"],
        bill,
        charges,
        tuple(_history(connection, bill, services)),
        tuple(one for one in raised(connection, [bill]) if one.charge in lines or one.charge == 0),
        log.last_sequence(connection),
    )


def _charges(connection: Connection, dispute: Dispute, posted: Fact, known: Reference) -> tuple[BilledCharge, ...]:
    disputed = {line.line: line for line in dispute.lines}
    rows = [row for wanted in _batches(sorted(disputed)) for row in _read(connection, posted.sequence, wanted)]
    found = []
    for row in rows:
        document = posted.content["documents"][row.document]
        found.append(
            BilledCharge(
                charge=charge_id(dispute.bill, row.line),
                **{name: getattr(row, name) for name in _READ},
                exact=row.exact if row.exact is not None else plain(from_minor(row.amount, dispute.currency)),
                disputed=disputed[row.line].amount,
                what=disputed[row.line].what,
                document=document["sha256"],
                file=document["name"],
                place_kind=posted.content["head"]["place_kind"],
                agreed=_agreed(known, dispute, row, posted),
            )
        )
    return tuple(found)


_READ = ("line", "kind", "service", "product", "quantity", "unit", "rate", "service_from", "service_to", "amount",
         "place", "member", "start", "end")  # fmt: skip


def _read(connection: Connection, fact: int, lines: Sequence[int]) -> list[Any]:
    columns = (*_READ, "exact", "document")
    query = select(*(_CHARGES[name] for name in columns)).where(_CHARGES.fact == fact, _CHARGES.line.in_(lines))
    return list(connection.execute(query.order_by(_CHARGES.line)))


def _agreed(known: Reference, dispute: Dispute, row: Any, posted: Fact) -> ReferenceRow | None:
    """The rate that the account, else the vendor, agreed for the product on the first day that is paid for."""
    head = posted.content["head"]
    day = row.service_from or head["period_from"] or head["bill_date"]
    if not row.product or row.kind in TAXES or not day:
        return None
    for account in (dispute.account, ""):
        found = known.in_force("contracts", (dispute.vendor, account, row.product), date.fromisoformat(day))
        if found is not None:
            return found
    return None


def _history(connection: Connection, bill: PostedBill, services: Sequence[str]) -> list[EarlierCharge]:
    """What the same services were charged on the account's earlier bills, the latest bill first; taxes left out."""
    before = bill.bill_date or bill.period_to or bill.effective
    query = (
        select(BILLS)
        .where(BILLS.c.vendor == bill.vendor, BILLS.c.account == bill.account, BILLS.c.state == POSTED)
        .where(BILLS.c.effective < before, BILLS.c.fact != bill.fact)
        .order_by(BILLS.c.effective.desc(), BILLS.c.fact.desc())
        .limit(CYCLES)
    )
    found = []
    for earlier in [PostedBill(*row) for row in connection.execute(query)]:
        for wanted in _batches(services):
            names = ("service", "kind", "product", "quantity", "rate", "amount")
            rows = connection.execute(
                select(*(_CHARGES[name] for name in names))
                .where(_CHARGES.fact == earlier.fact, _CHARGES.service.in_(wanted), _CHARGES.kind.not_in(sorted(TAXES)))
                .order_by(_CHARGES.line)
            )
            found += [EarlierCharge(earlier.bill, earlier.number, earlier.bill_date, *row) for row in rows]
    return found


def _batches(values: Sequence[Value]) -> list[Sequence[Value]]:
    return [values[at : at + _MANY] for at in range(0, len(values), _MANY)]
