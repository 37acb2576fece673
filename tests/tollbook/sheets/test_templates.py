"""The sheets of a new site: they load, they are recognised as examples, and a page explains them."""

from datetime import date
from pathlib import Path

import pytest

from ledger_core.facts.chart import parse_template
from ledger_core.facts.entry import Role
from ledger_core.facts.reference import Reference
from ledger_core.facts.sheet import SHEETS
from ledger_core.policy.buckets import default_fund
from tollbook.sheets.coding_sheet import Listed, expand
from tollbook.sheets.reading import read_sheet
from tollbook.sheets.templates import CHART_TEMPLATES, Template, first_rows, guide, is_example, write_templates

pytestmark = pytest.mark.parametrize("template", list(Template))


def test_every_sheet_is_laid_out_with_headers_and_one_row_that_would_load(tmp_path: Path, template: Template) -> None:
    written = write_templates(tmp_path / "reference", template)
    assert [path.name for path in written] == [*(f"{name}.csv" for name in SHEETS), "README.md"]
    for name in SHEETS:
        rows = read_sheet(tmp_path / "reference" / f"{name}.csv", name)
        assert is_example(rows), name


def test_a_filled_sheet_is_no_example(tmp_path: Path, template: Template) -> None:
    write_templates(tmp_path, template)
    path = tmp_path / "departments.csv"
    with path.open("a", encoding="utf-8") as stream:
        stream.write("parks,Parks,001,,,\n")
    assert not is_example(read_sheet(path, "departments"))
    path.write_text("department,fund\nparks,001\n", "utf-8")
    assert not is_example(read_sheet(path, "departments"))


def test_files_that_somebody_filled_are_left_alone(tmp_path: Path, template: Template) -> None:
    mine = tmp_path / "services.csv"
    mine.write_text("mine", "utf-8")
    assert mine not in write_templates(tmp_path, template)
    assert mine.read_text("utf-8") == "mine"
    assert write_templates(tmp_path, template) == []


def test_example_rows_agree_with_one_another(tmp_path: Path, template: Template) -> None:
    """The example of the coding sheet is written by the template, in the fund of the example department."""
    write_templates(tmp_path, template)
    chart = parse_template(CHART_TEMPLATES[template])
    expanded = expand(read_sheet(tmp_path / "coding_sheet.csv", "coding_sheet"), Listed(), chart, Reference())
    departments = read_sheet(tmp_path / "departments.csv", "departments")
    assert [row.key for row in expanded.departments] == [row.key for row in departments]


def test_a_bare_site_has_a_fund_that_pays_and_an_account_for_every_role(template: Template) -> None:
    rows = first_rows(template)
    assert [row.key[0] for row in rows["account_roles"]] == [role.value for role in Role]
    assert all(row.value["account"] for row in rows["account_roles"])
    reference = Reference([row for sheet in rows.values() for row in sheet])
    assert default_fund(reference, date(2026, 1, 1)) == rows["funds"][0].key[0]


def test_the_guide_documents_every_column_of_every_sheet(template: Template) -> None:
    page = guide(template)
    assert CHART_TEMPLATES[template] in page
    for sheet in SHEETS.values():
        section = page.split(f"## {sheet.name}\n", 1)[1].split("\n## ")[0]
        for column in sheet.columns:
            assert f"| `{column.name}` |" in section
            assert column.meaning.endswith(".")
