"""A bill typed from paper into a workbook (XLSX): sheet `bill` for its first page, sheet `lines` for its lines.

Sheet `bill` has a label in column A and its value in column B, in any order:

| label | is |
|---|---|
| vendor, account, currency, bill_date | needed |
| total | needed: what the lines sum to, with adjustments and credits, without balance forward and payments |
| number, period_from, period_to | the bill's number, or else its period, or both; both ends inclusive |
| due_date, previous_balance, payments, adjustments, amount_due | as printed; payments are negative |
| scan | name of the scanned paper, for the reader |

Where they are printed, `adjustments` must be the sum of the lines of that kind, and `amount_due` is
previous_balance + payments + total.

Sheet `lines` has headers in its first row: kind and amount are needed; line, service, product, text, quantity, unit,
rate, from, to and customer_code as the paper has them. `line` rises; `kind` is one of the kinds of a charge.

Dates are dates of the workbook or `2026-08-16`. Amounts are numbers of at most 15 digits, 6 of them after the point,
or texts such as -1234.5678. Notes beside the values of `bill` are not read; an unknown label or header is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal

import attrs

from importers.delimited import refused
from importers.workbook import Cell, sheet_names, sheets
from ledger_core import (
    Bill,
    BillEnded,
    BillStarted,
    Charge,
    Charged,
    ChargeKind,
    Combined,
    Control,
    Document,
    DocumentRefused,
    Figure,
    Importer,
    LineSum,
    Locator,
    Lookalike,
    NotANumber,
    Recognition,
    Record,
    Totals,
    hookimpl,
    parse_decimal,
)

_NEEDED = ("vendor", "account", "currency", "bill_date", "total")
_AS_PRINTED = (
    "number",
    "due_date",
    "period_from",
    "period_to",
    "previous_balance",
    "payments",
    "adjustments",
    "amount_due",
    "scan",
)
_COLUMNS = (
    "line",
    "service",
    "kind",
    "product",
    "text",
    "quantity",
    "unit",
    "rate",
    "amount",
    "from",
    "to",
    "customer_code",
)
_KINDS = {kind.value: kind for kind in ChargeKind}
_CODE = re.compile(r"[A-Z]{3}")
_ISO = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
# What Python writes for a number cell, if the cell holds a number that people type: no exponent, few digits.
_TYPED = re.compile(r"-?(\d+)(?:\.(\d{1,6}))?", re.ASCII)
_MOST_DIGITS = 15  # a workbook keeps so many decimal digits of a number unchanged, and no more
_LONGEST = 4000  # characters of a text


class BillSheet:
    """Reads a bill that a person typed into the two sheets."""

    name: str = "bill_sheet"
    version: str = "1"
    states_total: bool = True
    overlapping: bool = False

    def identify(self, document: Document) -> Recognition | Lookalike | None:
        """By the names of the two sheets; a workbook with `bill` alone is a look-alike."""
        names = sheet_names(document)
        if "bill" not in names:
            return None
        if "lines" not in names:
            return Lookalike("lookalike", "the workbook has a sheet `bill` and no sheet `lines`")
        return Recognition()

    def extract(self, documents: Sequence[Document]) -> Iterator[Record]:
        """One bill: its head, a charge for each line, and what the paper states."""
        (document,) = documents
        found = sheets(document, ("bill", "lines"))
        if len(found) < 2:
            what = "the workbook lacks one of the sheets `bill` and `lines`"
            raise refused(document, None, what, "Type the bill into both.", code="lookalike")
        head = _Head(document, _labels(document, found["bill"]))
        yield BillStarted(0, head.bill())
        lines: list[ChargeKind] = []
        for charge in _charges(document, found["lines"]):
            lines.append(charge.kind)
            yield Charged(0, charge)
        if not lines:
            raise refused(document, None, "the sheet `lines` holds no line", "Type the bill's lines.", code="no-lines")
        yield BillEnded(0, head.totals(lines))


@attrs.frozen
class _Typed:
    """One cell: its value, and where it stands."""

    document: Document
    sheet: str
    place: str
    name: str
    value: Cell

    def odd(self, what: str, do: str) -> DocumentRefused:
        """The refusal of this cell, to be raised."""
        where = f"{self.document.name}:{self.sheet}!{self.place}"
        return DocumentRefused(where, f"{self.name} is '{str(self.value)[:40]}', {what}", do)

    def locator(self) -> Locator:
        """A workbook has no byte of its own for a cell: the whole document is given."""
        return Locator(f"{self.sheet}!{self.place}", 0, self.document.size)

    def text(self) -> str:
        """A text, or a whole number as its digits (accounts and telephone numbers are often typed so)."""
        if isinstance(self.value, str):
            text = self.value.strip()
        elif isinstance(self.value, bool) or not isinstance(self.value, int | float):
            raise self.odd("neither a text nor a number", "Type it as a text.")
        else:
            number = self.number()
            if number != number.to_integral_value():
                raise self.odd("not a whole number", "Type it as a text.")
            text = format(number, "f")
        if len(text) > _LONGEST or "\0" in text:
            raise self.odd("longer than a person types", f"Keep texts under {_LONGEST} characters.")
        return text

    def number(self) -> Decimal:
        """The exact number that was typed: never one that binary arithmetic has touched and changed."""
        if isinstance(self.value, str):
            try:
                return parse_decimal(self.value.strip(), self.name)
            except NotANumber:
                raise self.odd("no number such as -1234.56", "Type digits, a point, and no separators.") from None
        if isinstance(self.value, bool) or not isinstance(self.value, int | float):
            raise self.odd("no number", "Type digits, a point, and no separators.")
        digits = repr(self.value).removesuffix(".0")
        match = _TYPED.fullmatch(digits)
        if match is None or len((match[1] + (match[2] or "")).lstrip("0")) > _MOST_DIGITS:
            raise self.odd("a number that a workbook does not keep exactly", "Round it, or type it as a text.")
        return Decimal(digits) or Decimal(0)

    def day(self) -> date:
        """A date cell without a time of day, or a text of the form 2026-08-16."""
        value = self.value
        if isinstance(value, datetime) and value.time() == time(0) and value.tzinfo is None:
            return value.date()
        if isinstance(value, date) and not isinstance(value, datetime):
            return value
        try:
            if isinstance(value, str) and _ISO.fullmatch(value.strip()):
                return date.fromisoformat(value.strip())
        except ValueError:
            raise self.odd("a day that the calendar does not have", "Correct the date.") from None
        raise self.odd("no date", "Format the cell as a date, or type 2026-08-16.")


def _blank(cell: Cell) -> bool:
    return isinstance(cell, str) and not cell.strip()


def _word(cell: Cell) -> str:
    return str(cell).strip().rstrip(":").lower().replace(" ", "_")


def _labels(document: Document, sheet: Sequence[Sequence[Cell]]) -> dict[str, _Typed]:
    """The labelled values of the sheet `bill`; labels without a value are as good as absent."""
    values: dict[str, _Typed] = {}
    seen: set[str] = set()
    for number, row in enumerate(sheet, 1):
        label, value = (*row, "", "")[:2]
        if _blank(label):
            if not _blank(value):
                raise refused(document, None, f"bill!B{number} has a value without a label", "Label it in column A.")
            continue
        name = _word(label)
        if name not in _NEEDED and name not in _AS_PRINTED:
            known = ", ".join((*_NEEDED, *_AS_PRINTED))
            raise refused(document, None, f"bill!A{number} is '{name[:40]}', no label", f"Known are: {known}.")
        if name in seen:
            raise refused(document, None, f"bill!A{number} says {name} a second time", "State it once.")
        seen.add(name)
        if not _blank(value):
            values[name] = _Typed(document, "bill", f"B{number}", name, value)
    if missing := [name for name in _NEEDED if name not in values]:
        raise refused(
            document, None, f"the sheet `bill` does not state {', '.join(missing)}", "Type it from the paper."
        )
    return values


@attrs.frozen
class _Head:
    """What the sheet `bill` states."""

    document: Document
    values: Mapping[str, _Typed]

    def bill(self) -> Bill:
        """The head of the bill."""
        first, last = self._day("period_from"), self._day("period_to")
        if (first is None) != (last is None) or (first and last and first > last):
            do = "State both its ends, first and last day."
            raise refused(self.document, None, "the period has one end, or ends before it starts", do)
        if "number" not in self.values and first is None:
            raise refused(self.document, None, "the bill has neither number nor period", "Type what the paper shows.")
        currency = self.values["currency"]
        if not _CODE.fullmatch(currency.text()):
            raise currency.odd("no three-letter code", "Use the ISO 4217 code, such as USD.")
        return Bill(
            vendor=self.values["vendor"].text(),
            account=self.values["account"].text(),
            currency=currency.text(),
            number=self.values["number"].text() if "number" in self.values else None,
            bill_date=self.values["bill_date"].day(),
            due_date=self._day("due_date"),
            period_from=first,
            period_to=last,
            place_kind="cell",
        )

    def totals(self, lines: Sequence[ChargeKind]) -> Totals:
        """The total, the balances as far as the paper has them, and how they hang together."""
        total = self._figure("total")
        previous, payments = self._figure("previous_balance"), self._figure("payments")
        adjustments, due = self._figure("adjustments"), self._figure("amount_due")
        controls = []
        if adjustments:
            of_kind = [number for number, kind in enumerate(lines, 1) if kind is ChargeKind.ADJUSTMENT]
            controls.append(Control(adjustments, LineSum(tuple((number, number) for number in of_kind))))
        if due:
            controls.append(Control(due, Combined(tuple(filter(None, (previous, payments, total))))))
        return Totals(len(lines), total, tuple(controls), previous_balance=previous, amount_due=due)

    def _day(self, name: str) -> date | None:
        return self.values[name].day() if name in self.values else None

    def _figure(self, name: str) -> Figure | None:
        if name not in self.values:
            return None
        return Figure(name, "bill", self.values[name].number(), self.values[name].locator())


def _charges(document: Document, sheet: Sequence[Sequence[Cell]]) -> Iterator[Charge]:
    """The lines in order; blank rows between them are skipped."""
    if not sheet:
        return
    columns = _columns(document, sheet[0])
    last = Decimal(0)
    for number, row in enumerate(sheet[1:], 2):
        if all(_blank(cell) for cell in row):
            continue
        if stray := [at for at, cell in enumerate(row) if not _blank(cell) and at not in columns.values()]:
            found = f"lines!{_letter(stray[0])}{number} holds something under no header"
            raise refused(document, None, found, "Give the column its header, or clear the cell.")
        cells = {
            name: _Typed(document, "lines", f"{_letter(at)}{number}", name, row[at])
            for name, at in columns.items()
            if not _blank(row[at])
        }
        if missing := [name for name in ("kind", "amount") if name not in cells]:
            found = f"row {number} of the sheet `lines` lacks {' and '.join(missing)}"
            raise refused(document, None, found, "Type it from the paper, or clear the row.")
        if "line" in cells:
            if cells["line"].number() <= last:
                raise cells["line"].odd("not above the line before it", "Number the lines upwards, each once.")
            last = cells["line"].number()
        yield _charge(cells)


def _columns(document: Document, header: Sequence[Cell]) -> dict[str, int]:
    columns: dict[str, int] = {}
    for at, cell in enumerate(header):
        name = _word(cell)
        if name in columns or (name and name not in _COLUMNS):
            found = f"lines!{_letter(at)}1 is '{name[:40]}', no header or one used before"
            raise refused(document, None, found, f"Known are: {', '.join(_COLUMNS)}.")
        if name:
            columns[name] = at
    if missing := [name for name in ("kind", "amount") if name not in columns]:
        found = f"the sheet `lines` has no column {' and '.join(missing)}"
        raise refused(document, None, found, f"Its first row holds headers: {', '.join(_COLUMNS)}.")
    return columns


def _letter(column: int) -> str:
    """The name of a column counted from 0."""
    return (chr(64 + column // 26) if column >= 26 else "") + chr(65 + column % 26)


def _charge(cells: Mapping[str, _Typed]) -> Charge:
    def text(name: str) -> str:
        return cells[name].text() if name in cells else ""

    def number(name: str) -> Decimal | None:
        return cells[name].number() if name in cells else None

    kind = _KINDS.get(text("kind").lower())
    if kind is None:
        raise cells["kind"].odd("no kind of charge", f"Known are: {', '.join(_KINDS)}.")
    first = cells["from"].day() if "from" in cells else None
    last = cells["to"].day() if "to" in cells else None
    if first and last and first > last:
        raise cells["to"].odd(f"before {first.isoformat()}, where the line starts", "Correct the dates.")
    return Charge(
        cells["amount"].locator(),
        kind,
        cells["amount"].number(),
        service=text("service"),
        product=text("product"),
        customer_code=text("customer_code"),
        quantity=number("quantity"),
        unit=text("unit"),
        rate=number("rate"),
        service_from=first,
        service_to=last,
        text=text("text") or None,
    )


@hookimpl
def importers() -> tuple[Importer, ...]:
    """Bills typed from paper."""
    return (BillSheet(),)
