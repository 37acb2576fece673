"""Bills typed from paper: numbers stay what was typed, the paper's total decides, and no workbook can do harm."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importers.bill_sheet import BillSheet, importers
from ledger_core import DocumentRefused, Importer, Lookalike, Recognition
from tests.importers.hostility import damaged, files, outcome, posts, repacked
from tests.importers.judging import judge
from tests.importers.reading import assert_golden, document, read
from tests.importers.typed_bill import Value, write_bill

_SAMPLE = Path(__file__).parent / "samples" / "bill_sheet" / "harbour-electric.xlsx"
_READER = BillSheet()

_HEAD: dict[str, Value] = {
    "vendor": "Harbour Electric",
    "account": "00471-2",
    "number": 88120,
    "bill_date": date(2026, 8, 31),
    "due_date": "2026-09-20",
    "period_from": date(2026, 8, 1),
    "period_to": date(2026, 8, 31),
    "currency": "USD",
    "total": Decimal("118.57"),
    "previous_balance": Decimal("90.1"),
    "payments": Decimal("-90.1"),
    "adjustments": "-4.00",
    "amount_due": Decimal("118.57"),
    "scan": "harbour-electric-2026-08.pdf",
}
_LINES: list[dict[str, Value]] = [
    {
        "line": 1,
        "service": 2065550100,
        "kind": "usage",
        "product": "ENERGY",
        "text": "=Pump house, meter 7",
        "quantity": 940,
        "unit": "kWh",
        "rate": "0.1168",
        "amount": Decimal("109.79"),
        "from": date(2026, 8, 1),
        "to": date(2026, 8, 31),
        "customer_code": "PW-20",
    },
    {"line": 2, "kind": "recurring", "product": "SERVICE", "amount": Decimal("9.25")},
    {"line": 3, "kind": "adjustment", "product": "July meter reading", "amount": Decimal(-4)},
    {"line": 4, "kind": "tax", "product": "City tax", "amount": Decimal("3.53")},
]


def _typed(folder: Path, head: dict[str, Value] | None = None, lines: list[dict[str, Value]] | None = None) -> Path:
    return write_bill(folder / "bill.xlsx", _HEAD | (head or {}), _LINES if lines is None else lines)


def _without(label: str) -> dict[str, Value]:
    return {name: value for name, value in _HEAD.items() if name != label}


def test_it_registers_like_any_other_importer() -> None:
    (importer,) = importers()
    assert isinstance(importer, Importer)
    assert importer.states_total


def test_a_typed_bill_reads_as_the_golden_file_says() -> None:
    assert isinstance(_READER.identify(document(_SAMPLE)), Recognition)
    result = read(_READER, _SAMPLE)
    assert_golden(result, _SAMPLE.with_suffix(".json"))
    assert judge(result)[0].reason == ""


def test_the_sample_is_what_the_writer_types_today(tmp_path: Path) -> None:
    """Only the sizes may differ, for another release of the writer packs otherwise."""
    (ours,), (sample,) = read(_READER, _typed(tmp_path)).bills, read(_READER, _SAMPLE).bills
    assert ours.head == sample.head
    assert [(c.exact, c.text, c.locator.place) for c in ours.charges] == [
        (c.exact, c.text, c.locator.place) for c in sample.charges
    ]


def test_a_number_cell_is_the_decimal_that_was_typed(tmp_path: Path) -> None:
    """0.1 + 0.2 is 0.3 here, and whole numbers keep no point."""
    lines: list[dict[str, Value]] = [
        {"kind": "usage", "amount": Decimal("0.1")},
        {"kind": "usage", "amount": Decimal("0.2")},
    ]
    path = write_bill(
        tmp_path / "bill.xlsx", _without("adjustments") | {"total": Decimal("0.3"), "amount_due": "0.3"}, lines
    )
    (verdict,) = judge(read(_READER, path))
    assert (verdict.reason, verdict.computed) == ("", Decimal("0.3"))


@given(cents=st.integers(-(10**11), 10**11), places=st.integers(0, 4))
def test_every_amount_that_people_type_comes_back_exactly(
    cents: int, places: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    amount = Decimal(cents).scaleb(-places)
    path = tmp_path_factory.getbasetemp() / "typed.xlsx"
    head = _without("adjustments") | {"total": amount, "amount_due": format(amount, "f")}
    write_bill(path, head, [{"kind": "usage", "amount": amount}])
    (bill,) = read(_READER, path).bills
    assert bill.charges[0].exact == amount


@pytest.mark.parametrize(
    ("head", "reason"),
    [
        ({"total": Decimal("118.58"), "amount_due": Decimal("118.58")}, "gap=0.01"),
        ({"amount_due": Decimal("118.75")}, "gap=0.18"),
        ({"previous_balance": Decimal("90.11")}, "gap=-0.01"),
        ({"adjustments": "-4.01"}, "gap=-0.01"),
    ],
)
def test_what_the_paper_states_decides(head: dict[str, Value], reason: str, tmp_path: Path) -> None:
    (verdict,) = judge(read(_READER, _typed(tmp_path, head)))
    assert verdict.reason == reason


@given(data=st.data())
def test_no_digit_of_an_amount_or_stated_figure_changes_unnoticed(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.getbasetemp()
    figures = ("total", "previous_balance", "payments", "adjustments", "amount_due")
    places = [(None, name) for name in figures] + [(at, "amount") for at in range(len(_LINES))]
    line, name = data.draw(st.sampled_from(places))
    old = str(_HEAD[name] if line is None else _LINES[line][name])
    at = data.draw(st.sampled_from([place for place, sign in enumerate(old) if sign.isdigit()]))
    new = old[:at] + data.draw(st.sampled_from([d for d in "0123456789" if d != old[at]])) + old[at + 1 :]
    head = _HEAD | ({name: Decimal(new)} if line is None else {})
    lines = [row | ({name: Decimal(new)} if number == line else {}) for number, row in enumerate(_LINES)]
    path = write_bill(folder / "changed.xlsx", head, lines)
    assert judge(read(_READER, path))[0].reason.startswith("gap=")


@pytest.mark.parametrize(
    ("head", "found"),
    [
        ({"total": "1,118.57"}, "total is '1,118.57', no number"),
        ({"total": "NaN"}, "total is 'NaN', no number"),
        ({"total": date(2026, 8, 1)}, "no number"),
        ({"bill_date": "31.08.2026"}, "no date"),
        ({"bill_date": "2026-02-30"}, "a day that the calendar does not have"),
        ({"bill_date": 46000}, "no date"),
        ({"currency": "dollars"}, "no three-letter code"),
        ({"account": Decimal("12.5")}, "not a whole number"),
        ({"period_to": ""}, "the period has one end"),
        ({"number": "", "period_from": "", "period_to": ""}, "neither number nor period"),
        ({"vendor": ""}, "does not state vendor"),
        ({"vat": "3"}, "'vat', no label"),
        ({"Total:": "3"}, "says total a second time"),
    ],
)
def test_a_first_page_typed_wrong_is_refused_with_its_cell(head: dict[str, Value], found: str, tmp_path: Path) -> None:
    with pytest.raises(DocumentRefused) as caught:
        read(_READER, _typed(tmp_path, head))
    assert found in caught.value.found
    assert caught.value.where.startswith("bill.xlsx")


@pytest.mark.parametrize("written", ["0.30000000000000004", "1e300", "1E-7", "1234567890123456", "1.0000001"])
def test_a_number_that_a_workbook_does_not_keep_is_refused(written: str) -> None:
    """Such cells come from formulas; what stands in them is no figure of a bill."""
    body = repacked(_SAMPLE.read_bytes(), lambda _, part: part.replace(b"<v>118.57</v>", f"<v>{written}</v>".encode()))
    with files({"bill.xlsx": body}) as (path,), pytest.raises(DocumentRefused) as caught:
        read(_READER, path)
    assert "a number that a workbook does not keep exactly" in caught.value.found
    assert caught.value.where == "bill.xlsx:bill!B9"


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ({"kind": "toll", "amount": "1"}, "kind is 'toll', no kind of charge"),
        ({"kind": "usage"}, "row 5 of the sheet `lines` lacks amount"),
        ({"amount": "1"}, "row 5 of the sheet `lines` lacks kind"),
        ({"kind": "usage", "amount": "1", "line": 2}, "not above the line before it"),
        ({"kind": "usage", "amount": "1", "from": "2026-08-02", "to": "2026-08-01"}, "where the line starts"),
        ({"kind": "usage", "amount": "1", "meter": "7"}, "'meter', no header"),
        ({"kind": "usage", "amount": "1", "": "7"}, "holds something under no header"),
        ({"kind": "usage", "amount": "1", "quantity": "many"}, "quantity is 'many', no number"),
    ],
)
def test_a_line_typed_wrong_is_refused_with_its_place(line: dict[str, Value], found: str, tmp_path: Path) -> None:
    with pytest.raises(DocumentRefused) as caught:
        read(_READER, _typed(tmp_path, lines=[*_LINES[:3], line]))
    assert found in caught.value.found


def test_a_bill_without_lines_has_no_lines(tmp_path: Path) -> None:
    with pytest.raises(DocumentRefused) as caught:
        read(_READER, _typed(tmp_path, lines=[{"kind": "", "amount": ""}]))
    assert caught.value.code == "no-lines"


def test_other_workbooks_are_not_ours() -> None:
    body = _SAMPLE.read_bytes()
    other = repacked(body, lambda _, part: part.replace(b'name="bill"', b'name="invoice"'))
    half = repacked(body, lambda _, part: part.replace(b'name="lines"', b'name="rows"'))
    with files({"other.xlsx": other, "half.xlsx": half, "text.xlsx": b"bill", "empty.xlsx": b""}) as paths:
        found = [_READER.identify(document(path)) for path in paths]
        assert found[0] is None
        assert isinstance(found[1], Lookalike)
        assert found[2:] == [None, None]
        with pytest.raises(DocumentRefused):
            read(_READER, paths[1])


@given(body=st.binary(max_size=400), prefix=st.sampled_from([b"", b"PK\x03\x04", b"PK\x05\x06" + b"\0" * 18]))
def test_random_bytes_never_surprise(body: bytes, prefix: bytes) -> None:
    assert not posts(outcome(_READER, {"bill.xlsx": prefix + body}))


@given(data=st.data())
def test_a_damaged_archive_never_posts_another_total(data: st.DataObject) -> None:
    _never_another_total(data.draw(damaged(_SAMPLE.read_bytes())))


@given(data=st.data())
def test_a_damaged_sheet_in_a_whole_archive_never_posts_another_total(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(["sheet1.xml", "sheet2.xml", "sharedStrings.xml", "workbook.xml", "styles.xml"]))
    _never_another_total(
        repacked(
            _SAMPLE.read_bytes(), lambda found, part: data.draw(damaged(part)) if found.endswith(f"/{name}") else part
        )
    )


def _never_another_total(body: bytes) -> None:
    found = outcome(_READER, {"bill.xlsx": body})
    if posts(found):
        assert isinstance(found, tuple)
        assert found[0].computed == Decimal("118.57")
