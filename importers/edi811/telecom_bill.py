"""One transaction set 811 as a bill: head, charges, and the controls that bind the charges to what it states."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterable, Iterator
from decimal import Decimal

import attrs

from importers.edi811.heading import balances, decimal, head, is_memo, total
from importers.edi811.interchange import Segment, TransactionSet, counted, segments_of
from importers.edi811.levels import Context, Level, Outline, context, outline
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


@attrs.frozen
class _Tally:
    """What is kept while charges stream by: how many, and which lines lie under each level that states an amount."""

    watched: frozenset[str]
    ranges: dict[str, list[list[int]]]

    def add(self, line: int, chain: tuple[str, ...]) -> None:
        """Counts one line under its level and all above it; "" is the bill."""
        for number in (*chain, ""):
            if number not in self.watched:
                continue
            ranges = self.ranges.setdefault(number, [])
            if ranges and ranges[-1][1] == line - 1:
                ranges[-1][1] = line
            else:
                ranges.append([line, line])

    def sum_of(self, number: str) -> LineSum:
        """The lines under a level."""
        return LineSum(tuple((first, last) for first, last in self.ranges.get(number, ())))


def read_set(name: str, content: bytes, one: TransactionSet, bill: int) -> Iterator[Record]:
    """The records of one bill. What cannot be read, or is no bill, ends in BillRefused with the first reason."""
    try:
        plan = _planned(name, content, one)
        start = head(name, one, plan)
    except InputRefused as error:
        yield BillRefused(bill, one.fault or _discrepancy(error))
        return
    yield BillStarted(bill, start)
    refused = one.fault or _not_payable(name, one, plan)
    try:
        totals = yield from _body(name, content, one, plan, bill, start.account)
        refused = refused or _contradiction(name, one, start.credit_note, totals)
    except InputRefused as error:
        yield BillRefused(bill, refused or _discrepancy(error))
        return
    yield BillRefused(bill, refused) if refused else BillEnded(bill, totals)


def _planned(name: str, content: bytes, one: TransactionSet) -> Outline:
    """The outline of a set that is a telephone bill. Raises DocumentRefused with `not-a-bill` or `lookalike`."""
    where = f"{name}:segment {one.header.ordinal} ST"
    if one.header.at(1) != "811":
        found = f"a transaction set {one.header.at(1)[:20]}, not an 811"
        raise DocumentRefused(where, found, "Keep it for who expects it; nothing here is payable.", code="not-a-bill")
    plan = outline(name, segments_of(name, content, one))
    if plan.foreign:
        raise DocumentRefused(
            f"{name}:segment {plan.foreign.ordinal} {plan.foreign.id}",
            "an insurance notice in the form of an 811, not a telephone bill",
            "Pass it to whoever keeps the insurance papers.",
            code="lookalike",
        )
    return plan


def _body(
    name: str, content: bytes, one: TransactionSet, plan: Outline, bill: int, account: str
) -> Generator[Charged, None, Totals]:
    """Yields the charges in the order of the bill, and returns what the bill states of them."""
    tally = _Tally(frozenset(number for number, _ in plan.amounts), {})
    of_levels = frozenset(segment.ordinal for _, segment in plan.amounts)
    items: list[Control] = []
    used = Used()
    line = 0
    for loop, here, subline in _placed(name, segments_of(name, content, one), plan.levels, account):
        first = line + 1
        for charge in charges(name, loop, here, subline=subline):
            line += 1
            tally.add(line, here.chain)
            yield Charged(bill, charge)
        items += _item_amounts(name, loop, of_levels, (first, line))
        used.add(name, loop, here, subline=subline)
    current = total(name, plan)
    opening, closing, identities = balances(name, plan, current)
    return Totals(
        charges=line,
        total=current,
        controls=(*_counts(name, one, plan), *_level_amounts(name, plan, tally), *items, *identities),
        previous_balance=opening,
        amount_due=closing,
        usage=tuple(used.usage()),
    )


def _placed(
    name: str, segments: Iterable[Segment], levels: dict[str, Level], account: str
) -> Iterator[tuple[Loop, Context, bool]]:
    """Every loop with what its level says of it, and whether it is an SLN that stands under an IT1."""
    here, under_item = Context(), False
    for loop in loops(segments):
        if loop.head.id == "HL":
            here, under_item = context(name, levels, loop.head.at(1), account), False
        yield loop, here, under_item
        under_item = under_item or loop.head.id == "IT1"


def _level_amounts(name: str, plan: Outline, tally: _Tally) -> Iterator[Control]:
    """Each AMT of a level, over the charges of its whole subtree. Other amounts than sums are compared, not bound."""
    codes = Counter((number, segment.at(1)) for number, segment in plan.amounts)
    for number, segment in plan.amounts:
        code = segment.at(1)
        figure = Figure(
            f"AMT {code}", _scope(plan.levels.get(number), number), decimal(name, segment, 2), segment.locator()
        )
        # Two of one code in a level sum different parts of it, and nothing says which.
        binding = code in _SUBTREE and codes[number, code] == 1
        yield Control(figure, tally.sum_of(number), binding=binding)


def _scope(level: Level | None, number: str) -> str:
    if level is None:
        return "bill"
    if level.service:
        return f"service {level.service}"
    return f"account {level.account}" if level.account else f"HL {number}"


def _item_amounts(name: str, loop: Loop, of_levels: frozenset[int], lines: tuple[int, int]) -> Iterator[Control]:
    """Each AMT beside an item: a comparison with the item and its taxes, for senders differ in what it includes."""
    for segment in loop.rest:
        if segment.id == "AMT" and segment.ordinal not in of_levels:
            figure = Figure(
                f"AMT {segment.at(1)}",
                f"segment {loop.head.ordinal} {loop.head.id}",
                decimal(name, segment, 2),
                segment.locator(),
            )
            yield Control(figure, LineSum((lines,) if lines[0] <= lines[1] else ()), binding=False)


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
