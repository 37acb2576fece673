"""How these tests speak: a bill of a few lines, the sheets as loaded, earlier bills, and what is told of it.

Money is written as people write it: `"29.95"`. What is told is a list of texts, "CODE LINE AMOUNT", line 0 the bill.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import attrs

from ledger_core import (
    Check,
    CheckedBill,
    Grounds,
    Line,
    Objection,
    PastBill,
    Reference,
    ServiceSum,
    Usage,
    fixed,
    parse_decimal,
    to_minor,
)
from ledger_core.engine.telling import Told, Waivers, told
from ledger_core.facts.reference import ReferenceRow
from ledger_core.facts.sheet import SHEETS
from plugins.checks import BUILT_IN

VENDOR, ACCOUNT = "Union Tel", "100-200"
PHONE, OTHER = "2065550100", "2065550101"

Sheets = Mapping[str, Sequence[Mapping[str, str]]]


def bill(**fields: Any) -> CheckedBill:
    """The bill of August 2026; its total is that of its lines unless one is given."""
    august = CheckedBill(
        fact=90,
        bill="B-0011223344556677-0",
        vendor=VENDOR,
        account=ACCOUNT,
        number="8-2026",
        bill_date=date(2026, 9, 1),
        period_from=date(2026, 8, 1),
        period_to=date(2026, 8, 31),
        effective=date(2026, 9, 1),
        currency="USD",
        charges=0,
        total=0,
    )
    return attrs.evolve(august, **fields)


def line(kind: str, product: str, amount: str, service: str = PHONE, **fields: Any) -> Line:
    """One line; its number is given when the bill is examined. An amount below a cent is kept exact."""
    value = parse_decimal(amount)
    exact = None if value == round(value, 2) else amount
    minor = to_minor(value, "USD") if exact is None else int((value * 100).to_integral_value())
    plain = Line(0, kind, service, "line", "", product, None, "", None, exact, minor, None, None)
    return plain._replace(**fields)


def month(product: str, amount: str, service: str = PHONE, **fields: Any) -> Line:
    """A monthly charge."""
    return line("recurring", product, amount, service, **fields)


def days(first: str, last: str) -> dict[str, str]:
    """The service dates of a line, in August: the numbers of its days."""
    return {"service_from": f"2026-08-{first:0>2}", "service_to": f"2026-08-{last:0>2}"}


@attrs.frozen
class Earlier:
    """An earlier bill of the account: its month, its lines, and what its services used."""

    month: str
    lines: tuple[Line, ...]
    usage: Mapping[str, Sequence[Usage]] = attrs.field(factory=dict)
    fields: Mapping[str, Any] = attrs.field(factory=dict)

    def past_bill(self, fact: int) -> PastBill:
        """As the books have it. A month of 28 days will do."""
        year, number = map(int, self.month.split("-"))
        first, last = date(year, number, 1), date(year, number, 28)
        total = sum(line.amount for line in self.lines)
        made = PastBill(fact, f"B-{self.month}", VENDOR, ACCOUNT, self.month, last, first, last, len(self.lines), total)
        return made._replace(**self.fields)


@attrs.frozen
class MadePast:
    """A past of earlier bills of the account, in the order in which they were posted."""

    now: CheckedBill
    bills: Sequence[Earlier] = ()
    used: Mapping[str, Sequence[Usage]] = attrs.field(factory=dict)

    def earlier(self) -> Sequence[PastBill]:
        """Of the account, dated before, the latest first."""
        before = self.now.bill_date or date.max
        found = [one for one in self._all() if one.account == self.now.account and (one.bill_date or before) < before]
        return sorted(found, key=lambda one: (one.bill_date, one.fact), reverse=True)

    def alike(self) -> Sequence[PastBill]:
        """Of the same total."""
        return [one for one in reversed(self._all()) if one.total == self.now.total]

    def overlapping(self, first: date, last: date) -> Sequence[PastBill]:
        """Of the account, with a day in common."""
        return [
            one
            for one in self._all()
            if one.account == self.now.account
            and (one.period_from or date.max) <= last
            and (one.period_to or date.min) >= first
        ]

    def sums(self, bills: Sequence[PastBill], kinds: Collection[str]) -> Iterator[ServiceSum]:
        """By bill, service and kind."""
        for one in bills:
            sums: Counter[tuple[str, str]] = Counter()
            for found in self.lines(one):
                if found.kind in kinds:
                    sums[found.service, found.kind] += found.amount
            for (service, kind), amount in sums.items():
                yield ServiceSum(one.bill, service, kind, amount, 1)

    def lines(self, bill: PastBill, services: Collection[str] | None = None) -> Iterator[Line]:
        """Of one bill."""
        for number, found in enumerate(self.bills[bill.fact - 1].lines, 1):
            if services is None or found.service in services:
                yield found._replace(line=number)

    def usage(self, bill: PastBill | CheckedBill) -> Mapping[str, Sequence[Usage]]:
        """What services used."""
        return self.used if isinstance(bill, CheckedBill) else self.bills[bill.fact - 1].usage

    def _all(self) -> list[PastBill]:
        return [one.past_bill(number) for number, one in enumerate(self.bills, 1)]


def reference(sheets: Sheets) -> Reference:
    """Reference data as loaded: rows of sheets, `from` and `to` as ISO days."""
    rows = []
    for fact, (name, found) in enumerate(sheets.items(), 3):
        shape = SHEETS[name]
        for number, cells in enumerate(found, 1):
            assert set(cells) <= set(shape.headers), f"{name} has no such column"
            first, last = (date.fromisoformat(cells[end]) if cells.get(end) else None for end in ("from", "to"))
            if not shape.dated:
                first = last = None
            value = {key: text for key, text in cells.items() if key not in {*shape.key, "from", "to"} and text}
            key = tuple(cells.get(column, "") for column in shape.key)
            rows.append(ReferenceRow(fact, number, name, key, first, last, value))
    return Reference(rows)


def examined(
    lines: Iterable[Line],
    sheets: Sheets | None = None,
    past: Sequence[Earlier] = (),
    used: Mapping[str, Sequence[Usage]] | None = None,
    checks: Sequence[Check] = BUILT_IN,
    **fields: Any,
) -> list[Told]:
    """What is told of a bill of these lines, by all built-in checks."""
    numbered = [one._replace(line=number) for number, one in enumerate(lines, 1)]
    total = sum(one.amount for one in numbered)
    now = bill(**{"charges": len(numbered), "total": total, **fields})
    grounds = Grounds(reference(sheets or {}), MadePast(now, past, used or {}))
    waivers = Waivers.in_force(grounds.reference, now)
    raised: list[Told] = []
    for check in checks:
        work = check.open(now, grounds)
        if work is None:
            continue
        found: list[Objection] = []
        for one in numbered:  # line by line: a check must not rely on the size of a batch
            found += work.look([one])
        found += work.end()
        raised += [Told(check.name, objection, waivers.covering(objection)) for objection in found]
    taken_back = Counter((one.service, -one.amount) for one in numbered if one.amount < 0)
    return told(now, raised, taken_back)


def words(found: Iterable[Told]) -> list[str]:
    """What is told and not waived, as texts."""
    return [_words(one.objection) for one in found if not one.waiver]


def _words(objection: Objection) -> str:
    number = objection.line.line if objection.line else 0
    return f"{objection.code} {number} {fixed(objection.stake, 'USD')}"


def vendor(**cells: str) -> dict[str, str]:
    """A row of a sheet for the vendor's account."""
    return {"vendor": VENDOR, "account": ACCOUNT, **cells}


def used(**units: str) -> list[Usage]:
    """What a service used, by unit."""
    return [Usage(PHONE, unit, Decimal(quantity)) for unit, quantity in units.items()]
