"""What the engine asks of an importer: recognise a document, then read it as bills, charges and totals.

Pure readers of one vendor's format (INV-20): no accounts, departments, database, network or clock. They run in a
confined child process and may raise `DocumentRefused`; everything else that they raise is a bug of theirs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

import attrs

from ledger_core.facts.bill import Bill, Control, Totals
from ledger_core.facts.charge import Charge, ChargeColumns
from ledger_core.facts.discrepancy import Discrepancy


@attrs.frozen
class Document:
    """One complete file, to be read only. `name` is the name it was dropped under: a hint, never proof of a format."""

    name: str
    path: Path
    size: int

    def head(self, size: int = 65536) -> bytes:
        """The first `size` bytes."""
        with self.path.open("rb") as stream:
            return stream.read(size)

    def read(self) -> bytes:
        """All bytes. For documents that are small by nature; tables are read in blocks."""
        return self.path.read_bytes()


@attrs.frozen
class Recognition:
    """The document is mine. One of several that make one bill names its `part` and the parts that are `needed`.

    `group` is equal for the parts of one bill and differs between bills (account and invoice).
    """

    part: str = ""
    needed: tuple[str, ...] = ()
    group: str = ""


@attrs.frozen
class Lookalike:
    """The document has my format's shape but is no bill: refused with a `code` ("lookalike", "not-a-bill")."""

    code: str
    found: str


@attrs.frozen
class BillStarted:
    """The head of a bill. `bill` numbers the bills of a document from 0, in the order they are met."""

    bill: int
    head: Bill


@attrs.frozen
class Charged:
    """Charges of a bill already started: one, or a batch of columns, in the bill's order."""

    bill: int
    charge: Charge | ChargeColumns


@attrs.frozen
class BillEnded:
    """The totals of a bill; no charge of it follows."""

    bill: int
    totals: Totals


@attrs.frozen
class BillRefused:
    """This bill cannot be read as one (a memo, a test); others of the document may be."""

    bill: int
    discrepancy: Discrepancy


@attrs.frozen
class EnvelopeChecked:
    """Totals of the document itself (X12 SE01, GE01, IEA01; rows of a file). One that fails refuses every bill."""

    controls: tuple[Control, ...]


Record = BillStarted | Charged | BillEnded | BillRefused | EnvelopeChecked


@runtime_checkable
class Importer(Protocol):
    """A reader of one vendor's format.

    `name` and `version` stand in every fact that comes from it: raise the version when the same bytes would give other
    charges or another usage. `states_total` False declares that the format never states a total (a cloud cost export):
    such a bill posts with `stated: null`, and payment waits for its cover. `overlapping` declares that two files may
    repeat charges (usage exports); then content and occurrence tell them apart.
    """

    @property
    def name(self) -> str:
        """The importer's own name, lower case: it stands in every fact that comes from it."""
        ...

    @property
    def version(self) -> str:
        """Raised whenever the same bytes would give other charges or another usage."""
        ...

    @property
    def states_total(self) -> bool:
        """Whether bills of this format state a total."""
        ...

    @property
    def overlapping(self) -> bool:
        """Whether two files may repeat charges."""
        ...

    def identify(self, document: Document) -> Recognition | Lookalike | None:
        """Whether the document is of this format, by content. None: not mine. Reads as little as it can."""
        ...

    def extract(self, documents: Sequence[Document]) -> Iterator[Record]:
        """The bills in `documents` (one, or all parts of a group in the order of `Recognition.needed`).

        For each bill: BillStarted, its charges, BillEnded (or BillRefused, at any time). EnvelopeChecked at most once.
        Raises DocumentRefused when the whole document is broken.
        """
        ...
