"""The hand-worked city lives through its month: what the program charges, states and sends out is worked.md's, to the
cent."""

import csv
import io
import json
from collections import defaultdict
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import pytest
from sqlalchemy import select

from ledger_core.engine.certifying import certify_ready
from ledger_core.engine.chargeback import Run, charge_back
from ledger_core.engine.exporting import Exported, export
from ledger_core.facts.sheet import Treatment
from ledger_core.policy.periods import Period
from ledger_core.projections.months import Months
from ledger_core.projections.statements import Statement, Statements
from ledger_core.store.tables import BODIES
from plugins.ap_voucher_csv import VoucherCsv
from plugins.journal_csv import JournalCsv
from tests.stories.harbor_site import HARBOR, PERSON, harbor_site
from tollbook.site import Site
from tollbook.statement.page import page
from tollbook.statement.table import table

AUGUST = Period(2026, 8)
FIGURES: dict[str, Any] = json.loads((HARBOR / "expected.json").read_text("utf-8"))


@attrs.frozen
class City:
    """The site after its month, and what each step gave."""

    site: Site
    run: Run
    journal: Exported
    vouchers: Exported

    def statement(self, department: str) -> Statement:
        with self.site.ledger().reading() as connection:
            return Statements(connection, AUGUST).of(department)


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> City:
    site = harbor_site(tmp_path_factory.mktemp("harbor"))
    signer = site.signer(PERSON)
    run = charge_back(site.ledger(), AUGUST, signer)
    journal = export(site.ledger(), JournalCsv(), AUGUST, signer)
    with site.ledger().acting(signer) as act:
        certify_ready(act, AUGUST)
    return City(site, run, journal, export(site.ledger(), VoucherCsv(), AUGUST, signer))


def cents(text: str) -> int:
    return int(Decimal(text or "0").scaleb(2))


def rows(done: Exported) -> list[dict[str, str]]:
    assert done.export is not None
    text = done.export.content.decode("utf-8")
    assert text.count("\r\n") == text.count("\n")
    return list(csv.DictReader(io.StringIO(text)))


def test_departments_are_charged_what_was_worked_by_hand(city: City) -> None:
    assert city.run.holds
    assert {charge.department: charge.amount for charge in city.run.departments} == {
        department: statement["charged"] for department, statement in FIGURES["statements"].items()
    }


def test_payables_are_what_each_fund_owes(city: City) -> None:
    table = BODIES["postings"].c
    owed: dict[str, int] = defaultdict(int)
    with city.site.ledger().reading() as connection:
        for fund, amount in connection.execute(select(table.fund, table.amount).where(table.role == "payable")):
            owed[fund] -= amount
    assert owed == FIGURES["payables"]


def test_balances_of_every_fund_are_the_worked_ones(city: City) -> None:
    table = BODIES["postings"].c
    found: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    with city.site.ledger().reading() as connection:
        for fund, role, amount in connection.execute(select(table.fund, table.role, table.amount)):
            # What IT keeps is cost of its own fund; worked.md does not tell the two apart.
            found[fund]["cost" if role == "retained" else role] += amount
    assert found == FIGURES["balances"]


def test_the_journal_is_the_worked_one_by_fund_role_and_string(city: City) -> None:
    """Recovery and reimbursement of one department are one entry: their lines on one string are added up."""
    wanted: dict[tuple[str, str, str], int] = defaultdict(int)
    for line in FIGURES["chargeback"]:
        account = {"due_from": "13100", "due_to": "23100", "revenue": "34800", "cost": "64000"}[line["role"]]
        name = line.get("string") or line.get("partner") or line.get("object", "")
        wanted[line["fund"], account, name] += line["debit"] - line["credit"]
    found: dict[tuple[str, str, str], int] = defaultdict(int)
    for row in rows(city.journal):
        if row["journal_id"].startswith("CB-"):
            name = row["string"] or row["partner"] or row["object"]
            found[row["fund"], row["account"], name] += cents(row["debit"]) - cents(row["credit"])
    assert found == wanted


def test_the_journal_file_balances_in_every_fund(city: City) -> None:
    sums: dict[str, int] = defaultdict(int)
    for row in rows(city.journal):
        sums[row["fund"]] += cents(row["debit"]) - cents(row["credit"])
    assert dict(sums) == {"001": 0, "410": 0, "520": 0}


