"""The page docs/reference/checks.md: every built-in check, its ground, and what it says of a small bill."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from ledger_core import Line, Usage
from ledger_core.engine.telling import CODES, FAILED, Told
from plugins.checks import BUILT_IN
from tests.plugins.checks.examined import (
    OTHER,
    PHONE,
    Earlier,
    Sheets,
    days,
    examined,
    line,
    month,
    used,
    vendor,
)

_INTRODUCTION = """\
# Checks

A check is an opinion on a bill that is posted. It never holds a posting up and moves no money; what it objects to
stands in the [queue](../how-to/work-the-queue.md), with its evidence, the amount at stake and how sure it is.

- **At stake** is what may be wrong: the overcharge where it can be computed, else the whole line.
- **How sure** is a whole percent. The queue goes by money times that percent.
- A check speaks only where it has **ground**: without contract rows, rates are nobody's business. A site that loads no
  sheets is told of doubles, late fees, third parties and wrong multiplications, and of nothing else.
- The same bill on the same grounds gives the same objections. What was judged on stands in the fact `bill-checked`.
- What a [waiver](sheets.md#waivers) in force covers is recorded, with the row that waives it, and does not reach the
  queue.

Your own checks come through the same door: [write a check](../how-to/write-a-check.md).
"""

_STRENGTH = """\
## One cause is told once

Where a line raises several codes, the strongest explanation is told, and the others stand in its evidence as *also*.
Codes of other people's checks stand before `usf-excessive`. In this order:

{order}

- Of a bill that is a double (`duplicate-bill`), nothing is told of its lines.
- A line that the same bill takes back, by a credit for the same service and amount, is let pass.
- What a waiver covers makes room for the next explanation.
- A check that fails is told of as `{failed}`, with the kind of its error; it is never waived.
"""


class Said(NamedTuple):
    """A code, what it means, and a small bill of which it is said."""

    code: str
    meaning: str
    lines: Sequence[Line] = ()
    sheets: Sheets | None = None
    past: Sequence[Earlier] = ()
    use: Mapping[str, Sequence[Usage]] | None = None


_CONTRACT: Sheets = {
    "contracts": [
        vendor(product="UNL-40", rate="39.99", unit="month", contract="K-2024-017", **{"from": "2026-01-01"}),
        vendor(product="UNL-60", rate="59.99", unit="month", contract="K-2024-017", **{"from": "2026-01-01"}),
    ]
}
_IDLE = {PHONE: used(minutes="0", gigabytes="0")}
_PHONES = [f"20655501{number:02d}" for number in range(7)]
_LITTLE = {phone: used(gigabytes="0.01" if phone == PHONE else "4") for phone in _PHONES}
_ORDERS: Sheets = {
    "orders": [vendor(order="WO-1", service=OTHER, action="move", ordered="2026-08-01")],
    "charge_codes": [
        {"vendor": "Union Tel", "product": "INST", "class": "install"},
        {"vendor": "Union Tel", "product": "ETF", "class": "termination"},
    ],
    "agreements": [vendor(contract="K-2024-017", term_months="24", **{"from": "2023-01-01"})],
}
_POTS = month("POTS", "29.95")

SAID = (
    Said("duplicate-bill", "All charges of the bill stand on another one, under another number or from another file.",
         [_POTS], {}, [Earlier("2026-08", (_POTS,), fields={"number": "A-77"})]),
    Said("duplicate-line", "The same charge stands twice, on one bill or on two for the same days.", [_POTS, _POTS]),
    Said("not-in-inventory", "The account's inventory is kept, and the service is not in it.", [_POTS],
         {"inventory": [vendor(service=OTHER)]}),
    Said("before-start", "Billed for days before the service starts.", [_POTS],
         {"inventory": [vendor(service=PHONE, **{"from": "2026-10-01"})]}),
    Said("after-end", "Billed for days after the service ended, by the inventory or by an order.", [_POTS],
         {"inventory": [vendor(service=PHONE, to="2026-06-30")]}),
    Said("tax-exempt", "A tax that the body does not owe.", [line("tax", "FEDERAL EXCISE", "0.90")],
         {"taxes": [{"tax": "FEDERAL EXCISE", "exempt": "yes", "authority": "Internal Revenue Service",
                     "certificate": "EX-2019-4"}]}),
    Said("third-party-charge", "What somebody else sold, and the carrier collects.",
         [line("one-time", "Third Party Charges", "4.99")]),
    Said("late-fee", "A fee for paying late that no agreement allows, or that one forbids.",
         [line("late-fee", "Late fee", "12.50", "")]),
    Said("termination-fee", "A fee for ending a service that nobody ended, or whose term is over.",
         [line("one-time", "ETF", "480.00")], _ORDERS),
    Said("install-fee", "A fee for installing what nobody ordered.", [line("one-time", "INST", "95.00")], _ORDERS),
    Said("one-time-without-order", "Charged once, and no order explains it, or not so much.",
         [line("one-time", "JACK", "35.00")], _ORDERS),
    Said("currency-unexpected", "Said of no line: a bill in another currency than the ledger's is refused before it "
         "posts, with the code `currency`."),
    Said("plan-unexpected", "None of the service's recurring charges is the plan that the inventory has.",
         [month("UNL-60", "59.99")], {**_CONTRACT, "inventory": [vendor(service=PHONE, plan="UNL-40")]}),
    Said("extension-wrong", "More than unit price times quantity.",
         [line("usage", "CALLS", "1.65", rate="0.50", quantity="3")]),
    Said("proration-wrong", "A part of a month costs more than its days.",
         [month("UNL-40", "39.99", **days("16", "31"))],
         _CONTRACT),
    Said("rate-above-contract", "A unit costs more than agreed.", [month("UNL-40", "42.50")], _CONTRACT),
    Said("usf-excessive", "More universal service is passed through than interstate revenue times the factor (47 CFR "
         "54.712), by more than a cent.",
         [month("UNL-40", "40.00"), line("surcharge", "Fed Universal Service", "8.00")],
         {"taxes": [{"tax": "Fed Universal*", "exempt": "no", "basis": "usf", "rate": "36.6", "share": "37.1"}]}),
    Said("tax-excessive", "More than the tax's rate, or than its amount a line.",
         [month("POTS", "30.00"), line("tax", "STATE", "2.85")],
         {"taxes": [{"tax": "STATE", "exempt": "no", "basis": "percent", "rate": "6.5"}]}),
    Said("zero-use", "Paid for, and not used in any of the last months.", [month("UNL-40", "39.99")], {},
         [Earlier("2026-06", (_POTS,), _IDLE), Earlier("2026-07", (_POTS,), _IDLE)], _IDLE),
    Said("low-use", "Paid for, and used next to nothing beside others with the same plan.",
         [month("UNL-40", "39.99", phone) for phone in _PHONES], {},
         [Earlier("2026-06", (_POTS,), _LITTLE), Earlier("2026-07", (_POTS,), _LITTLE)], _LITTLE),
    Said("variance", "Far above what the service used to cost.", [line("usage", "LD", "120.00")], {},
         [Earlier(f"2026-0{at}", (line("usage", "LD", amount),)) for at, amount in
          ((4, "10.00"), (5, "12.00"), (6, "9.00"), (7, "11.00"))]),
)  # fmt: skip


def text() -> str:
    """The whole page."""
    order = "\n".join(f"{place}. `{code}`" for place, code in enumerate(CODES, 1))
    strength = _STRENGTH.format(order=order, failed=FAILED)
    return "\n".join((*_INTRODUCTION.splitlines(), "", *_checks(), *strength.splitlines(), "", *_codes()))


def told(said: Said) -> list[Told]:
    """What is told of its bill under that code."""
    found = examined(said.lines, said.sheets, said.past, said.use)
    return [one for one in found if one.objection.code == said.code]


def _checks() -> Iterator[str]:
    yield "## The built-in checks"
    yield ""
    yield "| check | version | codes | speaks of |"
    yield "|---|---|---|---|"
    for check in BUILT_IN:
        ground = " ".join((inspect.getdoc(check.open) or "").split())
        codes = ", ".join(f"`{code}`" for code in check.codes)
        yield f"| `{check.name}` | {check.version} | {codes} | {ground} |"
    yield ""
    for check in BUILT_IN:
        yield f"**`{check.name}`**"
        yield ""
        yield from (inspect.getdoc(type(check)) or "").splitlines()
        yield ""


def _codes() -> Iterator[str]:
    yield "## What each code means"
    yield ""
    for said in SAID:
        yield f"### {said.code}"
        yield ""
        yield said.meaning
        yield ""
        for one in told(said)[:1]:
            yield from _shown(one)


def _shown(one: Told) -> Iterator[str]:
    objection = one.objection
    cents = f"{objection.stake // 100}.{objection.stake % 100:02d}"
    yield "```text"
    yield f"{objection.found}."
    yield f"  {objection.do}"
    yield f"  at stake {cents}, {objection.confidence} % sure"
    for name, shows in objection.evidence:
        yield f"    {name}: {shows}"
    yield "```"
    yield ""
