"""The table of a statement: a row a line, exact figures, and no cell that a spreadsheet would run."""

import csv
import io
from typing import Any

import pytest

from tests.tollbook.statement.statements import line, statement
from tollbook.statement.table import COLUMNS, table


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_there_is_a_row_for_each_line_and_its_section() -> None:
    read = rows(
        table(
            statement(
                line(),
                line(9900, kind="equipment"),
                line(-500, corrects="2026-07"),
                kept=(line(700, way="retained"),),
                held=(line(300),),
                pending=(line(200),),
            )
        )
    )
    assert [(row["section"], row["amount"]) for row in read] == [
        ("month", "42.50"),
        ("one-time", "99.00"),
        ("correction", "-5.00"),
        ("kept", "7.00"),
        ("held", "3.00"),
        ("pending", "2.00"),
    ]
    assert read[2]["corrects"] == "2026-07"


def test_the_header_is_fixed_and_rows_end_as_spreadsheets_expect() -> None:
    text = table(statement(line()))
    assert text.startswith(",".join(COLUMNS) + "\r\n")
    assert text.count("\r\n") == 2


@pytest.mark.parametrize("formula", ["=cmd|' /C calc'!A0", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "  =1"])
@pytest.mark.parametrize("field", ["vendor", "account", "number", "service", "product", "text", "unit", "why"])
def test_no_text_of_a_bill_is_a_formula(formula: str, field: str) -> None:
    said: dict[str, Any] = {field: formula}
    (row,) = rows(table(statement(line(**said))))
    assert not any(cell.lstrip().startswith(("=", "+", "@")) for cell in row.values())
    assert [name for name, cell in row.items() if cell.startswith("-")] == []


def test_a_negative_amount_stays_a_number() -> None:
    (row,) = rows(table(statement(line(-1, exact="-0.004"))))
    assert (row["amount"], row["exact"]) == ("-0.01", "-0.004")
