"""The city's reference sheets: what a new site loads before its first bill, one CSV for each kind."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

from tollbook.city.agreed import (
    agreements,
    charge_codes,
    contracts,
    holidays,
    inventory,
    limits,
    orders,
    taxes,
    waivers,
)
from tollbook.city.catalogue import (
    CARD_OBJECT,
    CARD_VENDOR,
    CLOUD_OBJECT,
    LEASED_OBJECT,
    MOBILE_OBJECT,
    MOBILE_VENDOR,
    OBJECTS,
    WIRELINE_OBJECT,
)
from tollbook.city.city import City, Department, Medium
from tollbook.city.months import BEGINNING
from tollbook.city.plan import INTERNAL
from tollbook.city.purchases import SHOPS
from tollbook.city.services import services_of

Row = tuple[object, ...]

#: The header of every sheet, in the order in which they are loaded.
SHEETS = {
    "calendar": "key,value,from,to",
    "funds": "fund,name,kind,from,to",
    "account_roles": "role,account,name,from,to",
    "chart": "fund,department,division,program,project,grant,activity,object,subobject,name,from,to",
    "departments": "department,name,fund,treatment,from,to",
    "billed_strings": "department,object,string,from,to",
    "vendor_accounts": "vendor,account,name,treatment,paid_by,paying_fund,cycle_day,terms_days,dispute_days,from,to",
    "services": "vendor,account,service,department,object,from,to",
    "codes": "vendor,account,code,department,object,from,to",
    "rules": "rule,priority,from,to,vendor,account,service,kind,product,text,department,percent,object",
    "contracts": "vendor,account,product,rate,unit,from,to,contract",
    "agreements": "contract,vendor,account,title,term_months,notice_days,dispute_days,late_fees,from,to",
    "inventory": "vendor,account,service,kind,location,plan,contract,equipment,from,to",
    "orders": "order,vendor,account,service,action,product,amount,ordered,effective",
    "charge_codes": "vendor,product,class,from,to",
    "taxes": "tax,vendor,authority,jurisdiction,exempt,basis,rate,share,certificate,certificate_to,from,to",
    "waivers": "waiver,code,vendor,account,service,product,most,reason,from,to",
    "holidays": "date,name",
    "limits": "key,value,from,to",
    "budgets": "fiscal_year,department,object,service_class,amount",
    "people": "person,name,role,department,from,to",
}

ROLES = (
    ("cost", "64000", "Cost of services"),
    ("payable", "21300", "Accounts payable"),
    ("held", "21390", "Payables on hold"),
    ("disputed", "12690", "Disputed charges"),
    ("suspense", "64999", "Charges without an owner"),
    ("due_from", "13100", "Due from other funds"),
    ("due_to", "23100", "Due to other funds"),
    ("revenue", "34800", "Internal service revenue"),
    ("rounding", "64990", "Rounding"),
    ("prepaid", "14300", "Prepaid services"),
    ("retained", "64980", "Cost kept by information technology"),
    ("card_clearing", "21350", "Bills paid by card"),
    ("receivable", "11500", "Receivable from others"),
    ("accrued", "21380", "Accrued bills"),
)
#: The objects of each medium's lines, and the class under which they are budgeted.
_CLASSES = {
    MOBILE_OBJECT: "mobile",
    WIRELINE_OBJECT: "wireline",
    CLOUD_OBJECT: "cloud",
    CARD_OBJECT: "card",
}


def write_sheets(city: City, folder: Path) -> Iterator[tuple[str, Path]]:
    """Write every sheet into the folder, in loading order; yields kind and path of each as it stands."""
    for kind, header in SHEETS.items():
        path = folder / f"{kind}.csv"
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(header.split(","))
            writer.writerows(_ROWS[kind](city))
        yield kind, path


def _calendar(city: City) -> Iterator[Row]:
    yield ("fiscal_year_start_month", city.calendar.fiscal_year_start, BEGINNING, "")


def _funds(city: City) -> Iterator[Row]:
    for fund in city.funds:
        yield (fund.number, fund.name, fund.kind, BEGINNING, "")


def _account_roles(city: City) -> Iterator[Row]:
    for role, account, name in ROLES:
        yield (role, account, name, BEGINNING, "")


def _chart(city: City) -> Iterator[Row]:
    for department, account_object, name, last in _strings(city):
        parts = (department.fund, department.code, "", "", "", "", "", account_object, department.subsidiary)
        yield (*parts, f"{department.name}: {name}", BEGINNING, last or "")


def _billed_strings(city: City) -> Iterator[Row]:
    for department, account_object, _, last in _strings(city):
        yield (department.code, account_object, department.string(account_object), BEGINNING, last or "")


def _strings(city: City) -> Iterator[tuple[Department, str, str, date | None]]:
    """Each department has a string for each object; the one for leased circuits ends with the first month."""
    for department in city.departments:
        for account_object, name in OBJECTS.items():
            yield department, account_object, name, None
        if department == city.expiring:
            yield department, LEASED_OBJECT, "Leased circuits", city.calendar.first.last


def _departments(city: City) -> Iterator[Row]:
    """The department that pays for all keeps its own share; the treatment of the others holds for card purchases."""
    for department in city.departments:
        treatment = "retain" if department.fund == INTERNAL else "recover"
        yield (department.code, department.name, department.fund, treatment, BEGINNING, "")


def _vendor_accounts(city: City) -> Iterator[Row]:
    """All but the cards: their statement names no account that a row could be for."""
    for a in (a for a in city.accounts if a.number):
        money = (a.treatment, a.paid_by, a.paying_fund)
        yield (a.vendor, a.number, a.name, *money, a.cycle_day, a.terms, 60, BEGINNING, "")


def _services(city: City) -> Iterator[Row]:
    for account in city.accounts:
        for service in services_of(city, account):
            for owner in service.owners if service.listed else ():
                place = (account.vendor, account.number, service.name, owner.department.code, service.account_object)
                yield (*place, owner.first, owner.last or "")


def _codes(city: City) -> Iterator[Row]:
    """The business unit printed on mobile bills stands for its department; on a card statement, together with the
    ledger account that the purchase was filed under.
    """
    filed = sorted({shop.ledger for shop in SHOPS})
    for d in city.departments:
        yield (MOBILE_VENDOR, "", d.unit, d.code, MOBILE_OBJECT, BEGINNING, "")
        for ledger in filed:
            yield (CARD_VENDOR, "", f"{d.unit}/{ledger}", d.code, CARD_OBJECT, BEGINNING, "")


def _rules(city: City) -> Iterator[Row]:
    """What belongs to a whole account, and the shared trunks, is split among three departments."""
    for kind in ("credit", "adjustment", "late-fee"):
        yield from _split(city, f"mobile-{kind}", (MOBILE_VENDOR, "", "", kind), MOBILE_OBJECT)
    for vendor in dict.fromkeys(a.vendor for a in city.of(Medium.CLOUD)):
        for kind in ("tax", "credit"):
            yield from _split(city, f"cloud-{kind}-{vendor.split()[0].lower()}", (vendor, "", "", kind), CLOUD_OBJECT)
    for account in city.of(Medium.WIRELINE):
        for service in services_of(city, account):
            if service.shared:
                match = (account.vendor, account.number, service.name, "")
                yield from _split(city, f"trunk-{account.number}", match, WIRELINE_OBJECT)


def _split(city: City, rule: str, match: tuple[str, ...], account_object: str) -> Iterator[Row]:
    for department, percent in city.shared:
        yield (rule, 10, BEGINNING, "", *match, "", "", department.code, percent, account_object)


def _budgets(city: City) -> Iterator[Row]:
    """Whole thousands, so large that most departments stay below and some do not."""
    lines = sum(a.lines for a in city.accounts)
    years = sorted({city.calendar.fiscal_year(month) for month in city.calendar.all()})
    for year in years:
        dice = city.dice("budget", year)
        for department in city.departments:
            for account_object in OBJECTS:
                thousands = 2 + lines * dice.randrange(10, 60) // len(city.departments) // 50
                yield (year, department.code, account_object, _CLASSES[account_object], f"{thousands}000.00")


def _people(city: City) -> Iterator[Row]:
    for person in city.people:
        yield (person.code, person.name, person.role, person.department, BEGINNING, "")


_ROWS: dict[str, Callable[[City], Iterator[Row]]] = {
    "calendar": _calendar,
    "funds": _funds,
    "account_roles": _account_roles,
    "chart": _chart,
    "departments": _departments,
    "billed_strings": _billed_strings,
    "vendor_accounts": _vendor_accounts,
    "services": _services,
    "codes": _codes,
    "rules": _rules,
    "contracts": contracts,
    "agreements": agreements,
    "inventory": inventory,
    "orders": orders,
    "charge_codes": charge_codes,
    "taxes": taxes,
    "waivers": waivers,
    "holidays": holidays,
    "limits": limits,
    "budgets": _budgets,
    "people": _people,
}