def test_a_bill_paid_by_card_goes_out_in_the_journal(city: City) -> None:
    """Its credit is to card clearing: nothing is owed to its vendor."""
    card = [row for row in rows(city.journal) if row["journal_id"].startswith("JE-")]
    assert [(row["account"], row["debit"], row["credit"]) for row in card] == [
        ("64000", "25.99", ""),
        ("21350", "", "25.99"),
    ]


def test_vouchers_are_the_bills_that_are_owed(city: City) -> None:
    """The cloud bill states no total: it waits for its cover."""
    amounts: dict[str, int] = {}
    lines: dict[str, int] = defaultdict(int)
    for row in rows(city.vouchers):
        amounts[row["invoice"]] = cents(row["amount"])
        lines[row["invoice"]] += cents(row["line_amount"])
    assert amounts == {"9100000001": 11597, "GB-2608-1": 18413, "GB-2608-2": 2998, "": 23099}
    assert lines == amounts
    assert [routed.fact.content["head"]["vendor"] for routed in city.vouchers.waiting] == ["Stratus Nine Inc."]
    assert city.vouchers.stray == ()


def test_every_entry_left_by_one_route_or_waits(city: City) -> None:
    assert city.journal.export is not None
    assert city.vouchers.export is not None
    sent = city.journal.export.fact.content["entries"] + city.vouchers.export.fact.content["entries"]
    assert len(sent) == len(set(sent)) == 6 + 3 - len(city.vouchers.waiting)


@pytest.mark.parametrize("department", FIGURES["statements"])
def test_a_statement_says_what_was_worked_by_hand(city: City, department: str) -> None:
    statement, wanted = city.statement(department), FIGURES["statements"][department]
    assert {name: getattr(statement, name) for name in wanted} == wanted
    assert statement.before == 0
    assert statement.after == wanted["total"]


@pytest.mark.parametrize("department", FIGURES["statements"])
def test_its_lines_sum_to_it_whichever_file_they_are_read_from(city: City, department: str) -> None:
    statement, wanted = city.statement(department), FIGURES["statements"][department]
    read = list(csv.DictReader(io.StringIO(table(statement))))
    assert sum(cents(row["amount"]) for row in read) == wanted["total"]
    assert sum(cents(row["amount"]) for row in read if row["treatment"] == Treatment.DIRECT) == wanted["direct"]
    assert page(statement).count('class="why"') == len(read)


def test_budgets_say_what_remains(city: City) -> None:
    police = {line.object: (line.budget, line.spent, line.remaining) for line in city.statement("01210").budgets}
    assert police == {"64210": (60000, 3679, 56321), "64220": (150000, 8324 + 2599, 150000 - 8324 - 2599)}


def test_it_keeps_its_share_and_is_charged_nothing(city: City) -> None:
    statement = city.statement("01770")
    assert statement.total == 0
    assert sum(line.amount for line in statement.kept) == FIGURES["retained"]["01770"]
    with city.site.ledger().reading() as connection:
        assert Statements(connection, AUGUST).departments == list(FIGURES["statements"])


def test_suspense_is_nobody_s(city: City) -> None:
    with city.site.ledger().reading() as connection:
        held = [cost for cost in Months(connection, city.run.cut).all() if cost.role == "suspense"]
    assert sum(cost.amount for cost in held) == FIGURES["suspense"]["amount"]
    assert {city.statement(department).suspense for department in FIGURES["statements"]} == {2070}


def test_whom_to_ask_and_until_when(city: City) -> None:
    statement = city.statement("04010")
    assert [person.name for person in statement.recipients] == ["Cleo Cole"]
    assert [person.name for person in statement.contacts] == ["Rosa Quill"]
    assert statement.last_day == statement.issued + timedelta(days=30)
    assert [run.journal for run in statement.journals] == ["CB-2026-08-04010-1"]


def test_the_files_lie_where_people_look(city: City, tmp_path: Path) -> None:
    """The command writes what the functions give."""
    from click.testing import CliRunner

    from tollbook.cli.program import program

    done = CliRunner().invoke(
        program, ["--site", str(city.site.folder), "statement", "2026-08", "--out", str(tmp_path), "--format", "csv"]
    )
    assert done.exit_code == 0, done.output
    written = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    assert written == {f"{name}.csv": table(city.statement(name)).encode() for name in FIGURES["statements"]}
