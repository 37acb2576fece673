"""What was agreed with the vendors: an agreement for each account, and the rates that hold when."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

import attrs

from tollbook.city.bills import bill_of
from tollbook.city.catalogue import CIRCUITS, PLANS, Product
from tollbook.city.city import Account, City, Medium

_TERM = 36  # months
#: An account in four pays more from a day on, and another one less, each under a rate of its own.
_DEARER, _CHEAPER, _OF = 1, 2, 4
_RAISED, _LOWERED = Decimal("1.04"), Decimal("0.92")
#: Rates end with these cents, as rates do.
_FIVE_CENTS = Decimal("0.05")
#: The products of each medium whose rate changes.
_CHANGING = {Medium.MOBILE: (PLANS[0], PLANS[3]), Medium.WIRELINE: (CIRCUITS[1], CIRCUITS[4])}


@attrs.frozen
class Agreement:
    """What an account was agreed on: since when, for how many months at first, and whether late fees may be charged."""

    number: str
    account: Account
    since: date
    months: int
    late_fees: bool

    @property
    def term_ends(self) -> date:
        """The last day of the first term."""
        months = self.since.year * 12 + self.since.month - 1 + self.months
        return date(months // 12, months % 12 + 1, 1) - timedelta(days=1)


@attrs.frozen
class Rate:
    """The price of a product on one account, from the first to the last day, both inclusive; None is open."""

    product: Product
    price: Decimal
    first: date
    last: date | None


def agreement_of(account: Account) -> Agreement:
    """The agreement under which an account is billed: of two accounts, the term of the second one is over."""
    number = f"K-{account.medium.value[0].upper()}-{account.index + 1:04d}"
    since = date(2025, 1, 1) if in_term(account) else date(2023, 1, 1)
    return Agreement(number, account, since, _TERM, late_fees=account.index % 3 == 0)


def in_term(account: Account) -> bool:
    """Whether the first term of the account's agreement still runs while the city's bills come."""
    return account.index % 2 == 0


def cheaper(account: Account) -> bool:
    """Whether rates of the account go down on the day of change."""
    return account.medium in _CHANGING and account.index % _OF == _CHEAPER


def changing(account: Account) -> tuple[Product, ...]:
    """The products whose rate on this account changes on the day of change."""
    moves = account.index % _OF in (_DEARER, _CHEAPER)
    return _CHANGING.get(account.medium, ()) if moves else ()


def change_ordinal(city: City) -> int:
    """The month whose bills are the first at changed rates."""
    return city.calendar.months // 2 + 1


def rates_of(city: City, account: Account) -> Iterator[Rate]:
    """The account's own rates, where it has any: before and from the first day of the cycle that changes them."""
    day = bill_of(account, city.calendar.month(change_ordinal(city))).first
    factor = _LOWERED if cheaper(account) else _RAISED
    for product in changing(account):
        yield Rate(product, product.rate, agreement_of(account).since, day - timedelta(days=1))
        changed = (product.rate * factor / _FIVE_CENTS).quantize(Decimal(1), ROUND_HALF_UP) * _FIVE_CENTS
        yield Rate(product, changed, day, None)


def price_of(city: City, account: Account, product: Product, ordinal: int) -> Decimal:
    """What a unit of the product rightly costs in the bill of that month (ordinal from 1)."""
    if product not in changing(account):
        return product.rate
    before, after = (r.price for r in rates_of(city, account) if r.product == product)
    return after if ordinal >= change_ordinal(city) else before
