"""Which objections to a bill are told: one cause is told once, by its strongest explanation, and waivers are kept to.

The order of CODES is the order of strength, decided once: what says that a charge should not stand at all comes before
what says that it is too high, and what a contract, an inventory or the law says comes before what history suggests.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

import attrs

from ledger_core.contracts.check import CheckedBill, Objection
from ledger_core.facts.reference import Reference, ReferenceRow
from ledger_core.money import fixed, parse_decimal, to_minor

#: Codes of the built-in checks, the strongest explanation first. Codes of other checks stand before LAST.
CODES = (
    "duplicate-bill",
    "duplicate-line",
    "not-in-inventory",
    "before-start",
    "after-end",
    "tax-exempt",
    "third-party-charge",
    "late-fee",
    "termination-fee",
    "install-fee",
    "one-time-without-order",
    "currency-unexpected",
    "plan-unexpected",
    "extension-wrong",
    "proration-wrong",
    "rate-above-contract",
    "usf-excessive",
    "tax-excessive",
    "zero-use",
    "low-use",
    "variance",
)
#: A check that failed: what it would have said is not known, and that is told beside everything else.
FAILED = "check-failed"
_LAST = CODES.index("usf-excessive")
_STRENGTH = {code: 2 * place for place, code in enumerate(CODES)}
_WHOLE_BILL = "duplicate-bill"


@attrs.frozen
class Told:
    """An objection of a check, and the waiver ("FACT.LINE" of its row) that covers it, "" where none does."""

    check: str
    objection: Objection
    waiver: str = ""


def told(bill: CheckedBill, raised: Iterable[Told], taken_back: Mapping[tuple[str, int], int]) -> list[Told]:
    """What is told of `raised`, by line and strength. Pure: the order of `raised` does not matter.

    - A waiver in force covers what it covers; the next explanation of the line then speaks for itself.
    - A line that the bill itself takes back, by a credit for the same service and amount, is objected to no more.
      `taken_back` counts them by (service, amount in minor units, as positive).
    - One line is told of once, by its strongest code; the others are named in its evidence.
    - Where the whole bill is a duplicate, nothing is told of its lines.
    """
    waived = [one for one in raised if one.waiver]
    open_ones = _without_taken_back([one for one in raised if not one.waiver], taken_back)
    whole = [one for one in open_ones if one.objection.code == _WHOLE_BILL]
    if whole:
        failures = [one for one in open_ones if one.objection.code == FAILED and one.objection.line is None]
        return sorted([min(whole, key=_order), *failures, *waived], key=_order)
    by_line: dict[int, list[Told]] = {}
    bare: list[Told] = []
    for one in open_ones:
        if one.objection.line is None:
            bare.append(one)
        else:
            by_line.setdefault(one.objection.line.line, []).append(one)
    kept = [_strongest(sorted(found, key=_order), bill.currency) for found in by_line.values()]
    return sorted([*bare, *kept, *waived], key=_order)


def _order(one: Told) -> tuple[int, int, int, str, str, str, str]:
    objection = one.objection
    line = objection.line.line if objection.line else 0
    strength = _STRENGTH.get(objection.code, 2 * _LAST - 1)
    return line, strength, -objection.stake, one.check, objection.cause, objection.found, one.waiver


def _strongest(found: Sequence[Told], currency: str) -> Told:
    first, *others = found
    if not others:
        return first
    also = [("also", f"{one.objection.code}, {fixed(one.objection.stake, currency)}") for one in others]
    objection = attrs.evolve(first.objection, evidence=(*first.objection.evidence, *also))
    return attrs.evolve(first, objection=objection)


def _without_taken_back(found: list[Told], taken_back: Mapping[tuple[str, int], int]) -> list[Told]:
    """The bill's own credits answer objected lines of their service and amount, the later lines first."""
    left = Counter(taken_back)
    answered: set[int] = set()
    lines = {one.objection.line.line: one.objection.line for one in found if one.objection.line is not None}
    for number in sorted(lines, reverse=True):
        key = (lines[number].service, lines[number].amount)
        if left[key] > 0:
            left[key] -= 1
            answered.add(number)
    return [one for one in found if one.objection.line is None or one.objection.line.line not in answered]


@attrs.frozen
class Waivers:
    """The waivers in force for one bill."""

    bill: CheckedBill
    rows: tuple[ReferenceRow, ...]

    @classmethod
    def in_force(cls, reference: Reference, bill: CheckedBill) -> Waivers:
        """Those that hold on the bill's day and may cover something on it."""
        rows = reference.all_in_force("waivers", bill.day)
        covering = (row for row in rows if _fits(row, "vendor", bill.vendor) and _fits(row, "account", bill.account))
        return cls(bill, tuple(covering))

    def covering(self, objection: Objection) -> str:
        """The first waiver, by name, that covers an objection; "" where none does. A failed check is never waived."""
        if objection.code == FAILED:
            return ""
        return next((row.ref for row in self.rows if self._covers(row, objection)), "")

    def _covers(self, row: ReferenceRow, objection: Objection) -> bool:
        line = objection.line
        if not _fits(row, "code", objection.code):
            return False
        if not _fits(row, "service", line.service if line else ""):
            return False
        if not _fits(row, "product", line.product if line else ""):
            return False
        most = row.cell("most")
        return not most or objection.stake <= to_minor(parse_decimal(most), self.bill.currency)


def _fits(row: ReferenceRow, column: str, text: str) -> bool:
    """An empty cell fits anything; `*` in it stands for any characters."""
    wanted = row.cell(column)
    return not wanted or _pattern(wanted).fullmatch(text) is not None


@lru_cache(maxsize=10_000)
def _pattern(wanted: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, wanted.split("*"))), re.DOTALL)
