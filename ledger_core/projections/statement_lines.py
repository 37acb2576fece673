"""The lines of a department's statement: every part of a charge that it bears in a month, and why.

A part that was moved within the month is shown where it ended; one that was moved after its month was charged is a
correction, and says which month it corrects. A reversal shows the lines that it takes back.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

import attrs
from sqlalchemy import Connection, column, select, table

from ledger_core.facts.charge import ChargeKind
from ledger_core.facts.entry import EntryKind, Role
from ledger_core.facts.fact import Fact
from ledger_core.money import from_minor, plain
from ledger_core.projections.bills import BILLS
from ledger_core.projections.charges import charge_id, posting_id
from ledger_core.projections.grounds import Grounds
from ledger_core.projections.months import Cost, Months
from ledger_core.store import log
from ledger_core.store.tables import BODIES

ONE_TIME = frozenset({ChargeKind.ONE_TIME, ChargeKind.EQUIPMENT})
RETAINED = "retained"
_VERBS: dict[str, str] = {
    EntryKind.REVERSAL: "took it back",
    EntryKind.HOLD: "held it",
    EntryKind.RELEASE: "released it",
}
_REMEMBERED = 256  # facts kept at hand
_CHARGES, _PARTICULARS = BODIES["charges"], BODIES["particulars"]
_ATTRIBUTION = table(
    "attribution",
    *(column(name) for name in ("fact", "posting", "charge_fact", "charge_line", "amount", "reason", "ref")),
)


@attrs.frozen
class StatementLine:
    """What a department bears of one charge. `amount` and `whole` (the charge itself) in minor units.

    `way` is 'recover', 'reimburse', 'direct' or 'retained'. `corrects` is the charged month that the line corrects,
    "" in its own month. A line without a charge (`charge` is "") is an entry's own. Service dates are inclusive.
    `text` is the bill's free text, while it is kept.
    """

    charge: str
    bill: str
    vendor: str
    account: str
    number: str | None
    bill_date: str | None
    service: str
    kind: str
    product: str
    quantity: str | None
    unit: str
    rate: str | None
    exact: str
    service_from: str | None
    service_to: str | None
    object: str
    string: str
    way: str
    entry: str
    whole: int
    amount: int
    corrects: str
    why: str
    text: str = ""

    @property
    def one_time(self) -> bool:
        """Whether the charge does not come again by itself."""
        return self.kind in ONE_TIME

    @property
    def named(self) -> str:
        """The service as the bill names it, or the account where the charge is the account's; a card has neither."""
        return self.service or (f"Account {self.account}" if self.account else "Purchasing card")


@attrs.frozen
class _Part:
    """One row of attribution on a cost posting; `sign` is -1 where a reversal takes it back."""

    cost: Cost
    row: Any
    sign: int

    @property
    def amount(self) -> int:
        return self.sign * int(self.row.part)


