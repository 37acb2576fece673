"""Judges a bill in a test as the engine will: totals first, then every binding control; the answer is a verdict."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from decimal import Decimal

import attrs

from ledger_core import Charge, Combined, Control, Counted, LineSum, exact_sum
from tests.importers.reading import ReadBill, Reading


@attrs.frozen
class Verdict:
    """What would happen to a bill. `reason` is empty if it posts, otherwise as expected.json writes it: `gap=AMOUNT`
    (stated less computed), `broken`, `provisional`, `test`, or the code of the refusal. `total` is None if unstated."""

    reason: str
    computed: Decimal
    total: Decimal | None
    charges: int
    by_service: dict[str, Decimal]
    by_kind: dict[str, Decimal]


def judge(result: Reading) -> tuple[Verdict, ...]:
    """A verdict for each bill of a document; a broken envelope refuses them all."""
    broken = any(gap(control, ()) for control in result.envelope if control.binding)
    return tuple(_verdict(bill, envelope_broken=broken) for bill in result.bills)


def gap(control: Control, charges: Sequence[Charge]) -> Decimal:
    """Stated less computed."""
    return exact_sum((control.figure.stated, -_computed(control.equals, charges)))


def _computed(equals: LineSum | Combined | Counted, charges: Sequence[Charge]) -> Decimal:
    match equals:
        case LineSum(ranges):
            for first, last in ranges:
                assert 1 <= first <= last <= len(charges), f"lines {first} to {last} are not lines of this bill"
            return exact_sum(charge.exact for first, last in ranges for charge in charges[first - 1 : last])
        case Combined(plus, minus):
            return exact_sum([figure.stated for figure in plus] + [-figure.stated for figure in minus])
        case Counted(value):
            return value


def _verdict(bill: ReadBill, *, envelope_broken: bool) -> Verdict:
    computed = exact_sum(charge.exact for charge in bill.charges)
    stated = bill.totals.total.stated if bill.totals and bill.totals.total else None
    return Verdict(
        _reason(bill, computed, envelope_broken=envelope_broken),
        computed,
        stated,
        sum(1 for charge in bill.charges if charge.exact),
        _sums(bill.charges, lambda charge: charge.service),
        _sums(bill.charges, lambda charge: charge.kind.value),
    )


def _reason(bill: ReadBill, computed: Decimal, *, envelope_broken: bool) -> str:
    if bill.refused:
        return bill.refused.code
    if envelope_broken:
        return "broken"
    assert bill.totals is not None
    gaps = [gap(control, bill.charges) for control in bill.totals.controls if control.binding]
    if bill.totals.total is not None:
        gaps.insert(0, exact_sum((bill.totals.total.stated, -computed)))
    for found in gaps:
        if found:
            return f"gap={format(found, 'f')}"
    if bill.head.test:
        return "test"
    return "provisional" if bill.head.provisional else ""


def _sums(charges: Sequence[Charge], key: Callable[[Charge], str]) -> dict[str, Decimal]:
    """Exact sums by key, over charges that are not zero."""
    parts: defaultdict[str, list[Decimal]] = defaultdict(list)
    for charge in charges:
        if charge.exact:
            parts[key(charge)].append(charge.exact)
    return {name: exact_sum(parts[name]) for name in sorted(parts)}
