"""Cloud cost exports in FOCUS 1.0 to 1.2, the FinOps Open Cost and Usage Specification, as CSV or Parquet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from importlib.util import find_spec

from importers.focus.bills import bills
from importers.focus.csv_rows import csv_rows, header
from importers.focus.parquet_rows import MAGIC, column_names, parquet_rows
from importers.focus.rows import COST, missing
from ledger_core import Document, DocumentRefused, Importer, Lookalike, Recognition, Record, hookimpl

_HEAD = 2**17  # bytes that identify looks at


class CostExport:
    """Reads FOCUS by the exact names of its columns; BilledCost posts, EffectiveCost is kept beside it.

    CSV is UTF-8 with commas and a point as the decimal mark, instants are ISO 8601 and UTC, `NULL` and empty cells
    state nothing. The format states no total: such bills post without one.
    """

    name: str = "focus"
    version: str = "1"
    states_total: bool = False
    overlapping: bool = False

    def identify(self, document: Document) -> Recognition | Lookalike | None:
        """By the names of the columns: with BilledCost alone it only looks like FOCUS."""
        head = document.head(_HEAD)
        if head.startswith(MAGIC):
            _check_reader(document)
            names = column_names(document)
        else:
            found = header(head)
            names = found[0] if found else None
        if names is None or COST not in names:
            return None
        if lacking := missing(names):
            return Lookalike("lookalike", f"BilledCost without {', '.join(lacking)}: no bill can be told from it")
        return Recognition()

    def extract(self, documents: Sequence[Document]) -> Iterator[Record]:
        """The bills of one document, numbered as they are met."""
        (document,) = documents
        _check_reader(document)
        packed = document.head(len(MAGIC)) == MAGIC
        # Closed here, at once: whoever keeps a refusal would else keep the file open.
        with closing(parquet_rows(document) if packed else csv_rows(document)) as stretches:
            yield from bills(document.name, stretches)


def _check_reader(document: Document) -> None:
    """The library that reads columns comes with an extra, and not every site installs it."""
    if find_spec("pyarrow") is None:
        found = "reading FOCUS needs pyarrow, which is not installed"
        raise DocumentRefused(document.name, found, "Install tollbook[bulk] and import the file again.")


@hookimpl
def importers() -> tuple[Importer, ...]:
    """The importer of this module."""
    return (CostExport(),)
