"""What the invented vendors sell, what is levied on it, and the objects that the city books it to."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import attrs

#: The Verizon layout names no vendor, so its name is the format's own; the other vendors are invented.
MOBILE_VENDOR = "Verizon Wireless"
WIRELINE_VENDORS = ("TOLLAND TELEPHONE CO", "CASCADE FIBER LLC")
CLOUD_VENDORS = ("Stratus Nine Inc.", "Ridge Compute LLC")
#: A municipal card statement names neither the bank nor an account.
CARD_VENDOR = CARD_ACCOUNT = ""

MOBILE_OBJECT = "64210"
WIRELINE_OBJECT = "64220"
CLOUD_OBJECT = "64160"
CARD_OBJECT = "63100"
LEASED_OBJECT = "64510"
OBJECTS = {
    CARD_OBJECT: "Supplies and small tools",
    CLOUD_OBJECT: "Cloud and software subscriptions",
    MOBILE_OBJECT: "Mobile telephone service",
    WIRELINE_OBJECT: "Telephone and data circuits",
}


@attrs.frozen
class Product:
    """Something sold at a rate: `code` and `text` as the bill prints them, `unit` in the vendor's own code."""

    code: str
    text: str
    unit: str
    rate: Decimal


def _plan(text: str, rate: str) -> Product:
    return Product(f"{text} ${rate} monthly access charge", text, "month", Decimal(rate))


#: The bill prints a plan's whole caption; it is its code as well.
PLANS = (
    _plan("CREW SMARTPHONE UNLIMITED", "42.50"),
    _plan("TABLET SHARE", "19.75"),
    _plan("METER TELEMETRY 10MB", "4.60"),
    _plan("HOTSPOT 50GB", "37.95"),
)
CALL_ABROAD = Product("INTL", "INTERNATIONAL LONG DISTANCE", "minutes", Decimal("0.49"))
CALL_OVER = Product("VOICE", "MINUTES OVER ALLOWANCE", "minutes", Decimal("0.25"))
CASE_SOLD = Product("EQUIP", "RUGGED FIELD CASE", "each", Decimal("54.99"))
RINGTONES = Product("THIRD", "PREMIUM TONES CLUB", "month", Decimal("9.99"))

#: The first is the trunk: it is nobody's alone, and a rule shares it. The last is priced as an extended amount (M4).
CIRCUITS = (
    Product("TRUNK", "Trunk, shared by the exchange", "MO", Decimal("618.35")),
    Product("LINE", "Business line", "MO", Decimal("28.15")),
    Product("ALARM", "Alarm line", "MO", Decimal("21.05")),
    Product("FAX", "Facsimile line", "MO", Decimal("24.40")),
    Product("PRI", "Primary rate access", "MO", Decimal(396)),
    Product("DID", "Direct inward numbers, block of 100", "M4", Decimal("18.2")),
)
VOICE_MAIL = Product("VMAIL", "Voice mail box", "EA", Decimal("4.5"))
JACK = Product("JACK", "Move or change of a jack", "EA", Decimal(35))
INSTALLATION = Product("INST", "Installation of a line", "EA", Decimal(95))
TERMINATION = Product("ETF", "Early termination liability", "EA", Decimal(480))
TOLL = Product("LD", "Long distance minutes", "MJ", Decimal("0.035"))

MACHINES = (
    Product("VM-2", "Compute hours, 2 cores", "Hours", Decimal("0.0416")),
    Product("DB-1", "Database hours, small", "Hours", Decimal("0.0170")),
    Product("ST-GB", "Object storage, gigabytes", "GB", Decimal("0.0230")),
    Product("NET-EG", "Network egress, gigabytes", "GB", Decimal("0.0871")),
)


@attrs.frozen
class Levy:
    """A tax or surcharge as bills name it, and what the city owes of it: percent, or major units a line, or the
    contribution factor of universal service in percent. `until` is the last day of the rate, None further notice.
    """

    name: str
    vendors: tuple[str, ...]
    authority: str
    jurisdiction: str
    exempt: bool
    basis: str
    rate: Decimal
    share: Decimal | None = None
    first: date | None = None
    until: date | None = None


def _levy(name: str, vendors: tuple[str, ...], basis: str, rate: str, authority: str, jurisdiction: str) -> Levy:
    return Levy(name, vendors, authority, jurisdiction, exempt=False, basis=basis, rate=Decimal(rate))


def _raised(levy: Levy, rate: str) -> tuple[Levy, Levy]:
    """The levy, and the same at another rate from the day on which rates change."""
    day = date(2026, 10, 1)
    return attrs.evolve(levy, until=day - timedelta(days=1)), attrs.evolve(levy, rate=Decimal(rate), first=day)


def levied_on(versions: tuple[Levy, ...], day: date) -> Levy:
    """The version of a levy that holds on that day."""
    return next(v for v in versions if (v.first or day) <= day and (v.until is None or day <= v.until))


#: Safe-harbour share of interstate revenue, wireless (domain.md 2.6).
INTERSTATE = Decimal("37.1")
USF = _raised(
    Levy(
        "Fed Universal Service Charge",
        (MOBILE_VENDOR,),
        "Federal Communications Commission",
        "federal",
        exempt=False,
        basis="usf",
        rate=Decimal("36.6"),
        share=INTERSTATE,
    ),
    "34.2",
)
STATE_911 = _raised(
    _levy("State 911 Fee", (MOBILE_VENDOR,), "per-line", "0.95", "Department of Revenue", "state"), "1.05"
)
COUNTY_911 = _raised(_levy("COUNTY 911", WIRELINE_VENDORS, "per-line", "0.7", "Tolland County", "county"), "0.75")
#: It has excise in its name and is due nevertheless.
EXCISE_911 = _levy("STATE 911 EXCISE", WIRELINE_VENDORS, "per-line", "0.25", "Department of Revenue", "state")
SALES_TAX = _levy("STATE", WIRELINE_VENDORS, "percent", "6.5", "Department of Revenue", "state")
CITY_UTILITY = _levy("CITY UTILITY", WIRELINE_VENDORS, "percent", "6", "City of Tolland", "city")
CLOUD_TAX = _levy("TAX-WA", CLOUD_VENDORS, "percent", "6.5", "Department of Revenue", "state")
#: A city is exempt from federal excise on communications (26 USC 4253(i)).
FEDERAL_EXCISE = Levy(
    "FEDERAL EXCISE",
    (MOBILE_VENDOR, *WIRELINE_VENDORS),
    "Internal Revenue Service",
    "federal",
    exempt=True,
    basis="percent",
    rate=Decimal(3),
)
LEVIES = (*USF, *STATE_911, *COUNTY_911, EXCISE_911, SALES_TAX, CITY_UTILITY, CLOUD_TAX, FEDERAL_EXCISE)

HOLIDAYS = (
    (date(2026, 7, 3), "Independence Day, observed"),
    (date(2026, 9, 7), "Labor Day"),
    (date(2026, 11, 11), "Veterans Day"),
    (date(2026, 11, 26), "Thanksgiving Day"),
    (date(2026, 11, 27), "Native American Heritage Day"),
    (date(2026, 12, 25), "Christmas Day"),
    (date(2027, 1, 1), "New Year's Day"),
    (date(2027, 1, 18), "Martin Luther King Jr. Day"),
    (date(2027, 2, 15), "Presidents' Day"),
    (date(2027, 5, 31), "Memorial Day"),
)
