"""What the invented vendors sell, and the objects that the city books it to."""

from __future__ import annotations

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
TOLL = Product("LD", "Long distance minutes", "MJ", Decimal("0.035"))

MACHINES = (
    Product("VM-2", "Compute hours, 2 cores", "Hours", Decimal("0.0416")),
    Product("DB-1", "Database hours, small", "Hours", Decimal("0.0170")),
    Product("ST-GB", "Object storage, gigabytes", "GB", Decimal("0.0230")),
    Product("NET-EG", "Network egress, gigabytes", "GB", Decimal("0.0871")),
)
