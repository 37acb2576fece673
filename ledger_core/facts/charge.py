"""A charge, version 1: one line of a bill at the lowest level at which the vendor states amounts. Frozen for ever.

Importers yield `Charge` values, or `ChargeColumns` where a vendor's file is one big table; both mean the same. The
engine works on columns, so a batch of charges is turned into columns before it leaves the importer's process.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum

import attrs

from ledger_core.money import plain


class ChargeKind(StrEnum):
    """What a charge is for. FOCUS knows five categories, telecom needs these."""

    RECURRING = "recurring"  # MRC
    ONE_TIME = "one-time"  # NRC
    USAGE = "usage"
    EQUIPMENT = "equipment"
    TAX = "tax"
    SURCHARGE = "surcharge"
    FEE = "fee"
    CREDIT = "credit"
    ADJUSTMENT = "adjustment"
    LATE_FEE = "late-fee"
    ROUNDING = "rounding"
    TRANSFER = "transfer"


class Timing(StrEnum):
    """Whether a charge is billed before or after the service it pays for; decides its coding date."""

    ADVANCE = "advance"
    ARREARS = "arrears"


@attrs.frozen
class Locator:
    """Where something was read: bytes `start` up to, not including, `end` of one archived document.

    `document` counts the documents handed to `extract` from 0; `member` is a file inside an archive, else None.
    `place` is what a person looks for: the number of a row or segment from 1, a cell, a page. Formats without byte
    positions (XLSX, Parquet) give the whole document: 0 and its size.
    """

    place: str
    start: int
    end: int
    document: int = 0
    member: str | None = None


@attrs.frozen
class Charge:
    """One charge as the vendor states it. Plus means that the customer owes more.

    `exact` is the amount in major units, every decimal kept. `effective_cost` is what FOCUS calls EffectiveCost, None
    where the format has none. `rate` is the price of one unit. Service dates are inclusive. `service` is the vendor's
    own name of the line, circuit, device or resource ("" is the account itself), `service_kind` its kind
    ("line", "circuit", "resource", "" unknown); `sub_account` an account below the bill's; `customer_code` the
    customer's own code printed on the bill (cost centre, user code). `text` is free text: it is kept apart, among the
    particulars, so that it can be destroyed on schedule.
    """

    locator: Locator
    kind: ChargeKind
    exact: Decimal
    service: str = ""
    service_kind: str = ""
    sub_account: str = ""
    product: str = ""
    customer_code: str = ""
    quantity: Decimal | None = None
    unit: str = ""
    rate: Decimal | None = None
    effective_cost: Decimal | None = None
    service_from: date | None = None
    service_to: date | None = None
    timing: Timing | None = None
    text: str | None = None


#: One column of a batch: a list with one cell a charge, or one value that stands for every charge.
Column = list[str] | list[str | None] | list[int] | str | int | None


@attrs.frozen
class ChargeColumns:
    """A batch of charges as plain columns, in the order of the bill. Each column is a list of `count` cells, or one
    value that stands for all of them.

    Decimals are texts in the form of `ledger_core.money.plain` (also accepted: any text `parse_decimal` takes; the
    engine writes the plain form), dates ISO texts, absent values None, absent texts "".
    """

    count: int
    place: Column
    start: Column
    end: Column
    kind: Column
    exact: Column
    document: Column = 0
    member: Column = None
    service: Column = ""
    service_kind: Column = ""
    sub_account: Column = ""
    product: Column = ""
    customer_code: Column = ""
    quantity: Column = None
    unit: Column = ""
    rate: Column = None
    effective_cost: Column = None
    service_from: Column = None
    service_to: Column = None
    timing: Column = None
    text: Column = None

    def __attrs_post_init__(self) -> None:
        for field in attrs.fields(ChargeColumns):
            column = getattr(self, field.name)
            if isinstance(column, list) and len(column) != self.count:
                raise ValueError(f"column {field.name} has {len(column)} cells, the batch has {self.count} charges")

    def cells(self, name: str) -> Sequence[str | int | None]:
        """The column as one cell a charge."""
        column: Column = getattr(self, name)
        return column if isinstance(column, list) else [column] * self.count


def columns_of(charges: Iterable[Charge]) -> ChargeColumns:
    """The same charges as columns."""
    batch = list(charges)
    return ChargeColumns(
        count=len(batch),
        place=[c.locator.place for c in batch],
        start=[c.locator.start for c in batch],
        end=[c.locator.end for c in batch],
        document=[c.locator.document for c in batch],
        member=[c.locator.member for c in batch],
        kind=[c.kind.value for c in batch],
        exact=[plain(c.exact) for c in batch],
        service=[c.service for c in batch],
        service_kind=[c.service_kind for c in batch],
        sub_account=[c.sub_account for c in batch],
        product=[c.product for c in batch],
        customer_code=[c.customer_code for c in batch],
        quantity=[_decimal(c.quantity) for c in batch],
        unit=[c.unit for c in batch],
        rate=[_decimal(c.rate) for c in batch],
        effective_cost=[_decimal(c.effective_cost) for c in batch],
        service_from=[_date(c.service_from) for c in batch],
        service_to=[_date(c.service_to) for c in batch],
        timing=[c.timing.value if c.timing else None for c in batch],
        text=[c.text for c in batch],
    )


def _decimal(value: Decimal | None) -> str | None:
    return None if value is None else plain(value)


def _date(value: date | None) -> str | None:
    return None if value is None else value.isoformat()
