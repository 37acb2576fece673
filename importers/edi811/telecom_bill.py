"""One transaction set 811 as a bill: head, charges, and the controls that bind the charges to what it states."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Generator, Iterable, Iterator
from decimal import Decimal
from itertools import chain
from typing import BinaryIO

import attrs

from importers.edi811.amounts import Amounts, Ranges
from importers.edi811.heading import balances, decimal, head, is_memo, total
from importers.edi811.interchange import Segment, TransactionSet, counted, segments_of
from importers.edi811.levels import HEADER, ITEMS, Context, Contexts, Level, Outline, outline
from importers.edi811.lines import Loop, charges, loops
from importers.edi811.used import Used
from ledger_core import (
    BillEnded,
    BillRefused,
    BillStarted,
    Charged,
    Control,
    Counted,
    Discrepancy,
    DocumentRefused,
    Figure,
    InputRefused,
    LineSum,
    Record,
    Totals,
)

# AMT01 of a figure that sums everything under its level: total invoice amount, line item total, transaction total.
_SUBTREE = frozenset({"5", "1", "TT"})


@attrs.define(eq=False)
class _Items:
    """Amounts stated beside items. A place counts what was kept: the head of the loop, and its lines."""

    amounts: Amounts = attrs.field(factory=Amounts)
    _heads: list[str] = attrs.field(factory=list)
    _ordinals: array[int] = attrs.field(factory=lambda: array("q"))
    _lines: array[int] = attrs.field(factory=lambda: array("q"))

    def add(self, head: Segment, segment: Segment, lines: tuple[int, int]) -> None:
        """Keep an AMT beside an item or its taxes; `lines` are those of its loop, none where the first is greater."""
        self.amounts.add(len(self._heads), segment)
        self._heads.append(head.id)
        self._ordinals.append(head.ordinal)
        self._lines.extend(lines)

    def controls(self, name: str) -> Iterator[Control]:
        """A comparison of each with the item and its taxes, for senders differ in what it includes."""
        for place, segment in self.amounts:
            first, last = self._lines[2 * place : 2 * place + 2]
            scope = f"segment {self._ordinals[place]} {self._heads[place]}"
            figure = Figure(f"AMT {segment.at(1)}", scope, decimal(name, segment, 2), segment.locator())
            yield Control(figure, LineSum(((first, last),) if first <= last else ()), binding=False)


@attrs.frozen(eq=False)
class _Controls:
    """All controls of one bill, made when they are asked for. Raises DocumentRefused on the way where an amount cannot
    be read: the first time before the bill ends."""

    name: str
    plan: Outline
    ranges: Ranges
    items: _Items
    before: tuple[Control, ...]
    after: tuple[Control, ...]

    def __len__(self) -> int:
        return len(self.before) + len(self.plan.amounts) + len(self.items.amounts) + len(self.after)

    def __contains__(self, control: object) -> bool:
        return any(one == control for one in self)

    def __iter__(self) -> Iterator[Control]:
        yield from self.before
        yield from _level_amounts(self.name, self.plan, self.ranges)
        yield from self.items.controls(self.name)
        yield from self.after


def read_set(name: str, stream: BinaryIO, one: TransactionSet, bill: int) -> Iterator[Record]:
    """The records of one bill. What cannot be read, or is no bill, ends in BillRefused with the first reason."""
    try:
        plan = _planned(name, stream, one)
        start = head(name, one, plan)
    except InputRefused as error:
        yield BillRefused(bill, one.fault or _discrepancy(error))
        return
    yield BillStarted(bill, start)
    refused = one.fault or _not_payable(name, one, plan)
    try:
        totals = yield from _body(name, stream, one, plan, bill, start.account)
        refused = refused or _contradiction(name, one, start.credit_note, totals)
    except InputRefused as error:
        yield BillRefused(bill, refused or _discrepancy(error))
        return
    yield BillRefused(bill, refused) if refused else BillEnded(bill, totals)


def _planned(name: str, stream: BinaryIO, one: TransactionSet) -> Outline:
    """The outline of a set that is a telephone bill. Raises DocumentRefused with `not-a-bill` or `lookalike`."""
    where = f"{name}:segment {one.header.ordinal} ST"
    if one.header.at(1) != "811":
        found = f"a transaction set {one.header.at(1)[:20]}, not an 811"
        raise DocumentRefused(where, found, "Keep it for who expects it; nothing here is payable.", code="not-a-bill")
    plan = outline(name, segments_of(name, stream, one))
    if plan.foreign:
        raise DocumentRefused(
            f"{name}:segment {plan.foreign.ordinal} {plan.foreign.id}",
            "an insurance notice in the form of an 811, not a telephone bill",
            "Pass it to whoever keeps the insurance papers.",
            code="lookalike",
        )
    return plan


def _body(
    name: str, stream: BinaryIO, one: TransactionSet, plan: Outline, bill: int, account: str
) -> Generator[Charged, None, Totals]:
    """Yields the charges in the order of the bill, and returns what the bill states of them."""
    ranges = Ranges(len(plan.levels))
    ranges.watch(plan.amounts.places())
    items, used = _Items(), Used()
    line, inside = 0, False
    for loop, here, subline in _placed(segments_of(name, stream, one), Contexts(name, plan.levels, account)):
        first = line + 1
        for charge in charges(name, loop, here, subline=subline):
            line += 1
            yield Charged(bill, charge)
        if first <= line:
            ranges.add(first, line, here.chain)
        inside = loop.head.id in ITEMS or (inside and loop.head.id != "HL")
        for segment in loop.rest:
            inside = inside or segment.id in ITEMS
            if inside and segment.id == "AMT":
                items.add(loop.head, segment, (first, line))
        used.add(name, loop, here, subline=subline)
    current = total(name, plan)
    opening, closing, identities = balances(name, plan, current)
    return Totals(
        charges=line,
        total=current,
        controls=_readable(_Controls(name, plan, ranges, items, tuple(_counts(name, one, plan)), tuple(identities))),
        previous_balance=opening,
        amount_due=closing,
        usage=tuple(used.usage()),
    )


def _readable(controls: _Controls) -> _Controls:
    """The same, once every amount was read: a bill with one that cannot be is refused as a whole."""
    for _, segment in chain(controls.plan.amounts, controls.items.amounts):
        decimal(controls.name, segment, 2)
    return controls


def _placed(segments: Iterable[Segment], contexts: Contexts) -> Iterator[tuple[Loop, Context, bool]]:
    """Every loop with what its level says of it, and whether it is an SLN that stands under an IT1."""
    here, under_item = Context(), False
    for loop in loops(segments):
        if loop.head.id == "HL":
            here, under_item = contexts.of(loop.head.at(1)), False
        yield loop, here, under_item
        under_item = under_item or loop.head.id == "IT1"


def _level_amounts(name: str, plan: Outline, ranges: Ranges) -> Iterator[Control]:
    """Each AMT of a level, over the charges of its whole subtree. Other amounts than sums are compared, not bound."""
    for place, stated in plan.amounts.by_place():
        codes = Counter(segment.at(1) for segment in stated)
        scope = "bill" if place == HEADER else _scope(plan.levels.at(place), plan.levels.number(place))
        for segment in stated:
            code = segment.at(1)
            figure = Figure(f"AMT {code}", scope, decimal(name, segment, 2), segment.locator())
            # Two of one code in a level sum different parts of it, and nothing says which.
            binding = code in _SUBTREE and codes[code] == 1
            yield Control(figure, LineSum(ranges.of(place)), binding=binding)


def _scope(level: Level, number: str) -> str:
    if level.service:
        return f"service {level.service}"
    return f"account {level.account}" if level.account else f"HL {number}"


def _counts(name: str, one: TransactionSet, plan: Outline) -> Iterator[Control]:
    """SE01 counts the segments of the set, CTT01 its levels (HL)."""
    if one.fault is None:
        yield counted(one.trailer, "transaction set", one.segments)
    if plan.count is not None and plan.count.at(1):
        stated = decimal(name, plan.count, 1)
        figure = Figure("CTT01", "transaction set", stated, plan.count.locator())
        yield Control(figure, Counted(Decimal(len(plan.levels))))


def _not_payable(name: str, one: TransactionSet, plan: Outline) -> Discrepancy | None:
    if not is_memo(plan):
        return None
    return Discrepancy(
        "not-a-bill",
        f"{name}:segment {one.header.ordinal} ST",
        "BIG07 is ME: a memorandum, which is not payable",
        "Wait for the invoice itself.",
    )


def _contradiction(name: str, one: TransactionSet, credit_note: bool, totals: Totals) -> Discrepancy | None:
    """What only shows once the body is read: no charges at all, or a credit that would raise what is owed."""
    where = f"{name}:segment {one.header.ordinal} ST"
    if not totals.charges:
        return Discrepancy("no-lines", where, "no charges in the bill", "Ask the sender for the detail of the bill.")
    if credit_note and totals.total is not None and totals.total.stated > 0:
        found = "BIG07 declares a credit, yet TDS is positive"
        return Discrepancy("broken", where, found, "Ask the sender which sign the amounts of a credit have.")
    return None


def _discrepancy(error: InputRefused) -> Discrepancy:
    code = error.code if isinstance(error, DocumentRefused) else "broken"
    return Discrepancy(code, error.where, error.found, error.do)
