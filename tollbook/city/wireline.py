"""The lines of a wireline bill: circuits, features, minutes, work done, taxes, and what is wrong among them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import ROUND_CEILING, Decimal

import attrs

from tollbook.city.bills import Bill
from tollbook.city.casting import other_product
from tollbook.city.catalogue import (
    CIRCUITS,
    CITY_UTILITY,
    COUNTY_911,
    EXCISE_911,
    FEDERAL_EXCISE,
    INSTALLATION,
    JACK,
    SALES_TAX,
    TERMINATION,
    TOLL,
    VOICE_MAIL,
    WIRELINE_VENDORS,
    Levy,
    Product,
    levied_on,
)
from tollbook.city.city import City, Verdict
from tollbook.city.lines import CENT, MONTHS, Line, Mark, Scene, cents, scenes, total_of
from tollbook.city.rates import change_ordinal, changing, cheaper, price_of
from tollbook.city.services import services_of
from tollbook.city.tales import RATE_CHANGED

#: Product of the catalogue: the trunk and primary rate access carry the city's utility tax, the lines the 911 fee.
_TRUNK, _PRIMARY = 0, 4
_ACCESS = frozenset({1, 2, 3})
_SOLD_ONCE = {
    "jack-without-order": JACK,
    "install-without-order": INSTALLATION,
    "termination-undue": TERMINATION,
}


def wireline_lines(city: City, bill: Bill, *, revised: bool = False) -> Iterator[Line]:
    """The charges of a wireline bill in its own order; `revised` is the vendor's second, dearer version."""
    for scene in scenes(city, bill, services_of(city, bill.account)):
        yield from service_lines(scene, raised=5 if revised and scene.n == 1 else 0)


def service_lines(scene: Scene, raised: int = 0) -> list[Line]:
    """All that one line is charged: the circuit, features and minutes, work done, the taxes on all of it, and rarely
    a credit for an outage.
    """
    dice = scene.city.dice("lines", scene.bill.account.number, scene.bill.month, scene.service.name)
    sold = [*_circuit(scene, raised), *_features(scene), *_work(scene), *_minutes(scene, dice)]
    lines = [*sold, *_levies(scene, sold)]
    if dice.randrange(100) < 3 and not scene.tale:
        lines.append(scene.write.levied("credit", "SERVICE OUTAGE CREDIT", Decimal("-6.25"), scene.service))
    return _as_a_whole(scene, lines)


# --- what is sold ------------------------------------------------------------------------------------------------


def _circuit(scene: Scene, raised: int) -> Iterator[Line]:
    """The circuit, right or not."""
    line = _monthly(scene, scene.service.product, raised)
    match scene.tale:
        case "plan-changed" | "other-plan":
            other = _monthly(scene, other_product(scene.bill.account, scene.service))
            yield scene.marked(other, other.amount - line.amount)
        case "dearer":
            yield _dearer(scene, line)
        case "old-rate":
            old = price_of(scene.city, scene.bill.account, CIRCUITS[1], 1)
            if not cheaper(scene.bill.account):
                yield _dearer(scene, line)
            else:
                late = attrs.evolve(line, rate=old, amount=old)
                yield scene.marked(late, old - line.amount)
        case "twice":
            yield line
            yield scene.marked(line)
        case "recharged":
            yield line
            yield scene.marked(scene.write.levied("credit", f"CREDIT {line.text.upper()}", -line.amount, scene.service))
            yield scene.marked(line)
        case "started" | "ended" | "termination-due":
            yield scene.marked(_part(scene, line))
        case "termination-undue" if scene.service.billed[1] == scene.ordinal:
            yield _part(scene, line)
        case "prorated-wrong":
            yield _part_wrong(scene, line)
        case _:
            yield _changed(scene, line)


def _monthly(scene: Scene, product: int, raised: int = 0) -> Line:
    """The circuit for a month; a price that is an amount already stands for a hundred."""
    circuit = CIRCUITS[product]
    price = price_of(scene.city, scene.bill.account, circuit, scene.ordinal) + raised
    return scene.write.sold("recurring", circuit, 100 if circuit.unit == "M4" else 1, scene.service, price)


