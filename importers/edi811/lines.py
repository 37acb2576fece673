"""The charges of an X12 811: items (IT1, SLN), taxes (TXI) and adjustments (ITA), each under its hierarchical level."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Context as Arithmetic
from decimal import Decimal, Inexact, InvalidOperation, Overflow
from typing import Any

import attrs

from importers.edi811.heading import bounded, decimal, implied, period
from importers.edi811.interchange import Segment, broken
from importers.edi811.levels import Context
from ledger_core import Charge, ChargeKind

_HEADS = frozenset({"HL", "IT1", "SLN", "ITA"})
_EXTENDED = "M4"  # the unit that says: the price is already the amount (monthly rate, extended)
_MONTHLY = frozenset({"MO", _EXTENDED})
METERED = frozenset({"MJ", "03", "HR"})  # units of use: minutes, seconds, hours
_ADDED, _INFORMATION = frozenset({"", "A"}), frozenset({"O", "I"})  # TXI07: I is included in the price
# The default arithmetic would round a product to 28 digits.
_EXACT = Arithmetic(prec=200, traps=[Inexact, InvalidOperation, Overflow])
_DESCRIPTION = "PD"  # SLN09: what follows is words, not a code


#: What a loop's place says of each charge in it: service, account, service dates. Fields of Charge.
_Place = dict[str, Any]


@attrs.frozen
class _Cost:
    """What an item costs: `rate` is the price of one unit, None where the price is the amount already."""

    quantity: Decimal | None
    unit: str
    rate: Decimal | None
    exact: Decimal


@attrs.frozen
class Loop:
    """A segment that may carry an amount, and the segments up to the next such one (PID, DTM, TXI ...)."""

    head: Segment
    rest: tuple[Segment, ...]

    def texts(self) -> str | None:
        """The descriptions (PID05), None where there are none."""
        return " ".join(s.at(5) for s in self.rest if s.id == "PID" and s.at(5)) or None


def loops(segments: Iterable[Segment]) -> Iterator[Loop]:
    """A transaction set as loops; the first is headed by ST and holds the header."""
    head: Segment | None = None
    rest: list[Segment] = []
    for segment in segments:
        if head is None or segment.id in _HEADS:
            if head is not None:
                yield Loop(head, tuple(rest))
            head, rest = segment, []
        else:
            rest.append(segment)
    if head is not None:
        yield Loop(head, tuple(rest))


def charges(name: str, loop: Loop, context: Context, *, subline: bool) -> Iterator[Charge]:
    """The charges of one loop whose amount is not zero. `subline`: an SLN that explains the IT1 before it.

    Raises DocumentRefused where an amount cannot be read.
    """
    starts, ends = _service_dates(name, loop)
    # Built once: replacing fields of a frozen charge takes longer than reading it.
    place = {
        "service": context.service,
        "service_kind": context.service_kind,
        "sub_account": context.account,
        "service_from": starts,
        "service_to": ends,
    }
    if (item := _headed(name, loop, context, place, subline)) and item.exact:
        yield item
    for segment in loop.rest:
        if segment.id == "TXI" and (tax := _tax(name, segment, place)) and tax.exact:
            yield tax


def costed(loop: Loop, *, subline: bool) -> int | None:
    """Where an item that costs states its quantity (unit and price follow): IT102 or SLN04. None for any other loop.

    An item without a price explains others, an SLN `O` is an option; under an IT1 (`subline`) only SLN03 `A` adds.
    """
    segment = loop.head
    if segment.id == "IT1":
        return 2 if segment.at(4) else None
    if segment.id != "SLN" or not segment.at(6) or segment.at(3) == "O" or (subline and segment.at(3) != "A"):
        return None
    return 4


def _headed(name: str, loop: Loop, context: Context, place: _Place, subline: bool) -> Charge | None:
    if loop.head.id == "ITA":
        return _adjustment(name, loop, place)
    first = costed(loop, subline=subline)
    if first is None:
        return None
    named = _item(loop) if loop.head.id == "IT1" else _subline(loop)
    return _priced(loop.head, _cost(name, loop.head, first), context, {**place, **named})


def _item(loop: Loop) -> _Place:
    """IT107 names the product."""
    return {"product": loop.head.at(7), "text": loop.texts()}


def _subline(loop: Loop) -> _Place:
    """SLN10 names the product, or describes it."""
    segment = loop.head
    words = segment.at(9) == _DESCRIPTION
    text = " ".join(filter(None, (segment.at(10) if words else "", loop.texts()))) or None
    return {"product": "" if words else segment.at(10), "text": text}


def _cost(name: str, segment: Segment, first: int) -> _Cost:
    """Quantity, unit and price, which follow each other from element `first` on.

    The amount is the price as it stands where the unit says that it is extended, else times the quantity.
    """
    unit, price = segment.at(first + 1), decimal(name, segment, first + 2)
    quantity = decimal(name, segment, first) if segment.at(first) else None
    if unit == _EXTENDED:
        return _Cost(quantity, unit, None, price)
    if quantity is None:
        raise broken(name, segment, "a price without a quantity", "Ask the sender to state the quantity.")
    return _Cost(quantity, unit, price, bounded(name, segment, _EXACT.multiply(quantity, price)))


def _priced(segment: Segment, cost: _Cost, context: Context, fields: _Place) -> Charge:
    return Charge(
        locator=segment.locator(),
        kind=_kind(cost.unit, cost.exact, context),
        exact=cost.exact,
        quantity=cost.quantity,
        unit=cost.unit,
        rate=cost.rate,
        **fields,
    )


def _kind(unit: str, exact: Decimal, context: Context) -> ChargeKind:
    if exact < 0:
        return ChargeKind.CREDIT
    if context.usage or unit in METERED:
        return ChargeKind.USAGE
    return ChargeKind.RECURRING if unit in _MONTHLY else ChargeKind.ONE_TIME


def _tax(name: str, segment: Segment, place: _Place) -> Charge | None:
    """TXI01 tax, TXI02 amount, TXI03 percent, TXI05 jurisdiction. TXI07 says whether it adds to the total."""
    relation = segment.at(7)
    if relation in _INFORMATION or not segment.at(2):
        return None
    if relation not in _ADDED:
        found = f"TXI07 is '{relation[:20]}': neither added nor for information"
        raise broken(name, segment, found, "Ask the sender what the code means; the importer must know it.")
    rate = f", {segment.at(3)} percent" if segment.at(3) else ""
    return Charge(
        locator=segment.locator(),
        kind=ChargeKind.TAX,
        exact=decimal(name, segment, 2),
        product=segment.at(5) or segment.at(1),
        text=f"tax {segment.at(1)}{rate}",
        **place,
    )


def _adjustment(name: str, loop: Loop, place: _Place) -> Charge | None:
    """ITA01 `A` lowers the bill by ITA07, `C` raises it, `N` only informs. ITA13 describes."""
    segment = loop.head
    if segment.at(1) == "N" or not segment.at(7):
        return None
    if segment.at(1) not in ("A", "C"):
        found = f"ITA01 is '{segment.at(1)[:20]}': neither an allowance nor a charge"
        raise broken(name, segment, found, "Ask the sender what the code means; the importer must know it.")
    stated = implied(name, segment, 7)
    # Not unary minus: that would round to the precision of the current context.
    exact = (stated.copy_negate() if segment.at(1) == "A" else stated) or Decimal(0)
    return Charge(
        locator=segment.locator(),
        kind=ChargeKind.CREDIT if exact < 0 else ChargeKind.ADJUSTMENT,
        exact=exact,
        product=segment.at(3),
        text=" ".join(filter(None, (segment.at(13), loop.texts()))) or None,
        **place,
    )


def _service_dates(name: str, loop: Loop) -> tuple[date | None, date | None]:
    """DTM 150 and 151, the ends of the service period, both inclusive."""
    starts = ends = None
    for segment in loop.rest:
        if segment.id == "DTM" and segment.at(1) == "150":
            starts, ends = period(name, segment)[0], ends or (period(name, segment)[1] if segment.at(6) else None)
        elif segment.id == "DTM" and segment.at(1) == "151":
            ends = period(name, segment)[1]
    return starts, ends
