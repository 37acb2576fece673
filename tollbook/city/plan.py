"""Plan a city from a size, a seed and a calendar."""

from __future__ import annotations

import random
from collections.abc import Iterator

from tollbook.city.catalogue import CARD_ACCOUNT, CARD_VENDOR, CLOUD_VENDORS, MOBILE_VENDOR, WIRELINE_VENDORS
from tollbook.city.city import Account, Case, City, Department, Fund, Medium, Person
from tollbook.city.months import Calendar
from tollbook.city.sizes import SIZES, Size

GENERAL, INTERNAL = "001", "520"
FUNDS = (
    Fund(GENERAL, "General fund", "general"),
    Fund("102", "Street fund", "special-revenue"),
    Fund("150", "Grants fund", "special-revenue"),
    Fund("410", "Water utility", "enterprise"),
    Fund("420", "Sewer utility", "enterprise"),
    Fund(INTERNAL, "Information technology", "internal-service"),
)
_IT = Department("01770", "Information Technology", INTERNAL, "1800")
_FIRST = (
    ("Police", GENERAL),
    ("Parks and Recreation", GENERAL),
    ("Water Operations", "410"),
    ("Emergency Management", "150"),
    ("Finance", GENERAL),
)
_MORE = (
    ("Fire", GENERAL),
    ("Library", GENERAL),
    ("Streets", "102"),
    ("Sewer Operations", "420"),
    ("Municipal Court", GENERAL),
    ("Permits", GENERAL),
    ("Human Services", "150"),
    ("Engineering", "102"),
    ("Meter Shop", "410"),
    ("City Clerk", GENERAL),
)
_GIVEN = ("Ada", "Bo", "Cleo", "Dov", "Esi", "Finn", "Gita", "Hal", "Ines", "Jun", "Kofi", "Lena", "Mads", "Noor")
_FAMILY = ("Alder", "Birch", "Cole", "Dunn", "Ekker", "Fisk", "Grove", "Hale", "Ivers", "Juneau", "Kerr", "Lund")

_MOBILE_CASES = (
    frozenset({Case.OWNER_CHANGES, Case.UNKNOWN_SERVICE, Case.DUPLICATE_LINE}),
    frozenset({Case.NET_CREDIT, Case.BALANCE_ADJUSTMENT}),
)
_WIRELINE_CASES = (
    frozenset({Case.DUPLICATE_BILL, Case.EXPIRED_STRING, Case.FOREIGN}),
    frozenset({Case.CARD_PAID}),
    frozenset({Case.SECOND_COPY, Case.REVISION}),
    frozenset({Case.LATE_BILL, Case.TOTALS_OFF}),
    frozenset({Case.MISSING_BILL, Case.RENUMBERED}),
)


def plan_city(size: str | Size, seed: int = 1, calendar: Calendar | None = None) -> City:
    """The city of that size (`tiny`, `city`, `metro`, `state`, or one's own figures): the same arguments give an equal
    city on any machine.

    Raises ValueError for an unknown size.
    """
    if isinstance(size, str) and size not in SIZES:
        raise ValueError(f"size is {size!r}; it is one of {', '.join(SIZES)}")
    figures = SIZES[size] if isinstance(size, str) else size
    dice = random.Random(f"{seed}|plan|{figures.name}")
    departments = _departments(figures.departments)
    accounts = (
        *_mobile(figures, dice, departments),
        *_wireline(figures, dice),
        *_cloud(figures),
        _account(0, Medium.CARD, CARD_VENDOR, CARD_ACCOUNT, "Purchasing cards", "recover", "ap", cycle=28),
    )
    police, parks, water = departments[0], departments[1], departments[2]
    return City(
        entity="City of Tolland",
        seed=seed,
        size=figures,
        calendar=calendar or Calendar(),
        funds=FUNDS,
        departments=departments,
        people=_people(departments),
        accounts=accounts,
        shared=((police, 50), (parks, 30), (water, 20)),
        expiring=parks,
    )


def _departments(count: int) -> tuple[Department, ...]:
    """Numbered by tens from 01100, leaving out the number that information technology has."""
    numbers = (n for n in range(1100, 10_000, 10) if f"{n:05d}" != _IT.code)
    made = [Department(f"{next(numbers):05d}", name, fund, "0100") for name, fund in _FIRST] + [_IT]
    for index in range(count - len(made)):
        name, fund = _MORE[index % len(_MORE)]
        district = index // len(_MORE)
        title = f"{name}, District {district}" if district else name
        made.append(Department(f"{next(numbers):05d}", title, fund, f"{index % 9 + 1:02d}00"))
    return tuple(made)


