"""The sheets that bills are checked against: what was agreed, what is in service, what was ordered, what is owed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from tollbook.city.catalogue import (
    CALL_ABROAD,
    CALL_OVER,
    CASE_SOLD,
    CIRCUITS,
    CLOUD_VENDORS,
    HOLIDAYS,
    INSTALLATION,
    JACK,
    LEVIES,
    MACHINES,
    MOBILE_VENDOR,
    PLANS,
    TERMINATION,
    TOLL,
    VOICE_MAIL,
    WIRELINE_VENDORS,
)
from tollbook.city.city import Account, City, Medium, Order, Service
from tollbook.city.mobile import late_fee_waived
from tollbook.city.months import BEGINNING
from tollbook.city.rates import agreement_of, rates_of
from tollbook.city.services import services_of

Row = tuple[object, ...]

_CERTIFICATE, _CERTIFICATE_TO = "EX-2019-4", date(2029, 12, 31)
_CLASSES = (
    (MOBILE_VENDOR, "Third Party Charges", "third-party"),
    (MOBILE_VENDOR, CASE_SOLD.text, "equipment"),
    *((vendor, VOICE_MAIL.code, "recurring") for vendor in WIRELINE_VENDORS),
    *((vendor, JACK.code, "one-time") for vendor in WIRELINE_VENDORS),
    *((vendor, INSTALLATION.code, "install") for vendor in WIRELINE_VENDORS),
    *((vendor, TERMINATION.code, "termination") for vendor in WIRELINE_VENDORS),
    *((vendor, TOLL.code, "usage") for vendor in WIRELINE_VENDORS),
)
_LIMITS = (
    ("gap", "0.00"),
    ("validation_days", 3),
    ("verification_days", 5),
    ("dispute_days", 60),
    ("certify_by_two", "no"),
    ("decide_by_two", "no"),
)
_WAIVED = {
    "spare": ("zero-use", "Kept ready for emergencies"),
    "third-party-waived": ("third-party-charge", "Parking application, approved by the department"),
}


def contracts(city: City) -> Iterator[Row]:
    """Rates of each vendor, and below them those of accounts with rates of their own."""
    for product in PLANS:  # known by the words of the bill: its code there carries the price
        yield (MOBILE_VENDOR, "", product.text, product.rate, product.unit, BEGINNING, "", "")
    for category, call in (("International", CALL_ABROAD), ("Voice", CALL_OVER)):
        yield (MOBILE_VENDOR, "", category, call.rate, call.unit, BEGINNING, "", "")
    yield (MOBILE_VENDOR, "", CASE_SOLD.text, CASE_SOLD.rate, CASE_SOLD.unit, BEGINNING, "", "")
    for vendor in WIRELINE_VENDORS:
        for product in (*CIRCUITS, VOICE_MAIL, JACK, INSTALLATION, TERMINATION, TOLL):
            yield (vendor, "", product.code, product.rate, product.unit, BEGINNING, "", "")
    for vendor in dict.fromkeys(a.vendor for a in city.of(Medium.CLOUD)):
        for product in MACHINES:
            yield (vendor, "", product.code, product.rate, product.unit, BEGINNING, "", "")
    for account in city.accounts:
        for rate in rates_of(city, account):
            name = rate.product.text if account.medium is Medium.MOBILE else rate.product.code
            price = (rate.price, rate.product.unit, rate.first, rate.last or "")
            yield (account.vendor, account.number, name, *price, agreement_of(account).number)


def agreements(city: City) -> Iterator[Row]:
    """One for each account of a carrier; it goes on after its term until somebody gives notice."""
    for account in _of_carriers(city):
        agreed = agreement_of(account)
        late = "yes" if agreed.late_fees else "no"
        yield (
            agreed.number,
            account.vendor,
            account.number,
            account.name,
            agreed.months,
            90,
            60,
            late,
            agreed.since,
            "",
        )


def inventory(city: City) -> Iterator[Row]:
    """Every service that is known, with its product; a resource of a cloud has none that stays."""
    for account in city.accounts:
        kind = "resource" if account.medium is Medium.CLOUD else "line"
        agreed = "" if account.medium is Medium.CLOUD else agreement_of(account).number
        for n, service in enumerate(services_of(city, account)):
            for held in service.held:
                place = (account.vendor, account.number, service.name, kind, _location(account, service, n))
                days = ("" if held.first == BEGINNING else held.first, held.last or "")
                yield (*place, held.product, agreed, _equipment(account, n), *days)


def orders(city: City) -> Iterator[Row]:
    """What was ordered, service by service."""
    for account in city.accounts:
        for service in services_of(city, account):
            for order in service.orders:
                yield _order(account, service, order)


def charge_codes(city: City) -> Iterator[Row]:
    """What charges are where bills do not say it: voice mail is sold by the piece, and comes every month."""
    del city
    for vendor, product, of_class in _CLASSES:
        yield (vendor, product, of_class, BEGINNING, "")


def taxes(city: City) -> Iterator[Row]:
    """What is levied, and whether the city owes it."""
    used = {account.vendor for account in city.accounts}
    for levy in LEVIES:
        for vendor in levy.vendors:
            if vendor not in used and vendor in CLOUD_VENDORS:
                continue
            exempt = ("yes", levy.basis, levy.rate) if levy.exempt else ("no", levy.basis, levy.rate)
            certificate = (_CERTIFICATE, _CERTIFICATE_TO) if levy.exempt else ("", "")
            days = (levy.first or BEGINNING, levy.until or "")
            share = "" if levy.share is None else levy.share
            yield (levy.name, vendor, levy.authority, levy.jurisdiction, *exempt, share, *certificate, *days)


def waivers(city: City) -> Iterator[Row]:
    """What the city accepts for a reason: spare lines, third parties it uses, late fees of its own making."""
    for account in city.of(Medium.MOBILE):
        if late_fee_waived(account):
            named = (f"late-{account.number}", "late-fee", account.vendor, account.number, "", "", "")
            yield (*named, "The city pays these bills late by its own calendar", BEGINNING, "")
        for n, service in enumerate(services_of(city, account)):
            if service.tale and service.tale.name in _WAIVED:
                code, reason = _WAIVED[service.tale.name]
                named = (f"{code}-{account.number}-{n}", code, account.vendor, account.number, service.name, "", "")
                yield (*named, reason, BEGINNING, "")


def holidays(city: City) -> Iterator[Row]:
    """The days on which nobody works."""
    del city
    yield from HOLIDAYS


def limits(city: City) -> Iterator[Row]:
    """The city's own limits."""
    del city
    for key, value in _LIMITS:
        yield (key, value, BEGINNING, "")


def _of_carriers(city: City) -> Iterator[Account]:
    yield from (a for a in city.accounts if a.medium in (Medium.MOBILE, Medium.WIRELINE))


def _order(account: Account, service: Service, order: Order) -> Row:
    what = (order.action, order.product, "" if order.amount is None else f"{order.amount:.2f}")
    name = "" if order.whole else service.name
    return (order.number, account.vendor, account.number, name, *what, order.ordered, order.effective)


def _location(account: Account, service: Service, n: int) -> str:
    if account.medium is Medium.CLOUD:
        return "nw-1"
    owner = service.owners[0].department.name if service.owners else account.name
    return f"{owner}, floor {n % 5 + 1}"


def _equipment(account: Account, n: int) -> str:
    if account.medium is not Medium.MOBILE:
        return ""
    return f"Device {account.index + 1:04d}-{n:04d}"
