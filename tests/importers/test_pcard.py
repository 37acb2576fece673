"""Purchasing-card months: every generation of the header, subtotals that bind, memo totals that do not."""

from __future__ import annotations

import csv
import json
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importers.pcard import PurchasingCard, importers
from ledger_core import Charged, DocumentRefused, Importer, LineSum, Lookalike, Recognition
from tests.importers.hostility import cells_of, damaged, files, one_digit_changed, outcome, posts
from tests.importers.judging import gap, judge
from tests.importers.reading import assert_golden, charges, document, located, read

_SAMPLES = Path(__file__).parent / "samples" / "pcard"
_OLD = _SAMPLES / "months-first-2013.csv"
_NEW = _SAMPLES / "commas-2021-no-grand-total.csv"
_READER = PurchasingCard()


def test_it_registers_like_any_other_importer() -> None:
    (importer,) = importers()
    assert isinstance(importer, Importer)
    assert importer.states_total


@pytest.mark.parametrize("sample", [_OLD, _NEW], ids=lambda path: path.stem)
def test_a_month_reads_as_the_golden_file_says(sample: Path) -> None:
    assert isinstance(_READER.identify(document(sample)), Recognition)
    result = read(_READER, sample)
    assert_golden(result, sample.with_suffix(".json"))
    assert judge(result)[0].reason == ""


@pytest.mark.parametrize("sample", [_OLD, _NEW], ids=lambda path: path.stem)
def test_every_locator_names_exactly_its_row(sample: Path) -> None:
    (bill,) = read(_READER, sample).bills
    with sample.open("rb") as stream:
        body = stream.read()
    for charge in bill.charges:
        raw = located(sample, charge.locator)
        key = f"{abs(charge.exact):,}".encode()
        assert key in raw, "the row holds the amount"
        assert body[charge.locator.start - 1 : charge.locator.start] == b"\n", "it starts where a row starts"
        assert body[charge.locator.end :].startswith((b"\r\n", b"\n")), "it ends before its line end"


def test_without_a_grand_total_the_subtotals_together_state_the_month() -> None:
    (bill,) = read(_READER, _NEW).bills
    assert bill.totals is not None
    assert bill.totals.total is not None
    assert bill.totals.total.name == "Sum of the subtotals (no grand total is printed)"
    assert bill.totals.total.stated == Decimal("1000.00")


def test_totals_of_original_currencies_are_recorded_and_refuse_nothing() -> None:
    broken = _OLD.read_bytes().replace(b"1,184.25", b"9,999.99")
    with files({"month.csv": broken}) as (path,):
        (bill,) = (result := read(_READER, path)).bills
    assert bill.totals is not None
    off = [control for control in bill.totals.controls if gap(control, bill.charges)]
    assert [(c.figure.name, c.figure.stated, c.binding) for c in off] == [
        ("Original Amount CAD", Decimal("9999.99"), False)
    ]
    assert judge(result)[0].reason == ""


