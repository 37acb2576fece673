"""One small month for tests of readings: four departments, a bill with every way of coding, a bill booked directly.

First bill, Union Tel, paid by fund 520 and recovered, 100.41 in whole cents:

| line | service | amount | whose |
|---|---|---|---|
| 1 | 2065550100 | 42.50 | Police, owner |
| 2 | 2065550100 tax | 0.95 | Police, owner |
| 3 | 2065550101 | 19.75 | Parks, owner |
| 4 | 2065550199 | 20.70 | suspense |
| 5 | 2065550199 tax | 0.50 | suspense |
| 6 | usage | 10.01 | rule: Police 5.01, Parks 3.00, Water 2.00 |
| 7 | 2065550103 | 6.00 | IT, who keeps it |

Second bill, Grand Bay, paid by Water's own fund 410 and booked there at once: 29.98.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import attrs

from ledger_core.engine import chargeback
from ledger_core.engine.reception import Judged
from ledger_core.engine.recoding import Recoding, Selection, Target, recode
from ledger_core.facts.charge import ChargeKind
from ledger_core.facts.fact import Fact
from ledger_core.policy.periods import parse_period
from tests.ledger_core.books import ACCOUNT, MARIA, VENDOR, Books, charge

DIRECT_VENDOR, DIRECT_ACCOUNT = "Grand Bay", "8005550710"


@attrs.frozen
class SmallMonth:
    """The books and the two bills."""

    books: Books
    shared: Judged
    direct: Judged

    @property
    def bill(self) -> str:
        """The id of the first bill."""
        return self.shared.bill

    @property
    def entry(self) -> int:
        """The sequence of the first bill."""
        assert self.shared.fact is not None
        return self.shared.fact.sequence

    def late_bill(self) -> Judged:
        """A bill for the same month that comes late: 7.00 for Parks."""
        return self.books.receive([charge("7.00", "2065550101")], "late", bill_date=date(2026, 8, 30))

    def recode(self, line: int, department: str, reason: str = "moved desks") -> Fact:
        """Let a department bear a line of the first bill."""
        wanted = Recoding((Selection(self.bill, ((line, line),)),), (Target(department, "5420"),))
        with self.books.ledger.acting(MARIA) as act:
            return recode(act, wanted, reason, self.books.folder / "spools").facts[0]

    def charge_back(self, period: str = "2026-08") -> tuple[Fact, ...]:
        """Charge a month back."""
        return chargeback.charge_back(self.books.ledger, parse_period(period), MARIA).posted


def small_month(books: Books) -> SmallMonth:
    """The month, in books that are new."""
    _load(books)
    shared = books.receive(
        [
            charge("42.50", line=1),
            charge("0.95", line=2, kind=ChargeKind.TAX, product="tax"),
            charge("19.75", "2065550101", line=3),
            charge("20.70", "2065550199", line=4),
            charge("0.50", "2065550199", line=5, kind=ChargeKind.TAX, product="tax"),
            charge("10.01", "", line=6, kind=ChargeKind.USAGE, product="minutes"),
            charge("6.00", "2065550103", line=7),
        ],
        "1",
        due_date=date(2026, 9, 20),
    )
    direct = books.receive([charge("29.98", "2065550104")], "2", vendor=DIRECT_VENDOR, account=DIRECT_ACCOUNT)
    return SmallMonth(books, shared, direct)


def _load(books: Books) -> None:
    names = {"Police": "001", "Parks": "001", "Water": "410", "IT": "520"}
    books.load(
        "departments",
        [
            {"department": name, "name": f"{name} department", "fund": fund,
             "treatment": "retain" if name == "IT" else "recover"}
            for name, fund in names.items()
        ],
    )  # fmt: skip
    accounts = ((VENDOR, ACCOUNT, "recover", "520"), (DIRECT_VENDOR, DIRECT_ACCOUNT, "direct", "410"))
    books.load(
        "vendor_accounts",
        [
            {"vendor": vendor, "account": account, "treatment": treatment, "paying_fund": fund}
            for vendor, account, treatment, fund in accounts
        ],
    )
    owners = {"2065550100": "Police", "2065550101": "Parks", "2065550103": "IT", "2065550104": "Water"}
    books.load(
        "services",
        [
            {"vendor": "", "account": "", "service": service, "department": department, "object": "5420"}
            for service, department in owners.items()
        ],
    )
    split = (("Police", "50"), ("Parks", "30"), ("Water", "20"))
    books.load(
        "rules",
        [
            {"rule": "shared", "priority": "1", "kind": "usage", "department": department, "percent": percent,
             "object": "5420"}
            for department, percent in split
        ],
    )  # fmt: skip
    books.load("people", [{"person": "kim", "name": "Kim", "role": "coordinator", "department": ""}])


def as_site(folder: Path) -> Path:
    """Make a folder with an embedded ledger a site."""
    (folder / "tollbook.toml").write_text("", "utf-8")
    return folder
