"""The lines of a bill as the vendor charges them, drawn one by one: a state's month never stands in memory."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

import attrs

from tollbook.city.bills import Bill
from tollbook.city.catalogue import (
    CALL_ABROAD,
    CALL_OVER,
    CASE_SOLD,
    CIRCUITS,
    JACK,
    MACHINES,
    PLANS,
    TOLL,
    VOICE_MAIL,
    Product,
)
from tollbook.city.city import Account, Case, City, Medium, Service
from tollbook.city.services import services_of

CENT = Decimal("0.01")
_TAX_RATE = Decimal("6.5")


@attrs.frozen
class Line:
    """One charge. `amount` is exact, plus means that the city owes; `rate` is the price as the bill prints it.

    `service` is None for what belongs to the account as a whole. `first` and `last` are the service dates, both
    inclusive; `hour` is the hour of the day in which a metered line begins. `code` is the customer's code as printed.
    """

    kind: str
    product: str
    text: str
    quantity: Decimal
    unit: str
    rate: Decimal
    amount: Decimal
    first: date
    last: date
    service: Service | None = None
    code: str = ""
    hour: int = 0


def lines_of(city: City, bill: Bill, *, revised: bool = False) -> Iterator[Line]:
    """The charges of a bill in its own order, oddities included; `revised` is the vendor's second, dearer version."""
    match bill.account.medium:
        case Medium.MOBILE:
            yield from _mobile(city, bill)
        case Medium.WIRELINE:
            yield from _wireline(city, bill, revised=revised)
        case Medium.CLOUD:
            yield from _cloud(city, bill)
        case Medium.CARD:
            raise ValueError("a card statement has purchases, not lines")


def planted(city: City, bill: Bill, case: Case, ordinal: int) -> bool:
    """Whether the case stands in this bill: its account has it, and the month is the ordinal-th (from 1)."""
    return case in bill.account.cases and bill.month == city.calendar.month(ordinal)


def metered_rows(city: City, account: Account) -> int:
    """How many usage rows a month a cloud account has; the accounts share the size's figure evenly."""
    return city.size.cloud_rows // city.size.cloud_accounts + account.index % 3


class _Writer:
    """Makes lines of one bill: what they share is said once."""

    def __init__(self, bill: Bill) -> None:
        self._bill = bill

    def sold(self, kind: str, product: Product, quantity: int, service: Service, rate: Decimal | None = None) -> Line:
        """So many of a product. M4 marks a price that is the whole amount already."""
        price = product.rate if rate is None else rate
        whole = price if product.unit == "M4" else price * quantity
        return self._line(kind, product, Decimal(quantity), price, whole.quantize(CENT, ROUND_HALF_UP), service)

    def levied(self, kind: str, text: str, amount: Decimal, service: Service | None = None) -> Line:
        """An amount without quantity: tax, surcharge, credit, adjustment."""
        product = Product("", text, "", amount)
        return self._line(kind, product, Decimal(1), amount, amount, service)

    def _line(
        self, kind: str, product: Product, quantity: Decimal, rate: Decimal, amount: Decimal, service: Service | None
    ) -> Line:
        return Line(
            kind=kind,
            product=product.code,
            text=product.text,
            quantity=quantity,
            unit=product.unit,
            rate=rate,
            amount=amount,
            first=self._bill.first,
            last=self._bill.last,
            service=service,
            code=service.code if service else "",
        )


def _mobile(city: City, bill: Bill) -> Iterator[Line]:
    dice = city.dice("lines", bill.account.number, bill.month)
    write = _Writer(bill)
    charged = Decimal(0)
    for n, service in enumerate(services_of(city, bill.account)):
        for line in _mobile_service(write, dice, service, ordinal=n):
            charged += line.amount
            yield line
        if n == 1 and planted(city, bill, Case.DUPLICATE_LINE, 2):
            twice = write.sold("recurring", PLANS[service.product], 1, service)
            charged += twice.amount
            yield twice
    if planted(city, bill, Case.NET_CREDIT, 2):
        yield write.levied("credit", "Contract credit to the account", -charged - Decimal("41.37"))
    if planted(city, bill, Case.BALANCE_ADJUSTMENT, 3):
        yield write.levied("adjustment", "Adjustments", Decimal("-35.55"))


