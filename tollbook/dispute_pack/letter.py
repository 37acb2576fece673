"""The letter to the vendor, as DOCX. The same grounds on the same day give the same bytes."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time
from typing import Any

from ledger_core.errors import UsageRefused
from ledger_core.policy.disputes import Mode
from tollbook.dispute_pack.grounds import BilledCharge, Grounds
from tollbook.statement import words

_MOST = 200  # lines that the letter itself shows; the evidence has them all
_LONGEST = 255  # characters of a property of the file
_ZIPPED = (1980, 1, 1, 0, 0, 0)  # a fixed time for every part of the file: bytes depend on what is said alone
_COLUMNS = ("Line", "Service", "Charge", "Days of service", "Billed", "Agreed", "Disputed")


def letter(grounds: Grounds, day: date, enclosed: Sequence[tuple[str, str]]) -> bytes:
    """The letter of a day; `enclosed` are the files beside it with their SHA-256.

    Raises UsageRefused where the library that writes DOCX is not installed.
    """
    try:
        from docx import Document
    except ModuleNotFoundError as absent:
        raise UsageRefused(
            "dispute pack", "nothing that writes DOCX is installed", "Install Tollbook with the extra `letters`."
        ) from absent
    one = grounds.dispute
    made = Document()
    moment = datetime.combine(day, time(), UTC)
    made.core_properties.author = _clean(grounds.entity)[:_LONGEST]
    made.core_properties.title = f"Dispute {one.dispute}"
    made.core_properties.comments = ""
    made.core_properties.created = made.core_properties.modified = moment
    for line in _head(grounds, day):
        made.add_paragraph(_clean(line))
    made.add_heading(f"Dispute {one.dispute}: {_money(grounds, one.amount)}", 1)
    for line in _body(grounds):
        made.add_paragraph(_clean(line))
    _table(made, _COLUMNS, [_row(grounds, charge) for charge in grounds.charges[:_MOST]])
    for line in _after(grounds):
        made.add_paragraph(_clean(line))
    made.add_heading("Enclosed", 2)
    _table(made, ("File", "SHA-256"), enclosed)
    stream = io.BytesIO()
    made.save(stream)
    return _fixed(stream.getvalue())


def _head(grounds: Grounds, day: date) -> Iterable[str]:
    one, bill = grounds.dispute, grounds.bill
    yield grounds.entity
    yield words.day(day)
    yield f"To {one.vendor}, billing disputes"
    numbered = f"bill {bill.number}" if bill.number else "the bill"
    dated = f" of {words.day(bill.bill_date)}" if bill.bill_date else ""
    yield f"Account {one.account}, {numbered}{dated}"


def _body(grounds: Grounds) -> Iterable[str]:
    one = grounds.dispute
    yield f"We dispute {_money(grounds, one.amount)} of this bill. Our reason: {one.reason}"
    if one.tax:
        yield f"{_money(grounds, one.tax)} of it is tax and surcharges on the disputed charges, in proportion."
    if one.mode is Mode.WITHHELD:
        yield (
            "The disputed amount is withheld until you have answered; the rest of the bill is paid as it is due. "
            "Please charge no late fee on what is withheld."
        )
    else:
        yield "The bill is paid. Please credit the disputed amount to the account, or tell us why it is owed."
    if one.late and one.deadline:
        yield f"We know that the time to dispute this bill ended on {words.day(one.deadline)}."
    elif one.deadline:
        yield f"The time to dispute this bill ends on {words.day(one.deadline)}."
    yield "The lines:"


def _after(grounds: Grounds) -> Iterable[str]:
    if len(grounds.charges) > _MOST:
        yield f"These are the first {_MOST} of {len(grounds.charges)} lines; evidence/lines.csv has all of them."
    yield from dict.fromkeys(_objected(grounds))
    yield (
        f"Please quote {grounds.dispute.dispute} in your answer and beside your credit, so that it is found. The bytes "
        "of your bill that we read, and proofs that our books have held them unchanged, are enclosed."
    )


def _objected(grounds: Grounds) -> Iterable[str]:
    """What was found, a paragraph for each cause: not for each line."""
    seen = set()
    for one in grounds.objections:
        if (one.code, one.cause) not in seen:
            seen.add((one.code, one.cause))
            yield f"{one.found[:1].upper()}{one.found[1:]}."


def _row(grounds: Grounds, charge: BilledCharge) -> tuple[str, ...]:
    agreed = ""
    if charge.agreed is not None:
        unit = charge.agreed.cell("unit")
        agreed = charge.agreed.cell("rate") + (f" a {unit}" if unit else "")
    return (
        charge.place,
        charge.service or "the account",
        charge.product or charge.kind,
        words.days(charge.service_from, charge.service_to),
        words.money(charge.amount, grounds.dispute.currency),
        agreed,
        words.money(charge.disputed, grounds.dispute.currency),
    )


def _table(document: Any, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    table = document.add_table(rows=1, cols=len(columns))
    table.style = "Table Grid"
    for cell, text in zip(table.rows[0].cells, columns, strict=True):
        cell.text = text
    for row in rows:
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = _clean(text)


def _clean(text: str) -> str:
    """The text without the control characters that XML cannot hold."""
    return "".join(letter for letter in text if letter.isprintable() or letter in "\t\n")


def _money(grounds: Grounds, minor: int) -> str:
    return f"{words.money(minor, grounds.dispute.currency)} {grounds.dispute.currency}"


def _fixed(written: bytes) -> bytes:
    """The same archive with the same times, whenever it is made."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(written)) as made, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as kept:
        for entry in made.infolist():
            info = zipfile.ZipInfo(entry.filename, _ZIPPED)
            info.compress_type = zipfile.ZIP_DEFLATED
            kept.writestr(info, made.read(entry))
    return out.getvalue()
