"""What a stranger's columns must be before the ledger keeps them: right types, plain numbers, real dates, no NUL.

Importers run confined and are not trusted (INV-22). Every cell is checked here, by batches; distinct texts are
examined once.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import attrs

from ledger_core.canonical import LARGEST_NUMBER, check_text
from ledger_core.errors import InputRefused, NotADate
from ledger_core.facts.charge import ChargeColumns, ChargeKind, Timing
from ledger_core.money import EXACT, parse_decimal, places, plain

_LONGEST_TEXT = 65_536  # characters of one cell; bills of real vendors stay below 4,000
_MEMORY = 50_000  # distinct texts remembered per column, unless more are asked for
_TEXTS = ("sub_account", "service", "service_kind", "product", "customer_code", "unit", "place", "member")


class Remembered(dict[Any, Any]):
    """What was worked out once: a dict that works out what it has not met. Nothing comes of None."""

    def __init__(self, work_out: Callable[[Any], Any], most: int = _MEMORY) -> None:
        super().__init__()
        self._work_out = work_out
        self._most = most

    def __missing__(self, key: Any) -> Any:
        if len(self) > self._most:
            self.clear()
        found = None if key is None else self._work_out(key)
        self[key] = found
        return found


@attrs.define
class Amounts:
    """The amounts of a batch: minor units of each charge, or exact major units where any holds a fraction."""

    minor: list[int] | None
    exact: list[Decimal] | None


@attrs.define
class Gate:
    """The check of one bill's batches. `where` names the document in messages."""

    where: str
    currency: str
    _numbers: Remembered = attrs.field(init=False)
    _amounts: Remembered = attrs.field(init=False)
    _dates: Remembered = attrs.field(init=False)
    _kinds: Remembered = attrs.field(init=False)
    _timings: Remembered = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self._numbers = Remembered(lambda text: plain(parse_decimal(text, self.where)))
        self._amounts = Remembered(self._amount)
        self._dates = Remembered(self._date)
        self._kinds = Remembered(lambda text: ChargeKind(text).value)
        self._timings = Remembered(lambda text: Timing(text).value)

    def amounts(self, columns: ChargeColumns) -> Amounts:
        """The amounts of a batch. Raises NotANumber."""
        cells = columns.cells("exact")
        self._require(cells, str, "exact")
        read = list(map(self._amounts.__getitem__, cells))
        if Decimal not in set(map(type, read)):
            return Amounts(read, None)
        shift = -places(self.currency)
        exact = [EXACT.scaleb(Decimal(a), shift) if type(a) is int else a for a in read]
        return Amounts(None, exact)

    def admitted(self, columns: ChargeColumns) -> ChargeColumns:
        """The same batch with plain numbers. Raises InputRefused (a subclass where it is a number or date)."""
        for name in _TEXTS:
            self._texts(getattr(columns, name), name, optional=name == "member")
        self._texts(columns.text, "text", optional=True)
        for name in ("document", "start", "end"):
            self._whole(getattr(columns, name), name)
        if columns.kind is None or (isinstance(columns.kind, list) and None in columns.kind):
            raise self._broken("a charge without its kind")
        try:
            return attrs.evolve(
                columns,
                kind=_each(columns.kind, self._kinds),
                timing=_each(columns.timing, self._timings),
                **{
                    name: _each(getattr(columns, name), self._numbers)
                    for name in ("quantity", "rate", "effective_cost")
                },
                **{name: _each(getattr(columns, name), self._dates) for name in ("service_from", "service_to")},
            )
        except (ValueError, TypeError) as wrong:
            raise self._broken(str(wrong)) from wrong

    def _amount(self, text: str) -> int | Decimal:
        value = parse_decimal(text, self.where)
        scaled = EXACT.scaleb(value, places(self.currency))
        whole = int(scaled)
        if abs(whole) > LARGEST_NUMBER:
            raise self._broken(f"an amount of {text}")
        return whole if whole == scaled else value

    def _date(self, text: str) -> str:
        try:
            if date.fromisoformat(text).isoformat() == text:
                return text
        except ValueError:
            pass
        raise NotADate(self.where, f"'{text[:40]}' is not a calendar date", "Correct it at its source.")

    def _texts(self, column: Any, name: str, *, optional: bool) -> None:
        cells = column if isinstance(column, list) else [column]
        present = [cell for cell in cells if cell is not None] if optional and None in cells else cells
        try:
            joined = "".join(present)
        except TypeError:
            self._require(present, str, name)
            raise
        if "\x00" in joined:
            check_text(joined, f"{self.where}, {name}")
        if len(joined) > _LONGEST_TEXT and max(map(len, present)) > _LONGEST_TEXT:
            raise self._broken(f"a text of more than {_LONGEST_TEXT} characters in {name}")

    def _whole(self, column: Any, name: str) -> None:
        cells = column if isinstance(column, list) else [column]
        self._require(cells, int, name)
        if cells and not 0 <= min(cells) <= max(cells) <= LARGEST_NUMBER:
            raise self._broken(f"a {name} outside the document")

    def _require(self, cells: Any, kind: type, name: str) -> None:
        wrong = set(map(type, cells)) - {kind}
        if wrong:
            raise self._broken(f"{name} holds {min(t.__name__ for t in wrong)}, not {kind.__name__}")

    def _broken(self, found: str) -> InputRefused:
        return InputRefused(self.where, f"the importer gave {found}", "This is a fault of the importer: report it.")


def _each(column: Any, examined: Remembered) -> Any:
    return list(map(examined.__getitem__, column)) if isinstance(column, list) else examined[column]
