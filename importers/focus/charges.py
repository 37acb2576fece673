"""Rows of a FOCUS export as charges: what each is for, what it costs, what it measures and when."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import repeat

import attrs

from importers.focus.cells import Cells, Texts, cells, days, numbers, shared, texts
from importers.focus.rows import COST, Array, Rows
from ledger_core import ChargeColumns, ChargeKind, Timing, parse_decimal

_CATEGORIES = {
    "usage": ChargeKind.USAGE,
    "tax": ChargeKind.TAX,
    "credit": ChargeKind.CREDIT,
    "adjustment": ChargeKind.ADJUSTMENT,
}
_PURCHASES = {
    "recurring": ChargeKind.RECURRING,
    "one-time": ChargeKind.ONE_TIME,
    "usage-based": ChargeKind.USAGE,
    "": ChargeKind.ONE_TIME,
}
# Taxes and credits stay what they are when they are corrected.
_CORRECTED = frozenset({ChargeKind.USAGE, ChargeKind.RECURRING, ChargeKind.ONE_TIME})
_EXPORT = "Export the file again from the provider."


def charges(name: str, rows: Rows) -> ChargeColumns:
    """The rows of one bill as a batch. BilledCost is what posts; every decimal of it is kept."""
    exact = _costs(name, rows)
    kind, timing = _kinds(name, rows)
    quantity, unit = _quantities(name, rows)
    starts, ends = _service_dates(name, rows)
    column = rows.columns
    return ChargeColumns(
        count=len(rows.numbers),
        place=list(map(str, rows.numbers)),
        start=rows.starts,
        end=rows.ends,
        kind=kind,
        exact=exact,
        service=texts(column["ResourceId"]),
        service_kind=_service_kinds(column["ResourceId"]),
        sub_account=texts(column["SubAccountId"]),
        product=texts(column["SkuId"]),
        quantity=quantity,
        unit=unit,
        rate=_rates(name, rows, exact),
        effective_cost=_effective(name, rows, exact),
        service_from=starts,
        service_to=ends,
        timing=timing,
        text=cells(column["ChargeDescription"]),
    )


def _costs(name: str, rows: Rows) -> Texts:
    array = rows.columns[COST]
    if array.null_count:
        raise rows.refused(name, array.is_null().index(True).as_py(), f"{COST} is empty", _EXPORT)
    found = numbers(name, rows, COST)
    return found if isinstance(found, str) else [cell for cell in found or () if cell is not None]


def _kinds(name: str, rows: Rows) -> tuple[Texts, Cells]:
    """Kind and timing of each row, by its category, class and frequency."""
    columns = [rows.columns[column] for column in ("ChargeCategory", "ChargeClass", "ChargeFrequency")]
    if all(map(shared, columns)):
        return _kind(name, rows, 0, [column[0].as_py() for column in columns])
    keys = list(zip(*(column.to_pylist() for column in columns), strict=True))
    known = {key: _kind(name, rows, keys.index(key), key) for key in set(keys)}
    return [known[key][0] for key in keys], [known[key][1] for key in keys]


def _kind(name: str, rows: Rows, index: int, words: Iterable[str | None]) -> tuple[str, str | None]:
    """Usage is billed after the month that it was used in; when the rest is billed, FOCUS does not say."""
    category, of_class, frequency = ((word or "").lower() for word in words)
    kind = _PURCHASES.get(frequency) if category == "purchase" else _CATEGORIES.get(category)
    if kind is None:
        found = f"ChargeCategory '{category[:40]}' with ChargeFrequency '{frequency[:40]}' is none of FOCUS"
        raise rows.refused(name, index, found, _EXPORT)
    if of_class == "correction" and kind in _CORRECTED:
        return ChargeKind.ADJUSTMENT.value, None  # of an earlier month's charge
    return kind.value, Timing.ARREARS.value if category == "usage" else None


def _quantities(name: str, rows: Rows) -> tuple[Cells, Texts]:
    """What was consumed, in its unit; where that is not stated, what was priced."""
    import pyarrow.compute as pc

    column = rows.columns
    consumed, unit = column["ConsumedQuantity"], column["ConsumedUnit"]
    if consumed.null_count:
        unit = pc.if_else(pc.is_valid(consumed), unit, column["PricingUnit"])
        rows = _either(rows, "ConsumedQuantity", "PricingQuantity")
    return numbers(name, rows, "ConsumedQuantity"), texts(unit)


def _rates(name: str, rows: Rows, exact: Texts) -> Cells | Texts:
    """The contracted price of one unit; where that is not stated, the list price."""
    priced = _either(rows, "ContractedUnitPrice", "ListUnitPrice")
    if priced.columns["ContractedUnitPrice"].equals(rows.columns[COST]):
        return exact  # one of each, as licences and support plans are: they were checked already
    return numbers(name, priced, "ContractedUnitPrice")


def _either(rows: Rows, column: str, instead: str) -> Rows:
    """With the cells of `instead` where `column` states nothing."""
    import pyarrow.compute as pc

    if not rows.columns[column].null_count:
        return rows
    filled = pc.coalesce(rows.columns[column], rows.columns[instead])
    return attrs.evolve(rows, columns={**rows.columns, column: filled})


def _effective(name: str, rows: Rows, exact: Texts) -> Cells:
    """EffectiveCost where it differs from BilledCost, else None."""
    array: Array = rows.columns["EffectiveCost"]
    if array.equals(rows.columns[COST]):
        return None
    effective = numbers(name, rows, "EffectiveCost")
    if effective is None:
        return None
    count = len(rows.numbers)
    pairs = zip(_spread(effective, count), _spread(exact, count), strict=True)
    return [_if_other(cost, billed) for cost, billed in pairs]


def _if_other(cost: str | None, billed: str | None) -> str | None:
    if cost is None or billed is None or cost == billed or parse_decimal(cost) == parse_decimal(billed):
        return None
    return cost


def _spread(column: Cells | Texts, count: int) -> Iterable[str | None]:
    return column if isinstance(column, list) else repeat(column, count)


def _service_dates(name: str, rows: Rows) -> tuple[Cells, Cells]:
    """Both ends inclusive. A charge of one instant ends where it starts, and so does one that ends before."""
    starts, ends = days(name, rows, "ChargePeriodStart"), days(name, rows, "ChargePeriodEnd", end=True)
    pairs = set(zip(_spread(starts, len(rows.numbers)), _spread(ends, len(rows.numbers)), strict=True))
    late: dict[tuple[str | None, str | None], str | None]
    late = {(start, end): start for start, end in pairs if start and end and start > end}
    if not late:
        return starts, ends
    spread = zip(_spread(starts, len(rows.numbers)), _spread(ends, len(rows.numbers)), strict=True)
    return starts, [late.get(pair, pair[1]) for pair in spread]


def _service_kinds(array: Array) -> Texts:
    if not array.null_count:
        return "resource"
    return ["resource" if stated else "" for stated in array.is_valid().to_pylist()]