def test_a_subtotal_whose_charges_are_missing_is_a_gap() -> None:
    """Published months hold such rows: the total stayed when its only transaction was taken out."""
    body = _OLD.read_bytes()
    row = next(line for line in body.splitlines(keepends=True) if b"703-1" in line)
    with files({"month.csv": body.replace(row, b"")}) as (path,):
        (bill,) = (result := read(_READER, path)).bills
    assert bill.totals is not None
    assert LineSum(()) in [control.equals for control in bill.totals.controls]
    assert judge(result)[0].reason == "gap=45.00"


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        (b"701-2", b"", "a transaction has no Batch-Transaction ID"),
        (b"04-05-2013", b"2013-04-05", "no day written MM-DD-YYYY"),
        (b"04-05-2013", b"04-31-2013", "no day written MM-DD-YYYY"),
        (b"-20.25\tCAD\t-20.25", b"NaN\tCAD\t-20.25", "no amount such as"),
        (b"-20.25\tCAD\t-20.25", b"-20,25\tCAD\t-20.25", "no amount such as"),
        (b"-20.25\tCAD\t-20.25", b"-20.25\tUSD\t-20.25", "the posted currency is 'USD'"),
        (b"1,197.96\"\tCAD", b"1,197.96\"\tUSD", "the total is in 'USD'"),
        (b"\x96", b"\x81", "0x81 is no character of cp1252"),
        (b"LAKE", b"LA\0KE", "NUL"),
        (b'"PARKS, TREES"', b'"PARKS, TREES', "double quote is opened and never closed"),
        (b"45.00\tCAD\t45.00\tCAD\t\t\t\t\t\t\t\t\r\n", b"", "stand under no total"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_with_its_place(old: bytes, new: bytes, found: str) -> None:
    body = _OLD.read_bytes()
    assert old in body
    if found == "stand under no total":
        body, old = body[: body.index(b"\t\t\t\t\t45.00")], b""
    with files({"month.csv": body.replace(old, new, 1)}) as (path,), pytest.raises(DocumentRefused) as caught:
        read(_READER, path)
    assert found in caught.value.found
    assert caught.value.where.startswith("month.csv")


def test_a_table_of_other_columns_is_a_lookalike_or_not_ours() -> None:
    header = _OLD.read_bytes().partition(b"\n")[0]
    with files(
        {
            "swapped.csv": header.replace(b"Transaction Amt.", b"Merchant Name", 1),
            "other.csv": b"Date,Amount\n2021-01-01,3\n",
            "empty.csv": b"",
        }
    ) as (swapped, other, empty):
        answer = _READER.identify(document(swapped))
        assert isinstance(answer, Lookalike)
        assert answer.code == "lookalike"
        assert _READER.identify(document(other)) is None
        assert _READER.identify(document(empty)) is None


def test_a_month_without_transactions_has_no_lines() -> None:
    with (
        files({"month.csv": _OLD.read_bytes().partition(b"\n")[0]}) as (path,),
        pytest.raises(DocumentRefused) as caught,
    ):
        read(_READER, path)
    assert caught.value.code == "no-lines"


def test_a_long_month_comes_in_batches() -> None:
    """Memory does not grow with the file: no batch is larger than the contract allows, and none is lost."""
    head, first = _OLD.read_bytes().splitlines(keepends=True)[:2]
    row = first.replace(b'"1,204.50"', b"0.01").replace(b"701-1", b"%d-1")
    body = head + b"".join(row % number for number in range(12_001)) + b"\t\t\t\t\t120.01\tCAD" + b"\t" * 10 + b"\r\n"
    with files({"month.csv": body}) as (path,):
        records = list(_READER.extract([document(path)]))
        counts = [len(charges(record.charge)) for record in records if isinstance(record, Charged)]
        assert judge(read(_READER, path))[0].reason == ""
    assert sum(counts) == 12_001
    assert max(counts) <= 10_000


@given(body=st.binary(max_size=400))
def test_random_bytes_never_surprise(body: bytes) -> None:
    assert not posts(outcome(_READER, {"month.csv": body}))


@given(data=st.data())
def test_a_damaged_month_never_posts_another_total_as_if_it_were_whole(data: st.DataObject) -> None:
    found = outcome(_READER, {"month.csv": data.draw(damaged(_OLD.read_bytes()))})
    if posts(found):
        assert isinstance(found, tuple)
        with files({"month.csv": _OLD.read_bytes()}) as (path,):
            assert found[0].computed == judge(read(_READER, path))[0].computed or found[0].total in {
                None,
                Decimal("1197.96"),  # cut off exactly after a subtotal, which then says that no grand total is printed
            }


@given(data=st.data())
def test_no_digit_of_an_amount_or_total_changes_unnoticed(data: st.DataObject) -> None:
    body = _OLD.read_bytes()
    changed = data.draw(one_digit_changed(cells_of(body, lambda row, column: row > 1 and column == 6), body))
    assert not posts(outcome(_READER, {"month.csv": changed}))


def test_made_months_come_out_as_stated(shared_made: Path) -> None:
    folder = shared_made / "pcard"
    for case in json.loads((folder / "expected.json").read_text("utf-8")):
        result = read(_READER, folder / case["files"][0])
        (verdict,) = judge(result)
        head = result.bills[0].head
        assert (head.vendor or None, head.account or None, head.number) == (None, None, None)
        assert (head.currency, head.bill_date) == (case["currency"], case["bill_date"])
        assert verdict.reason == case["reason"]
        assert verdict.total == Decimal(case["total"])
        assert verdict.charges == case["charges"]
        assert verdict.by_service == {name: Decimal(amount) for name, amount in case["by_service"].items()}
        assert verdict.by_kind == {name: Decimal(amount) for name, amount in case["by_kind"].items()}


@given(data=st.data())
def test_no_digit_of_a_made_month_changes_unnoticed(data: st.DataObject, shared_made: Path) -> None:
    body = (shared_made / "pcard" / "pcard_2012_03.csv").read_bytes()
    changed = data.draw(one_digit_changed(cells_of(body, lambda row, column: row > 1 and column == 6), body))
    assert not posts(outcome(_READER, {"month.csv": changed}))


def test_published_months_hold_or_fall_as_the_manifest_says(shared_corpus: Path) -> None:
    """Ten years of one city's months; one of them holds a subtotal without its charge."""
    with (shared_corpus / "MANIFEST.tsv").open(encoding="utf-8", newline="") as stream:
        months = [row for row in csv.DictReader(stream, delimiter="\t") if row["format"] == "pcard-municipal"]
    assert len(months) >= 13
    for month in months:
        path = shared_corpus.parent / month["local"]
        assert isinstance(_READER.identify(document(path)), Recognition), path.name
        result = read(_READER, path)
        (verdict,) = judge(result)
        word, _, rest = month["expect"].partition(":")
        if word == "reject":
            assert verdict.reason == rest, path.name
        else:
            total, currency = rest.split(":")
            assert (verdict.reason, verdict.total) == ("", Decimal(total)), path.name
            assert result.bills[0].head.currency == currency
