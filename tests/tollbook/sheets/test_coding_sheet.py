"""A coordinator's list of numbers and account strings becomes services, departments and strings."""

from datetime import date

import pytest

from ledger_core.facts.bill import Bill
from ledger_core.facts.charge import ChargeColumns
from ledger_core.facts.chart import ChartTemplate, parse_template
from ledger_core.facts.reference import Reference, ReferenceRow
from ledger_core.policy.coder import Coder
from tests.ledger_core.policy.sheets_as_text import reference_of, rows_of
from tollbook.sheets.coding_sheet import Expanded, Listed, expand
from tollbook.sheets.reading import SheetProblems

KENT = parse_template("fund:3 department:5 . object:5 . subobject:4")
CARRIER = Listed("Carrier", "1-2", date(2026, 1, 1))


def listed(
    *lines: str, template: ChartTemplate = KENT, reference: Reference | None = None, about: Listed = CARRIER
) -> Expanded:
    rows = rows_of("= coding_sheet\nnumber|name|account_string\n" + "\n".join(lines))
    return expand(rows, about, template, reference or Reference(), "phones.csv")


def cells(rows: tuple[ReferenceRow, ...]) -> list[tuple[tuple[str, ...], dict[str, str]]]:
    return [(row.key, dict(row.value)) for row in rows]


def test_each_number_becomes_a_service_of_the_account() -> None:
    found = listed("2065550100|Front desk|52001770.64160.1800", "2065550101||52001770.64160")
    assert cells(found.services) == [
        (("Carrier", "1-2", "2065550100"), {"department": "01770", "object": "64160.1800"}),
        (("Carrier", "1-2", "2065550101"), {"department": "01770", "object": "64160"}),
    ]
    assert {row.valid_from for row in found.services} == {date(2026, 1, 1)}
    assert cells(found.departments) == [(("01770",), {"fund": "520"})]
    assert found.billed_strings == ()


def test_a_charge_of_the_number_is_charged_to_the_very_string() -> None:
    found = listed("2065550100|Front desk|52001770.64160.1800")
    head = Bill("Carrier", "1-2", "USD", period_to=date(2026, 9, 30))
    coder = Coder(Reference([*found.departments, *found.services]), head, date(2026, 9, 30), "520", KENT)
    batch = ChargeColumns(1, place="1", start=0, end=1, kind="usage", exact="1", service="2065550100")
    ((bucket, _),) = coder.code_batch(batch)[0].parts
    assert (bucket.department, bucket.fund, bucket.billed) == ("01770", "520", "52001770.64160.1800")


def test_dimensions_beyond_department_and_object_are_kept_in_the_string() -> None:
    template = parse_template("fund:3 - department:2 - object:2 - project")
    found = listed("1||001-10-42-P7", "2||001-10-43", template=template)
    assert cells(found.billed_strings) == [(("10", "42"), {"string": "001-10-42-P7"})]


def test_departments_that_are_known_are_not_loaded_again() -> None:
    reference = reference_of("= departments\ndepartment|fund\n01770|520")
    assert listed("1||52001770.64160", reference=reference).departments == ()


def test_without_an_account_the_list_holds_for_any() -> None:
    (row,) = listed("1||52001770.64160", about=Listed()).services
    assert (row.key, row.valid_from) == (("", "", "1"), None)


def test_every_string_that_cannot_be_used_is_told() -> None:
    reference = reference_of("= departments\ndepartment|fund\n00010|001")
    with pytest.raises(SheetProblems) as refused:
        listed("1||5200177", "2||52000010.64160", "3||52001770.64160", reference=reference)
    assert [(problem.where, problem.found) for problem in refused.value.problems] == [
        (
            "phones.csv: number 1: account_string",
            "'5200177' does not have 5 characters of department at character 4",
        ),
        (
            "phones.csv: number 2: account_string",
            "'52000010.64160' lies in fund 520, department 00010 in 001",
        ),
    ]


def test_a_department_and_object_have_one_string() -> None:
    template = parse_template("fund:3 - department:2 - object:2 - project")
    with pytest.raises(SheetProblems, match="a second string for department 10, object 42"):
        listed("1||001-10-42-P7", "2||001-10-42-P8", template=template)


def test_a_template_without_a_fund_or_department_is_of_no_use() -> None:
    with pytest.raises(SheetProblems, match="names no department"):
        listed("1||001", template=parse_template("fund:3"))
    with pytest.raises(SheetProblems, match="names no fund"):
        listed("1||001", template=parse_template("department:3"))
