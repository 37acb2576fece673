"""The worksheet: what waits is locked, what is decided comes back, and every cell that was altered is named."""

import zipfile
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger_core.engine.recoding import Target
from ledger_core.errors import LedgerUnavailable, SheetRefused
from ledger_core.projections.exceptions import ExceptionItem
from tests.tollbook.worksheet.clerk import fill_in
from tollbook.sheets.grid import read_grid
from tollbook.sheets.reading import SheetProblems
from tollbook.worksheet.columns import HEADERS, LOCKED, Decided, cell_name, harmless
from tollbook.worksheet.reading import Decision, read_worksheet
from tollbook.worksheet.writing import Lists, write_worksheet

MADE = datetime(2026, 9, 1, 8, tzinfo=UTC)
LISTS = Lists(("IT", "Parks", "Police"), ("maria", "rosa"))
SUSPENSE = ExceptionItem(
    "S-0000000000000001", "suspense", "unassigned", "B-0123456789abcdef-0", "B-0123456789abcdef-0:3", "Union Tel",
    -1016, "USD", "rosa", "2026-09-20", "2065559999 on Union Tel 1, 1 line", "2065559999", 1,
)  # fmt: skip
EXCEPTION = attrs.evolve(SUSPENSE, item="X-0000000000000002", kind="exception", code="charge-code-unknown", charge=None)
ITEMS = [SUSPENSE, EXCEPTION]
CODE = {"decision": "code", "department": "Police", "object": "5420", "reason": "desk"}


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """The worksheet of a line in suspense (row 2) and an exception (row 3)."""
    path = tmp_path / "monday.xlsx"
    write_worksheet(path, ITEMS, LISTS, MADE)
    return path


def read(book: Path, items: list[ExceptionItem] | None = None) -> list[Decision]:
    return read_worksheet(book, ITEMS if items is None else items, LISTS.departments)


def refused(book: Path) -> list[str]:
    """Where the problems are: cell and column of each."""
    with pytest.raises(SheetProblems) as found:
        read(book)
    return [problem.where.partition(":")[2] for problem in found.value.problems]


@pytest.mark.parametrize("decision", ["hold", "dispute"])
def test_what_has_charges_can_be_held_and_disputed(book: Path, decision: str) -> None:
    objected = attrs.evolve(EXCEPTION, kind="check", charges=((3, 500),))
    write_worksheet(book, [SUSPENSE, objected], LISTS, MADE)
    typed = {"decision": decision, "reason": "the contract says 25.00"}
    fill_in(book, {SUSPENSE.item: typed, objected.item: typed})
    found = read(book, [SUSPENSE, objected])
    assert [(one.item.item, one.decided) for one in found] == [
        (SUSPENSE.item, Decided(decision)), (objected.item, Decided(decision)),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "decision"), [("exception", "hold"), ("exception", "dispute"), ("hold", "hold"), ("dispute", "dispute")]
)
def test_what_has_no_charges_or_is_held_already_is_neither_held_nor_disputed(
    book: Path, kind: str, decision: str
) -> None:
    item = attrs.evolve(EXCEPTION, kind=kind, charges=() if kind == "exception" else ((3, 500),))
    write_worksheet(book, [item], LISTS, MADE)
    fill_in(book, {item.item: {"decision": decision, "reason": "r"}})
    with pytest.raises(SheetProblems) as found:
        read(book, [item])
    assert [problem.where.rpartition(": ")[2] for problem in found.value.problems] == ["decision"]


