"""The hand-worked city is right by itself: its bills add up to its figures, and its figures to each other."""

import csv
import json
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import ledger_core.facts.sheet as contract
from tests.tollbook.city.adding_up import card, cloud, mobile

HARBOR = Path(__file__).parent / "harbor"


@pytest.fixture(scope="module")
def figures() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((HARBOR / "expected.json").read_text("utf-8"))
    return found


def bill(figures: dict[str, Any], account: str) -> dict[str, Any]:
    (found,) = [b for b in figures["bills"] if b["account"] == account]
    return dict(found)


def test_the_mobile_bill_ties_to_its_total(figures: dict[str, Any]) -> None:
    found, wanted = mobile(HARBOR / "bills" / "842000001-00001 2026-08"), bill(figures, "842000001-00001")
    assert found.stated == found.computed == Decimal(wanted["total"]).scaleb(-2)
    assert found.charges == wanted["charges"]
    assert [name for name, (a, b) in found.pairs.items() if a != b] == []


def test_the_cloud_and_card_bills_tie_to_theirs(figures: dict[str, Any]) -> None:
    export = cloud(HARBOR / "bills" / "focus-410000000700-2026-08.csv")
    statement = card(HARBOR / "bills" / "PCard Expenses_2026_08.csv")
    assert (export.computed.scaleb(2), export.charges) == (bill(figures, "410000000700")["total"], 5)
    assert (statement.computed.scaleb(2), statement.charges) == (bill(figures, "")["total"], 5)
    assert statement.stated == statement.computed
    assert all(a == b for a, b in statement.pairs.values())


def test_each_telephone_bill_ties_to_its_total(figures: dict[str, Any]) -> None:
    text = (HARBOR / "bills" / "811_GRANDBAY_20260801.edi").read_text("ascii")
    transactions = [part.split("\nSE*")[0] for part in text.split("ST*811*")[1:]]
    assert len(transactions) == 3
    for part in transactions:
        segments = [line.rstrip("~").split("*") for line in part.splitlines()]
        by_name = {s[0]: s for s in segments}
        cents = sum(
            (Decimal(s[2]) * Decimal(s[4]) for s in segments if s[0] == "IT1"),
            sum((Decimal(s[2]) for s in segments if s[0] == "TXI"), Decimal(0)),
        ).scaleb(2) - sum(int(s[7]) for s in segments if s[0] == "ITA")
        wanted = next(b for b in figures["bills"] if b["number"] == by_name["BIG"][2])
        assert cents == int(by_name["TDS"][1]) == wanted["total"]
        assert sum(s[0] in ("IT1", "TXI", "ITA") for s in segments) == wanted["charges"]


def test_what_departments_bear_and_what_pays_other_bills_is_each_bill_s_total(figures: dict[str, Any]) -> None:
    for found in figures["bills"]:
        assert sum(found["attributed"].values()) + found.get("payments", 0) == found["total"]


def test_payables_are_the_bills_that_a_fund_owes(figures: dict[str, Any]) -> None:
    owed: dict[str, int] = defaultdict(int)
    for found in figures["bills"]:
        owed[found["fund"]] += found["total"] if found["credited"] == "payable" else 0
    assert owed == figures["payables"]


def test_every_fund_s_chargeback_balances(figures: dict[str, Any]) -> None:
    for treatment in ("recover", "reimburse"):
        for fund in ("001", "410", "520"):
            rows = [r for r in figures["chargeback"] if (r["treatment"], r["fund"]) == (treatment, fund)]
            assert sum(r["debit"] - r["credit"] for r in rows) == 0


def test_what_one_fund_is_owed_another_owes(figures: dict[str, Any]) -> None:
    pairs: dict[tuple[str, str], int] = defaultdict(int)
    for row in figures["chargeback"]:
        if row["role"] == "due_from":
            pairs[row["fund"], row["partner"]] += row["debit"]
        if row["role"] == "due_to":
            pairs[row["partner"], row["fund"]] -= row["credit"]
    assert len(pairs) == 3
    assert set(pairs.values()) == {0}


def test_every_cent_of_cost_is_charged_booked_kept_or_in_suspense(figures: dict[str, Any]) -> None:
    stated = sum(s["total"] for s in figures["statements"].values())
    kept = sum(figures["retained"].values())
    assert stated + kept + figures["suspense"]["amount"] == figures["cost"]
    assert figures["cost"] == sum(sum(b["attributed"].values()) for b in figures["bills"])


def test_a_statement_is_what_its_department_bears_on_each_treatment(figures: dict[str, Any]) -> None:
    words = {"recover": "recovered", "reimburse": "reimbursed", "direct": "direct"}
    for code, statement in figures["statements"].items():
        borne = dict.fromkeys(words, 0)
        for found in figures["bills"]:
            borne[found["treatment"]] += found["attributed"].get(code, 0)
        assert {words[treatment]: cents for treatment, cents in borne.items()} == {
            word: statement[word] for word in words.values()
        }
        assert statement["recovered"] + statement["reimbursed"] == statement["charged"]
        assert statement["charged"] + statement["direct"] == statement["total"]


def test_every_fund_s_balances_sum_to_zero(figures: dict[str, Any]) -> None:
    assert {fund: sum(roles.values()) for fund, roles in figures["balances"].items()} == {
        "001": 0,
        "410": 0,
        "520": 0,
    }


@pytest.mark.parametrize("path", sorted((HARBOR / "reference").glob("*.csv")), ids=lambda path: path.stem)
def test_each_sheet_has_the_headers_of_the_contract(path: Path) -> None:
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))
    assert set(rows[0]) == set(contract.SHEETS[path.stem].headers)
    assert {len(row) for row in rows} == {len(rows[0])}
