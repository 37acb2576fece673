"""The city as planned: who is there, what it subscribes to, and which oddities its bills will hold."""

from __future__ import annotations

import random
from datetime import date
from decimal import Decimal
from enum import StrEnum

import attrs

from tollbook.city.months import Calendar
from tollbook.city.sizes import Size

#: A month after any that bills come for.
ALWAYS = 10_000


class Medium(StrEnum):
    """What an account is for, and so in which format its bills come."""

    MOBILE = "mobile"
    WIRELINE = "wireline"
    CLOUD = "cloud"
    CARD = "card"


class Case(StrEnum):
    """An oddity planted in the bills, to be caught."""

    DUPLICATE_BILL = "duplicate-bill"
    DUPLICATE_LINE = "duplicate-line"
    UNKNOWN_SERVICE = "unknown-service"
    TOTALS_OFF = "totals-do-not-tie"
    SECOND_COPY = "second-copy"
    REVISION = "revision"
    NET_CREDIT = "net-credit"
    BALANCE_ADJUSTMENT = "balance-adjustment"
    CARD_PAID = "card-paid"
    OWNER_CHANGES = "owner-changes"
    EXPIRED_STRING = "expired-string"
    SUB_CENT = "sub-cent"
    MISSING_BILL = "missing-bill"
    LATE_BILL = "late-bill"
    RENUMBERED = "renumbered"
    FOREIGN = "foreign-currency"


class Verdict(StrEnum):
    """What an objection to a line would be: right, wrong, or a matter of taste, for which nothing is counted."""

    PLANTED = "planted"
    INNOCENT = "innocent"
    EITHER = "either"


@attrs.frozen
class Fund:
    """A self-balancing set of accounts; `kind` is one of the words of the sheet of funds."""

    number: str
    name: str
    kind: str


@attrs.frozen
class Department:
    """A department in one fund. `unit` is its JD Edwards business unit, fund and code in one."""

    code: str
    name: str
    fund: str
    subsidiary: str

    @property
    def unit(self) -> str:
        """Fund and department in one text, as bills and account strings print it."""
        return self.fund + self.code

    def string(self, account_object: str) -> str:
        """The dotted account string for an object: `52001770.64160.1800`."""
        return f"{self.unit}.{account_object}.{self.subsidiary}"


@attrs.frozen
class Person:
    """Somebody in one role; `department` is empty for those who serve the whole city."""

    code: str
    name: str
    role: str
    department: str


@attrs.frozen
class Account:
    """A vendor account. `index` counts within its medium, `lines` is how many services it has.

    `home` is the only department of a directly booked account, else empty.
    """

    index: int
    medium: Medium
    vendor: str
    number: str
    name: str
    treatment: str
    paid_by: str
    paying_fund: str
    home: str
    cycle_day: int
    terms: int
    lines: int
    cases: frozenset[Case] = frozenset()


@attrs.frozen
class Owner:
    """Who has a service from the first to the last day, both inclusive; None is open."""

    department: Department
    first: date
    last: date | None = None


@attrs.frozen
class Tale:
    """Something that happens to a service, which the checks of bills should object to, or something that looks so and
    is right. `code` is the objection, `also` those that say the same in other words.
    """

    name: str
    code: str
    verdict: Verdict
    also: tuple[str, ...] = ()


@attrs.frozen
class Held:
    """A row of the inventory: the product to be billed, from the first to the last day, inclusive; None is open."""

    product: str
    first: date
    last: date | None = None


@attrs.frozen
class Order:
    """An order to the vendor for one service, and the day on which it takes effect. `amount` is what it may cost once,
    None where the order does not say.

    `billed` says whether the vendor charges it, in the cycle that holds the effective day; `whole` that the order
    names the account only.
    """

    number: str
    action: str
    product: str
    amount: Decimal | None
    ordered: date
    effective: date
    billed: bool = False
    whole: bool = False


@attrs.frozen
class Service:
    """A line, circuit or cloud resource: its name as printed, what it is, the object it is booked to, and its owners.

    `listed` services stand in the reference sheets; the others are found by the `code` printed on the bill, by a rule
    (`shared`), or not at all. `tale` happens to it in the months `begins` to `ends` (ordinals from 1, inclusive); the
    vendor bills it in the months of `billed`. `boxes` and `minutes` are what it has of voice mail, and about what it
    uses of long distance in a month.
    """

    name: str
    product: int
    account_object: str
    owners: tuple[Owner, ...]
    listed: bool = True
    code: str = ""
    shared: bool = False
    tale: Tale | None = None
    begins: int = 1
    ends: int = ALWAYS
    billed: tuple[int, int] = (1, ALWAYS)
    held: tuple[Held, ...] = ()
    orders: tuple[Order, ...] = ()
    boxes: int = 0
    minutes: int = 0


@attrs.frozen
class City:
    """A planned city. All else (services, bills, sheets, key) is computed from it; equal values write equal bytes.

    `shared` are the three departments, in order of code, that split what belongs to nobody alone, with their percents.
    `expiring` is the department whose account string for leased circuits ends with the first month.
    """

    entity: str
    seed: int
    size: Size
    calendar: Calendar
    funds: tuple[Fund, ...]
    departments: tuple[Department, ...]
    people: tuple[Person, ...]
    accounts: tuple[Account, ...]
    shared: tuple[tuple[Department, int], ...]
    expiring: Department

    def dice(self, *purpose: object) -> random.Random:
        """A source of chance of its own for each purpose, so that nothing drawn here moves anything there."""
        return random.Random("|".join(str(part) for part in (self.seed, *purpose)))

    def department(self, code: str) -> Department:
        """The department with that code."""
        return next(d for d in self.departments if d.code == code)

    def of(self, medium: Medium) -> tuple[Account, ...]:
        """The accounts of one medium, in order."""
        return tuple(account for account in self.accounts if account.medium is medium)
