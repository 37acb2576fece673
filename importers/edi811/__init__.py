"""Telephone bills as X12 811, the consolidated service invoice of US carriers (release 4010 and its neighbours)."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence

from importers.edi811.interchange import envelopes, segments
from importers.edi811.levels import is_foreign
from importers.edi811.telecom_bill import read_set
from ledger_core import (
    Document,
    DocumentRefused,
    EnvelopeChecked,
    Importer,
    Lookalike,
    Recognition,
    Record,
    hookimpl,
)

_HEAD = 65536  # bytes that identify looks at


class ConsolidatedInvoice:
    """Reads X12 811: text in UTF-8 or ASCII, a point as the decimal mark, dates with the year first.

    One bill is one transaction set. IT1, SLN, TXI and ITA post; TDS is what they must sum to. Metered items, USD and
    TCD say what each line used.
    """

    name: str = "edi811"
    version: str = "2"
    states_total: bool = True
    overlapping: bool = False

    def identify(self, document: Document) -> Recognition | Lookalike | None:
        """Mine when an interchange holds an 811 near its start; a look-alike when that is an insurance notice."""
        head = document.head(_HEAD)
        if b"ISA" not in head[:64]:
            return None
        mine = False
        try:
            for segment in segments(document.name, io.BytesIO(head)):
                mine = mine or (segment.id == "ST" and segment.at(1) == "811")
                if mine and is_foreign(segment):
                    return Lookalike("lookalike", f"segment {segment.ordinal} {segment.id}: an insurance notice")
        except (DocumentRefused, UnicodeDecodeError):
            # The head may be cut anywhere; what was seen until there decides. `extract` reads, and refuses, the whole.
            return Recognition() if mine else None
        return Recognition() if mine else None

    def extract(self, documents: Sequence[Document]) -> Iterator[Record]:
        """The bills of one document, in the order of their transaction sets."""
        (document,) = documents
        with document.path.open("rb") as stream:
            found = envelopes(document.name, stream)
            for bill, one in enumerate(found.sets):
                yield from read_set(document.name, stream, one, bill)
        yield EnvelopeChecked(found.controls)


@hookimpl
def importers() -> tuple[Importer, ...]:
    """The importer of this module."""
    return (ConsolidatedInvoice(),)
