"""The lines of a mobile bill: plans, calls, equipment, surcharges and taxes, and what is wrong among them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from decimal import ROUND_FLOOR, Decimal

import attrs

from tollbook.city.bills import Bill
from tollbook.city.casting import other_product
from tollbook.city.catalogue import (
    CALL_ABROAD,
    CALL_OVER,
    CASE_SOLD,
    FEDERAL_EXCISE,
    PLANS,
    RINGTONES,
    STATE_911,
    USF,
    levied_on,
)
from tollbook.city.city import Account, Case, City, Verdict
from tollbook.city.lines import CENT, Line, Mark, Scene, Writer, cents, planted, scenes, total_of
from tollbook.city.rates import change_ordinal, changing, price_of
from tollbook.city.services import services_of
from tollbook.city.tales import LATE_FEE, LATE_FEE_AGREED, LATE_FEE_WAIVED, RATE_CHANGED, TWICE, UNKNOWN

#: From this month on a line that is not used is an error; the month or two before are a matter of taste.
_LONG_UNUSED, _SOME_UNUSED = 4, 2
_IDLE = frozenset({"unused", "hardly-used", "spare"})


def mobile_lines(city: City, bill: Bill) -> Iterator[Line]:
    """The charges of a mobile bill in its own order."""
    write = Writer(bill)
    charged = Decimal(0)
    for scene in scenes(city, bill, services_of(city, bill.account)):
        for line in service_lines(scene):
            charged += line.amount
            yield line
    if fee := late_fee(city, bill):
        charged += fee.amount
        yield fee
    if planted(city, bill, Case.NET_CREDIT, 2):
        yield write.levied("credit", "Contract credit to the account", -charged - Decimal("41.37"))
    if planted(city, bill, Case.BALANCE_ADJUSTMENT, 3):
        yield write.levied("adjustment", "Adjustments", Decimal("-35.55"))


def service_lines(scene: Scene) -> list[Line]:
    """All that one line is charged: what is sold, the levies on it, now and then a credit."""
    dice = scene.city.dice("lines", scene.bill.account.number, scene.bill.month, scene.service.name)
    sold = [*_plan(scene), *_used(scene, dice), *_bought(scene)]
    lines = [*sold, *_third_party(scene), *_levies(scene, sold)]
    # A line that nobody has gets no credit: the rule for credits would take it out of suspense.
    if dice.randrange(100) < 2 and scene.service.owners and not scene.tale:
        lines.append(scene.write.levied("credit", "Loyalty credit", Decimal("-7.50"), scene.service))
    return _as_a_whole(scene, lines)


def late_fee(city: City, bill: Bill) -> Line | None:
    """A late fee on the account: agreed on for one account in three, waived by the city for another one, else wrong."""
    account, ordinal = bill.account, city.calendar.ordinal(bill.month)
    dice = city.dice("late-fee", account.number)
    if account.index % 6 >= 4 or ordinal != dice.randrange(1, city.calendar.months + 1):
        return None
    line = Writer(bill).levied("late-fee", "Late fee", Decimal(dice.randrange(900, 6_500)).scaleb(-2))
    tale = LATE_FEE_AGREED if account.index % 3 == 0 else LATE_FEE_WAIVED if late_fee_waived(account) else LATE_FEE
    stake = line.amount if tale is LATE_FEE else Decimal(0)
    return attrs.evolve(line, mark=Mark(tale, tale.verdict, stake))


def late_fee_waived(account: Account) -> bool:
    """Whether the city has said that it pays the late fees of this account."""
    return account.index % 6 == 2


# --- what is sold ------------------------------------------------------------------------------------------------


def _plan(scene: Scene) -> Iterator[Line]:
    """The monthly charge, right or not."""
    service, account = scene.service, scene.bill.account
    product = PLANS[service.product]
    price = price_of(scene.city, account, product, scene.ordinal)
    line = scene.write.sold("recurring", product, 1, service, price)
    match scene.tale:
        case "plan-changed" | "other-plan":
            other = PLANS[other_product(account, service)]
            dearer = scene.write.sold(
                "recurring", other, 1, service, price_of(scene.city, account, other, scene.ordinal)
            )
            yield scene.marked(dearer, dearer.amount - price)
        case "dearer":
            yield scene.marked(
                scene.write.sold("recurring", product, 1, service, _dearer(scene, price)),
                _dearer(scene, price) - price,
            )
        case "twice":
            yield line
            yield scene.marked(line)
        case "recharged":
            yield line
            yield scene.marked(scene.write.levied("credit", product.text, -line.amount, service))
            yield scene.marked(line)
        case "usage-only":
            yield scene.marked(scene.write.sold("usage", CALL_ABROAD, 7, service))
        case "ended":
            days = (service.held[0].last or scene.bill.last) - scene.bill.first
            part = cents(price * (days.days + 1) / ((scene.bill.last - scene.bill.first).days + 1))
            yield scene.marked(scene.write.sold("recurring", product, 1, service, part))
        case _:
            yield _changed(scene, line)
            if scene.n == 1 and planted(scene.city, scene.bill, Case.DUPLICATE_LINE, 2):
                yield attrs.evolve(line, mark=Mark(TWICE, Verdict.PLANTED, line.amount))


def _changed(scene: Scene, line: Line) -> Line:
    """A price that the contract changes looks like a wrong one in its first month."""
    if scene.ordinal != change_ordinal(scene.city) or PLANS[scene.service.product] not in changing(scene.bill.account):
        return line
    return line if scene.service.tale else attrs.evolve(line, mark=Mark(RATE_CHANGED, Verdict.INNOCENT))


def _dearer(scene: Scene, price: Decimal) -> Decimal:
    """From six to twenty-one percent more, the same every month."""
    percent = scene.city.dice("dearer", scene.bill.account.number, scene.n).randrange(6, 22)
    return price + max(CENT * 40, cents(price * percent / 100))


def _used(scene: Scene, dice: random.Random) -> Iterator[Line]:
    """Calls that cost something, of those who telephone. The first line of an account always calls abroad."""
    telephones = scene.service.product == 0
    abroad, over = dice.randrange(100) < 4, dice.randrange(100) < 3
    if scene.tale in _IDLE or _gone(scene):
        return
    if scene.tale == "spike":
        minutes = dice.randrange(240, 600)
        line = scene.write.sold("usage", CALL_ABROAD, minutes, scene.service)
        yield scene.marked(line, None, scene.unusual)
        return
    if scene.n == 0 or (abroad and telephones):
        yield scene.write.sold("usage", CALL_ABROAD, dice.randrange(1, 31), scene.service)
    if over and telephones:
        yield scene.write.sold("usage", CALL_OVER, dice.randrange(1, 41), scene.service)


def _bought(scene: Scene) -> Iterator[Line]:
    """Equipment on the day of its order, or without one."""
    for order in scene.service.orders:
        if order.billed and scene.bill.first <= order.effective <= scene.bill.last:
            line = scene.write.sold("equipment", CASE_SOLD, 1, scene.service)
            line = attrs.evolve(line, first=order.effective, last=order.effective)
            yield scene.marked(line) if scene.tale.startswith("equipment") else line
    if scene.tale == "equipment-without-order":
        yield scene.marked(scene.write.sold("equipment", CASE_SOLD, 1, scene.service))


def _third_party(scene: Scene) -> Iterator[Line]:
    if scene.tale.startswith("third-party"):
        yield scene.marked(scene.write.sold("third-party", RINGTONES, 1, scene.service))


# --- what is levied ----------------------------------------------------------------------------------------------


def _levies(scene: Scene, sold: list[Line]) -> Iterator[Line]:
    """Universal service, passed through on communications, never on equipment; the 911 fee; a wrong excise."""
    base = max(total_of([line for line in sold if line.kind != "equipment"]), Decimal(0))
    most = _universal(scene.bill, base)
    if scene.tale == "usf-inflated":
        percent = scene.city.dice("usf", scene.bill.account.number, scene.n).randrange(130, 190)
        dearer = cents(most * percent / 100)
        yield scene.marked(scene.write.levied("surcharge", USF[0].name, dearer, scene.service), dearer - most)
    elif most:
        yield scene.write.levied("surcharge", USF[0].name, most, scene.service)
    rate = levied_on(STATE_911, scene.bill.last).rate
    fee = scene.write.levied("tax", STATE_911[0].name, rate, scene.service)
    if scene.tale == "levy-doubled":
        fee = scene.marked(attrs.evolve(fee, amount=rate * 2), rate)
    yield fee
    if scene.tale == "federal-excise":
        excise = cents(base * FEDERAL_EXCISE.rate / 100)
        yield scene.marked(scene.write.levied("tax", FEDERAL_EXCISE.name, excise, scene.service))


def _universal(bill: Bill, base: Decimal) -> Decimal:
    """The most that may be passed through, by the factor in force on the bill's date (47 CFR 54.712)."""
    factor = levied_on(USF, bill.last)
    assert factor.share is not None, "universal service has an interstate share"
    return (base * factor.share * factor.rate / 10_000).quantize(CENT, ROUND_FLOOR)


# --- what concerns the line as a whole ---------------------------------------------------------------------------


def _gone(scene: Scene) -> bool:
    """Whether the line is billed after its end: nobody uses it any more."""
    return scene.tale == "too-late"


def _as_a_whole(scene: Scene, lines: list[Line]) -> list[Line]:
    """The lines, marked altogether where nothing of them should be there, or where nobody uses what they pay for."""
    service = scene.service
    if not service.owners:
        return [attrs.evolve(line, mark=Mark(UNKNOWN, Verdict.PLANTED, line.amount)) for line in lines]
    early = service.tale is not None and service.tale.name == "too-early" and scene.ordinal < service.begins
    if early or scene.tale in {"not-listed", "too-late"}:
        return scene.all_marked(lines)
    if scene.tale in {"started", "listed-late", "listed-next-month", "seasonal", "spare"}:
        return scene.all_marked(lines)
    if scene.tale in {"unused", "hardly-used"} and scene.ordinal >= _SOME_UNUSED:
        verdict = Verdict.PLANTED if scene.ordinal >= _LONG_UNUSED else Verdict.EITHER
        return [scene.marked(line, None, verdict) if line.kind == "recurring" else line for line in lines]
    return lines
