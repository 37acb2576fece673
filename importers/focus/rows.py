"""Rows of a FOCUS export as column arrays, whatever file they come from, and the columns that are read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import attrs

from ledger_core import DocumentRefused

#: An array of pyarrow, which is loaded only where a document is read; it ships no types.
Array = Any

COST = "BilledCost"
#: Without these a file states no bill: who bills whom for which month, in which currency, how much for what.
REQUIRED = (
    "InvoiceIssuerName",
    "BillingAccountId",
    "BillingCurrency",
    "BillingPeriodStart",
    "BillingPeriodEnd",
    "ChargeCategory",
    COST,
)
INVOICE = "InvoiceId"
OPTIONAL = (
    INVOICE,
    "ChargeClass",
    "ChargeDescription",
    "ChargeFrequency",
    "ChargePeriodEnd",
    "ChargePeriodStart",
    "ConsumedQuantity",
    "ConsumedUnit",
    "ContractedUnitPrice",
    "EffectiveCost",
    "ListUnitPrice",
    "PricingQuantity",
    "PricingUnit",
    "ResourceId",
    "SkuId",
    "SubAccountId",
)
LARGEST_CELL = 2**20  # bytes
_EXPORT = "Export the file again from the provider."


@attrs.frozen
class Rows:
    """A stretch of rows of one document.

    `columns` holds, for each column that is read, an array of texts with null where nothing is stated. `numbers` are
    the rows as people count them, `starts` and `ends` their bytes (one number where all are the same).
    """

    columns: dict[str, Array]
    numbers: Sequence[int]
    starts: list[int] | int
    ends: list[int] | int

    def take(self, indices: list[int]) -> Rows:
        """Only the rows at these places."""
        return Rows(
            {name: array.take(_index(indices)) for name, array in self.columns.items()},
            [self.numbers[i] for i in indices],
            self.starts if isinstance(self.starts, int) else [self.starts[i] for i in indices],
            self.ends if isinstance(self.ends, int) else [self.ends[i] for i in indices],
        )

    def refused(self, name: str, index: int, found: str, do: str = _EXPORT) -> DocumentRefused:
        """The refusal of what one row says."""
        return row_refused(name, self.numbers[index], found, do)


def row_refused(name: str, number: int, found: str, do: str = _EXPORT) -> DocumentRefused:
    """The refusal of a row by its number."""
    return DocumentRefused(f"{name}:row {number}", found, do)


def missing(names: Iterable[str]) -> list[str]:
    """The columns that a bill needs and that are not among `names`."""
    present = set(names)
    return [name for name in REQUIRED if name not in present]


def check_columns(name: str, names: Sequence[str]) -> list[str]:
    """The columns to read, in the order of the file. Refuses a file without those of a bill, or with one twice."""
    if lacking := missing(names):
        found = f"no column {', '.join(lacking)}"
        raise DocumentRefused(name, found, "Export all mandatory columns of FOCUS.", code="lookalike")
    wanted = {*REQUIRED, *OPTIONAL}
    chosen = [column for column in names if column in wanted]
    if len(set(chosen)) != len(chosen):
        twice = sorted({column for column in chosen if chosen.count(column) > 1})
        raise DocumentRefused(name, f"column {', '.join(twice)} stands twice in the header", _EXPORT)
    return chosen


def _index(indices: list[int]) -> Array:
    import pyarrow as pa

    return pa.array(indices, pa.int32())
