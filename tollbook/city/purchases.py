"""The purchases on the month's card statement: small shops, telephone shops, and a carrier that is paid by card."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

import attrs

from tollbook.city.bills import Bill, bill_of
from tollbook.city.charging import lines_of
from tollbook.city.city import Account, Case, City, Department, Medium
from tollbook.city.lines import CENT


@attrs.frozen
class Merchant:
    """Where cards are used: name, the ledger account it is filed under, and the card network's category (MCC)."""

    name: str
    ledger: str
    ledger_name: str
    category: str
    category_name: str


@attrs.frozen
class Purchase:
    """One card transaction. `amount` is what was posted in US dollars; `original` what was paid, in `currency`.

    `pays` is the vendor account whose bill it settles, else None: such a row is a payment and not a cost.
    """

    department: Department
    merchant: Merchant
    bought: date
    posted: date
    amount: Decimal
    original: Decimal
    currency: str
    purpose: str
    pays: Account | None = None


SHOPS = (
    Merchant("TOLLAND HARDWARE", "2710", "GENERAL HARDWARE", "5200", "Home Supply Warehouse"),
    Merchant("RADIO & DATA SUPPLY", "4610", "TELEPHONE", "4812", "Telecommunications Equipment"),
    Merchant("VALLEY CABLE", "4615", "CABLE SERVICE", "4899", "Cable and other pay television"),
    Merchant("CAFÉ AU COIN", "4116", "CATERING SERVICES", "5411", "Grocery Stores, Supermarkets"),
    Merchant("FIRN PREPAID MOBILE", "4610", "TELEPHONE", "4814", "Telecommunication Services"),
)
_RATES = {"CAD": Decimal("0.7312"), "EUR": Decimal("1.0934")}
_PURPOSES = ("SUPPLIES", "MONTHLY SERVICE", "REPAIR, URGENT", "")


def purchases_of(city: City, bill: Bill) -> Iterator[tuple[Department, list[Purchase]]]:
    """The statement department by department (each is one cost centre), at least one purchase in each named."""
    dice = city.dice("card", bill.month)
    paid: dict[str, list[Purchase]] = {}
    for account in city.of(Medium.WIRELINE):
        if Case.CARD_PAID in account.cases:
            payment = _payment(city, account, bill)
            paid.setdefault(payment.department.code, []).append(payment)
    each = city.size.card_rows // len(city.departments)
    for department in city.departments:
        rows = []
        for n in range(each + dice.randrange(2)):
            shop = dice.choice(SHOPS)
            original = Decimal(dice.randrange(500, 90_000)).scaleb(-2)
            if n and dice.randrange(100) < 7:
                original = -original
            currency = dice.choice(("CAD", "EUR")) if n and dice.randrange(100) < 8 else "USD"
            rate = _RATES.get(currency, Decimal(1))
            bought = bill.first + timedelta(days=dice.randrange(26))
            rows.append(
                Purchase(
                    department=department,
                    merchant=shop,
                    bought=bought,
                    posted=bought + timedelta(days=2),
                    amount=(original * rate).quantize(CENT, ROUND_HALF_UP),
                    original=original,
                    currency=currency,
                    purpose=dice.choice(_PURPOSES),
                )
            )
        rows += paid.get(department.code, [])
        if rows:
            yield department, rows


def _payment(city: City, account: Account, statement: Bill) -> Purchase:
    """The carrier's bill of the same month, paid in full on the eighteenth by information technology."""
    total = sum((line.amount for line in lines_of(city, bill_of(account, statement.month))), Decimal(0))
    day = statement.month.day(18)
    return Purchase(
        department=city.department("01770"),
        merchant=Merchant(account.vendor, "4610", "TELEPHONE", "4814", "Telecommunication Services"),
        bought=day,
        posted=day + timedelta(days=2),
        amount=total,
        original=total,
        currency="USD",
        purpose=f"ACCOUNT {account.number}",
        pays=account,
    )
