"""What the engine asks of an exporter: turn entries into the bytes of one file. Values in, bytes out, nothing else.

An exporter is trusted: it runs in the main process, and so it comes from an installed package only. It is given no
connection, no clock and no file; the same batch gives the same bytes on every machine (INV-66).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date
from enum import StrEnum
from typing import Protocol

import attrs

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Route(StrEnum):
    """The one way on which an entry leaves for the site's other systems."""

    VOUCHERS = "vouchers"  # certified claims of bills that are owed: accounts payable
    JOURNAL = "journal"  # everything else: the general ledger


@attrs.frozen
class ExportLine:
    """One posting of an entry: debit positive, in minor units.

    `account` is the site's account, `string` where the amount is booked as the site writes it ("" where only the
    account says it); `project` and `grant` are read from the string. `partner` is the other fund of a due.
    """

    line: int
    account: str
    fund: str
    department: str
    project: str
    grant: str
    object: str
    string: str
    partner: str
    amount: int


@attrs.frozen
class ExportEntry:
    """One entry on its way out. `journal` is its number, `trace` its name in the ledger ("E28").

    A voucher carries the head of the bill's paper: vendor, account, number and dates as it states them, and `total`,
    what is claimed in minor units: the sum of its lines, a credit negative. Several claims of one bill share its trace
    and number, in batches of their own. Other entries have none of these, and `total` 0.
    """

    trace: str
    journal: str
    kind: str
    effective: date
    narrative: str
    currency: str
    lines: tuple[ExportLine, ...]
    vendor: str = ""
    account: str = ""
    number: str = ""
    bill_date: date | None = None
    due_date: date | None = None
    total: int = 0


class Exporter(Protocol):
    """A file format for entries of one route."""

    @property
    def name(self) -> str:
        """How the site asks for it, such as "journal_csv"."""
        ...

    @property
    def version(self) -> str:
        """Changes whenever the same batch would give other bytes."""
        ...

    @property
    def route(self) -> Route:
        """Which entries it takes."""
        ...

    @property
    def suffix(self) -> str:
        """The end of the file's name, such as ".csv"."""
        ...

    def write(self, batch: str, entries: Sequence[ExportEntry]) -> Iterable[bytes]:
        """The file for a batch of that name, in order. Every entry is in it, and nothing else."""
        ...


def safe_cell(text: str) -> str:
    """A text cell that no spreadsheet takes for a formula, on one line. Figures of ours need none of it."""
    flat = " ".join(text.split())
    return f"'{flat}" if text.startswith(_FORMULA) or flat.startswith(_FORMULA) else flat


def csv_file(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """A table as CSV: a header, then the rows; UTF-8, CRLF, quotes where needed. Text cells must be safe already."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return out.getvalue().encode()
