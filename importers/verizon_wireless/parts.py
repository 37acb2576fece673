"""The four files of one bill: which is which, where their columns stand, and their rows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

import attrs

from importers.delimited import Row, is_utf8, refused, rows
from ledger_core import Document, DocumentRefused, Locator

ACCOUNT, LINES, DETAIL, USAGE = range(4)
PARTS = (
    "AccountSummary",
    "Account & Wireless Summary",
    "Acct & Wireless Charges Detail Summary Usage",
    "Wireless Usage Detail",
)
JOIN = ("Bill Cycle Date", "Account Number", "Invoice Number")
USAGE_KINDS = ("Voice", "Messaging", "Data", "Roaming", "International", "Purchases")
# The captions that together are Total Current Charges; the six kinds of usage are inside "Usage and Purchase Charges".
CAPTIONS = (
    "Account Charges and Credits",
    "Charges for Third-Party Services to Account",
    "Monthly Charges",
    "Late Fee",
    "Usage and Purchase Charges",
    "Equipment Charges",
    "Surcharges and OC&Cs",
    "Taxes, Governmental Surcharges, and Fees",
    "Charges for Third-Party Services to Lines",
)
BALANCES = ("Previous Balance", "Payments", "Adjustments", "Balance Forward", "Total Current Charges")
# The captions of one line, and the group of charges that each sums.
LINE_CAPTIONS = {
    "Account Charges and Credits": "account",
    "Monthly Charges": "monthly",
    "Usage and Purchase Charges": "usage",
    "Equipment Charges": "equipment",
    "Total Surcharges and Other Charges and Credits": "surcharges",
    "Taxes, Governmental Surcharges and Fees": "taxes",
    "Third Party Charges": "third party",
}
# Columns of the line summary that say what a line used, and the unit of each. Only the first is in every file.
QUANTITIES = {
    "Voice Plan Usage": "minutes",
    "Voice Roaming": "minutes",
    "Messaging Usage": "messages",
    "Messaging Roaming": "messages",
    **{
        f"Data {what} ({short})": unit
        for what in ("Usage", "Roaming")
        for short, unit in (("KB", "kilobytes"), ("MB", "megabytes"), ("GB", "gigabytes"))
    },
}
_COLUMNS = (
    (
        *JOIN,
        "Date Due",
        "Bill Period",
        *BALANCES,
        *CAPTIONS,
        *(f"Usage Charges - {kind}" for kind in USAGE_KINDS),
        "Total Amount Due",
    ),
    (*JOIN, "Wireless Number", *LINE_CAPTIONS, "Total Charges", "Voice Plan Usage"),
    (
        *JOIN,
        "Wireless Number",
        "User Name",
        "Cost Center",
        "User ID",
        "Item Category",
        "Date",
        "Item Type",
        "Item Description",
        "Billable",
        "Cost",
    ),
    (*JOIN, "Wireless Number", "Usage Category", "Date", "Min", "Charge", "Long Dist./Other Charges", "Total"),
)
_NOTHING = frozenset({"", "NA", "N/A"})
_NUMBER = re.compile(r"-?\d{1,15}(?:\.\d{1,15})?", re.ASCII)


@attrs.frozen
class Part:
    """One of the four files: its place in the set, and where each column stands."""

    document: Document
    number: int
    encoding: str
    columns: Mapping[str, int]
    width: int

    def rows(self) -> Iterator[Row]:
        """The rows below the header, each with all its cells."""
        for row in rows(self.document, encoding=self.encoding, delimiter="\t", quoted=False):
            if row.number == 1 or not any(cell.strip() for cell in row.cells):
                continue
            if len(row.cells) != self.width:
                found = f"the row has {len(row.cells)} cells, the header {self.width}"
                raise refused(self.document, row.number, found, "Download the file again and drop it unedited.")
            yield row

    def has(self, column: str) -> bool:
        """Whether the file has this column, of those that only some have."""
        return column in self.columns

    def text(self, row: Row, column: str) -> str:
        """A cell without what the vendor writes for nothing."""
        cell = row.cells[self.columns[column]].strip()
        return "" if cell in _NOTHING else cell

    def number_in(self, row: Row, column: str) -> Decimal:
        """An amount; empty is zero."""
        cell = row.cells[self.columns[column]].strip()
        if not cell:
            return Decimal(0)
        if not _NUMBER.fullmatch(cell):
            raise self.odd(row, column, "no number such as -1234.56")
        return Decimal(cell) or Decimal(0)

    def quantity_in(self, row: Row, column: str) -> Decimal | None:
        """A quantity, which no total rests on; None for what is no number, such as `unlimited`."""
        cell = row.cells[self.columns[column]].strip()
        return (Decimal(cell) or Decimal(0)) if _NUMBER.fullmatch(cell) else None

    def odd(self, row: Row, column: str, what: str) -> DocumentRefused:
        """The refusal of a cell, to be raised."""
        cell = row.cells[self.columns[column]][:40]
        return refused(self.document, row.number, f"{column} is '{cell}', {what}", "Download the file again.")

    def locator(self, row: Row) -> Locator:
        """Where a row stands."""
        return Locator(str(row.number), row.start, row.end, document=self.number)


def names_of(header: str) -> list[str]:
    """The column names of a header, whichever way its byte order mark was decoded."""
    return [cell.strip() for cell in header.removeprefix("\ufeff").removeprefix("ï»¿").rstrip("\r\n").split("\t")]


def part_of(names: Sequence[str]) -> int | None:
    """The part whose columns these are. Columns that we do not know may stand among them."""
    found = [part for part, columns in enumerate(_COLUMNS) if set(columns) <= set(names)]
    return found[0] if found else None


def opened(documents: Sequence[Document]) -> list[Part]:
    """The four parts, each proved by its header. Raises DocumentRefused for a part missing or out of place."""
    assert documents, "extract is called with the documents of a bill"
    parts = []
    for number, document in enumerate(documents):
        encoding = "utf-8" if is_utf8(document) else "cp1252"
        header = next(rows(document, encoding=encoding, delimiter="\t", quoted=False), None)
        names = names_of("\t".join(header.cells)) if header else []
        if number >= len(PARTS) or part_of(names) != number:
            found = f"this is not the part '{PARTS[min(number, 3)]}' of a bill"
            raise refused(
                document, 1, found, "Drop the four files of one month and account together.", code="lookalike"
            )
        parts.append(Part(document, number, encoding, {name: at for at, name in enumerate(names)}, len(names)))
    if len(parts) < len(PARTS):
        found = f"the bill lacks its parts: {', '.join(PARTS[len(parts) :])}"
        raise refused(documents[0], None, found, "Drop them too.", code="incomplete-set")
    return parts
