"""Records on the wire between an importer's process and ours: plain lists and dicts, taken apart and rebuilt here.

What comes back is a stranger's: every shape is checked while it is rebuilt.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from datetime import date
from decimal import Decimal
from typing import Any

import attrs
import cattrs
import msgspec
from cattrs.strategies import configure_tagged_union

from ledger_core.canonical import check_text
from ledger_core.contracts.importer import BillEnded, BillRefused, BillStarted, Charged, EnvelopeChecked, Record
from ledger_core.errors import TollbookError
from ledger_core.facts.bill import Bill, Combined, Control, Counted, Figure, LineSum, Totals
from ledger_core.facts.charge import Charge, ChargeColumns, Locator, columns_of
from ledger_core.facts.discrepancy import Discrepancy
from ledger_core.money import parse_decimal, plain

_COLUMNS = tuple(field.name for field in attrs.fields(ChargeColumns))

# Of so many figures and more, most are sent by themselves, in short: see `Gathered`.
_MANY = 1_000
_TOGETHER = 2_000

# What a stranger may send. A batch may be few bytes on the wire and still stand for many charges; a figure of more
# digits would not add up exactly. Bills of real vendors stay far below each of these.
_LARGEST_BATCH = 100_000
_LONGEST_TEXT = 65_536
_DIGITS_BEFORE_POINT = 24
_DIGITS_AFTER_POINT = 60


@attrs.frozen
class MoreControls:
    """Controls of a bill that come before its totals: those of lines and counts, of a bill that states a great many."""

    bill: int
    controls: tuple[Control, ...]


class _ShortControl(msgspec.Struct, array_like=True, frozen=True):
    """A control on the wire in short: its figure, where that stands, and the ranges of lines or the text of a count."""

    name: str
    scope: str
    stated: str
    place: str
    start: int
    end: int
    document: int
    member: str | None
    binding: bool
    equals: list[tuple[int, int]] | str


class Garbled(ValueError):
    """A record that no importer of this contract sends."""


def _converter() -> cattrs.Converter:
    converter = cattrs.Converter(forbid_extra_keys=True, detailed_validation=False)
    converter.register_unstructure_hook(Decimal, _spelled)
    converter.register_structure_hook(Decimal, lambda text, _: _figure(text))
    converter.register_unstructure_hook(date, date.isoformat)
    converter.register_structure_hook(date, lambda text, _: date.fromisoformat(text))
    for plain_type in (int, bool):
        converter.register_structure_hook(plain_type, _exactly(plain_type))
    converter.register_structure_hook(str, lambda text, _: _text(text))
    configure_tagged_union(LineSum | Combined | Counted, converter)
    every = tuple[Control, ...]  # a collection of any kind is sent as a list and arrives as a tuple
    converter.register_unstructure_hook_func(
        lambda kind: kind == Collection[Control], lambda controls: converter.unstructure(tuple(controls), every)
    )
    converter.register_structure_hook_func(
        lambda kind: kind == Collection[Control], lambda listed, _: converter.structure(listed, every)
    )
    return converter


def _require_decimal(value: Any) -> None:
    """Refuse a float that stands in for an exact number, in the process of whoever made it (INV-71)."""
    if type(value) is not Decimal:
        raise TypeError(f"{type(value).__name__} {value!r} where a Decimal belongs")


def _spelled(value: Any) -> str:
    _require_decimal(value)
    return plain(value)


def _exactly(kind: type) -> Callable[[Any, Any], Any]:
    def check(value: Any, _: Any) -> Any:
        if type(value) is not kind:
            raise TypeError(f"{type(value).__name__} where {kind.__name__} belongs")
        return value

    return check


def _text(value: Any) -> str:
    if type(value) is not str:
        raise TypeError(f"{type(value).__name__} where str belongs")
    if len(value) > _LONGEST_TEXT:
        raise ValueError(f"a text of {len(value)} characters")
    return check_text(value, "a text")


def _figure(text: Any) -> Decimal:
    value = parse_decimal(_text(text), "a stated figure")
    _, digits, exponent = value.as_tuple()
    assert isinstance(exponent, int)
    if len(digits) + exponent > _DIGITS_BEFORE_POINT or -exponent > _DIGITS_AFTER_POINT:
        raise ValueError(f"a figure of more digits than money has ({text})")
    return value


_CONVERTER = _converter()
_BY_NAME: dict[str, type[Any]] = {"bill": Bill, "totals": Totals, "refused": Discrepancy}


def batch_on_wire(bill: int, columns: ChargeColumns) -> list[Any]:
    """A batch of charges as a list."""
    return ["charges", bill, [getattr(columns, name) for name in _COLUMNS]]


def on_wire(record: Record) -> list[Any]:
    """A record as lists, texts and numbers. Charges must come as columns: see `gathered`."""
    match record:
        case BillStarted(bill, head):
            return ["bill", bill, _CONVERTER.unstructure(head)]
        case BillEnded(bill, totals):
            return ["totals", bill, _CONVERTER.unstructure(totals)]
        case BillRefused(bill, discrepancy):
            return ["refused", bill, _CONVERTER.unstructure(discrepancy)]
        case EnvelopeChecked(controls):
            return ["envelope", 0, _CONVERTER.unstructure(controls, tuple[Control, ...])]
        case Charged(bill, columns):
            assert isinstance(columns, ChargeColumns)
            return batch_on_wire(bill, columns)


def controls_on_wire(bill: int, controls: Iterable[Control]) -> list[Any]:
    """Controls in short, those of lines and counts alone."""
    return ["controls", bill, [msgspec.to_builtins(_short(control)) for control in controls]]


def _short(control: Control) -> _ShortControl:
    figure, at, equals = control.figure, control.figure.locator, control.equals
    assert not isinstance(equals, Combined)
    return _ShortControl(
        figure.name,
        figure.scope,
        _spelled(figure.stated),
        at.place,
        at.start,
        at.end,
        at.document,
        at.member,
        control.binding,
        list(equals.ranges) if isinstance(equals, LineSum) else _spelled(equals.value),
    )


def controls_of(content: Any) -> tuple[Control, ...]:
    """The controls that `controls_on_wire` wrote. Raises ValueError, TypeError or a TollbookError for anything else."""
    return tuple(map(_long, msgspec.convert(content, list[_ShortControl], strict=True)))


def _long(short: _ShortControl) -> Control:
    member = None if short.member is None else _text(short.member)
    at = Locator(_text(short.place), short.start, short.end, short.document, member)
    figure = Figure(_text(short.name), _text(short.scope), _figure(short.stated), at)
    equals = short.equals
    value = Counted(_figure(equals)) if isinstance(equals, str) else LineSum(tuple(equals))
    return Control(figure, value, short.binding)


def read(written: Any) -> Record | MoreControls:
    """The record that a list from the wire spells. Raises Garbled."""
    try:
        name, bill, content = written
        bill = _bill_number(bill)
        if name == "controls":
            return MoreControls(bill, controls_of(content))
        if name == "charges":
            return Charged(bill, columns(content))
        if name == "envelope":
            return EnvelopeChecked(_CONVERTER.structure(content, tuple[Control, ...]))
        value = _CONVERTER.structure(content, _BY_NAME[name])
    except (TypeError, ValueError, KeyError, AttributeError, TollbookError, cattrs.BaseValidationError) as wrong:
        raise Garbled(f"{type(wrong).__name__}: {wrong}") from wrong
    records: dict[str, type[Any]] = {"bill": BillStarted, "totals": BillEnded, "refused": BillRefused}
    record: Record = records[name](bill, value)
    return record


def _bill_number(number: Any) -> int:
    if type(number) is not int or number < 0:
        raise TypeError("a bill's number that is none")
    return number


def columns(content: Any) -> ChargeColumns:
    """The columns of a batch. Raises ValueError or TypeError for what is no batch."""
    if type(content) is not list or len(content) != len(_COLUMNS) or type(content[0]) is not int:
        raise TypeError("a batch without its columns")
    if not 0 <= content[0] <= _LARGEST_BATCH:
        raise ValueError(f"a batch of {content[0]} charges; at most {_LARGEST_BATCH} come at once")
    return ChargeColumns(*content)


class Gathered:
    """Gathers single charges into batches, so that one path serves importers of objects and of tables."""

    def __init__(self, emit: Callable[[list[Any]], None], size: int = 5_000) -> None:
        """`emit` takes what is ready for the wire."""
        self._emit = emit
        self._size = size
        self._bill = 0
        self._waiting: list[Charge] = []

    def take(self, record: Record) -> None:
        """Pass a record on, in order."""
        if isinstance(record, Charged) and isinstance(record.charge, Charge):
            if record.bill != self._bill or len(self._waiting) >= self._size:
                self.flush()
            charge = record.charge
            for number in (charge.exact, charge.quantity, charge.rate, charge.effective_cost):
                if number is not None:
                    _require_decimal(number)
            self._bill = record.bill
            self._waiting.append(charge)
            return
        self.flush()
        if isinstance(record, BillEnded) and len(record.totals.controls) > _MANY:
            record = self._in_parts(record)
        self._emit(on_wire(record))

    def _in_parts(self, ended: BillEnded) -> BillEnded:
        """Send the many controls of a bill some thousands at a time; what is left goes with its totals."""
        left: list[Control] = []
        some: list[Control] = []
        for control in ended.totals.controls:
            (left if isinstance(control.equals, Combined) else some).append(control)
            if len(some) == _TOGETHER:
                self._emit(controls_on_wire(ended.bill, some))
                some.clear()
        self._emit(controls_on_wire(ended.bill, some))
        return BillEnded(ended.bill, attrs.evolve(ended.totals, controls=tuple(left)))

    def flush(self) -> None:
        """Send what waits."""
        if self._waiting:
            self._emit(batch_on_wire(self._bill, columns_of(self._waiting)))
            self._waiting.clear()
