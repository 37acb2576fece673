"""The sheets about the body itself: funds, departments, its chart of accounts, people, calendar, budgets."""

from __future__ import annotations

from ledger_core.facts.entry import Role
from ledger_core.facts.sheet.columns import DEPARTMENT, OBJECT, TO, TREATMENTS, first_day
from ledger_core.facts.sheet.shape import Column, ColumnKind, Sheet
from ledger_core.facts.sheet.treatment import RETAIN

ORGANISATION = (
    Sheet(
        "funds",
        "The self-balancing funds.",
        (
            Column("fund", "Number of the fund.", "520", required=True),
            Column("name", "Its name.", "Information technology"),
            Column(
                "kind",
                "What the fund is for; the first internal-service fund pays where no vendor account says otherwise.",
                "internal-service",
                ColumnKind.CHOICE,
                choices=(
                    "general",
                    "special-revenue",
                    "debt-service",
                    "capital",
                    "enterprise",
                    "internal-service",
                    "fiduciary",
                    "permanent",
                ),
            ),
            first_day(),
            TO,
        ),
        ("fund",),
    ),
    Sheet(
        "account_roles",
        "Which account of the site's chart each role is booked on.",
        (
            Column(
                "role",
                "What the account is for.",
                "payable",
                ColumnKind.CHOICE,
                required=True,
                choices=tuple(Role),
            ),
            Column("account", "The account's number.", "2130000", required=True),
            Column("name", "Its name.", "Accounts payable"),
            first_day(),
            TO,
        ),
        ("role",),
    ),
    Sheet(
        "departments",
        "Who can be billed, and the fund that pays for it.",
        (
            DEPARTMENT,
            Column("name", "Its name on statements.", "Police"),
            Column("fund", "The fund that bears its cost.", "001", required=True),
            Column(
                "treatment",
                "How it is charged where the vendor account says nothing; 'retain' keeps its cost in the paying fund.",
                "recover",
                ColumnKind.CHOICE,
                choices=(*TREATMENTS, RETAIN),
            ),
            first_day(),
            TO,
        ),
        ("department",),
    ),
    Sheet(
        "chart",
        "Account strings that may be charged, and when. A department without a row here is not checked.",
        (
            Column("fund", "Fund; empty: any.", "001"),
            Column("department", "Number of the department.", "01770", required=True),
            Column("division", "Division."),
            Column("program", "Program."),
            Column("project", "Project."),
            Column("grant", "Grant."),
            Column("activity", "Activity (BASUB and element).", "51888"),
            Column("object", "Object; empty: any.", "64160"),
            Column("subobject", "Sub-object.", "1800"),
            Column("name", "What the string is for.", "Police telephones"),
            first_day(),
            TO,
        ),
        ("fund", "department", "division", "program", "project", "grant", "activity", "object", "subobject"),
    ),
    Sheet(
        "billed_strings",
        "The account string charged for a department and object, where the site's template does not give it.",
        (
            DEPARTMENT,
            OBJECT,
            Column("string", "The account string as the site writes it.", "52001770.64160.1800", required=True),
            first_day(),
            TO,
        ),
        ("department", "object"),
    ),
    Sheet(
        "people",
        "Who does what; the owner of suspense is the person with the role 'suspense'.",
        (
            Column("person", "Short name, as it signs.", "kim", required=True),
            Column("name", "Full name.", "Kim Rivera"),
            Column("role", "What the person does.", "contact", required=True),
            Column("department", "For which department; empty: all.", "01770"),
            first_day(),
            TO,
        ),
        ("person", "role", "department"),
    ),
    Sheet(
        "calendar",
        "Settings of the fiscal calendar.",
        (
            Column(
                "key",
                "What is set.",
                "fiscal_year_start_month",
                ColumnKind.CHOICE,
                required=True,
                choices=("fiscal_year_start_month",),
            ),
            Column("value", "Its value: a month from 1 to 12.", "1", required=True),
            first_day(),
            TO,
        ),
        ("key",),
    ),
    Sheet(
        "holidays",
        "Days on which the body does not work, beside Saturdays and Sundays. Deadlines are counted around them.",
        (
            Column("date", "The day.", "2026-11-26", ColumnKind.DATE, required=True),
            Column("name", "What is kept.", "Thanksgiving Day"),
        ),
        ("date",),
    ),
    Sheet(
        "budgets",
        "What a department may spend on a class of services in a fiscal year.",
        (
            Column("fiscal_year", "The year in which the fiscal year ends.", "2026", ColumnKind.INTEGER, required=True),
            DEPARTMENT,
            OBJECT,
            Column("service_class", "Class of services, as the site names them.", "wireless"),
            Column("amount", "The budget.", "12000", ColumnKind.MONEY, required=True),
        ),
        ("fiscal_year", "department", "object", "service_class"),
    ),
)
