"""The sheets that verification of bills reads: what charge codes are, taxes, waivers, the site's own limits."""

from __future__ import annotations

import attrs

from ledger_core.facts.sheet.columns import ACCOUNT, TO, VENDOR, YES_NO, first_day
from ledger_core.facts.sheet.shape import Column, ColumnKind, Sheet

#: The settings of the sheet `limits`, by key: how the value is written ("money", "days", "yes or no") and what it is.
LIMITS = {
    "gap": ("money", "what a bill may be off by and still be accepted by two named people; 0 where no row says more"),
    "arrival_days": ("days", "business days after the end of a cycle within which its bill comes; 5 where no row says"),
    "warning_days": ("days", "business days before a deadline on which it is called near; 5 where no row says"),
    "validation_days": ("days", "business days after receipt within which a bill is validated"),
    "verification_days": ("days", "business days before the due date by which a bill is verified"),
    "dispute_days": ("days", "days to dispute a bill where neither agreement nor vendor account says it"),
    "certify_by_two": ("yes or no", "whether whoever certifies a claim differs from whoever prepared it"),
    "decide_by_two": ("yes or no", "whether what one person prepares of the queue is decided by another"),
}

VERIFICATION = (
    Sheet(
        "charge_codes",
        "What the charge codes on bills are, where the bill does not say it well enough. `*` stands for any characters;"
        " an empty vendor stands for any.",
        (
            VENDOR,
            Column("product", "The vendor's product or charge code.", "ETF*", required=True),
            Column(
                "class",
                "What such a charge is.",
                "termination",
                ColumnKind.CHOICE,
                required=True,
                choices=(
                    "recurring",
                    "one-time",
                    "install",
                    "termination",
                    "usage",
                    "equipment",
                    "third-party",
                    "late-fee",
                    "tax",
                    "surcharge",
                    "credit",
                ),
            ),
            first_day(),
            TO,
        ),
        ("vendor", "product"),
    ),
    Sheet(
        "taxes",
        "Which taxes and surcharges the body owes, and how much of them. An empty vendor stands for any. Rows of one"
        " tax, vendor and jurisdiction never overlap.",
        (
            Column("tax", "The tax as bills name its product; `*` stands for any characters.", "FET", required=True),
            VENDOR,
            Column("authority", "Who levies it.", "United States"),
            Column("jurisdiction", "Where it is levied.", "federal"),
            Column("exempt", "Whether the body is exempt.", "yes", ColumnKind.CHOICE, required=True, choices=YES_NO),
            Column(
                "basis",
                "How it is counted: percent of what is taxed, per line, or as universal-service pass-through.",
                "percent",
                ColumnKind.CHOICE,
                choices=("percent", "per-line", "usf"),
            ),
            Column(
                "rate",
                "Percent; or major units a line; or the contribution factor in percent.",
                "3",
                ColumnKind.DECIMAL,
                lowest=0,
            ),
            Column("share", "For usf: the interstate share of the revenue, in percent.", "", ColumnKind.PERCENT),
            Column("certificate", "The exemption certificate.", "EX-2019-4"),
            Column("certificate_to", "Its last day.", "2028-12-31", ColumnKind.DATE),
            first_day(),
            TO,
        ),
        ("tax", "vendor", "jurisdiction"),
        exclusive=True,
    ),
    Sheet(
        "waivers",
        "What is accepted without asking again, each with its reason. An empty condition holds for any.",
        (
            Column("waiver", "Name of the waiver.", "seasonal-lines", required=True),
            Column("code", "The code of the exception, as the queue shows it.", "zero-use"),
            VENDOR,
            attrs.evolve(ACCOUNT, example=""),
            Column("service", "The service."),
            Column("product", "The vendor's product or charge code."),
            Column("most", "The largest amount that is waived at once; empty: any.", "25", ColumnKind.MONEY, lowest=0),
            Column("reason", "Why. The books keep it.", "Pools open in June", required=True),
            first_day(),
            attrs.evolve(TO, example="2026-05-31"),
        ),
        ("waiver",),
    ),
    Sheet(
        "legal_holds",
        "What must not be destroyed, whatever a records schedule says. An empty condition holds for any bill.",
        (
            Column("hold", "Name of the hold: the case, the request.", "Doe v. City", required=True),
            VENDOR,
            attrs.evolve(ACCOUNT, example=""),
            Column("first", "The first bill date that it keeps; empty: any.", "2019-01-01", ColumnKind.DATE),
            Column("last", "The last bill date that it keeps; empty: any.", "2021-12-31", ColumnKind.DATE),
            Column("reason", "Why. The books keep it.", "Ordered by the court on 2 March", required=True),
            first_day(),
            TO,
        ),
        ("hold",),
    ),
    Sheet(
        "limits",
        "The site's own limits and periods.",
        (
            Column(
                "key",
                "What is set: " + "; ".join(f"`{key}`, {what}" for key, (_, what) in LIMITS.items()) + ".",
                "validation_days",
                ColumnKind.CHOICE,
                required=True,
                choices=tuple(LIMITS),
            ),
            Column("value", "Its value: an amount of money, a number of days, yes or no.", "3", required=True),
            first_day(),
            TO,
        ),
        ("key",),
    ),
)