def _mobile_service(write: _Writer, dice: random.Random, service: Service, *, ordinal: int) -> Iterator[Line]:
    """Always plan, surcharge and tax; now and then calls, a case, a credit. The first line always calls abroad."""
    yield write.sold("recurring", PLANS[service.product], 1, service)
    if ordinal == 0 or dice.randrange(100) < 4:
        yield write.sold("usage", CALL_ABROAD, dice.randrange(1, 31), service)
    if dice.randrange(100) < 3:
        yield write.sold("usage", CALL_OVER, dice.randrange(1, 41), service)
    if dice.randrange(100) < 3:
        yield write.sold("equipment", CASE_SOLD, 1, service)
    yield write.levied(
        "surcharge", "Fed Universal Service Charge", Decimal(dice.randrange(40, 320)).scaleb(-2), service
    )
    # A line that nobody has gets no credit: the rule for credits would take it out of suspense.
    if dice.randrange(100) < 2 and service.owners:
        yield write.levied("credit", "Loyalty credit", Decimal("-7.50"), service)
    yield write.levied("tax", "State 911 Fee", Decimal("0.95"), service)


def _wireline(city: City, bill: Bill, *, revised: bool) -> Iterator[Line]:
    dice = city.dice("lines", bill.account.number, bill.month)
    write = _Writer(bill)
    for n, service in enumerate(services_of(city, bill.account)):
        dearer = CIRCUITS[service.product].rate + 5 if revised and n == 1 else None
        yield from _circuit(write, dice, service, dearer)


def _circuit(write: _Writer, dice: random.Random, service: Service, dearer: Decimal | None) -> Iterator[Line]:
    """The circuit, sometimes features and minutes, the tax on all of it, and rarely a credit for an outage."""
    circuit = CIRCUITS[service.product]
    lines = [write.sold("recurring", circuit, 100 if circuit.unit == "M4" else 1, service, dearer)]
    if dice.randrange(100) < 35:
        lines.append(write.sold("one-time", VOICE_MAIL, dice.randrange(1, 5), service))
    if dice.randrange(100) < 4:
        lines.append(write.sold("one-time", JACK, 1, service))
    if dice.randrange(100) < 30:
        # Minutes are billed in pairs, so that an item is whole cents: where a vendor rounds it, the format never says.
        lines.append(write.sold("usage", TOLL, 2 * dice.randrange(2, 120), service))
    base = sum((line.amount for line in lines), Decimal(0))
    lines.append(write.levied("tax", "STATE", (base * _TAX_RATE / 100).quantize(CENT, ROUND_HALF_UP), service))
    if dice.randrange(100) < 3:
        lines.append(write.levied("credit", "SERVICE OUTAGE CREDIT", Decimal("-6.25"), service))
    yield from lines


def _cloud(city: City, bill: Bill) -> Iterator[Line]:
    """Metered hours in amounts below a cent, then support, a tax and a credit on the whole account."""
    dice = city.dice("lines", bill.account.number, bill.month)
    services = services_of(city, bill.account)
    days = (bill.last - bill.first).days + 1
    for n in range(metered_rows(city, bill.account)):
        service = services[n % len(services) if n < len(services) else dice.randrange(len(services))]
        product = MACHINES[service.product]
        quantity = Decimal(dice.randrange(1, 4_000)).scaleb(-3)
        day = bill.first + timedelta(days=dice.randrange(days))
        yield Line(
            kind="usage",
            product=product.code,
            text=product.text,
            quantity=quantity,
            unit=product.unit,
            rate=product.rate,
            amount=quantity * product.rate,
            first=day,
            last=day,
            service=service,
            hour=dice.randrange(23),
        )
    write = _Writer(bill)
    yield write.levied("recurring", "Support plan", Decimal("29.00"), services[0])
    yield write.levied("tax", "Sales tax", Decimal(dice.randrange(100, 9_000)).scaleb(-3))
    yield write.levied("credit", "Migration credit", -Decimal(dice.randrange(1, 30_000)).scaleb(-5))
