"""The charges of an X12 811: items (IT1, SLN), taxes (TXI) and adjustments (ITA), each under its hierarchical level."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal

import attrs

from importers.edi811.heading import bounded, decimal, implied, period
from importers.edi811.interchange import Segment, broken
from importers.edi811.levels import Context
from ledger_core import Charge, ChargeKind

_HEADS = frozenset({"HL", "IT1", "SLN", "ITA"})
_EXTENDED = "M4"  # the unit that says: the price is already the amount (monthly rate, extended)
_MONTHLY = frozenset({"MO", _EXTENDED})
_METERED = frozenset({"MJ", "03", "HR"})  # minutes, seconds, hours
_ADDED, _INFORMATION = frozenset({"", "A"}), frozenset({"O", "I"})  # TXI07: I is included in the price
_DESCRIPTION = "PD"  # SLN09: what follows is words, not a code


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
    item = _headed(name, loop, context, subline)
    for charge in (item, *_taxes(name, loop)):
        if charge is not None and charge.exact:
            yield attrs.evolve(
                charge,
                service=context.service,
                service_kind=context.service_kind,
                sub_account=context.account,
                service_from=starts,
                service_to=ends,
            )


def _headed(name: str, loop: Loop, context: Context, subline: bool) -> Charge | None:
    match loop.head.id:
        case "IT1":
            return _item(name, loop, context)
        case "SLN":
            return _subline(name, loop, context, subline)
        case "ITA":
            return _adjustment(name, loop)
        case _:
            return None


def _item(name: str, loop: Loop, context: Context) -> Charge | None:
    """IT102 quantity, IT103 unit, IT104 price, IT106 and IT107 product."""
    segment = loop.head
    if not segment.at(4):
        return None  # an item without a price explains others
    quantity, exact = _extended(name, segment, (2, 3, 4))
    return _priced(segment, context, (quantity, segment.at(3), exact), segment.at(7), loop.texts(), (name, 4))


def _subline(name: str, loop: Loop, context: Context, subline: bool) -> Charge | None:
    """SLN04 quantity, SLN05 unit, SLN06 price, SLN09 and SLN10 product. Under an IT1 only SLN03 `A` adds to it."""
    segment = loop.head
    relation = segment.at(3)
    if not segment.at(6) or relation == "O" or (subline and relation != "A"):
        return None
    quantity, exact = _extended(name, segment, (4, 5, 6))
    words = segment.at(9) == _DESCRIPTION
    text = " ".join(filter(None, (segment.at(10) if words else "", loop.texts()))) or None
    product = "" if words else segment.at(10)
    return _priced(segment, context, (quantity, segment.at(5), exact), product, text, (name, 6))


def _extended(name: str, segment: Segment, positions: tuple[int, int, int]) -> tuple[Decimal | None, Decimal]:
    """Quantity and amount of an item: the price as it stands where the unit says that it is extended, else times
    the quantity."""
    quantity_at, unit_at, price_at = positions
    price = decimal(name, segment, price_at)
    quantity = decimal(name, segment, quantity_at) if segment.at(quantity_at) else None
    if segment.at(unit_at) == _EXTENDED:
        return quantity, price
    if quantity is None:
        raise broken(name, segment, "a price without a quantity", "Ask the sender to state the quantity.")
    return quantity, bounded(name, segment, quantity * price)


def _priced(
    segment: Segment,
    context: Context,
    cost: tuple[Decimal | None, str, Decimal],
    product: str,
    text: str | None,
    price: tuple[str, int],
) -> Charge:
    quantity, unit, exact = cost
    return Charge(
        locator=segment.locator(),
        kind=_kind(unit, exact, context),
        exact=exact,
        product=product,
        quantity=quantity,
        unit=unit,
        rate=None if unit == _EXTENDED else decimal(price[0], segment, price[1]),
        text=text,
    )


def _kind(unit: str, exact: Decimal, context: Context) -> ChargeKind:
    if exact < 0:
        return ChargeKind.CREDIT
    if context.usage or unit in _METERED:
        return ChargeKind.USAGE
    return ChargeKind.RECURRING if unit in _MONTHLY else ChargeKind.ONE_TIME


def _taxes(name: str, loop: Loop) -> Iterator[Charge]:
    """TXI01 tax, TXI02 amount, TXI03 percent, TXI05 jurisdiction. TXI07 says whether it adds to the total."""
    for segment in loop.rest:
        if segment.id != "TXI" or segment.at(7) in _INFORMATION:
            continue
        if segment.at(7) not in _ADDED:
            found = f"TXI07 is '{segment.at(7)[:20]}': neither added nor for information"
            raise broken(name, segment, found, "Ask the sender what the code means; the importer must know it.")
        if segment.at(2):
            rate = f", {segment.at(3)} percent" if segment.at(3) else ""
            yield Charge(
                locator=segment.locator(),
                kind=ChargeKind.TAX,
                exact=decimal(name, segment, 2),
                product=segment.at(5) or segment.at(1),
                text=f"tax {segment.at(1)}{rate}",
            )


def _adjustment(name: str, loop: Loop) -> Charge | None:
    """ITA01 `A` lowers the bill by ITA07, `C` raises it, `N` only informs. ITA13 describes."""
    segment = loop.head
    if segment.at(1) == "N" or not segment.at(7):
        return None
    sign = {"A": -1, "C": 1}.get(segment.at(1))
    if sign is None:
        found = f"ITA01 is '{segment.at(1)[:20]}': neither an allowance nor a charge"
        raise broken(name, segment, found, "Ask the sender what the code means; the importer must know it.")
    exact = sign * implied(name, segment, 7)
    return Charge(
        locator=segment.locator(),
        kind=ChargeKind.CREDIT if exact < 0 else ChargeKind.ADJUSTMENT,
        exact=exact,
        product=segment.at(3),
        text=" ".join(filter(None, (segment.at(13), loop.texts()))) or None,
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
