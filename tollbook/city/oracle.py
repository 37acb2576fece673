"""What a right reading of a month must come to, computed from the plan and never from the files or the ledger."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Decimal

import attrs

from tollbook.city.bills import Bill
from tollbook.city.catalogue import LEASED_OBJECT
from tollbook.city.charging import lines_of
from tollbook.city.city import City, Medium, Service
from tollbook.city.drops import Copy, Drop, drops
from tollbook.city.lines import CENT, Line
from tollbook.city.months import Month
from tollbook.city.purchases import purchases_of

_OUTCOME = {
    Copy.FIRST: "posted",
    Copy.SAME_BYTES: "known",
    Copy.SENT_AGAIN: "known",
    Copy.REVISED: "revision",
    Copy.MISADDED: "rejected",
    Copy.RENUMBERED: "posted",
    Copy.FOREIGN: "rejected",
}


@attrs.frozen
class Expected:
    """One landing of a bill and what it must come to. Money is in whole cents, plus means that the city owes.

    `outcome` is posted, known, revision or rejected; `gap` is stated less computed. `charges` counts those that cost
    something. `departments` says whose they are ("" is suspense) and is empty unless posted; with `payments`, the card
    rows that settle other bills, it sums to `total`. `exact` holds the same sums before rounding, in major units.
    `expired` is how much of them is coded to an account string that has ended: a reading may hold it back.
    """

    path: str
    medium: str
    vendor: str
    account: str
    number: str
    outcome: str
    total: int
    gap: int
    charges: int
    departments: Mapping[str, int]
    exact: Mapping[str, str]
    payments: int = 0
    expired: int = 0


def expected(city: City, month: Month) -> Iterator[Expected]:
    """What landed in that month must come to, in the order of landing."""
    for drop in drops(city, month):
        if drop.bill.account.medium is Medium.CARD:
            yield _statement(city, drop)
        else:
            yield _bill(city, drop)


def largest_remainder(total: int, weights: Mapping[str, int]) -> dict[str, int]:
    """Split whole cents by weight: floors first, the spare cents to the largest fractions, ties to the lower key.

    A negative total splits as its mirror image (domain rule: credit = -charge).
    """
    whole = sum(weights.values())
    sign = -1 if total < 0 else 1
    floors = {key: abs(total) * weight // whole for key, weight in weights.items()}
    spare = abs(total) - sum(floors.values())
    by_fraction = sorted(weights, key=lambda key: (-(abs(total) * weights[key] % whole), key))
    return {key: sign * (floors[key] + (key in by_fraction[:spare])) for key in weights}


def _bill(city: City, drop: Drop) -> Expected:
    exact: dict[str, Decimal] = defaultdict(Decimal)
    total, charges, expired = Decimal(0), 0, Decimal(0)
    for line in lines_of(city, drop.bill, revised=drop.copy is Copy.REVISED):
        total += line.amount
        charges += line.amount != 0
        for department, amount in _shares(city, drop.bill, line).items():
            exact[department] += amount
        if _expired(city, drop.bill, line):
            expired += line.amount
    return _result(drop, exact, total, charges, expired=_cents(expired))


def _statement(city: City, drop: Drop) -> Expected:
    exact: dict[str, Decimal] = defaultdict(Decimal)
    total, payments, charges = Decimal(0), Decimal(0), 0
    for department, purchases in purchases_of(city, drop.bill):
        for purchase in purchases:
            total += purchase.amount
            charges += purchase.amount != 0
            if purchase.pays:
                payments += purchase.amount
            else:
                exact[department.code] += purchase.amount
    return _result(drop, exact, total, charges, payments=_cents(payments))


def _result(
    drop: Drop, exact: dict[str, Decimal], total: Decimal, charges: int, *, payments: int = 0, expired: int = 0
) -> Expected:
    posted = _OUTCOME[drop.copy] == "posted"
    misadded = 9_000 if drop.copy is Copy.MISADDED else 0
    cents = _cents(total)
    account = drop.bill.account
    kept = dict(sorted(exact.items())) if posted else {}
    return Expected(
        path=drop.path,
        medium=account.medium.value,
        vendor=account.vendor,
        account=account.number,
        number=drop.bill.number,
        outcome=_OUTCOME[drop.copy],
        total=cents + misadded,
        gap=misadded,
        charges=charges,
        departments=_rounded(kept, cents - payments) if posted else {},
        exact={department: f"{amount:f}" for department, amount in kept.items()},
        payments=payments if posted else 0,
        expired=expired if posted else 0,
    )


def _shares(city: City, bill: Bill, line: Line) -> dict[str, Decimal]:
    """Whose a charge is: its owner on the coding date, else the printed code's, else the rule's three, else nobody."""
    owner = _owner(line.service, _coding_date(bill, line)) if line.service else None
    if owner is not None:
        return {owner: line.amount}
    if line.service and not line.service.shared:
        return {"": line.amount}
    percents = {department.code: percent for department, percent in city.shared}
    if bill.account.medium is Medium.CLOUD:
        return {code: line.amount * percent / 100 for code, percent in percents.items()}
    cents = largest_remainder(_cents(line.amount), percents)
    return {code: Decimal(amount).scaleb(-2) for code, amount in cents.items()}


def _owner(service: Service, day: date) -> str | None:
    """An unlisted line with owners is found by its printed code, which names the first of them."""
    for owner in service.owners:
        if owner.first <= day and (owner.last is None or day <= owner.last):
            return owner.department.code
    return None


def _coding_date(bill: Bill, line: Line) -> date:
    """The end of the cycle, or of the service where that is billed in arrears: metered cloud usage."""
    return line.last if bill.account.medium is Medium.CLOUD else bill.last


def _expired(city: City, bill: Bill, line: Line) -> bool:
    leased = line.service is not None and line.service.account_object == LEASED_OBJECT
    return leased and bill.dated is not None and bill.dated > city.calendar.first.last


def _rounded(exact: dict[str, Decimal], total: int) -> dict[str, int]:
    """Exact sums in whole cents that sum to the total: floors, then the spare cents to the largest fractions."""
    floors = {key: int(amount.scaleb(2).to_integral_value(ROUND_FLOOR)) for key, amount in exact.items()}
    by_fraction = sorted(exact, key=lambda key: (floors[key] - exact[key].scaleb(2), key))
    spare = total - sum(floors.values())
    return {key: floors[key] + (key in by_fraction[:spare]) for key in exact}


def _cents(amount: Decimal) -> int:
    return int(amount.quantize(CENT, ROUND_HALF_EVEN).scaleb(2))