def _dearer(scene: Scene, line: Line) -> Line:
    """From six to twenty-one percent more, the same every month."""
    percent = scene.city.dice("dearer", scene.bill.account.number, scene.n).randrange(6, 22)
    extra = max(CENT * 40, cents(line.amount * percent / 100))
    return scene.marked(attrs.evolve(line, rate=line.rate + extra, amount=line.amount + extra), extra)


def _days(scene: Scene) -> tuple[date, date]:
    """The days of the cycle on which the service was there."""
    held = scene.service.held[0]
    return max(held.first, scene.bill.first), min(held.last or scene.bill.last, scene.bill.last)


def _part(scene: Scene, line: Line) -> Line:
    """The month's charge for the days of service alone, which are printed with it."""
    first, last = _days(scene)
    share = Decimal((last - first).days + 1) / ((scene.bill.last - scene.bill.first).days + 1)
    return _for_days(line, first, last, cents(line.amount * share))


def _part_wrong(scene: Scene, line: Line) -> Line:
    """The days of service are printed, and the whole month is charged; or the days that were not of service."""
    right = _part(scene, line)
    whole = scene.n % 2 == 0 or right.amount * 2 >= line.amount
    wrong = _for_days(line, right.first, right.last, line.amount if whole else line.amount - right.amount)
    return scene.marked(wrong, wrong.amount - right.amount)


def _for_days(line: Line, first: date, last: date, amount: Decimal) -> Line:
    """Charged for these days; the price printed is of those days too, as one piece."""
    return attrs.evolve(line, quantity=Decimal(1), rate=amount, amount=amount, first=first, last=last)


def _changed(scene: Scene, line: Line) -> Line:
    """A price that the contract changes looks like a wrong one in its first month, and in the last one before."""
    near = scene.ordinal - change_ordinal(scene.city) in (-1, 0)
    if not near or scene.service.tale or CIRCUITS[scene.service.product] not in changing(scene.bill.account):
        return line
    return attrs.evolve(line, mark=Mark(RATE_CHANGED, Verdict.INNOCENT))


def _features(scene: Scene) -> Iterator[Line]:
    if scene.tale in {"started", "ended", "termination-due", "prorated-wrong"}:
        return
    if scene.tale == "boxes-added":
        yield scene.marked(scene.write.sold("one-time", VOICE_MAIL, scene.service.boxes + 3, scene.service))
    elif scene.service.boxes:
        yield scene.write.sold("one-time", VOICE_MAIL, scene.service.boxes, scene.service)


def _work(scene: Scene) -> Iterator[Line]:
    """Work and fees on the day of their order, or without one."""
    products = {product.code: product for product in (JACK, INSTALLATION, TERMINATION)}
    for order in scene.service.orders:
        if order.billed and scene.bill.first <= order.effective <= scene.bill.last:
            yield _on_day(scene, _done(scene, products[order.product]), order.effective)
        elif order.product == TERMINATION.code and scene.bill.first <= order.effective <= scene.bill.last:
            yield _on_day(scene, scene.write.sold("one-time", TERMINATION, 1, scene.service), order.effective)
    if scene.tale in {"billed-late", "work-again"}:
        line = scene.write.sold("one-time", JACK, 1, scene.service)
        yield scene.marked(line)
    if product := _SOLD_ONCE.get(scene.tale):
        day = scene.bill.first + timedelta(days=8)
        if scene.service.orders and scene.tale == "termination-undue":
            day = scene.service.orders[0].effective
        yield scene.marked(_for_days(scene.write.sold("one-time", product, 1, scene.service), day, day, product.rate))


def _done(scene: Scene, product: Product) -> Line:
    """Work at its price, or at a higher one than agreed and ordered."""
    if scene.tale != "work-dearer":
        return scene.write.sold("one-time", product, 1, scene.service)
    extra = Decimal(25)
    return scene.marked(scene.write.sold("one-time", product, 1, scene.service, product.rate + extra), extra)


