"""The lines of a bill as the vendor charges them, drawn one by one: a state's month never stands in memory."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import attrs

from tollbook.city.bills import Bill
from tollbook.city.catalogue import Product
from tollbook.city.city import Account, Case, City, Service, Tale, Verdict

CENT = Decimal("0.01")
#: What a month is of a usual one, in percent, each as likely as the others: few are far from it, and those more above.
MONTHS = (40, 60, 70, 80, 85, 90, 95, 100, 100, 105, 110, 120, 130, 150, 190)
#: So many months tell what is usual.
_HISTORY = 4


@attrs.frozen
class Mark:
    """What a check of the bill should say of a line. `stake` is what the city pays too much with it. No file has it."""

    tale: Tale
    verdict: Verdict
    stake: Decimal = Decimal(0)


@attrs.frozen
class Line:
    """One charge. `amount` is exact, plus means that the city owes; `rate` is the price as the bill prints it.

    `service` is None for what belongs to the account as a whole. `first` and `last` are the service dates, both
    inclusive; `hour` is the hour of the day in which a metered line begins. `code` is the customer's code as printed;
    `percent` the rate of a tax that has one.
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
    percent: Decimal | None = None
    mark: Mark | None = None


def planted(city: City, bill: Bill, case: Case, ordinal: int) -> bool:
    """Whether the case stands in this bill: its account has it, and the month is the ordinal-th (from 1)."""
    return case in bill.account.cases and bill.month == city.calendar.month(ordinal)


def metered_rows(city: City, account: Account) -> int:
    """How many usage rows a month a cloud account has; the accounts share the size's figure evenly."""
    return city.size.cloud_rows // city.size.cloud_accounts + account.index % 3


def cents(amount: Decimal) -> Decimal:
    """The amount in whole cents, half a cent up."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def total_of(lines: list[Line]) -> Decimal:
    """The sum of the amounts."""
    return sum((line.amount for line in lines), Decimal(0))


class Writer:
    """Makes lines of one bill: what they share is said once."""

    def __init__(self, bill: Bill) -> None:
        self._bill = bill

    def sold(self, kind: str, product: Product, quantity: int, service: Service, rate: Decimal | None = None) -> Line:
        """So many of a product. M4 marks a price that is the whole amount already."""
        price = product.rate if rate is None else rate
        whole = price if product.unit == "M4" else price * quantity
        return self._line(kind, product, Decimal(quantity), price, cents(whole), service)

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


@attrs.frozen
class Scene:
    """One service in one bill: what happens to it there. `ordinal` is the month's, from 1."""

    city: City
    bill: Bill
    service: Service
    n: int
    ordinal: int
    write: Writer

    @property
    def billed(self) -> bool:
        """Whether the vendor bills the service this month."""
        first, last = self.service.billed
        return first <= self.ordinal <= last

    @property
    def tale(self) -> str:
        """The name of the tale that happens this month, "" for none."""
        service = self.service
        return service.tale.name if service.tale and service.begins <= self.ordinal <= service.ends else ""

    @property
    def unusual(self) -> Verdict:
        """What an objection to a sudden rise is: right once there is a history to tell what is usual."""
        return Verdict.PLANTED if self.ordinal > _HISTORY else Verdict.EITHER

    def marked(self, line: Line, stake: Decimal | None = None, verdict: Verdict | None = None) -> Line:
        """The line, marked with the tale; an error without a `stake` is wrong altogether."""
        tale = self.service.tale
        assert tale is not None, "only what has a tale is marked"
        said = verdict or tale.verdict
        wrong = line.amount if stake is None else stake
        return attrs.evolve(line, mark=Mark(tale, said, Decimal(0) if said is Verdict.INNOCENT else wrong))

    def all_marked(self, lines: list[Line]) -> list[Line]:
        """Every line marked as wrong altogether, or as right."""
        return [self.marked(line) for line in lines]


def scenes(city: City, bill: Bill, services: tuple[Service, ...]) -> Iterator[Scene]:
    """A scene for each service that the vendor bills this month."""
    write, ordinal = Writer(bill), city.calendar.ordinal(bill.month)
    for n, service in enumerate(services):
        scene = Scene(city, bill, service, n, ordinal, write)
        if scene.billed:
            yield scene
