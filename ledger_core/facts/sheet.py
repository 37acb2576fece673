"""A reference sheet: its columns, which of them name a row, and what each may hold. The public contract's headers."""

from __future__ import annotations

from enum import StrEnum
from itertools import chain

import attrs

from ledger_core.facts.charge import ChargeKind
from ledger_core.facts.entry import Role


class ColumnKind(StrEnum):
    """What a cell of a column may hold."""

    TEXT = "text"
    DATE = "date"  # ISO 8601: 2026-09-30
    INTEGER = "integer"
    DECIMAL = "decimal"
    MONEY = "money"  # major units of the site's currency, as an exact decimal
    PERCENT = "percent"  # 0 to 100, exact
    CHOICE = "choice"


class Treatment(StrEnum):
    """How what a department is billed reaches it."""

    RECOVER = "recover"  # revenue of the internal service fund, cost of the user's fund (domain.md 0.2)
    REIMBURSE = "reimburse"  # the same object moves to the user's fund, no revenue (INV-29)
    DIRECT = "direct"  # booked to the department when the bill posts, never charged back


#: A department whose cost stays with the fund that paid: the information technology department itself.
RETAIN = "retain"


@attrs.frozen
class Column:
    """One column: the exact header, what it holds, what it means and a cell that could stand there.

    A cell of a required column is never empty. `choices` lists what a CHOICE column takes.
    """

    name: str
    meaning: str
    example: str = ""
    kind: ColumnKind = ColumnKind.TEXT
    required: bool = False
    choices: tuple[str, ...] = ()


@attrs.frozen
class Sheet:
    """One kind of reference data. `key` names the columns that tell one row from another.

    `group` names the column whose equal cells make one thing loaded and replaced as a whole: a rule with several rows.
    A dated sheet has the columns `from` and `to`, both inclusive; an empty one is open.
    """

    name: str
    about: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    group: str | None = None

    @property
    def headers(self) -> tuple[str, ...]:
        """The column names, in the order in which templates write them."""
        return tuple(column.name for column in self.columns)

    @property
    def dated(self) -> bool:
        """Whether its rows are valid from and to a date."""
        return "from" in self.headers

    def column(self, name: str) -> Column:
        """The column of that name. Raises KeyError for a name that is not a header: our bug."""
        return {column.name: column for column in self.columns}[name]


def _from(example: str = "2026-01-01") -> Column:
    return Column("from", "First day on which the row holds; empty: since ever.", example, ColumnKind.DATE)


_TO = Column("to", "Last day on which the row holds, inclusive; empty: until further notice.", "", ColumnKind.DATE)
_VENDOR = Column("vendor", "The issuer's name as its bills print it.", "Verizon Wireless")
_ACCOUNT = Column("account", "The billing account (BAN) as its bills print it.", "842000001-00001")
_DEPARTMENT = Column("department", "Number of the billed department.", "01770", required=True)
_OBJECT = Column("object", "Object of cost; a sub-object may follow a point.", "64160")
_TREATMENTS = tuple(Treatment)

_ORGANISATION = (
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
            _from(),
            _TO,
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
            _from(),
            _TO,
        ),
        ("role",),
    ),
    Sheet(
        "departments",
        "Who can be billed, and the fund that pays for it.",
        (
            _DEPARTMENT,
            Column("name", "Its name on statements.", "Police"),
            Column("fund", "The fund that bears its cost.", "001", required=True),
            Column(
                "treatment",
                "How it is charged where the vendor account says nothing; 'retain' keeps its cost in the paying fund.",
                "recover",
                ColumnKind.CHOICE,
                choices=(*_TREATMENTS, RETAIN),
            ),
            _from(),
            _TO,
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
            _from(),
            _TO,
        ),
        ("fund", "department", "division", "program", "project", "grant", "activity", "object", "subobject"),
    ),
    Sheet(
        "billed_strings",
        "The account string charged for a department and object, where the site's template does not give it.",
        (
            _DEPARTMENT,
            _OBJECT,
            Column("string", "The account string as the site writes it.", "52001770.64160.1800", required=True),
            _from(),
            _TO,
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
            _from(),
            _TO,
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
            _from(),
            _TO,
        ),
        ("key",),
    ),
    Sheet(
        "budgets",
        "What a department may spend on a class of services in a fiscal year.",
        (
            Column("fiscal_year", "The year in which the fiscal year ends.", "2026", ColumnKind.INTEGER, required=True),
            _DEPARTMENT,
            _OBJECT,
            Column("service_class", "Class of services, as the site names them.", "wireless"),
            Column("amount", "The budget.", "12000", ColumnKind.MONEY, required=True),
        ),
        ("fiscal_year", "department", "object", "service_class"),
    ),
)

