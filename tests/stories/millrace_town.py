"""Millrace, a town with three circuits of one vendor: its bills as a clerk types them, and its people at the terminal.

What every step must come to was worked by hand: `millrace/worked.md`.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import pytest
from click.testing import CliRunner, Result

from ledger_core.errors import TollbookError
from tests.importers.typed_bill import Value, write_bill
from tollbook.cli import answer
from tollbook.cli.program import program
from tollbook.keys import KeyRing
from tollbook.opening import Wanted, open_site
from tollbook.site import Site, find_site

MILLRACE = Path(__file__).parent / "millrace"
VENDOR, ACCOUNT = "Cascade Fiber", "700100"
ROSA, UMA = "rosa", "uma"
TEMPLATE = "fund:3 department:5 . object:5 . subobject:4"
PLANS = {"C-1": "ELINE-1G", "C-2": "ELINE-500", "C-3": "ELINE-100"}


@attrs.define
class Clock:
    """A clock that stands at noon of the day it is set to, and moves a second each time it is asked."""

    now: datetime = datetime(2026, 8, 3, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now

    def turn_to(self, day: date) -> None:
        """Noon of that day."""
        self.now = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


@attrs.frozen
class Line:
    """One typed line: what it is for, and its amount in major units."""

    kind: str
    service: str
    product: str
    amount: str
    first: date
    last: date

    def cells(self, number: int) -> dict[str, Value]:
        """The line as it stands in the workbook."""
        return {
            "line": number,
            "kind": self.kind,
            "service": self.service,
            "product": self.product,
            "text": f"{self.product} {self.service}",
            "quantity": 1,
            "amount": Decimal(self.amount),
            "from": self.first,
            "to": self.last,
        }


def circuit(service: str, month: int, price: str, tax: str) -> list[Line]:
    """A month of a circuit and its sales tax."""
    first = date(2026, month, 1)
    last = (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    return [
        Line("recurring", service, PLANS[service], price, first, last),
        Line("tax", service, "SALES TAX", tax, first, last),
    ]


def right_month(month: int) -> list[Line]:
    """All three circuits at their contract's rates: 853.28."""
    return [
        *circuit("C-1", month, "400.00", "40.40"),
        *circuit("C-2", month, "250.00", "25.25"),
        *circuit("C-3", month, "125.00", "12.63"),
    ]


@attrs.frozen
class Paper:
    """A bill on paper. Balances are as printed; None where nothing is printed."""

    number: str
    bill_date: date
    lines: Sequence[Line]
    previous: str | None = None
    payments: str | None = None
    account: str = ACCOUNT
    vendor: str = VENDOR

    @property
    def total(self) -> Decimal:
        """What the lines come to."""
        return sum((Decimal(line.amount) for line in self.lines), Decimal(0))

    def typed(self, folder: Path) -> Path:
        """The workbook into which a clerk typed it."""
        head: dict[str, Value] = {
            "vendor": self.vendor,
            "account": self.account,
            "number": self.number,
            "bill_date": self.bill_date,
            "due_date": self.bill_date + timedelta(days=30),
            "period_from": self.bill_date.replace(day=1),
            "period_to": self.bill_date,
            "currency": "USD",
            "total": self.total,
        }
        if self.previous is not None and self.payments is not None:
            head |= {"previous_balance": Decimal(self.previous), "payments": Decimal(self.payments)}
            head["amount_due"] = Decimal(self.previous) + Decimal(self.payments) + self.total
        return write_bill(folder / f"{self.number}.xlsx", head, [line.cells(n) for n, line in enumerate(self.lines, 1)])


@attrs.define
class Town:
    """The town's site, its clock, and people who type commands."""

    folder: Path
    clock: Clock
    keys: Path

    @property
    def site(self) -> Site:
        """The site, by the town's clock."""
        return attrs.evolve(find_site(self.folder / "site"), clock=self.clock, keys=KeyRing(self.keys))

    def on(self, day: date) -> None:
        """Let it be noon of that day."""
        self.clock.turn_to(day)

    def run(self, *words: str, actor: str = ROSA) -> Result:
        """What a command comes to; its exit code is the `return_value`."""
        environment = {"TOLLBOOK_ACTOR": actor, "TOLLBOOK_KEYS": str(self.keys), "COLUMNS": "240"}
        asked = ["--site", str(self.folder / "site"), *words]
        return CliRunner().invoke(program, asked, env=environment, standalone_mode=False)

    def do(self, *words: str, actor: str = ROSA, codes: Sequence[int] = (0,)) -> str:
        """What a command prints, which must end as expected."""
        result = self.run(*words, actor=actor)
        if result.exception is not None:
            raise result.exception
        assert (result.return_value or 0) in codes, (words, result.return_value, result.output)
        return result.output

    def refused(self, *words: str, actor: str = ROSA) -> TollbookError:
        """Why a command is refused; it must be."""
        refused = self.run(*words, actor=actor).exception
        assert isinstance(refused, TollbookError), refused
        return refused

    def ask(self, *words: str, actor: str = ROSA, codes: Sequence[int] = (0, 1)) -> dict[str, Any]:
        """The JSON document that a command prints."""
        found: dict[str, Any] = json.loads(self.do(*words, "--json", actor=actor, codes=codes))
        return found

    def take_in(self, paper: Paper, codes: Sequence[int] = (0, 1)) -> dict[str, Any]:
        """Type a bill, and import it: its entry in the intake report."""
        folder = self.folder / "typed"
        folder.mkdir(exist_ok=True)
        report = self.ask("import", str(paper.typed(folder)), codes=codes)
        bill: dict[str, Any] = report["files"][0]["bills"][0]
        return bill

    def charged(self, period: str) -> dict[str, int]:
        """Charge a month back; by department, in minor units. Every proof must hold."""
        run = self.ask("chargeback", period, actor=UMA)
        assert all(proof["holds"] for proof in run["proofs"]), run["proofs"]
        return {one["department"]: one["amount"] for one in run["departments"]}

    def holds_together(self, *periods: str) -> None:
        """Every proof, now: the log verifies, debits equal credits, and each month's cost is charged, held or stays."""
        assert self.ask("verify")["ok"]
        for total in self.ask("balances")["totals"]:
            assert total["debit"] == total["credit"], total
        for period in periods:
            preview = self.ask("chargeback", period, "--preview")
            assert all(proof["holds"] for proof in preview["proofs"]), preview["proofs"]


@contextmanager
def millrace(folder: Path) -> Iterator[Town]:
    """A new site of two people in `folder`, with everything loaded that was agreed before August 2026."""
    clock = Clock()
    town = Town(folder, clock, folder / "keys")
    keys = KeyRing(town.keys)
    wanted = Wanted(
        folder=folder / "site",
        person=ROSA,
        entity="Town of Millrace",
        time_zone="UTC",
        chart_template=TEMPLATE,
        one_person=False,
        site="millrace",
    )
    open_site(wanted, keys, clock)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(answer, "find_site", lambda chosen: attrs.evolve(find_site(chosen), clock=clock))
        shown = base64.b64encode(keys.key_or_new(UMA).public).decode()
        town.do("enrol", UMA, "--key", shown, "--role", "coordinator", "--role", "accountant")
        for sheet in sorted((MILLRACE / "reference").glob("*.csv")):
            town.do("load", sheet.stem, str(sheet))
        yield town