class LineReader:
    """Reads lines from what is known at the sequence of `months`."""

    def __init__(self, connection: Connection, months: Months, grounds: Grounds) -> None:
        self._connection = connection
        self._months = months
        self._grounds = grounds
        self._fact = lru_cache(maxsize=_REMEMBERED)(self._read_fact)

    def _read_fact(self, sequence: int) -> Fact:
        return log.fact(self._connection, sequence)

    def lines(self, costs: Iterable[Cost], period: str) -> list[StatementLine]:
        """The lines of these costs of one department, which stand in `period`: by vendor, account, service, charge."""
        by_fact: dict[int, dict[int, Cost]] = defaultdict(dict)
        for cost in costs:
            by_fact[cost.fact][cost.line] = cost
        held: dict[tuple[Any, ...], list[_Part]] = defaultdict(list)
        found: list[StatementLine] = []
        for fact, wanted in by_fact.items():
            bare = set(wanted)
            for part in self._parts(fact, wanted):
                bare.discard(part.cost.line)
                held[_place(part)].append(part)
            found.extend(self._entry_line(wanted[line]) for line in sorted(bare))
        for parts in held.values():
            line = self._line(parts, period)
            if line.amount or len(parts) == 1:
                found.append(line)
        return sorted(found, key=_order)

    def _parts(self, fact: int, wanted: Mapping[int, Cost], sign: int = 1) -> Iterator[_Part]:
        """What the postings of a fact carry; a reversal carries what the postings of the same lines carried."""
        source = self._fact(fact)
        if source.content["entry"] == EntryKind.REVERSAL:
            yield from self._parts(int(source.content["reverses"]), wanted, -sign)
            return
        c = _CHARGES.c
        query = (
            select(
                _CHARGES,
                _ATTRIBUTION.c.posting.label("carrier"),
                _ATTRIBUTION.c.amount.label("part"),
                _ATTRIBUTION.c.reason.label("because"),
                _ATTRIBUTION.c.ref.label("evidence"),
                _PARTICULARS.c.text,
            )
            .join(_ATTRIBUTION, (c.fact == _ATTRIBUTION.c.charge_fact) & (c.line == _ATTRIBUTION.c.charge_line))
            .outerjoin(_PARTICULARS, (_PARTICULARS.c.fact == c.fact) & (_PARTICULARS.c.line == c.line))
            .where(_ATTRIBUTION.c.fact == fact, _ATTRIBUTION.c.posting.in_(sorted(wanted)))
        )
        for row in self._connection.execute(query):
            yield _Part(wanted[row.carrier], row, sign)

    def _line(self, parts: list[_Part], period: str) -> StatementLine:
        last = max(parts, key=lambda part: (part.cost.fact, part.amount > 0))
        row, cost = last.row, last.cost
        bill = self._fact(row.fact)
        head = bill.content["head"]
        seen = self._first_charged(bill)
        whole = from_minor(row.amount, cost.currency)
        moved = self._moved(cost.fact)
        return StatementLine(
            charge=charge_id(bill.content["bill"], row.line),
            bill=bill.content["bill"],
            **{name: head[name] for name in ("vendor", "account", "number", "bill_date")},
            **{name: getattr(row, name) for name in ("service", "kind", "product", "quantity", "unit", "rate")},
            exact=row.exact if row.exact is not None else plain(whole),
            service_from=row.service_from,
            service_to=row.service_to,
            object=cost.object,
            string=cost.billed,
            way=_way(cost),
            entry=posting_id(cost.fact, cost.line),
            whole=row.amount,
            amount=sum(part.amount for part in parts),
            corrects=seen if seen != period else "",
            why=moved or self._grounds.sentence(row.because, row.evidence, row.service, row.customer_code),
            text=row.text or "",
        )

    def _first_charged(self, bill: Fact) -> str:
        """The month in which a bill was first charged; of one posted again after a reversal, its forerunner's."""
        assert bill.effective is not None
        seen, _ = self._months.first_run(bill.sequence, bill.effective.isoformat())
        if bill.content["generation"] == 1:
            return seen
        query = select(BILLS.c.fact).where(BILLS.c.identity == bill.content["identity"]).order_by(BILLS.c.fact)
        first = self._fact(self._connection.execute(query.limit(1)).scalar_one())
        return self._first_charged(first) or seen

    def _moved(self, fact: int) -> str:
        """Why a recoding or a reversal put a part here; "" for what was coded on arrival."""
        entry = self._fact(fact)
        kind = entry.content["entry"]
        if kind == EntryKind.BILL:
            return ""
        reason = entry.content.get("narrative") or kind
        verb = _VERBS.get(kind, "moved it")
        return f"{entry.actor.person} {verb} on {entry.recorded:%Y-%m-%d} in E{fact}: {reason}"

    def _entry_line(self, cost: Cost) -> StatementLine:
        """An entry that no charge stands behind."""
        entry = self._fact(cost.fact)
        narrative = str(entry.content.get("narrative", ""))
        return StatementLine(
            charge="",
            bill="",
            vendor=cost.vendor,
            account="",
            number=None,
            bill_date=None,
            service="",
            kind=str(entry.content["entry"]),
            product=narrative,
            quantity=None,
            unit="",
            rate=None,
            exact=plain(from_minor(cost.amount, cost.currency)),
            service_from=None,
            service_to=None,
            object=cost.object,
            string=cost.billed,
            way=_way(cost),
            entry=posting_id(cost.fact, cost.line),
            whole=cost.amount,
            amount=cost.amount,
            corrects="",
            why=self._moved(cost.fact),
        )


def _way(cost: Cost) -> str:
    return cost.treatment if cost.role == Role.COST else RETAINED


def _place(part: _Part) -> tuple[Any, ...]:
    cost = part.cost
    return part.row.fact, part.row.line, cost.object, cost.billed, _way(cost)


def _order(line: StatementLine) -> tuple[Any, ...]:
    bill, _, number = line.charge.rpartition(":")
    return line.vendor, line.account, line.service, bill, int(number or 0), line.entry