def test_the_same_items_make_the_same_workbook(book: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.xlsx"
    write_worksheet(again, ITEMS, LISTS, MADE)
    assert again.read_bytes() == book.read_bytes()


def test_each_item_is_a_row_with_its_amount_as_a_number(book: Path) -> None:
    grid = read_grid(book)
    assert grid.header == HEADERS
    assert [cells[:8] for _, cells in grid.rows] == [
        ("S-0000000000000001", "suspense", "unassigned", "B-0123456789abcdef-0", "B-0123456789abcdef-0:3", "Union Tel",
         "-10.16", "USD"),
        ("X-0000000000000002", "exception", "charge-code-unknown", "B-0123456789abcdef-0", "", "Union Tel", "-10.16",
         "USD"),
    ]  # fmt: skip


def test_the_sheet_is_protected_and_lists_what_can_be_chosen(book: Path) -> None:
    with zipfile.ZipFile(book) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
        texts = archive.read("xl/sharedStrings.xml").decode()
    assert "<sheetProtection " in sheet
    assert sheet.count("<dataValidation ") == 5  # decision, three departments, owner
    assert 'topLeftCell="B2"' in sheet
    assert all(f">{name}<" in texts for name in (*LISTS.departments, *LISTS.people, *Decided))


def test_a_row_without_a_decision_stays_in_the_queue(book: Path) -> None:
    assert read(book) == []


def test_a_row_without_a_decision_may_be_of_an_item_that_is_decided(book: Path) -> None:
    assert read(book, []) == []


def test_what_is_decided_comes_back(book: Path) -> None:
    fill_in(book, {SUSPENSE.item: CODE, EXCEPTION.item: {"decision": "accept", "reason": "new plan"}})
    assert read(book) == [
        Decision(SUSPENSE, Decided.CODE, "desk", (Target("Police", "5420", Fraction(100)),)),
        Decision(EXCEPTION, Decided.ACCEPT, "new plan"),
    ]


def test_a_split_comes_back_with_its_percents(book: Path) -> None:
    split = {**CODE, "percent": "33.3333", "department_2": "Parks", "percent_2": "66.6667"}
    fill_in(book, {SUSPENSE.item: split})
    (decision,) = read(book)
    assert [(target.department, target.weight) for target in decision.targets] == [
        ("Police", Fraction(333333, 10000)),
        ("Parks", Fraction(666667, 10000)),
    ]


def test_assigning_and_retaining_need_no_department(book: Path) -> None:
    assigned = {"decision": "assign", "owner": "rosa"}
    fill_in(book, {SUSPENSE.item: {"decision": "retain", "reason": "pilot"}, EXCEPTION.item: assigned})
    assert read(book) == [
        Decision(SUSPENSE, Decided.RETAIN, "pilot"),
        Decision(EXCEPTION, Decided.ASSIGN, "assigned", owner="rosa"),
    ]


@pytest.mark.parametrize(
    ("column", "typed", "cell"),
    [
        ("item", "S-0000000000000009", "A2: item"),
        ("kind", "exception", "B2: kind"),
        ("bill", "B-0123456789abcdef-1", "D2: bill"),
        ("charge", "B-0123456789abcdef-0:4", "E2: charge"),
        ("amount", "-10.17", "G2: amount"),
        ("amount", "ten", "G2: amount"),
        ("currency", "CAD", "H2: currency"),
    ],
)
def test_an_altered_locked_cell_is_named(book: Path, column: str, typed: str, cell: str) -> None:
    fill_in(book, {SUSPENSE.item: {**CODE, column: typed}})
    assert refused(book) == [cell]


@pytest.mark.parametrize(
    ("typed", "cell"),
    [
        ({**CODE, "decision": "codify"}, "K2: decision"),
        ({**CODE, "decision": ""}, "K2: decision"),
        ({**CODE, "decision": "accept"}, "K2: decision"),
        ({**CODE, "department": "Polcie"}, "L2: department"),
        ({**CODE, "department": ""}, "L2: department"),
        ({**CODE, "percent": "60"}, "M2: percent"),
        ({**CODE, "percent": "NaN"}, "M2: percent"),
        ({**CODE, "percent": "1e999"}, "M2: percent"),
        ({**CODE, "percent_2": "40"}, "O2: percent_2"),
        ({**CODE, "department_2": "Police", "percent": "50", "percent_2": "50"}, "N2: department_2"),
        ({**CODE, "reason": ""}, "T2: reason"),
        ({**CODE, "reason": "=HYPERLINK(1)"}, "T2: reason"),
        ({"decision": "assign"}, "S2: owner"),
    ],
)
def test_a_decision_that_cannot_be_followed_is_named(book: Path, typed: dict[str, str], cell: str) -> None:
    fill_in(book, {SUSPENSE.item: typed})
    assert cell in refused(book)


def test_only_suspense_is_coded(book: Path) -> None:
    fill_in(book, {EXCEPTION.item: CODE})
    assert refused(book) == ["K3: decision"]


def test_every_problem_is_told_at_once(book: Path) -> None:
    fill_in(book, {SUSPENSE.item: {**CODE, "reason": "", "vendor": "Other"}, EXCEPTION.item: CODE})
    assert refused(book) == ["F2: vendor", "T2: reason", "K3: decision"]


def test_an_item_that_stands_twice_is_decided_once(book: Path) -> None:
    fill_in(book, {SUSPENSE.item: CODE, EXCEPTION.item: {**CODE, "item": SUSPENSE.item}})
    assert "A3: item" in refused(book)


def test_another_sheet_is_refused_by_its_header(tmp_path: Path) -> None:
    other = tmp_path / "other.csv"
    other.write_text("item,decision\nS-1,code\n", "utf-8")
    with pytest.raises(SheetProblems, match="missing"):
        read(other)


def test_what_is_no_workbook_is_refused(tmp_path: Path) -> None:
    broken = tmp_path / "broken.xlsx"
    broken.write_bytes(b"PK\x03\x04 and then nothing")
    with pytest.raises(SheetRefused):
        read(broken)


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(LedgerUnavailable, match="cannot be written"):
        write_worksheet(tmp_path / "nowhere" / "monday.xlsx", ITEMS, LISTS, MADE)


@pytest.mark.parametrize("vendor", ["=1+1", "+1 Tel", "@SUM(A1)", "-cmd", "\tTab", "'quoted", "Union Tel"])
def test_a_vendor_cannot_slip_a_formula_into_the_workbook(tmp_path: Path, vendor: str) -> None:
    """Nor into what is copied from it; and the harmless form comes back as the same item."""
    item = attrs.evolve(SUSPENSE, vendor=vendor, text=vendor)
    path = tmp_path / "monday.xlsx"
    write_worksheet(path, [item], LISTS, MADE)
    with zipfile.ZipFile(path) as archive:
        assert "<f>" not in archive.read("xl/worksheets/sheet1.xml").decode()
    fill_in(path, {item.item: CODE})
    (decision,) = read_worksheet(path, [item], LISTS.departments)
    assert decision.item == item


@given(st.text(max_size=20))
def test_a_harmless_text_never_begins_like_a_formula(text: str) -> None:
    assert not harmless(text).startswith(("=", "+", "-", "@", "\t", "\r"))
    assert harmless(text).endswith(text)


@pytest.mark.parametrize(("row", "column", "name"), [(1, 0, "A1"), (2, 25, "Z2"), (3, 26, "AA3"), (4, 701, "ZZ4")])
def test_cells_are_named_as_spreadsheets_name_them(row: int, column: int, name: str) -> None:
    assert cell_name(row, column) == name


def test_nothing_that_waits_still_makes_a_workbook(tmp_path: Path) -> None:
    path = tmp_path / "monday.xlsx"
    write_worksheet(path, [], Lists(), MADE)
    assert read_grid(path).header == HEADERS
    assert len(LOCKED) == 10