def _on_day(scene: Scene, line: Line, day: date) -> Line:
    """Charged on that day; marked where it only looks wrong."""
    dated = attrs.evolve(line, first=day, last=day)
    right = {"two-jacks", "jack-ordered-late", "ordered-for-all", "termination-due"}
    return scene.marked(dated) if scene.tale in right else dated


def _minutes(scene: Scene, dice: random.Random) -> Iterator[Line]:
    """Long distance in pairs of minutes, so that an item is whole cents: where a vendor rounds it, the format never
    says. About as many every month.
    """
    usual = scene.service.minutes or (60 if scene.tale == "spike" else 0)
    if not usual or scene.tale == "too-late":
        return
    minutes = max(2, usual * dice.choice(MONTHS) // 200 * 2)
    match scene.tale:
        case "spike":
            many = 2 * dice.randrange(700, 3_000)
            line = scene.write.sold("usage", TOLL, many, scene.service)
            usually = cents(TOLL.rate * usual)
            yield scene.marked(line, line.amount - usually, scene.unusual)
        case "seasonal":
            yield scene.marked(scene.write.sold("usage", TOLL, minutes * 3 // 4 * 2, scene.service))
        case _:
            yield scene.write.sold("usage", TOLL, minutes, scene.service)


# --- what is levied ----------------------------------------------------------------------------------------------


def _levies(scene: Scene, sold: list[Line]) -> Iterator[Line]:
    """Sales tax on all, utility tax on trunks and primary rate access, the 911 fee on access lines, wrong ones."""
    base = total_of(sold)
    if base:
        yield _percent(scene, SALES_TAX, base)
    if scene.service.product in (_TRUNK, _PRIMARY):
        yield _percent(scene, CITY_UTILITY, base)
    if scene.service.product in _ACCESS:
        rate = levied_on(COUNTY_911, scene.bill.last).rate
        fee = scene.write.levied("tax", COUNTY_911[0].name, rate, scene.service)
        if scene.tale == "levy-doubled":
            fee = scene.marked(attrs.evolve(fee, amount=rate * 2), rate)
        yield fee
    elif scene.tale == "levy-doubled":
        wrong = cents(base * (CITY_UTILITY.rate * 2) / 100)
        tax = attrs.evolve(
            scene.write.levied("tax", CITY_UTILITY.name, wrong, scene.service), percent=CITY_UTILITY.rate * 2
        )
        yield scene.marked(tax, wrong - _owed(CITY_UTILITY, base))
    if scene.tale == "federal-excise":
        yield scene.marked(_taxed(scene, FEDERAL_EXCISE, base, FEDERAL_EXCISE.rate))
    if scene.tale == "excise-in-name":
        yield scene.marked(scene.write.levied("tax", EXCISE_911.name, EXCISE_911.rate, scene.service))


def _owed(levy: Levy, base: Decimal) -> Decimal:
    return cents(base * levy.rate / 100)


def _percent(scene: Scene, levy: Levy, base: Decimal) -> Line:
    """A tax at its own rate, or three points more."""
    if scene.tale != "tax-rate" or levy is not SALES_TAX:
        return _taxed(scene, levy, base, levy.rate)
    wrong = _taxed(scene, levy, base, levy.rate + 3)
    return scene.marked(wrong, wrong.amount - _owed(levy, base))


def _taxed(scene: Scene, levy: Levy, base: Decimal, percent: Decimal) -> Line:
    up = scene.bill.account.vendor == WIRELINE_VENDORS[1]
    line = scene.write.levied("tax", levy.name, _rounded(base * percent / 100, up=up), scene.service)
    return attrs.evolve(line, percent=percent)


def _rounded(amount: Decimal, *, up: bool) -> Decimal:
    """One vendor rounds its taxes up, the other one to the nearest cent."""
    return amount.quantize(CENT, ROUND_CEILING) if up else cents(amount)


def _as_a_whole(scene: Scene, lines: list[Line]) -> list[Line]:
    """The lines, marked altogether where nothing of them should be there."""
    tale = scene.service.tale
    early = tale is not None and tale.name == "too-early" and scene.ordinal < scene.service.begins
    return scene.all_marked(lines) if early or scene.tale in {"not-listed", "too-late"} else lines
