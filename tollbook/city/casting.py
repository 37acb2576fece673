"""Which service lives through which tale, and when: its dates, its orders, its rows of the inventory."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import partial

import attrs

from tollbook.city.bills import Bill, bill_of
from tollbook.city.catalogue import (
    CASE_SOLD,
    CIRCUITS,
    INSTALLATION,
    JACK,
    MACHINES,
    PLANS,
    TERMINATION,
    VOICE_MAIL,
    Product,
)
from tollbook.city.city import ALWAYS, Account, City, Held, Medium, Order, Service, Tale
from tollbook.city.months import BEGINNING
from tollbook.city.rates import cheaper, in_term
from tollbook.city.tales import TALES

#: One service in so many lives through an error, and as many through something that only looks like one.
_ONE_IN = 15
#: What happens in every city, however small: a rate above the contract's.
_FIRST = "dearer"
#: The first two services of an account have stories of their own.
_RESERVED = 2
#: What plans and circuits change to, or are taken for.
_OTHER_PLAN = {0: 3, 1: 0, 2: 1, 3: 0}
_OTHER_CIRCUIT = {1: 3, 2: 1, 3: 1, 4: 1, 5: 1}
#: What a service has for whom another product would not be dearer.
_CHEAPEST = {Medium.MOBILE: ((0,), 1), Medium.WIRELINE: ((1, 4, 5), 2)}
_PROGRAMME = {Medium.MOBILE: PLANS, Medium.WIRELINE: CIRCUITS, Medium.CLOUD: MACHINES}


def billed_name(account: Account, product: Product) -> str:
    """What the account's bills call a product: mobile bills know plans by their words."""
    return product.text if account.medium is Medium.MOBILE else product.code


def cast(city: City, account: Account, services: list[Service]) -> Iterator[Service]:
    """The same services, some of them with a tale, all with their rows of the inventory and their orders."""
    tales = _tales(city, account, len(services))
    dice = city.dice("errands", account.number)
    for n, service in enumerate(services):
        tale = tales.get(n)
        known = bool(service.owners or service.shared)
        plain = attrs.evolve(service, held=(_held(account, service, BEGINNING),) if known else ())
        with_tale = _Casting(city, account, n, plain).of(tale) if tale else plain
        yield attrs.evolve(with_tale, orders=(*with_tale.orders, *_errands(city, account, n, with_tale, dice)))


