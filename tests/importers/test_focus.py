"""FOCUS exports: bills told apart by their columns, every decimal kept, every row with its bytes, nothing guessed."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from importers.focus import CostExport, importers
from ledger_core import (
    BillEnded,
    ChargeColumns,
    Charged,
    ChargeKind,
    DocumentRefused,
    Importer,
    InputRefused,
    Lookalike,
    Recognition,
    exact_sum,
)
from ledger_core.money import fixed, round_minor
from tests.importers.hostility import cells_of, damaged, files, one_digit_changed, outcome, posts
from tests.importers.judging import judge
from tests.importers.reading import Reading, assert_golden, document, located, read

_SAMPLES = Path(__file__).parent / "samples" / "focus"
_OLD = _SAMPLES / "two-accounts-1.0.csv"
_NEW = _SAMPLES / "invoice-and-estimate-1.2.csv"
_READER = CostExport()
_ROW = {
    "InvoiceIssuerName": "Skyshelf Ltd.",
    "BillingAccountId": "700-1",
    "BillingCurrency": "USD",
    "BillingPeriodStart": "2026-09-01T00:00:00Z",
    "BillingPeriodEnd": "2026-10-01T00:00:00Z",
    "ChargeCategory": "Usage",
    "ChargeFrequency": "Usage-Based",
    "ChargePeriodStart": "2026-09-01T00:00:00Z",
    "ChargePeriodEnd": "2026-09-02T00:00:00Z",
    "BilledCost": "1.5",
    "EffectiveCost": "1.5",
    "ResourceId": "vm/1",
}


def export(*rows: dict[str, str], line_end: str = "\n") -> bytes:
    """A CSV of rows that differ from `_ROW` as given."""
    columns = list(dict.fromkeys(name for row in ({}, *rows) for name in {**_ROW, **row}))
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, lineterminator=line_end)
    writer.writeheader()
    writer.writerows([{**_ROW, **row} for row in rows])
    return text.getvalue().encode()


def parsed(body: bytes) -> Reading:
    with files({"export.csv": body}) as (path,):
        return read(_READER, path)


def refusal(body: bytes) -> DocumentRefused:
    found = outcome(_READER, {"export.csv": body})
    assert isinstance(found, DocumentRefused)
    return found


def one(**differing: str) -> Any:
    """The only charge of an export of one row."""
    (bill,) = parsed(export(differing)).bills
    (charge,) = bill.charges
    return charge


def test_it_registers_like_any_other_importer_and_declares_that_it_states_no_total() -> None:
    (importer,) = importers()
    assert isinstance(importer, Importer)
    assert not importer.states_total


@pytest.mark.parametrize("sample", [_OLD, _NEW], ids=lambda path: path.stem)
def test_an_export_reads_as_the_golden_file_says(sample: Path) -> None:
    assert _READER.identify(document(sample)) == Recognition()
    assert_golden(read(_READER, sample), sample.with_suffix(".json"))


@pytest.mark.parametrize("sample", [_OLD, _NEW], ids=lambda path: path.stem)
def test_every_locator_names_exactly_its_row(sample: Path) -> None:
    """Also behind a row with a newline inside quotes, and with two bytes at line ends."""
    with sample.open(encoding="utf-8-sig", newline="") as stream:
        rows = [row for row in csv.reader(stream) if row]
    for bill in read(_READER, sample).bills:
        for charge in bill.charges:
            raw = located(sample, charge.locator).decode()
            assert next(csv.reader(io.StringIO(raw, newline=""))) == rows[int(charge.locator.place) - 1]


def test_rows_of_several_bills_may_be_mixed_and_are_numbered_as_they_are_met() -> None:
    rows = [{"BillingAccountId": account, "BilledCost": cost} for account, cost in zip("ABAB", "1234", strict=True)]
    result = parsed(export(*rows))
    assert [(bill.head.account, [str(c.exact) for c in bill.charges]) for bill in result.bills] == [
        ("A", ["1", "3"]),
        ("B", ["2", "4"]),
    ]


def test_one_period_spelled_two_ways_is_one_bill() -> None:
    (bill,) = parsed(export({}, {"BillingPeriodStart": "2026-09-01", "BillingPeriodEnd": "2026-10-01"})).bills
    assert (str(bill.head.period_from), str(bill.head.period_to)) == ("2026-09-01", "2026-09-30")
    assert len(bill.charges) == 2


def test_without_an_invoice_number_data_of_a_format_that_has_it_is_provisional() -> None:
    invoiced, estimate = judge(parsed(export({"InvoiceId": "N-1"}, {"InvoiceId": ""})))
    assert (invoiced.reason, estimate.reason) == ("", "provisional")
    assert judge(parsed(export({})))[0].reason == "", "1.0 has no such column"


@pytest.mark.parametrize(
    ("category", "frequency", "of_class", "kind"),
    [
        ("Usage", "Usage-Based", "", ChargeKind.USAGE),
        ("usage", "Usage-based", "NULL", ChargeKind.USAGE),
        ("Purchase", "Recurring", "", ChargeKind.RECURRING),
        ("Purchase", "One-Time", "", ChargeKind.ONE_TIME),
        ("Tax", "One-Time", "Correction", ChargeKind.TAX),
        ("Credit", "One-Time", "", ChargeKind.CREDIT),
        ("Adjustment", "", "", ChargeKind.ADJUSTMENT),
        ("Usage", "Usage-Based", "Correction", ChargeKind.ADJUSTMENT),
    ],
)
def test_kind_follows_category_frequency_and_class(category: str, frequency: str, of_class: str, kind: str) -> None:
    row = {"ChargeCategory": category, "ChargeFrequency": frequency, "ChargeClass": of_class}
    assert one(**row).kind is kind
    (bill,) = parsed(export(row, {"ChargeCategory": "Tax"})).bills
    assert [charge.kind for charge in bill.charges] == [kind, ChargeKind.TAX], "also where rows differ"


@pytest.mark.parametrize(
    ("end", "last"),
    [
        ("2026-09-02T00:00:00Z", "2026-09-01"),
        ("2026-09-01 23:59:59", "2026-09-01"),
        ("2026-09-03", "2026-09-02"),
        ("2026-09-03T01:00:00+02:00", "2026-09-02"),
        ("2026-09-03T00:00:00.0000001Z", "2026-09-02"),
        ("2026-09-01T00:00:00Z", "2026-09-01"),
        ("2026-08-01T00:00:00Z", "2026-09-01"),
    ],
)
def test_the_end_of_a_charge_period_is_exclusive(end: str, last: str) -> None:
    charge = one(ChargePeriodEnd=end)
    assert (str(charge.service_from), str(charge.service_to)) == ("2026-09-01", last)


def test_effective_cost_is_kept_where_it_differs() -> None:
    assert one(BilledCost="0", EffectiveCost="490").effective_cost == Decimal(490)
    assert one(BilledCost="1.50", EffectiveCost="1.5").effective_cost is None
    assert one(EffectiveCost="NULL").effective_cost is None


def test_what_was_priced_stands_in_where_nothing_is_said_of_consumption() -> None:
    priced = {"PricingQuantity": "3", "PricingUnit": "GB", "ListUnitPrice": "0.5", "ContractedUnitPrice": ""}
    charge = one(ConsumedQuantity="NULL", ConsumedUnit="", **priced)
    assert (charge.quantity, charge.unit, charge.rate) == (Decimal(3), "GB", Decimal("0.5"))
    charge = one(ConsumedQuantity="7", ConsumedUnit="Hours", **{**priced, "ContractedUnitPrice": "0.25"})
    assert (charge.quantity, charge.unit, charge.rate) == (Decimal(7), "Hours", Decimal("0.25"))


@pytest.mark.parametrize(
    "cost",
    [
        "",
        "NULL",
        "NaN",
        "Infinity",
        "1e999",
        "1e30",
        "1e-50",
        "$5",
        "1,000.00",
        "1.5 ",
        "0x1",
        "9" * 16,
        "1." + "1" * 41,
    ],
)
@pytest.mark.parametrize("around", [(), ({}, {})], ids=["alone", "among others"])
def test_a_cost_that_is_no_amount_refuses_the_file_and_names_the_row(
    cost: str, around: Sequence[dict[str, str]]
) -> None:
    found = refusal(export(*around, {"BilledCost": cost}))
    assert found.where == f"export.csv:row {len(around) + 2}"
    assert "BilledCost" in found.found


@pytest.mark.parametrize(
    ("column", "text"),
    [
        ("BillingPeriodStart", "9/1/2026"),
        ("BillingPeriodStart", "2026-02-30"),
        ("BillingPeriodEnd", "0001-01-01"),
        ("BillingPeriodEnd", "2026-08-01"),
        ("ChargePeriodStart", "tomorrow"),
        ("BillingCurrency", "Dollars"),
        ("BillingAccountId", ""),
        ("InvoiceIssuerName", "null"),
        ("ChargeCategory", "Gift"),
        ("EffectiveCost", "much"),
        ("PricingQuantity", "1 000"),
    ],
)
def test_a_cell_that_cannot_be_read_names_its_row(column: str, text: str) -> None:
    found = refusal(export({}, {column: text, "ConsumedQuantity": ""}))
    assert found.where == "export.csv:row 3"
    assert found.code == "broken"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda body: body.replace(b",vm/2", b",vm/2,more"),
        lambda body: body.replace(b",vm/2", b""),
        lambda body: body.replace(b",vm/2", b"\n,vm/2"),
        lambda body: body.replace(b"vm/2", b"vm\xff"),
        lambda body: body.replace(b"vm/2", b"vm\0"),
    ],
    ids=["longer", "shorter", "broken in two", "not UTF-8", "NUL"],
)
def test_a_ragged_or_unreadable_row_is_named(spoil: Any) -> None:
    body = spoil(export({}, {"ResourceId": "vm/2"}, {}))
    assert refusal(body).where == "export.csv:row 3"


def test_quotes_and_carriage_returns_that_stand_alone_are_refused() -> None:
    body = export({"ResourceId": "vm/2"}, {"ResourceId": "a\nb"}, {})
    refusal(body.replace(b"vm/2", b'"vm/2'))
    refusal(body.replace(b"vm/2\n", b"vm/2\r"))


def test_a_line_end_inside_quotes_is_part_of_the_cell() -> None:
    for line_end in ("\n", "\r\n"):
        body = export({"ResourceId": "a\r\nb"}, {"ResourceId": "c\nd"}, {}, line_end=line_end)
        (bill,) = parsed(body).bills
        assert [charge.service for charge in bill.charges] == ["a\r\nb", "c\nd", "vm/1"]
        for charge in bill.charges:
            row = body[charge.locator.start : charge.locator.end].decode()
            assert next(csv.reader(io.StringIO(row, newline="")))[-1] == charge.service


def test_without_the_library_that_reads_columns_the_refusal_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert "tollbook[bulk]" in refusal(export({})).do
    assert "tollbook[bulk]" in refusal(b"PAR1").do


def test_a_header_without_rows_has_no_lines_and_one_with_a_column_twice_is_broken() -> None:
    assert refusal(export({}).splitlines()[0]).code == "no-lines"
    assert "twice" in refusal(export({}).replace(b"ResourceId", b"BilledCost")).found


def test_columns_that_are_not_read_may_repeat() -> None:
    body = export({"Tags": "a", "x_Tags": "b"}).replace(b"x_Tags", b"Tags")
    assert judge(parsed(body))[0].reason == ""


@pytest.mark.parametrize("body", [b"", b"a,b\n1,2\n", b"\xff\xfe", b"PAR1", b"PAR1" * 9, b'"', b"Date\tBilledCost\n"])
def test_what_is_no_focus_is_not_mine(body: bytes) -> None:
    with files({"x": body}) as (path,):
        assert _READER.identify(document(path)) is None


def test_costs_without_what_makes_a_bill_only_look_like_focus() -> None:
    with files({"x": b"BilledCost,ResourceId\n1,2\n"}) as (path,):
        recognised = _READER.identify(document(path))
    assert isinstance(recognised, Lookalike)
    assert "BillingAccountId" in recognised.found


def test_a_long_export_comes_in_batches_whose_rows_and_bytes_are_right() -> None:
    """More rows than one block holds: short batches, one value for what all rows share, and locators that go on."""
    count = 50_000
    body = export(*({"BilledCost": f"0.{i:05d}", "ResourceId": f"vm/{i % 7}"} for i in range(count)), line_end="\r\n")
    assert len(body) > 2 * 3 * 2**20
    with files({"export.csv": body}) as (path,):
        *charged, ended = list(_READER.extract([document(path)]))[1:]
    batches = [record.charge for record in charged if isinstance(record, Charged)]
    assert all(isinstance(batch, ChargeColumns) and batch.count <= 10_000 for batch in batches)
    assert isinstance(ended, BillEnded)
    assert ended.totals.charges == sum(batch.count for batch in batches if isinstance(batch, ChargeColumns)) == count
    number = 1
    for batch in batches:
        assert isinstance(batch, ChargeColumns)
        assert (batch.kind, batch.timing, batch.service_from) == ("usage", "arrears", "2026-09-01")
        assert batch.effective_cost is not None
        for place, start, end, cost in zip(
            *(batch.cells(name) for name in ("place", "start", "end", "exact")), strict=True
        ):
            number += 1
            assert isinstance(start, int)
            assert isinstance(end, int)
            assert place == str(number)
            assert body[start:end].startswith(b"Skyshelf")
            assert body[start:end].endswith(b",vm/%d" % ((number - 2) % 7))
            assert f",{cost},".encode() in body[start:end]
            assert body[end : end + 2] == b"\r\n"


def _parquet(folder: Path, **columns: Any) -> Path:
    path = folder / "export.parquet"
    parquet.write_table(pa.table({**{name: [cell] for name, cell in _ROW.items()}, **columns}), path)
    return path


def test_parquet_says_the_same_as_a_csv(tmp_path: Path) -> None:
    instants = pa.array([1_788_220_800_000], pa.timestamp("ms", "UTC"))  # 2026-09-01
    costs = pa.array([Decimal("1.5000000000")], pa.decimal128(28, 10))
    path = _parquet(
        tmp_path,
        BilledCost=costs,
        BillingPeriodStart=instants,
        ChargePeriodStart=pa.array(["2026-09-01T00:00:00Z"]).dictionary_encode(),
        EffectiveCost=pa.nulls(1),
        ConsumedQuantity=pa.array([7], pa.int64()),
    )
    assert _READER.identify(document(path)) == Recognition()
    (bill,) = read(_READER, path).bills
    (charge,) = bill.charges
    (expected,) = parsed(export({"ConsumedQuantity": "7"})).bills
    assert bill.head == expected.head
    assert (charge.locator.place, charge.locator.start, charge.locator.end) == ("1", 0, path.stat().st_size)
    same = ("exact", "kind", "service", "quantity", "service_from", "service_to", "timing", "effective_cost")
    assert [getattr(charge, name) for name in same] == [getattr(expected.charges[0], name) for name in same]


@pytest.mark.parametrize(
    ("column", "cells"),
    [
        ("BilledCost", pa.array([3], pa.float64())),
        ("BilledCost", pa.array([None], pa.decimal128(10, 2))),
        ("ResourceId", pa.array([[1]])),
        ("ResourceId", pa.array(["a\0b"])),
    ],
    ids=["binary float", "no cost", "list", "NUL"],
)
def test_parquet_that_is_not_exact_or_no_text_is_refused(tmp_path: Path, column: str, cells: Any) -> None:
    path = _parquet(tmp_path, **{column: cells})
    found = outcome(_READER, {"export.parquet": path.read_bytes()})
    assert isinstance(found, DocumentRefused)
    assert column in found.found


def test_a_damaged_parquet_file_is_refused_politely(tmp_path: Path) -> None:
    body = _parquet(tmp_path).read_bytes()
    for cut in range(4, len(body), 97):
        outcome(_READER, {"export.parquet": body[:cut]})
        outcome(_READER, {"export.parquet": body[:cut] + b"\xff" + body[cut + 1 :]})


@given(st.data())
def test_a_changed_digit_of_a_cost_changes_the_sum_and_nothing_else(data: st.DataObject) -> None:
    """The format states no total, so nothing can catch it; it must not be lost either."""
    body = _NEW.read_bytes()
    spans = cells_of(body, lambda row, column: row > 1 and column == 1, b",")
    changed = data.draw(one_digit_changed(spans, body))
    before, after = judge(parsed(body)), judge(parsed(changed))
    assert exact_sum(v.computed for v in before) != exact_sum(v.computed for v in after)


@given(st.sampled_from([_OLD, _NEW]), st.data())
def test_a_damaged_export_is_refused_or_read(sample: Path, data: st.DataObject) -> None:
    found = outcome(_READER, {"export.csv": data.draw(damaged(sample.read_bytes()))})
    if not posts(found) and not isinstance(found, InputRefused):
        assert {verdict.reason for verdict in found} <= {"", "provisional"}


@given(st.binary(max_size=200))
def test_bytes_that_mean_nothing_are_refused_politely(body: bytes) -> None:
    outcome(_READER, {"export.csv": body})
    outcome(_READER, {"export.csv": export({}) + body})
    outcome(_READER, {"export.parquet": b"PAR1" + body + b"PAR1"})


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=12), min_size=1, max_size=6))
def test_any_text_in_any_cell_comes_back_as_it_was_written(words: list[str]) -> None:
    (bill,) = parsed(export(*({"ResourceId": word, "ChargeDescription": word} for word in words))).bills
    stated = ["" if word in ("NULL", "null") else word for word in words]
    assert [charge.service for charge in bill.charges] == stated
    assert [charge.text or "" for charge in bill.charges] == stated


def test_the_made_bills_hold(shared_made: Path) -> None:
    folder = shared_made / "focus"
    expected = json.loads((folder / "expected.json").read_text("utf-8"), parse_float=Decimal)
    names = {case["files"][0] for case in expected}
    assert len(names) == 4
    for name in names:
        path = folder / name
        assert _READER.identify(document(path)) == Recognition()
        result = read(_READER, path)
        found = {(bill.head.account, bill.head.number): (bill.head, v) for bill, v in _judged(result)}
        cases = [case for case in expected if case["files"] == [name]]
        assert len(cases) == len(found)
        for case in cases:
            head, verdict = found[case["account"], case["bill_number"]]
            assert verdict.reason == case["reason"]
            assert (head.vendor, head.currency, head.bill_date) == (case["vendor"], case["currency"], None)
            assert verdict.charges == case["charges"]
            assert verdict.by_service == {key: Decimal(text) for key, text in case["by_service"].items()}
            assert verdict.by_kind == {key: Decimal(text) for key, text in case["by_kind"].items()}
            assert fixed(round_minor(verdict.computed, "USD"), "USD") == case["total"]


def _judged(result: Reading) -> list[tuple[Any, Any]]:
    return list(zip(result.bills, judge(result), strict=True))


def test_the_public_samples_give_the_verdicts_of_the_manifest(shared_corpus: Path) -> None:
    rows = [line.split("\t") for line in (shared_corpus / "MANIFEST.tsv").read_text("utf-8").splitlines()]
    formats = {"focus-1.0", "focus-1.2", "chargeback-prior-art"}
    samples = {row[1]: row[9] for row in rows if row[0] in formats}
    assert len(samples) == 39
    for local, expect in samples.items():
        path = shared_corpus.parent / local
        found = outcome(_READER, {path.name: path.read_bytes()})
        if not expect:
            assert isinstance(found, DocumentRefused), f"{local} is an example of some columns, or has local dates"
            continue
        assert not isinstance(found, InputRefused)
        assert posts(found)
        _, total, rest = expect.split(":")
        currency, _, count = rest.partition(" x")
        assert len(found) == int(count)
        assert fixed(sum(round_minor(verdict.computed, currency) for verdict in found), currency) == total
