"""The services of an account, and who has them when."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from tollbook.city.casting import cast, extras
from tollbook.city.catalogue import (
    CLOUD_OBJECT,
    LEASED_OBJECT,
    MACHINES,
    MOBILE_OBJECT,
    PLANS,
    WIRELINE_OBJECT,
)
from tollbook.city.city import Account, Case, City, Department, Medium, Owner, Service
from tollbook.city.months import BEGINNING

#: One line in so many is known only by the code printed on the bill.
_CODED_EVERY = 9
#: How many lines of a hundred have voice mail, and long distance.
_VOICE_MAIL_PERCENT, _TOLL_PERCENT = 35, 35


def services_of(city: City, account: Account) -> tuple[Service, ...]:
    """Every service of the account, in the order of its bills; none for a card account."""
    return tuple(cast(city, account, _SERVICES[account.medium](city, account)))


def change_day(city: City, account: Account) -> date:
    """The first day of the new owner, inside the second month's cycle and not at its end."""
    month = city.calendar.month(2)
    return month.day(15) if account.medium is Medium.CLOUD else month.day(account.cycle_day) - timedelta(days=9)


def _mobile(city: City, account: Account) -> list[Service]:
    dice = city.dice("services", account.number)
    first_number = account.index * city.size.mobile_lines * 2
    found = []
    for n in range(account.lines):
        department = city.department(account.home) if account.home else dice.choice(city.departments)
        coded = n % _CODED_EVERY == _CODED_EVERY - 3
        found.append(
            Service(
                name=_telephone(220, first_number + n, "-"),
                product=dice.randrange(len(PLANS)) if n else 0,
                account_object=MOBILE_OBJECT,
                owners=_owners(city, account, department, changes=n == 0),
                listed=not coded,
                code=department.unit,
            )
        )
    if Case.UNKNOWN_SERVICE in account.cases:
        name = _telephone(220, first_number + account.lines, "-")
        found.append(Service(name, 1, MOBILE_OBJECT, owners=(), listed=False))
    return found


def _wireline(city: City, account: Account) -> list[Service]:
    dice = city.dice("services", account.number)
    first_number = account.index * city.size.wireline_lines * 2
    found = []
    for n in range(account.lines):
        name = _telephone(620, first_number + n, "")
        if n == 0:
            found.append(Service(name, 0, WIRELINE_OBJECT, owners=(), listed=False, shared=True))
            continue
        leased = n == 1 and Case.EXPIRED_STRING in account.cases
        department = city.expiring if leased else dice.choice(city.departments)
        found.append(
            Service(
                name=name,
                product=dice.choice((1, 1, 1, 1, 1, 2, 2, 3, 4, 5)),
                account_object=LEASED_OBJECT if leased else WIRELINE_OBJECT,
                owners=(Owner(department, BEGINNING),),
                boxes=dice.randrange(1, 5) if dice.randrange(100) < _VOICE_MAIL_PERCENT else 0,
                minutes=2 * dice.randrange(4, 90) if dice.randrange(100) < _TOLL_PERCENT else 0,
            )
        )
    return found


def _cloud(city: City, account: Account) -> list[Service]:
    dice = city.dice("services", account.number)
    kinds = ("vm", "db", "bucket", "net")
    found = []
    for n in range(account.lines + extras(account)):
        product = n % len(MACHINES)
        department = dice.choice(city.departments)
        found.append(
            Service(
                name=f"{kinds[product]}/{account.number}/r{n:04d}",
                product=product,
                account_object=CLOUD_OBJECT,
                owners=_owners(city, account, department, changes=n == 0),
            )
        )
    return found


def _owners(city: City, account: Account, department: Department, *, changes: bool) -> tuple[Owner, ...]:
    """One owner for all time, or two with the change inside the second month's cycle."""
    if not changes or Case.OWNER_CHANGES not in account.cases:
        return (Owner(department, BEGINNING),)
    day = change_day(city, account)
    others = [d for d in city.departments if d != department]
    following = others[city.dice("change", account.number).randrange(len(others))]
    return (Owner(department, BEGINNING, day - timedelta(days=1)), Owner(following, day))


def _telephone(area: int, number: int, mark: str) -> str:
    """The number-th telephone number from an area code on, all in the exchange 555, which rings nowhere."""
    return mark.join((str(area + number // 10_000), "555", f"{number % 10_000:04d}"))


def _none(city: City, account: Account) -> list[Service]:
    """Cards have purchases, not services."""
    del city, account
    return []


_SERVICES: dict[Medium, Callable[[City, Account], list[Service]]] = {
    Medium.MOBILE: _mobile,
    Medium.WIRELINE: _wireline,
    Medium.CLOUD: _cloud,
    Medium.CARD: _none,
}
