"""Verizon Wireless: four files, one bill; every caption of it is a control, and dates find their year."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importers.verizon_wireless import VerizonWireless, importers
from ledger_core import ChargeKind, DocumentRefused, Importer, LineSum, Lookalike, Recognition, Usage
from tests.importers.hostility import cells_of, damaged, files, one_digit_changed, outcome, posts
from tests.importers.judging import gap, judge
from tests.importers.reading import assert_golden, document, located, read

_PARTS = (
    "AccountSummary",
    "Account & Wireless Summary",
    "Acct & Wireless Charges Detail Summary Usage",
    "Wireless Usage Detail",
)
_SAMPLE = Path(__file__).parent / "samples" / "verizon_wireless"
_READER = VerizonWireless()
# The columns, counted from 1, that hold money: the account's captions, the lines' captions, the cost, the calls' costs.
_MONEY = {0: range(8, 29), 1: range(12, 20), 2: range(22, 23), 3: range(19, 22)}


def _bodies(folder: Path = _SAMPLE, ending: str = ".txt") -> dict[str, bytes]:
    return {part: (folder / f"{part}{ending}").read_bytes() for part in _PARTS}


def _replaced(part: int, old: bytes, new: bytes) -> dict[str, bytes]:
    bodies = _bodies()
    assert old in bodies[_PARTS[part]]
    return bodies | {_PARTS[part]: bodies[_PARTS[part]].replace(old, new, 1)}


def _paths(folder: Path, ending: str = ".txt") -> list[Path]:
    return [folder / f"{part}{ending}" for part in _PARTS]


def test_it_registers_like_any_other_importer() -> None:
    (importer,) = importers()
    assert isinstance(importer, Importer)
    assert importer.states_total


def test_each_part_says_which_it_is_and_of_which_bill() -> None:
    found = [_READER.identify(document(path)) for path in _paths(_SAMPLE)]
    assert found == [Recognition(part, _PARTS, "700100200-00001/7700110022") for part in _PARTS]


def test_a_report_of_other_columns_is_a_lookalike() -> None:
    bodies = _replaced(3, b"Usage Category", b"Something Else")
    with files(bodies) as paths:
        assert isinstance(_READER.identify(document(paths[3])), Lookalike)
    with files({"a.txt": b"Bill Cycle Date\tAccount Number\n", "b.txt": b""}) as (other, empty):
        assert _READER.identify(document(other)) is None
        assert _READER.identify(document(empty)) is None


def test_a_bill_reads_as_the_golden_file_says() -> None:
    """Its period crosses the new year; it has a late fee, credits, third-party charges and an adjustment."""
    result = read(_READER, *_paths(_SAMPLE))
    assert_golden(result, _SAMPLE / "bill.json")
    (verdict,) = judge(result)
    assert (verdict.reason, verdict.computed) == ("", Decimal("147.64"))


def test_every_control_of_a_whole_bill_holds_memos_too() -> None:
    (bill,) = read(_READER, *_paths(_SAMPLE)).bills
    assert bill.totals is not None
    off = [control.figure.name for control in bill.totals.controls if gap(control, bill.charges)]
    assert off == ["Usage and Purchase Charges"], "15.00 of data, which no list of calls explains"


def test_every_locator_names_exactly_its_row() -> None:
    paths = _paths(_SAMPLE)
    (bill,) = read(_READER, *paths).bills
    for charge in bill.charges:
        path = paths[charge.locator.document]
        raw = located(path, charge.locator)
        assert raw == path.read_bytes().split(b"\r\n")[int(charge.locator.place) - 1]
        assert str(charge.exact).encode() in raw


def _used(bodies: dict[str, bytes]) -> dict[tuple[str, str], Usage]:
    with files(bodies) as paths:
        (bill,) = read(_READER, *paths).bills
    assert bill.totals is not None
    return {(used.service[-4:], used.unit): used for used in bill.totals.usage}


def test_what_a_line_used_is_what_its_summary_says_roaming_included() -> None:
    """Every line has its minutes, messages and data, also where they are zero; other units only where it used any."""
    before, after = b"0.00000000\t0.00000000\t0.00000000\t0.000\t0.000", b"9.0\t0\t0\t7.500\t0"
    first = b"117.69\t21.000000000000000\t4.000000000000000\t0.00\t0.000\t1.250\t"
    roaming = _replaced(1, first + before, first + after)
    used = _used(roaming)
    assert used["0111", "minutes"] == Usage("360-555-0111", "minutes", Decimal(30), 2)
    assert used["0111", "megabytes"].quantity == Decimal("7.5")
    assert used["0122", "minutes"] == Usage("360-555-0122", "minutes", Decimal(0), 0)
    assert ("0122", "megabytes") not in used


def test_minutes_that_the_summary_gives_no_number_of_are_those_of_the_calls() -> None:
    """`unlimited` is no zero: a line without calls then says nothing of its minutes."""
    assert _used(_replaced(1, b"\t21.000000000000000\t", b"\tunlimited\t"))["0111", "minutes"].quantity == Decimal(21)
    bodies = _replaced(1, b"\t40.20\t0.000000000000000\t", b"\t40.20\tunlimited\t")
    assert ("0122", "minutes") not in _used(bodies)


def test_calls_of_a_line_that_no_summary_speaks_of_are_summed() -> None:
    calls = _bodies()[_PARTS[3]].replace(b"360-555-0111", b"360-555-0999")
    used = _used(_bodies() | {_PARTS[3]: calls})
    assert used["0999", "minutes"] == Usage("360-555-0999", "minutes", Decimal(21), 2)
    assert used["0111", "minutes"] == Usage("360-555-0111", "minutes", Decimal(21), 0)


def test_the_adjustment_is_a_charge_wherever_it_is_printed() -> None:
    (bill,) = read(_READER, *_paths(_SAMPLE)).bills
    last = bill.charges[-1]
    assert (last.kind, last.exact, last.service) == (ChargeKind.ADJUSTMENT, Decimal("-3.50"), "")
    assert bill.totals is not None
    sums = {c.figure.name: c.equals for c in bill.totals.controls if isinstance(c.equals, LineSum)}
    assert sums["Adjustments"] == LineSum(((14, 14),))
    assert bill.totals.total is not None
    assert bill.totals.total.name == "Total Current Charges + Adjustments"


def test_dates_without_a_year_are_the_last_such_day_up_to_the_cycle() -> None:
    (bill,) = read(_READER, *_paths(_SAMPLE)).bills
    assert (str(bill.head.period_from), str(bill.head.period_to)) == ("2024-12-10", "2025-01-09")
    days = {charge.product: str(charge.service_from) for charge in bill.charges if charge.service_from}
    assert days == {"HANDSET CASE": "2024-12-28", "Third Party Charges": "2025-01-02"}


def test_a_category_never_met_before_still_posts_under_its_line() -> None:
    """The vendor may add one; then captions are recorded and only totals bind."""
    found = outcome(_READER, _replaced(2, b"Equipment Charges\t12/28", b"Device Payments\t12/28"))
    assert posts(found)
    assert isinstance(found, tuple)
    assert found[0].by_kind["one-time"] == Decimal("54.98")


@pytest.mark.parametrize(
    ("part", "old", "new", "code", "found"),
    [
        (0, b"Jan 9, 2025", b"Jan 32, 2025", "broken", "Bill Cycle Date is 'Jan 32, 2025'"),
        (0, b"02/01/25", b"02/30/25", "broken", "Date Due is '02/30/25'"),
        (0, b"Dec 10 -Jan 9", b"Dec 10", "broken", "Bill Period is 'Dec 10 '"),
        (0, b"151.14\t", b"\t", "broken", "the bill must state it"),
        (2, b"\t49.99\t", b"\t1e3\t", "broken", "Cost is '1e3'"),
        (2, b"12/28", b"02/29/", "broken", "Date is '02/29/'"),
        (2, b"7700110022", b"7700110023", "broken", "the row is of"),
        (3, b"Here WA\t", b"", "broken", "the row has 20 cells, the header 21"),
        (1, b"PUMP", b"PU\0MP", "broken", "NUL"),
        (1, b"Your Calling Plan\t", b"", "broken", "cells, the header"),
        (1, b"Total Charges", b"Total", "lookalike", "is not the part 'Account & Wireless Summary'"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(
    part: int, old: bytes, new: bytes, code: str, found: str
) -> None:
    with files(_replaced(part, old, new)) as paths, pytest.raises(DocumentRefused) as caught:
        read(_READER, *paths)
    assert caught.value.where.startswith(_PARTS[part])
    assert found in caught.value.found
    assert caught.value.code == code


def test_parts_missing_are_named() -> None:
    with pytest.raises(DocumentRefused) as caught:
        read(_READER, *_paths(_SAMPLE)[:2])
    assert caught.value.code == "incomplete-set"
    assert _PARTS[2] in caught.value.found
    assert _PARTS[3] in caught.value.found


@given(body=st.binary(max_size=300), part=st.integers(0, 3))
def test_random_bytes_never_surprise(body: bytes, part: int) -> None:
    assert part == 3 or not posts(outcome(_READER, _bodies() | {_PARTS[part]: body}))


@given(data=st.data(), part=st.integers(0, 3))
def test_a_damaged_part_never_posts_another_total(data: st.DataObject, part: int) -> None:
    bodies = _bodies()
    found = outcome(_READER, bodies | {_PARTS[part]: data.draw(damaged(bodies[_PARTS[part]]))})
    if posts(found):
        assert isinstance(found, tuple)
        assert found[0].computed == Decimal("147.64")


@given(data=st.data(), part=st.integers(0, 3))
def test_no_digit_of_a_charge_or_stated_figure_changes_unnoticed(data: st.DataObject, part: int) -> None:
    bodies = _bodies()
    body = bodies[_PARTS[part]]
    spans = cells_of(body, lambda row, column: row > 1 and column in _MONEY[part])
    changed = data.draw(one_digit_changed(spans, body))
    assert not posts(outcome(_READER, bodies | {_PARTS[part]: changed}))


@given(data=st.data(), part=st.integers(0, 3))
def test_no_digit_of_a_made_bill_changes_unnoticed(data: st.DataObject, part: int, shared_made: Path) -> None:
    bodies = _bodies(shared_made / "verizon" / "lines-3")
    body = bodies[_PARTS[part]]
    spans = cells_of(body, lambda row, column: row > 1 and column in _MONEY[part])
    changed = data.draw(one_digit_changed(spans, body))
    assert not posts(outcome(_READER, bodies | {_PARTS[part]: changed}))


@pytest.mark.parametrize("folder", ["lines-3", "lines-40", "lines-400"])
def test_made_bills_come_out_as_stated(folder: str, shared_made: Path) -> None:
    here = shared_made / "verizon" / folder
    (case,) = json.loads((here / "expected.json").read_text("utf-8"))
    result = read(_READER, *(here / name for name in case["files"]))
    (verdict,), head = judge(result), result.bills[0].head
    assert (head.vendor, head.account, head.number) == (case["vendor"], case["account"], case["bill_number"])
    assert (str(head.bill_date), head.currency) == (case["bill_date"], case["currency"])
    assert (verdict.reason, verdict.total, verdict.charges) == ("", Decimal(case["total"]), case["charges"])
    assert verdict.by_service == {name: Decimal(amount) for name, amount in case["by_service"].items()}
    # The made bills write the kind in two words.
    assert {kind.replace("late-fee", "late fee"): amount for kind, amount in verdict.by_kind.items()} == {
        kind: Decimal(amount) for kind, amount in case["by_kind"].items()
    }
    assert result.bills[0].totals is not None
    assert [c.figure for c in result.bills[0].totals.controls if gap(c, result.bills[0].charges)] == []


def test_a_real_export_with_rows_cut_is_refused_with_the_exact_gap(shared_corpus: Path) -> None:
    (folder,) = {path.parent for path in (shared_corpus / "carrier-verizon").rglob("AccountSummary_test.txt")}
    paths = _paths(folder, "_test.txt")
    found = [_READER.identify(document(path)) for path in paths]
    assert [answer.part for answer in found if isinstance(answer, Recognition)] == list(_PARTS)
    assert len({answer.group for answer in found if isinstance(answer, Recognition)}) == 1
    (verdict,) = judge(read(_READER, *paths))
    assert verdict.reason == "gap=36830.02"
