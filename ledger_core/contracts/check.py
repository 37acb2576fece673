"""What the engine asks of a check: look at the lines of a posted bill on known grounds, and object, with evidence.

A check is trusted: it runs in the main process, so it comes from an installed package only. It is a pure function over
values: the same bill, the same grounds and the same version give the same objections (INV-32). It is given no
connection and no clock; what it wants to know of earlier bills it asks of `Past`, which reads only what is asked for.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple, Protocol

import attrs

from ledger_core.facts.bill import Usage
from ledger_core.facts.reference import Reference
from ledger_core.money import from_minor, parse_decimal


class Line(NamedTuple):
    """One charge of a posted bill. `line` counts from 1; `amount` is in minor units, plus means that more is owed.

    `exact` is the amount in major units where it holds fractions of a minor unit, else None; `rate` the price of one
    unit as the bill prints it. Decimals and days are texts, absent ones None; service dates are inclusive. `text` is
    free text, which may name a person: it must not be repeated in an objection.
    """

    line: int
    kind: str
    service: str
    service_kind: str
    sub_account: str
    product: str
    quantity: str | None
    unit: str
    rate: str | None
    exact: str | None
    amount: int
    service_from: str | None
    service_to: str | None
    text: str = ""

    def cost(self, currency: str) -> Decimal:
        """The amount in major units, every decimal kept."""
        return from_minor(self.amount, currency) if self.exact is None else parse_decimal(self.exact)


@attrs.frozen
class CheckedBill:
    """The bill that is examined. `total` in minor units; the period's ends are inclusive.

    `payable` says that the bill states a total: a cloud cost export does not. `importer` is who read it. `fact` is the
    sequence of the fact that posted it.
    """

    fact: int
    bill: str
    vendor: str
    account: str
    number: str | None
    bill_date: date | None
    period_from: date | None
    period_to: date | None
    effective: date
    currency: str
    charges: int
    total: int
    payable: bool = True
    importer: str = ""

    @property
    def day(self) -> date:
        """The day on which reference data is asked: the end of the cycle, else the bill's date, else the entry's."""
        return self.period_to or self.bill_date or self.effective

    def days_of(self, line: Line) -> tuple[date, date] | None:
        """First and last day that a line pays for: its own dates, else the bill's period; None where neither says."""
        first, last = line.service_from, line.service_to
        if first or last:
            ends = date.fromisoformat(first or last or ""), date.fromisoformat(last or first or "")
            return min(ends), max(ends)
        if self.period_from and self.period_to:
            return self.period_from, self.period_to
        return None


class PastBill(NamedTuple):
    """Another bill in the books, posted and not reversed. `total` in minor units."""

    fact: int
    bill: str
    vendor: str
    account: str
    number: str | None
    bill_date: date | None
    period_from: date | None
    period_to: date | None
    charges: int
    total: int


class ServiceSum(NamedTuple):
    """What one service cost on one earlier bill, by kind of charge: minor units, and how many lines made it."""

    bill: str
    service: str
    kind: str
    amount: int
    lines: int


class Past(Protocol):
    """What the books held beside the bill when it was examined. Every question is a reading: ask only on grounds."""

    def earlier(self) -> Sequence[PastBill]:
        """The bills of the same vendor account dated before this one, the latest first."""
        ...

    def alike(self) -> Sequence[PastBill]:
        """The bills that were posted before this one and come to the same total, whoever sent them, latest first."""
        ...

    def overlapping(self, first: date, last: date) -> Sequence[PastBill]:
        """The bills of the same vendor account posted before this one whose period shares a day with these."""
        ...

    def sums(self, bills: Sequence[PastBill], kinds: Collection[str]) -> Iterable[ServiceSum]:
        """What each service cost on these bills, for these kinds of charges; by bill, service and kind."""
        ...

    def lines(self, bill: PastBill, services: Collection[str] | None = None) -> Iterator[Line]:
        """The lines of one of these bills in order: all, or those of some services."""
        ...

    def usage(self, bill: PastBill | CheckedBill) -> Mapping[str, Sequence[Usage]]:
        """What each service used, as the bill's file says it; a service that is missing is one that it says nothing
        of."""
        ...


@attrs.frozen
class Grounds:
    """What a bill is examined on: reference data as known, and the past as asked."""

    reference: Reference
    past: Past


@attrs.frozen
class Objection:
    """What is odd about one line, or about the whole bill (`line` None).

    `code` is one of the check's codes. `stake` is what may be wrong in minor units: the overcharge where it can be
    computed, else the whole line. `confidence` is a whole percent from 1 to 99: how often such an objection is right.
    `cause` groups the lines of a bill that are odd for one reason ("UNL-40"). `found` and `do` are for people, without
    a full stop and with one; `evidence` names and shows what it rests on, in the order of the argument.
    """

    code: str
    line: Line | None
    stake: int
    confidence: int = attrs.field(validator=[attrs.validators.ge(1), attrs.validators.le(99)])
    cause: str
    found: str
    do: str
    evidence: tuple[tuple[str, str], ...] = ()


class Examination(Protocol):
    """One check at work on one bill."""

    def look(self, lines: Sequence[Line]) -> Iterable[Objection]:
        """The next lines of the bill, in order. What cannot be said yet is kept for later."""
        ...

    def end(self) -> Iterable[Objection]:
        """All lines were seen."""
        ...


class Check(Protocol):
    """An opinion on bills. It speaks only where it has ground: without contract rows, rates are nobody's business."""

    @property
    def name(self) -> str:
        """Stands in every row that comes from it."""
        ...

    @property
    def version(self) -> str:
        """Raised whenever the same bill on the same grounds would give other objections."""
        ...

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of objections that it may raise."""
        ...

    def open(self, bill: CheckedBill, grounds: Grounds) -> Examination | None:
        """Begin with a bill; None where there is no ground, which must cost next to nothing."""
        ...
