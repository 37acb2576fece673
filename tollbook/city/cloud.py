"""The lines of a cloud bill: metered hours in amounts below a cent, and what is wrong among them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import attrs

from tollbook.city.bills import Bill
from tollbook.city.catalogue import CLOUD_TAX, MACHINES
from tollbook.city.city import City
from tollbook.city.lines import Line, Scene, Writer, metered_rows, scenes
from tollbook.city.services import services_of

_DEARER, _CHEAPER, _MISCOUNTED = Decimal("1.18"), Decimal("0.9"), Decimal("1.25")
_LONE_ROWS = 40


def cloud_lines(city: City, bill: Bill) -> Iterator[Line]:
    """Metered hours, then support, a tax and a credit on the whole account."""
    dice = city.dice("lines", bill.account.number, bill.month)
    services = services_of(city, bill.account)
    usual = services[: bill.account.lines]
    total = Decimal(0)
    for n in range(metered_rows(city, bill.account)):
        service = usual[n % len(usual) if n < len(usual) else dice.randrange(len(usual))]
        line = _metered(bill, service.product, dice)
        line = attrs.evolve(line, service=service)
        total += line.amount
        yield line
    for scene in scenes(city, bill, services):
        for line in service_lines(scene) if scene.service.tale else ():
            total += line.amount
            yield line
    write = Writer(bill)
    yield write.levied("recurring", "Support plan", Decimal("29.00"), services[0])
    tax = write.levied("tax", "Sales tax", ((total + 29) * CLOUD_TAX.rate / 100).quantize(Decimal("0.001")))
    yield attrs.evolve(tax, product=CLOUD_TAX.name, percent=CLOUD_TAX.rate)
    yield write.levied("credit", "Migration credit", -Decimal(dice.randrange(1, 30_000)).scaleb(-5))


def service_lines(scene: Scene) -> list[Line]:
    """The rows of a resource with a tale; as many as the others have."""
    city, bill, service = scene.city, scene.bill, scene.service
    dice = city.dice("rows", bill.account.number, bill.month, service.name)
    rows = min(_LONE_ROWS, max(3, metered_rows(city, bill.account) // bill.account.lines))
    found = []
    for _ in range(rows):
        line = attrs.evolve(_metered(bill, service.product, dice), service=service)
        if _there(scene, line):
            found.append(line)
    return _as_a_whole(scene, found)


def _metered(bill: Bill, product: int, dice: random.Random) -> Line:
    machine = MACHINES[product]
    quantity = Decimal(dice.randrange(1, 4_000)).scaleb(-3)
    day = bill.first + timedelta(days=dice.randrange((bill.last - bill.first).days + 1))
    return Line(
        kind="usage",
        product=machine.code,
        text=machine.text,
        quantity=quantity,
        unit=machine.unit,
        rate=machine.rate,
        amount=quantity * machine.rate,
        first=day,
        last=day,
        hour=dice.randrange(23),
    )


def _there(scene: Scene, line: Line) -> bool:
    """Whether a resource that starts or ends inside the month runs on that day."""
    if scene.tale not in {"started", "ended"}:
        return True
    held = scene.service.held[0]
    return held.first <= line.first and (held.last is None or line.last <= held.last)


def _as_a_whole(scene: Scene, lines: list[Line]) -> list[Line]:
    match scene.tale:
        case "dearer" | "cheaper" as tale:
            factor = _DEARER if tale == "dearer" else _CHEAPER
            return [scene.marked(_at(line, line.rate * factor), line.amount * (factor - 1)) for line in lines]
        case "miscounted":
            return [
                scene.marked(attrs.evolve(line, amount=line.amount * _MISCOUNTED), line.amount * (_MISCOUNTED - 1))
                for line in lines
            ]
        case "twice":
            return [*lines, scene.marked(lines[0])] if scene.ordinal % 2 == 0 else lines
        case "spike":
            verdict = scene.unusual
            many = [_more(line, 30) for line in lines]
            return [scene.marked(line, line.amount * 29 / 30, verdict) for line in many]
        case "seasonal":
            return [scene.marked(_more(line, Decimal("1.5"))) for line in lines]
        case "not-listed" | "too-late" | "started" | "ended":
            return scene.all_marked(lines)
        case _:
            return lines


def _at(line: Line, rate: Decimal) -> Line:
    return attrs.evolve(line, rate=rate, amount=line.quantity * rate)


def _more(line: Line, times: Decimal | int) -> Line:
    quantity = line.quantity * times
    return attrs.evolve(line, quantity=quantity, amount=quantity * line.rate)
