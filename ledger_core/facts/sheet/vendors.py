"""The sheets about vendors: their accounts, who owns which service, codes, rules."""

from __future__ import annotations

import attrs

from ledger_core.facts.charge import ChargeKind
from ledger_core.facts.sheet.columns import (
    ACCOUNT,
    DEPARTMENT,
    MOST_DAYS,
    OBJECT,
    TO,
    TREATMENTS,
    VENDOR,
    YES_NO,
    first_day,
)
from ledger_core.facts.sheet.shape import Column, ColumnKind, Sheet

VENDORS = (
    Sheet(
        "vendor_accounts",
        "The accounts that vendors bill, who pays them and how they are charged on. An empty account stands for any"
        " account of the vendor.",
        (
            attrs.evolve(VENDOR, required=True),
            ACCOUNT,
            Column("name", "What the account is for.", "City telephones"),
            Column(
                "treatment", "How it is charged on.", "recover", ColumnKind.CHOICE, required=True, choices=TREATMENTS
            ),
            Column("paid_by", "How it is paid.", "ap", ColumnKind.CHOICE, choices=("ap", "card", "autopay")),
            Column("paying_fund", "The fund that pays.", "520"),
            Column(
                "cycle_day", "Day of the month on which its cycle ends.", "18", ColumnKind.INTEGER, lowest=1, highest=31
            ),
            Column("terms_days", "Days from bill to due date.", "30", ColumnKind.INTEGER, highest=MOST_DAYS),
            Column(
                "dispute_days", "Days from bill within which to dispute.", "60", ColumnKind.INTEGER, highest=MOST_DAYS
            ),
            first_day(),
            TO,
        ),
        ("vendor", "account"),
    ),
    Sheet(
        "services",
        "Who owns a line, circuit, device or resource over time. An empty vendor or account stands for any; an empty"
        " service is the account itself.",
        (
            VENDOR,
            ACCOUNT,
            Column("service", "The service as the bill names it.", "2065550100"),
            DEPARTMENT,
            OBJECT,
            first_day(),
            TO,
        ),
        ("vendor", "account", "service"),
    ),
    Sheet(
        "service_kinds",
        "Which kinds of service are split by days when their owner changes within a charge's dates.",
        (
            Column("kind", "Kind of service as importers name it.", "circuit", required=True),
            Column("split_by_days", "Whether to split by days.", "yes", ColumnKind.CHOICE, True, choices=YES_NO),
            first_day(),
            TO,
        ),
        ("kind",),
    ),
    Sheet(
        "codes",
        "What the customer codes printed on bills stand for. An empty vendor or account stands for any.",
        (
            VENDOR,
            ACCOUNT,
            Column("code", "The code as the bill prints it.", "CC4711", required=True),
            DEPARTMENT,
            OBJECT,
            first_day(),
            TO,
        ),
        ("vendor", "account", "code"),
    ),
    Sheet(
        "rules",
        "Where charges go that no owner and no code decides. Rows of one rule share its name, priority, dates and"
        " conditions; their percents sum to 100. An empty condition holds for every charge, * stands for any"
        " characters.",
        (
            Column("rule", "Name of the rule.", "cloud-shared", required=True),
            Column("priority", "The smallest number is asked first.", "10", ColumnKind.INTEGER, required=True),
            first_day(),
            TO,
            attrs.evolve(VENDOR, example="Cloudish Inc."),
            Column("account", "The billing account, or an account below it."),
            Column("service", "The service."),
            Column("kind", "Kind of charge.", "usage", ColumnKind.CHOICE, choices=tuple(ChargeKind)),
            Column("product", "The vendor's product or charge code."),
            Column("text", "Words that the charge's text contains, capitals or not."),
            DEPARTMENT,
            Column("percent", "Share of the department.", "100", ColumnKind.PERCENT, required=True),
            OBJECT,
        ),
        ("rule", "department", "object"),
        group="rule",
    ),
    Sheet(
        "coding_sheet",
        "A coordinator's list of numbers and account strings; it becomes services, with strings and departments that"
        " are not known yet.",
        (
            Column("number", "The service as the bill names it.", "2065550100", required=True),
            Column("name", "Who uses it.", "Front desk"),
            Column("account_string", "The account string as the site writes it.", "52001770.64160.1800", required=True),
        ),
        ("number",),
    ),
)
