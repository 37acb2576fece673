"""The city's reference sheets are exactly those that `load` takes, and agree with each other."""

import csv
from collections import defaultdict
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

import ledger_core.facts.sheet as contract
from tollbook.city import SHEETS, Calendar, City, plan_city, write_reference

Rows = dict[str, list[dict[str, str]]]


def written(city: City, folder: Path) -> Rows:
    found = {}
    for file in write_reference(city, folder):
        with (folder / file.name).open(encoding="utf-8", newline="") as stream:
            found[file.kind] = list(csv.DictReader(stream))
    return found


@pytest.fixture(scope="module")
def sheets(tmp_path_factory: pytest.TempPathFactory) -> Rows:
    return written(plan_city("city"), tmp_path_factory.mktemp("reference"))


@pytest.mark.parametrize("kind", SHEETS)
def test_headers_are_those_of_the_contract(kind: str) -> None:
    assert set(SHEETS[kind].split(",")) == set(contract.SHEETS[kind].headers)


@pytest.mark.parametrize("kind", SHEETS)
def test_cells_are_such_as_the_contract_takes(sheets: Rows, kind: str) -> None:
    assert sheets[kind]
    for row in sheets[kind]:
        for column in contract.SHEETS[kind].columns:
            cell = row[column.name]
            assert cell or not column.required, f"{kind}: {column.name} is empty in {row}"
            if cell and column.choices:
                assert cell in column.choices
            if cell and column.kind is contract.ColumnKind.DATE:
                assert str(date.fromisoformat(cell)) == cell


@pytest.mark.parametrize("kind", SHEETS)
def test_no_two_rows_have_the_same_key_and_first_day(sheets: Rows, kind: str) -> None:
    key = contract.SHEETS[kind].key
    named = [(*(row[column] for column in key), row.get("from")) for row in sheets[kind]]
    assert len(set(named)) == len(named)


def test_percents_of_a_rule_sum_to_100(sheets: Rows) -> None:
    percents: dict[str, Decimal] = defaultdict(Decimal)
    for row in sheets["rules"]:
        percents[row["rule"]] += Decimal(row["percent"])
    assert set(percents.values()) == {Decimal(100)}


def test_every_billed_string_stands_in_the_chart_for_the_same_days(sheets: Rows) -> None:
    chart = {
        (f"{row['fund']}{row['department']}.{row['object']}.{row['subobject']}", row["from"], row["to"])
        for row in sheets["chart"]
    }
    assert {(row["string"], row["from"], row["to"]) for row in sheets["billed_strings"]} == chart


def test_whoever_is_named_anywhere_is_a_department(sheets: Rows) -> None:
    departments = {row["department"] for row in sheets["departments"]}
    named = {row["department"] for kind in ("services", "codes", "rules", "budgets", "people") for row in sheets[kind]}
    assert named - {""} <= departments


def test_a_year_from_july_budgets_the_year_that_ends_next_june(tmp_path: Path) -> None:
    sheets = written(plan_city("tiny", calendar=Calendar(fiscal_year_start=7)), tmp_path)
    assert {row["fiscal_year"] for row in sheets["budgets"]} == {"2027"}
    assert [row["value"] for row in sheets["calendar"]] == ["7"]