_VENDORS = (
    Sheet(
        "vendor_accounts",
        "The accounts that vendors bill, who pays them and how they are charged on. An empty account stands for any"
        " account of the vendor.",
        (
            attrs.evolve(_VENDOR, required=True),
            _ACCOUNT,
            Column("name", "What the account is for.", "City telephones"),
            Column(
                "treatment", "How it is charged on.", "recover", ColumnKind.CHOICE, required=True, choices=_TREATMENTS
            ),
            Column("paid_by", "How it is paid.", "ap", ColumnKind.CHOICE, choices=("ap", "card", "autopay")),
            Column("paying_fund", "The fund that pays.", "520"),
            Column("cycle_day", "Day of the month on which its cycle ends.", "18", ColumnKind.INTEGER),
            Column("terms_days", "Days from bill to due date.", "30", ColumnKind.INTEGER),
            Column("dispute_days", "Days from bill within which to dispute.", "60", ColumnKind.INTEGER),
            _from(),
            _TO,
        ),
        ("vendor", "account"),
    ),
    Sheet(
        "services",
        "Who owns a line, circuit, device or resource over time. An empty vendor or account stands for any; an empty"
        " service is the account itself.",
        (
            _VENDOR,
            _ACCOUNT,
            Column("service", "The service as the bill names it.", "2065550100"),
            _DEPARTMENT,
            _OBJECT,
            _from(),
            _TO,
        ),
        ("vendor", "account", "service"),
    ),
    Sheet(
        "service_kinds",
        "Which kinds of service are split by days when their owner changes within a charge's dates.",
        (
            Column("kind", "Kind of service as importers name it.", "circuit", required=True),
            Column("split_by_days", "Whether to split by days.", "yes", ColumnKind.CHOICE, True, choices=("yes", "no")),
            _from(),
            _TO,
        ),
        ("kind",),
    ),
    Sheet(
        "codes",
        "What the customer codes printed on bills stand for. An empty vendor or account stands for any.",
        (
            _VENDOR,
            _ACCOUNT,
            Column("code", "The code as the bill prints it.", "CC4711", required=True),
            _DEPARTMENT,
            _OBJECT,
            _from(),
            _TO,
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
            _from(),
            _TO,
            attrs.evolve(_VENDOR, example="Cloudish Inc."),
            Column("account", "The billing account, or an account below it."),
            Column("service", "The service."),
            Column("kind", "Kind of charge.", "usage", ColumnKind.CHOICE, choices=tuple(ChargeKind)),
            Column("product", "The vendor's product or charge code."),
            Column("text", "Words that the charge's text contains, capitals or not."),
            _DEPARTMENT,
            Column("percent", "Share of the department.", "100", ColumnKind.PERCENT, required=True),
            _OBJECT,
        ),
        ("rule", "department", "object"),
        group="rule",
    ),
    Sheet(
        "contracts",
        "What a vendor may charge for a product.",
        (
            attrs.evolve(_VENDOR, required=True),
            _ACCOUNT,
            Column("product", "The vendor's product or charge code.", "UNL-40", required=True),
            Column("rate", "Price of one unit, exact.", "39.99", ColumnKind.DECIMAL, required=True),
            Column("unit", "The unit.", "month"),
            _from(),
            _TO,
        ),
        ("vendor", "account", "product"),
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

#: Every sheet that can be loaded, by name.
SHEETS: dict[str, Sheet] = {sheet.name: sheet for sheet in chain(_ORGANISATION, _VENDORS)}
