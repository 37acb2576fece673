"""Reading a sheet: CSV and XLSX give the same rows, and everything wrong with a sheet is told at once."""

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import attrs
import pytest
import xlsxwriter

from ledger_core.errors import SheetRefused, UsageRefused
from ledger_core.facts.reference import ReferenceRow
from tollbook.sheets.reading import SheetProblems, read_sheet

SERVICES = "vendor,account,service,department,object,from,to\n"


def written(folder: Path, text: str | bytes, name: str = "sheet.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def problems(folder: Path, kind: str, text: str) -> list[str]:
    """What is wrong with a sheet, as place and finding."""
    with pytest.raises(SheetProblems) as refused:
        read_sheet(written(folder, text), kind)
    assert refused.value.exit_code == 3
    return [f"{problem.where}: {problem.found}" for problem in refused.value.problems]


def workbook(folder: Path, rows: list[list[object]]) -> Path:
    path = folder / "sheet.xlsx"
    book = xlsxwriter.Workbook(path)
    page = book.add_worksheet("first")
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    for r, row in enumerate(rows):
        for c, cell in enumerate(row):
            page.write(r, c, cell, *([day] if isinstance(cell, date) else []))
    book.close()
    return path


class TestCsv:
    def test_rows_come_with_keys_days_and_values(self, tmp_path: Path) -> None:
        path = written(tmp_path, f"{SERVICES}Carrier,1-2,desk,01770,64160,2026-01-01,2026-06-30\nCarrier,,x,p,,,\n")
        first, second = read_sheet(path, "services")
        assert attrs.asdict(first) == attrs.asdict(
            ReferenceRow(
                0,
                1,
                "services",
                ("Carrier", "1-2", "desk"),
                date(2026, 1, 1),
                date(2026, 6, 30),
                {"department": "01770", "object": "64160"},
            )
        )
        assert (second.line, second.valid_from, second.value) == (2, None, {"department": "p"})

    @pytest.mark.parametrize(
        "text",
        [
            "\ufeffdepartment,fund\r\npolice,001\r\n",
            "fund;department\n001;police\n",
            "department\tfund\npolice\t001\n",
            "\n\ndepartment,fund,,\n,,,\n police , 001 \n",
            'department,fund\n"police","001"',
        ],
    )
    def test_the_ways_in_which_spreadsheet_programs_save_are_read(self, tmp_path: Path, text: str) -> None:
        if ",," in text:
            assert "a column that this sheet does not have" in problems(tmp_path, "departments", text)[0]
            return
        (row,) = read_sheet(written(tmp_path, text), "departments")
        assert (row.key, row.value) == (("police",), {"fund": "001"})

    def test_columns_stand_in_any_order_and_optional_ones_may_be_absent(self, tmp_path: Path) -> None:
        (row,) = read_sheet(written(tmp_path, "fund,department\n001,police"), "departments")
        assert row.cell("department") == "police"

    def test_numbers_are_kept_exactly_in_one_spelling(self, tmp_path: Path) -> None:
        text = "vendor,product,rate\nCarrier,A,0039.9900\nCarrier,B,1e-3\n"
        rows = read_sheet(written(tmp_path, text), "contracts")
        assert [row.value["rate"] for row in rows] == ["39.99", "0.001"]

    def test_text_is_kept_as_written(self, tmp_path: Path) -> None:
        (row,) = read_sheet(
            written(tmp_path, 'department,name,fund\n007,"Zoë, ""Parks""\nand more",001'), "departments"
        )
        assert row.value["name"] == 'Zoë, "Parks"\nand more'


class TestProblems:
    def test_unknown_repeated_and_missing_columns_are_refused(self, tmp_path: Path) -> None:
        found = problems(tmp_path, "departments", "department,boss,name,name\npolice,x,y,z\n")
        assert [line.split(";")[0] for line in found] == [
            "sheet.csv:1: boss: a column that this sheet does not have",
            "sheet.csv:1: name: a column that stands twice",
            "sheet.csv:1: fund: a column that is missing",
        ]

    def test_every_bad_cell_is_told_with_row_and_column(self, tmp_path: Path) -> None:
        text = (
            f"{SERVICES}Carrier,1,desk,,42,2026-02-30,\n\nCarrier,1,pole,parks,42,01/02/2026,20260101\n"
            "Carrier,1,hall,parks,=A1,2026-03-01,2026-02-01\nCarrier,1,h,parks,,2026-03-01,2026-02-01\n,,,parks,42,,\nCarrier,1,x,parks,42,,,more\n"
        )
        assert problems(tmp_path, "services", text) == [
            "sheet.csv:2: department: an empty cell",
            "sheet.csv:2: from: '2026-02-30' is a day that does not exist",
            "sheet.csv:4: from: '01/02/2026' is not a date as year-month-day",
            "sheet.csv:4: to: '20260101' is not a date as year-month-day",
            "sheet.csv:5: object: the formula =A1",
            "sheet.csv:6: to: 2026-02-01 lies before 2026-03-01",
            "sheet.csv:7: vendor: a row that names nothing",
            "sheet.csv:8: (end): more cells than headers",
        ]

    @pytest.mark.parametrize("amount", ["NaN", "1e999", "Infinity", "1,000.00", "$5", "0x10", "٣"])
    def test_what_is_not_a_number_is_not_money(self, tmp_path: Path, amount: str) -> None:
        text = f'fiscal_year,department,amount\n2026,police,"{amount}"\n'
        (found,) = problems(tmp_path, "budgets", text)
        assert found == f"sheet.csv:2: amount: '{amount}' is not a plain decimal number"

    def test_money_that_the_currency_cannot_pay_is_told(self, tmp_path: Path) -> None:
        """A statement shows whole cents; a budget of a tenth of one could not be shown."""
        path = written(tmp_path, "fiscal_year,department,amount\n2026,police,12.34\n2026,parks,12.345\n")
        with pytest.raises(SheetProblems, match=r"sheet.csv:3: amount: '12.345' holds a fraction .* of USD"):
            read_sheet(path, "budgets", "USD")
        assert [row.cell("amount") for row in read_sheet(path, "budgets", "KWD")] == ["12.34", "12.345"]

    def test_a_byte_that_is_no_text_is_named_by_its_own_place(self, tmp_path: Path) -> None:
        path = written(tmp_path, b"\xef\xbb\xbffund,name\n001,\x92s\n")
        with pytest.raises(SheetRefused, match=r"sheet.csv:2: byte 17 is not UTF-8 \(0x92\)"):
            read_sheet(path, "funds")

    @pytest.mark.parametrize(
        ("kind", "text", "expected"),
        [
            ("vendor_accounts", "vendor,account,treatment,cycle_day\nC,1,recover,32", "'32' is not from 1 to 31"),
            ("vendor_accounts", "vendor,account,treatment,cycle_day\nC,1,recover,1.5", "'1.5' is not a whole number"),
            ("vendor_accounts", "vendor,account,treatment\nC,1,gift", "is not one of recover, reimburse, direct"),
            ("account_roles", "role,account\npaybale,213", "'paybale' is not one of cost, payable"),
            ("calendar", "key,value\nfiscal_year_start_month,13", "'13' is not a month from 1 to 12"),
            ("rules", "rule,priority,department,percent\nr,1,police,0", "'0' is not above 0 and at most 100"),
            ("rules", "rule,priority,department,percent\nr,1,police,99.5", "the percents of rule r sum to 99.5"),
            (
                "rules",
                "rule,priority,department,percent\nr,1,police,50\nr,2,parks,50",
                "'2', but row 2 of rule r has '1'",
            ),
            ("funds", "fund\n001\n001", "the same fund and first day as in row 2"),
        ],
    )
    def test_values_that_make_no_sense_are_told(self, tmp_path: Path, kind: str, text: str, expected: str) -> None:
        (found,) = problems(tmp_path, kind, text)
        assert expected in found

    def test_a_rule_may_change_its_percents_with_the_day(self, tmp_path: Path) -> None:
        text = "rule,priority,from,department,percent\nr,1,,police,100\n"
        text += "r,1,2026-07-01,parks,33.3\nr,1,2026-07-01,water,66.7\n"
        rows = read_sheet(written(tmp_path, text), "rules")
        assert [Decimal(row.value["percent"]) for row in rows] == [Decimal(100), Decimal("33.3"), Decimal("66.7")]

    def test_the_message_shows_the_first_ten_and_counts_the_others(self, tmp_path: Path) -> None:
        text = SERVICES + "Carrier,1,x,,,,\n" * 12
        with pytest.raises(SheetProblems, match=r"sheet\.csv: 12 problems: .*; and 2 more\. Nothing was loaded\.$"):
            read_sheet(written(tmp_path, text), "services")

    @pytest.mark.parametrize(
        ("content", "where", "found"),
        [
            (b"", "sheet.csv", "it is empty"),
            (b"department,fund\n", "sheet.csv", "it has a header and no rows"),
            (b"department,fund\npolice,001\nZo\xeb,001\n", "sheet.csv:3", r"byte 29 is not UTF-8 \(0xeb\)"),
            (b"department,fund\npo\x00lice,001\n", "sheet.csv", "a NUL character"),
            (b'department,fund\n"police"x,001\n', "sheet.csv:2", "a row is broken"),
            (b'department,fund\n"' + b"x" * 200_000 + b'",001\n', "sheet.csv:2", "a row is broken"),
            (b"PK\x03\x04 not a workbook", "sheet.csv", "it cannot be read as a workbook"),
        ],
    )
    def test_what_is_no_sheet_is_refused_whole(self, tmp_path: Path, content: bytes, where: str, found: str) -> None:
        with pytest.raises(SheetRefused, match=rf"{where}: {found}") as refused:
            read_sheet(written(tmp_path, content), "departments")
        assert (refused.value.code, refused.value.exit_code) == ("sheet-refused", 3)

    def test_a_file_that_is_not_there_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(SheetRefused, match="it cannot be read"):
            read_sheet(tmp_path / "absent.csv", "departments")

    def test_an_unknown_kind_lists_the_kinds(self, tmp_path: Path) -> None:
        with pytest.raises(UsageRefused, match=r"'deparments' is not a kind of sheet\. Use one of account_roles"):
            read_sheet(tmp_path / "x.csv", "deparments")


class TestWorkbook:
    def test_a_workbook_gives_the_same_rows_as_csv(self, tmp_path: Path) -> None:
        rows: list[list[object]] = [
            ["vendor", "account", "service", "department", "object", "from", "to"],
            ["Carrier", "1-2", 2065550100, "01770", 64160, date(2026, 1, 1), datetime(2026, 6, 30)],  # noqa: DTZ001 # as a cell holds it
            [],
            ["Carrier", "1-2", "x", "p", "", "2026-01-01", None],
        ]
        text = f"{SERVICES}Carrier,1-2,2065550100,01770,64160,2026-01-01,2026-06-30\n\nCarrier,1-2,x,p,,2026-01-01,\n"
        read = read_sheet(workbook(tmp_path, rows), "services")
        assert [attrs.asdict(row) for row in read] == [
            attrs.asdict(row) for row in read_sheet(written(tmp_path, text), "services")
        ]

    def test_a_number_typed_into_a_cell_keeps_its_digits(self, tmp_path: Path) -> None:
        rows: list[list[object]] = [
            ["vendor", "product", "rate"],
            ["Carrier", "A", Decimal("39.99")],
            ["Carrier", "B", 1],
        ]
        read = read_sheet(workbook(tmp_path, rows), "contracts")
        assert [row.value["rate"] for row in read] == ["39.99", "1"]

    def test_cells_that_lost_digits_or_are_no_text_are_told_by_the_row_that_is_shown(self, tmp_path: Path) -> None:
        rows: list[list[object]] = [["department", "fund"], [], [89014103211118500000, "001"], [True, "001"]]
        with pytest.raises(SheetProblems) as refused:
            read_sheet(workbook(tmp_path, rows), "departments")
        assert [problem.where for problem in refused.value.problems] == [
            "sheet.xlsx:3: department",
            "sheet.xlsx:4: department",
        ]
        assert "lost digits" in refused.value.problems[0].found

    def test_a_workbook_that_unpacks_to_far_too_much_is_refused(self, tmp_path: Path) -> None:
        path = tmp_path / "bomb.xlsx"
        with ZipFile(path, "w", ZIP_DEFLATED) as archive:
            archive.writestr("xl/worksheets/sheet1.xml", b" " * (8 << 20))
        with pytest.raises(SheetRefused, match="unpacks to far more"):
            read_sheet(path, "departments")