def _people(departments: tuple[Department, ...]) -> tuple[Person, ...]:
    staff = (
        Person("acoordinator", "Rosa Quill", "account_coordinator", ""),
        Person("accounting", "Theo Vance", "accounting_coordinator", ""),
        Person("acoordinator", "Rosa Quill", "suspense", ""),
        Person("approver", "Uma Wells", "approver", ""),
        Person("auditor", "Vito Yarrow", "auditor", ""),
    )
    heads = (
        Person(f"head{d.code}", f"{_GIVEN[n % 14]} {_FAMILY[n * 5 % 12]}", "contact", d.code)
        for n, d in enumerate(departments)
    )
    return (*staff, *heads)


def _mobile(size: Size, dice: random.Random, departments: tuple[Department, ...]) -> Iterator[Account]:
    """Of three accounts the first recovers, the second reimburses, the third is booked to its one department."""
    for n in range(size.mobile_accounts):
        treatment = ("recover", "reimburse", "direct")[n % 3]
        home = departments[(n // 3 + 2) % len(departments)] if treatment == "direct" else None
        yield _account(
            n,
            Medium.MOBILE,
            MOBILE_VENDOR,
            f"{242_000_000 + 1_009 * n + dice.randrange(900)}-00001",
            f"Mobile {n + 1}{', ' + home.name if home else ''}",
            treatment,
            "ap",
            cycle=(12, 16, 22)[n % 3],
            home=home,
            lines=_spread(dice, size.mobile_lines),
            cases=_planted(n, size.mobile_accounts, size.plantings, _MOBILE_CASES),
        )


def _wireline(size: Size, dice: random.Random) -> Iterator[Account]:
    for n in range(size.wireline_accounts):
        cases = _planted(n, size.wireline_accounts, size.plantings, _WIRELINE_CASES)
        yield _account(
            n,
            Medium.WIRELINE,
            WIRELINE_VENDORS[n % 2],
            f"{8_005_500_000 + 41 * n + dice.randrange(40)}",
            f"Exchange {n + 1}",
            "reimburse" if n % 5 == 2 else "recover",
            "card" if Case.CARD_PAID in cases else "autopay" if n % 5 == 4 else "ap",
            cycle=1,
            lines=_spread(dice, size.wireline_lines),
            cases=cases,
        )


def _cloud(size: Size) -> Iterator[Account]:
    for n in range(size.cloud_accounts):
        yield _account(
            n,
            Medium.CLOUD,
            CLOUD_VENDORS[n % 2],
            f"{410_000_000_017 + 8 * n}",
            f"Cloud {n + 1}",
            "recover",
            ("ap", "autopay")[n % 2],
            cycle=1,
            lines=max(6, min(2_000, size.cloud_rows // size.cloud_accounts // 50)),
            cases=frozenset({Case.SUB_CENT, Case.OWNER_CHANGES} if n == 0 else {Case.SUB_CENT}),
        )


def _account(  # noqa: PLR0913  the eight named fields of an account, and what differs from medium to medium
    index: int,
    medium: Medium,
    vendor: str,
    number: str,
    name: str,
    treatment: str,
    paid_by: str,
    *,
    cycle: int,
    home: Department | None = None,
    lines: int = 0,
    cases: frozenset[Case] = frozenset(),
) -> Account:
    paying = home.fund if home else INTERNAL if treatment == "recover" else GENERAL
    return Account(
        index=index,
        medium=medium,
        vendor=vendor,
        number=number,
        name=name,
        treatment=treatment,
        paid_by=paid_by,
        paying_fund=paying,
        home=home.code if home else "",
        cycle_day=cycle,
        terms=23 if medium is Medium.MOBILE else 30,
        lines=lines,
        cases=cases,
    )


def _spread(dice: random.Random, average: int) -> int:
    """Between half and one and a half times the average, at least four."""
    return max(4, average // 2 + dice.randrange(average + 1))


def _planted(index: int, accounts: int, plantings: int, cases: tuple[frozenset[Case], ...]) -> frozenset[Case]:
    """The cases of this account: the whole set stands at the start of each of `plantings` equal stretches."""
    place = index % (accounts // plantings)
    return cases[place] if place < len(cases) and index < accounts // plantings * plantings else frozenset()