def _tales(city: City, account: Account, services: int) -> dict[int, Tale]:
    """Errors and look-alikes take turns over the accounts, so that all of them happen; chance picks the services."""
    if account.medium not in TALES:
        return {}
    wrong, right = TALES[account.medium]
    if account.medium is Medium.CLOUD:
        return dict(zip(range(account.lines, services), (*wrong, *right) * services, strict=False))
    free = list(range(_RESERVED, account.lines))
    city.dice("cast", account.number).shuffle(free)
    each = min(len(free) // 2, max(1, account.lines // _ONE_IN))
    chosen = []
    for tales, mark in ((wrong, "wrong"), (right, "right")):
        order = list(tales)
        city.dice("turns", account.medium, mark).shuffle(order)
        order.sort(key=lambda tale: tale.name != _FIRST)
        chosen += [order[(account.index * each + k) % len(order)] for k in range(each)]
    return dict(zip(free, chosen, strict=False))


def extras(account: Account) -> int:
    """How many further resources of a cloud account exist for a tale each."""
    return sum(map(len, TALES[Medium.CLOUD])) * max(1, account.lines // 150)


def _held(account: Account, service: Service, first: date, last: date | None = None) -> Held:
    product = _PROGRAMME[account.medium][service.product]
    return Held("" if account.medium is Medium.CLOUD else billed_name(account, product), first, last)


def _errands(city: City, account: Account, n: int, service: Service, dice: random.Random) -> Iterator[Order]:
    """Orders of ordinary life: now and then a case for a mobile, a jack for a line."""
    if account.medium is Medium.CLOUD or not service.owners:
        return
    product, action, percent = (CASE_SOLD, "equipment", 3) if account.medium is Medium.MOBILE else (JACK, "move", 4)
    for ordinal in range(1, city.calendar.months + 1):
        wanted, before, day = dice.randrange(100) < percent, dice.randrange(3, 25), dice.randrange(20)
        if wanted and service.tale is None:
            effective = bill_of(account, city.calendar.month(ordinal)).first + timedelta(days=day)
            yield _order(account, n, f"{ordinal}", (action, product), effective - timedelta(days=before), effective)


def _order(account: Account, n: int, mark: str, what: tuple[str, Product], ordered: date, effective: date) -> Order:
    action, product = what
    number = f"WO-{account.medium.value[0].upper()}{account.index + 1:04d}-{n:04d}-{mark}"
    return Order(number, action, billed_name(account, product), product.rate, ordered, effective, billed=True)


class _Casting:
    """One service about to live through a tale; chance is its own."""

    def __init__(self, city: City, account: Account, n: int, service: Service) -> None:
        self._city = city
        self._account = account
        self._n = n
        self._service = service
        self._dice: random.Random = city.dice("casting", account.number, n)
        self._months = city.calendar.months

    def of(self, tale: Tale) -> Service:
        """The service with the tale: when it happens, and what the sheets say of it."""
        service = attrs.evolve(self._service, tale=tale, begins=self._dice.randrange(2, self._months + 1))
        change = self._changes().get(tale.name)
        return change(service) if change else service

    def _changes(self) -> dict[str, Callable[[Service], Service]]:
        """For each tale that needs more than a month to begin in: what it needs."""
        medium = self._account.medium
        return {
            "old-rate": self._old_rate,
            "not-listed": self._not_listed,
            "too-early": self._too_early,
            "too-late": self._too_late,
            "twice": self._once,
            "recharged": self._once,
            "usage-only": self._once,
            "third-party": partial(self._lasting, months=2),
            "third-party-waived": partial(self._lasting, months=2),
            "levy-doubled": partial(self._lasting, months=3),
            "unused": self._always,
            "spare": self._always,
            "excise-in-name": self._always,
            "seasonal": partial(self._lasting, months=2),
            "spike": self._spike,
            "equipment-without-order": self._once,
            "jack-without-order": self._once,
            "install-without-order": self._once,
            "equipment-ordered": partial(self._errand, late=False),
            "equipment-ordered-late": partial(self._errand, late=True),
            "jack-ordered-late": partial(self._errand, late=True),
            "two-jacks": self._two_jacks,
            "work-dearer": self._work_dearer,
            "work-again": self._work_again,
            "ordered-for-all": self._ordered_for_all,
            "billed-late": self._billed_late,
            "boxes-added": self._boxes_added,
            "listed-next-month": self._listed_next_month,
            "hardly-used": self._hardly_used,
            "started": self._started_inside if medium is not Medium.MOBILE else self._started,
            "listed-late": self._listed_late,
            "ended": self._ended,
            "prorated-wrong": self._started_inside,
            "plan-changed": self._plan_changed,
            "other-plan": self._other_plan,
            "termination-undue": self._termination_undue,
            "termination-due": self._termination_due,
        }

    # --- when -------------------------------------------------------------------------------------------------------

    def _once(self, service: Service) -> Service:
        return attrs.evolve(service, ends=service.begins)

    def _always(self, service: Service) -> Service:
        return attrs.evolve(service, begins=1)

    def _lasting(self, service: Service, months: int) -> Service:
        return attrs.evolve(service, ends=service.begins + months - 1)

    def _spike(self, service: Service) -> Service:
        """As late as a history allows."""
        begins = self._dice.randrange(min(5, self._months), self._months + 1)
        return attrs.evolve(service, begins=begins, ends=begins)

    def _old_rate(self, service: Service) -> Service:
        """Where rates went down, the vendor goes on with the old one; elsewhere it is a plain error."""
        if not cheaper(self._account):
            return service
        return attrs.evolve(service, product=1, begins=self._months // 2 + 1, held=(self._row(1, BEGINNING),))

    # --- starts and ends ----------------------------------------------------------------------------------------------

    def _bill(self, ordinal: int) -> Bill:
        return bill_of(self._account, self._city.calendar.month(ordinal))

    def _row(self, product: int, first: date, last: date | None = None) -> Held:
        return _held(self._account, attrs.evolve(self._service, product=product), first, last)

    def _install(self, effective: date, *, billed: bool = False) -> Order:
        before = timedelta(days=self._dice.randrange(10, 30))
        order = _order(self._account, self._n, "IN", ("install", INSTALLATION), effective - before, effective)
        return order if billed else attrs.evolve(order, product="", amount=None, billed=False)

    def _disconnect(self, effective: date) -> Order:
        before = timedelta(days=self._dice.randrange(10, 30))
        order = _order(self._account, self._n, "DI", ("disconnect", TERMINATION), effective - before, effective)
        return attrs.evolve(order, product="", amount=None, billed=False)

    def _not_listed(self, service: Service) -> Service:
        return attrs.evolve(service, held=(), billed=(service.begins, ALWAYS))

    def _too_early(self, service: Service) -> Service:
        """Billed for two cycles before it starts, or for one where there are no two."""
        start = self._bill(service.begins).first
        billed = (max(1, service.begins - 2), ALWAYS)
        return attrs.evolve(
            service, held=(self._row(service.product, start),), orders=(self._install(start),), billed=billed
        )

    def _too_late(self, service: Service) -> Service:
        """Ended with a cycle, and billed on."""
        begins = max(2, min(service.begins, self._months))
        end = self._bill(begins - 1).last
        held = (self._row(service.product, BEGINNING, end),)
        return attrs.evolve(service, begins=begins, held=held, orders=(self._disconnect(end),))

    def _started(self, service: Service) -> Service:
        """From the first day of a cycle on."""
        start = self._bill(service.begins).first
        return attrs.evolve(
            service,
            held=(self._row(service.product, start),),
            orders=(self._install(start),),
            billed=(service.begins, ALWAYS),
            ends=service.begins,
        )

    def _listed_late(self, service: Service) -> Service:
        """In the inventory some days after it was installed, in the same month."""
        started = self._started(service)
        return attrs.evolve(
            started, held=(self._row(service.product, self._bill(service.begins).first + timedelta(days=5)),)
        )

    def _listed_next_month(self, service: Service) -> Service:
        """In the inventory a cycle after it was installed; the order says when that was."""
        started = self._started(service)
        start = self._bill(service.begins + 1).first
        return attrs.evolve(started, held=(self._row(service.product, start),))

    def _hardly_used(self, service: Service) -> Service:
        """Not telemetry, of which little is expected."""
        product = 3 if service.product == 2 else service.product
        return attrs.evolve(service, begins=1, product=product, held=(self._row(product, BEGINNING),))

    def _started_inside(self, service: Service) -> Service:
        """From a day inside a cycle on; on a telephone line the vendor charges for the installation, as ordered."""
        start = self._bill(service.begins).first + timedelta(days=self._dice.randrange(6, 22))
        wired = self._account.medium is Medium.WIRELINE
        return attrs.evolve(
            service,
            held=(self._row(service.product, start),),
            orders=(self._install(start, billed=wired),),
            billed=(service.begins, ALWAYS),
            ends=service.begins,
        )

    def _ended(self, service: Service) -> Service:
        """Until a day inside a cycle, with a last bill for the days until then."""
        end = self._bill(service.begins).first + timedelta(days=self._dice.randrange(6, 22))
        return attrs.evolve(
            service,
            held=(self._row(service.product, BEGINNING, end),),
            orders=(self._disconnect(end),),
            billed=(1, service.begins),
            ends=service.begins,
        )

    def _termination_due(self, service: Service) -> Service:
        """Disconnected within the term, so that the fee is due; where the term is over, none is asked for."""
        ended = self._ended(service)
        if not in_term(self._account):
            return ended
        fee = attrs.evolve(ended.orders[0], product=TERMINATION.code, amount=TERMINATION.rate)
        return attrs.evolve(ended, orders=(fee,))

    def _termination_undue(self, service: Service) -> Service:
        """A fee after the term, or for a line that nobody disconnected."""
        return self._once(service) if in_term(self._account) else self._ended(service)

    # --- orders and plans ---------------------------------------------------------------------------------------------

    def _errand(self, service: Service, *, late: bool) -> Service:
        """A charge with its order, which is dated before the charge, or four days after it."""
        mobile = self._account.medium is Medium.MOBILE
        what = ("equipment", CASE_SOLD) if mobile else ("move", JACK)
        charged = self._bill(service.begins).first + timedelta(days=self._dice.randrange(4, 18))
        ordered = charged + timedelta(days=4 if late else -self._dice.randrange(2, 30))
        order = _order(self._account, self._n, "EQ" if mobile else "MV", what, ordered, charged)
        return attrs.evolve(service, orders=(order,), ends=service.begins)

    def _two_jacks(self, service: Service) -> Service:
        """Two equal charges of one line, each with its own order."""
        charged = self._bill(service.begins).first + timedelta(days=self._dice.randrange(4, 18))
        orders = tuple(
            _order(self._account, self._n, f"MV{k}", ("move", JACK), charged - timedelta(days=9 + k), charged)
            for k in (1, 2)
        )
        return attrs.evolve(service, orders=orders, ends=service.begins)

    def _work_dearer(self, service: Service) -> Service:
        """Ordered without a price, which the contract says."""
        ordered = self._errand(service, late=False)
        return attrs.evolve(ordered, orders=tuple(attrs.evolve(order, amount=None) for order in ordered.orders))

    def _work_again(self, service: Service) -> Service:
        """Charged with its order, and once more in the next cycle."""
        begins = max(2, service.begins)
        before = attrs.evolve(service, begins=begins - 1)
        return attrs.evolve(self._errand(before, late=False), begins=begins, ends=begins)

    def _ordered_for_all(self, service: Service) -> Service:
        """The order names the account and no line."""
        ordered = self._errand(service, late=False)
        return attrs.evolve(ordered, orders=tuple(attrs.evolve(order, whole=True) for order in ordered.orders))

    def _billed_late(self, service: Service) -> Service:
        """Charged a cycle after the one in which the order took effect."""
        ordered = self._errand(service, late=False)
        day = self._bill(service.begins).first - timedelta(days=self._dice.randrange(5, 25))
        (order,) = ordered.orders
        before = attrs.evolve(order, ordered=day - timedelta(days=14), effective=day, billed=False)
        return attrs.evolve(ordered, orders=(before,))

    def _boxes_added(self, service: Service) -> Service:
        """Three more voice mail boxes from the first day of a cycle on, as ordered."""
        day = self._bill(service.begins).first
        order = _order(self._account, self._n, "AD", ("add", VOICE_MAIL), day - timedelta(days=10), day)
        return attrs.evolve(service, orders=(attrs.evolve(order, amount=None, billed=False),))

    def _plan_changed(self, service: Service) -> Service:
        """Another product from the first day of a cycle on, as ordered."""
        day = self._bill(service.begins).first
        to = other_product(self._account, service)
        held = (
            self._row(service.product, BEGINNING, day - timedelta(days=1)),
            self._row(to, day),
        )
        order = _order(self._account, self._n, "CH", ("change", self._programme[to]), day - timedelta(days=12), day)
        order = attrs.evolve(order, amount=None, billed=False)
        return attrs.evolve(service, held=held, orders=(order,))

    def _other_plan(self, service: Service) -> Service:
        """Billed at another plan than the inventory's, and a dearer one."""
        dear, cheap = _CHEAPEST[self._account.medium]
        if service.product not in dear:
            return service
        return attrs.evolve(service, product=cheap, held=(self._row(cheap, BEGINNING),))

    @property
    def _programme(self) -> tuple[Product, ...]:
        return _PROGRAMME[self._account.medium]


def other_product(account: Account, service: Service) -> int:
    """The product that the service is taken for, or changes to."""
    table = _OTHER_PLAN if account.medium is Medium.MOBILE else _OTHER_CIRCUIT
    return table[service.product]
