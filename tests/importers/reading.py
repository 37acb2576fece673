"""Runs an importer over files as a test wants to see it: bills with their charges as values, and as readable JSON."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs

from ledger_core import (
    Bill,
    BillEnded,
    BillRefused,
    BillStarted,
    Charge,
    ChargeColumns,
    Charged,
    ChargeKind,
    Combined,
    Control,
    Counted,
    Discrepancy,
    Document,
    EnvelopeChecked,
    Figure,
    Importer,
    LineSum,
    Locator,
    Record,
    Timing,
    Totals,
    Usage,
    parse_decimal,
    plain,
)


@attrs.define
class ReadBill:
    """One bill as an importer gave it; `totals` or `refused` ends it."""

    head: Bill
    charges: list[Charge] = attrs.Factory(list)
    totals: Totals | None = None
    refused: Discrepancy | None = None


@attrs.frozen
class Reading:
    """All bills of the documents, in order, and the controls of the document itself."""

    bills: tuple[ReadBill, ...]
    envelope: tuple[Control, ...]


def document(path: Path) -> Document:
    """A file as the intake would hand it over."""
    return Document(path.name, path, path.stat().st_size)


def read(importer: Importer, *paths: Path) -> Reading:
    """What `importer` makes of the files: parts of one bill, in the order of its `needed`."""
    return reading(list(importer.extract([document(path) for path in paths])))


def reading(records: Sequence[Record]) -> Reading:
    """The records put together, with the rules of the contract asserted on the way."""
    bills: dict[int, ReadBill] = {}
    envelope: tuple[Control, ...] = ()
    for record in records:
        match record:
            case BillStarted(number, head):
                assert number == len(bills), "bills are numbered from 0 in the order they are met"
                bills[number] = ReadBill(head)
            case Charged(number, charge):
                assert bills[number].totals is None, "no charge follows the totals"
                bills[number].charges += charges(charge)
            case BillEnded(number, totals):
                bills[number].totals = totals
                assert totals.charges == len(bills[number].charges), "the bill counts its charges"
            case BillRefused(number, discrepancy):
                bills.setdefault(number, ReadBill(Bill("", "", ""))).refused = discrepancy
            case EnvelopeChecked(controls):
                assert not envelope, "the envelope is checked at most once"
                envelope = controls
    for bill in bills.values():
        assert bill.totals or bill.refused, "every bill ends with its totals or a refusal"
    return Reading(tuple(bills.values()), envelope)


def charges(charged: Charge | ChargeColumns) -> list[Charge]:
    """One charge, or a batch of columns, as charges."""
    if isinstance(charged, Charge):
        return [charged]
    names = [field.name for field in attrs.fields(ChargeColumns) if field.name != "count"]
    cells: list[dict[str, Any]] = [
        dict(zip(names, row, strict=True)) for row in zip(*(charged.cells(name) for name in names), strict=True)
    ]
    return [_charge(row) for row in cells]


def _charge(row: dict[str, Any]) -> Charge:
    where = Locator(*(row.pop(name) for name in ("place", "start", "end", "document", "member")))
    for name in ("exact", "quantity", "rate", "effective_cost"):
        row[name] = None if row[name] is None else parse_decimal(row[name], name)
    for name in ("service_from", "service_to"):
        row[name] = None if row[name] is None else date.fromisoformat(row[name])
    row["kind"] = ChargeKind(row["kind"])
    row["timing"] = None if row["timing"] is None else Timing(row["timing"])
    return Charge(where, **row)


def located(path: Path, where: Locator) -> bytes:
    """The bytes of the file that a locator names."""
    return path.read_bytes()[where.start : where.end]


def rendered(result: Reading) -> dict[str, Any]:
    """The reading as JSON that a person can check against the sample: what is absent or empty is left out."""
    return {
        "bills": [
            {
                "head": _shown(bill.head),
                "charges": [_shown(charge) for charge in bill.charges],
                "totals": bill.totals and _shown(bill.totals),
                "refused": bill.refused and _shown(bill.refused),
            }
            for bill in result.bills
        ],
        "envelope": [_shown(control) for control in result.envelope],
    }


def _shown(value: object) -> Any:
    match value:
        case Locator():
            member = f" in {value.member}" if value.member else ""
            shown: Any = f"document {value.document}{member} place {value.place} bytes {value.start}-{value.end}"
        case Figure():
            shown = f"{value.name} of {value.scope} = {plain(value.stated)} at {_shown(value.locator)}"
        case LineSum():
            shown = {"lines": [f"{first}-{last}" for first, last in value.ranges]}
        case Counted():
            shown = {"counted": plain(value.value)}
        case Decimal():
            shown = plain(value)
        case date():
            shown = value.isoformat()
        case Bill() | Charge() | Totals() | Control() | Combined() | Discrepancy() | Usage():
            fields = {field.name: getattr(value, field.name) for field in attrs.fields(type(value))}
            shown = {name: _shown(item) for name, item in fields.items() if item not in (None, "", ())}
        case Collection() if not isinstance(value, str):
            shown = [_shown(item) for item in value]
        case _:
            shown = value
    return shown


def assert_golden(result: Reading, expected: Path) -> None:
    """The reading equals the golden file beside the sample.

    With TOLLBOOK_GOLDEN=write in the environment the file is written instead: run, then read the diff.
    """
    text = json.dumps(rendered(result), indent=1, ensure_ascii=False) + "\n"
    if os.environ.get("TOLLBOOK_GOLDEN") == "write":
        expected.write_text(text, "utf-8")
    assert json.loads(text) == json.loads(expected.read_text("utf-8"))
