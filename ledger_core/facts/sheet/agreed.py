"""The sheets about what was agreed with vendors: rates, terms, services and their equipment, orders."""

from __future__ import annotations

import attrs

from ledger_core.facts.sheet.columns import ACCOUNT, MOST_DAYS, TO, VENDOR, YES_NO, first_day
from ledger_core.facts.sheet.shape import Column, ColumnKind, Sheet

_ISSUER = attrs.evolve(VENDOR, required=True)
_CONTRACT = Column("contract", "Number of the agreement.", "K-2024-017")
_SERVICE = Column("service", "The service as the bill names it.", "2065550100", required=True)

AGREED = (
    Sheet(
        "contracts",
        "What a vendor may charge for a product. An empty account stands for any account of the vendor. Rates of one"
        " product never overlap: end the old one, then the new one begins.",
        (
            _ISSUER,
            ACCOUNT,
            Column("product", "The vendor's product or charge code.", "UNL-40", required=True),
            Column("rate", "Price of one unit, exact.", "39.99", ColumnKind.DECIMAL, required=True),
            Column("unit", "The unit.", "month"),
            first_day(),
            TO,
            attrs.evolve(_CONTRACT, meaning="Number of the agreement that grants the rate."),
        ),
        ("vendor", "account", "product"),
        exclusive=True,
    ),
    Sheet(
        "agreements",
        "What was agreed with a vendor beside rates: how long it runs, when it must be given notice, how long a"
        " bill can be disputed. An empty account stands for any account of the vendor. Terms of one agreement never"
        " overlap.",
        (
            attrs.evolve(_CONTRACT, required=True),
            _ISSUER,
            ACCOUNT,
            Column("title", "What it is about.", "Wireless voice and data"),
            Column("term_months", "How long it runs at first.", "36", ColumnKind.INTEGER, highest=1200),
            Column(
                "notice_days",
                "Days before its end at which notice is due.",
                "90",
                ColumnKind.INTEGER,
                highest=MOST_DAYS,
            ),
            Column(
                "dispute_days",
                "Days from the bill's date within which to dispute it.",
                "60",
                ColumnKind.INTEGER,
                highest=MOST_DAYS,
            ),
            Column("late_fees", "Whether the vendor may charge late fees.", "no", ColumnKind.CHOICE, choices=YES_NO),
            first_day("2024-07-01"),
            attrs.evolve(TO, example="2027-06-30"),
        ),
        ("contract", "vendor", "account"),
        exclusive=True,
    ),
    Sheet(
        "inventory",
        "What is in service: lines, circuits, mobiles, devices, licences, cloud resources. Who owns each stands in the"
        " sheet services. To end a service, load its row again with a last day.",
        (
            _ISSUER,
            ACCOUNT,
            _SERVICE,
            Column("kind", "Kind of service as importers name it.", "mobile"),
            Column("location", "Where it is.", "City Hall, 2nd floor"),
            Column("plan", "The product that is to be billed for it every month.", "UNL-40"),
            _CONTRACT,
            Column("equipment", "The equipment assigned to it.", "Handset 351756051523999"),
            attrs.evolve(first_day("2026-02-01"), meaning="First day of service; empty: since ever."),
            attrs.evolve(TO, meaning="Last day of service, inclusive; empty: until further notice."),
        ),
        ("vendor", "account", "service"),
    ),
    Sheet(
        "orders",
        "What was ordered from vendors: moves, additions, changes, disconnections. They explain one-time charges, and"
        " the starts and ends of services.",
        (
            Column("order", "Number of the order.", "PO-10442", required=True),
            _ISSUER,
            ACCOUNT,
            attrs.evolve(_SERVICE, required=False),
            Column(
                "action",
                "What is to be done.",
                "install",
                ColumnKind.CHOICE,
                required=True,
                choices=("install", "move", "add", "change", "disconnect", "equipment"),
            ),
            Column("product", "The vendor's product or charge code of the one-time charge.", "ACT-FEE"),
            Column("amount", "What it may cost once.", "35", ColumnKind.MONEY, lowest=0),
            Column("ordered", "The day of the order.", "2026-01-20", ColumnKind.DATE, required=True),
            Column("effective", "The day on which it is to take effect.", "2026-02-01", ColumnKind.DATE),
        ),
        ("order", "vendor", "account", "service", "action", "product"),
    ),
)
