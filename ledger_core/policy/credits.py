"""Credits: which of them recur, and which charge or dispute each of the others may follow. Pure.

A credit follows the coding of the charge that it credits (INV-35, domain.md J4), so the first question is which charge
that is. One exact candidate is taken at once; several, or an inexact one, are proposed to a person.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import NamedTuple

import attrs

from ledger_core.facts.charge import ChargeKind
from ledger_core.facts.reference import Reference

#: How many earlier bills of an account are searched for the charge that a credit follows.
CYCLES = 6
#: How many candidates are shown to a person.
SHOWN = 5
_PATTERN = 3  # bills in which a recurring credit of changing amounts must have stood twice
_NEVER = frozenset({ChargeKind.TRANSFER, ChargeKind.ROUNDING})
_BY_CYCLE = frozenset({ChargeKind.RECURRING, ChargeKind.USAGE})
TAXES = frozenset({ChargeKind.TAX, ChargeKind.SURCHARGE})
_SPECIAL_REVENUE = "special-revenue"

Place = tuple[int, int]  # a charge: the fact that posted its bill, and its line


class BilledLine(NamedTuple):
    """One line of the bill that fact `fact` posted. `amount` in minor units; service dates inclusive, as ISO
    texts; `code` is the customer's own code, where one is printed."""

    fact: int
    line: int
    service: str
    product: str
    kind: str
    amount: int
    first: str | None
    last: str | None
    code: str = ""

    @property
    def place(self) -> Place:
        """What names the charge in the ledger."""
        return self.fact, self.line


class Earlier(NamedTuple):
    """A charge that a credit might follow: `left` minor units of it are not credited yet, `age` bills ago."""

    charge: BilledLine
    left: int
    age: int


class Disputed(NamedTuple):
    """One line of a dispute: its charge, of which service and product, and the minor units that are pending."""

    place: Place
    service: str
    product: str
    amount: int


@attrs.frozen
class Expected:
    """A dispute that waits for its credit: `pending` minor units, on these lines. `names` are what it may be called
    beside the credit: its own, and the vendor's references."""

    dispute: str
    pending: int
    lines: tuple[Disputed, ...]
    names: tuple[str, ...] = ()

    @property
    def places(self) -> frozenset[Place]:
        """The charges in it."""
        return frozenset(line.place for line in self.lines)


@attrs.frozen
class Candidate:
    """What a credit may follow: charges, each with the weight of what it is credited, or a dispute and its charges.

    `score` is a whole percent, `exact` says that nothing about it is doubtful, `reason` what agrees.
    """

    targets: tuple[tuple[Place, int], ...]
    score: int
    exact: bool
    reason: str
    dispute: str = ""


def is_credit(line: BilledLine, period_from: str | None) -> bool:
    """Whether a line is a credit: what the vendor gives back, adjustments too.

    A negative recurring or usage line of the bill's own cycle is a discount in place of a price, and is coded like any
    charge; one for days before the cycle gives something back.
    """
    if line.amount >= 0 or line.kind in _NEVER:
        return False
    if line.kind not in _BY_CYCLE:
        return True
    return line.last is not None and period_from is not None and line.last < period_from


def recurs(credit: BilledLine, cycles: Sequence[Mapping[tuple[str, str], Collection[int]]]) -> bool:
    """Whether a credit comes with every bill: the same service and product had it on the bill before, of the same
    amount, or on two of the last three, of any.

    `cycles` are the earlier bills of the account, the latest first: by service and product the amounts of credits that
    followed no charge.
    """
    before = [cycle.get((credit.service, credit.product), ()) for cycle in cycles[:_PATTERN]]
    return (bool(before) and credit.amount in before[0]) or sum(map(bool, before)) > 1


def candidates(
    credit: BilledLine, charges: Sequence[Earlier], expected: Sequence[Expected], text: str = ""
) -> tuple[Candidate, ...]:
    """What a credit may follow, the best first. `text` are the words printed beside it."""
    found = [candidate for one in expected if (candidate := _of_dispute(credit, one, text)) is not None]
    waiting = {place for one in expected for place in one.places}
    own = [_of_charge(credit, one) for one in charges if one.charge.place not in waiting]
    found += [candidate for candidate in own if candidate is not None]
    if not credit.service and not found:
        found = _of_services(credit, charges)
    return tuple(sorted(found, key=lambda one: (-one.score, one.dispute, one.targets)))


def exact(found: Sequence[Candidate]) -> Candidate | None:
    """The one candidate about which nothing is doubtful; None where there is none, or more than one.

    A dispute that waits for just this credit stands before an equal charge of some month.
    """
    disputes = [one for one in found if one.dispute]
    sure = [one for one in disputes if one.exact]
    sure = [one for one in sure if one.score == _PRINTED] or sure
    if len(sure) == 1:
        return sure[0]
    if disputes:
        return None
    sure = [one for one in found if one.exact]
    if len(sure) > 1:  # equal months: the days that are credited say which
        sure = [one for one in sure if _SAME_DAYS in one.reason]
    return sure[0] if len(sure) == 1 else None


def tax_part(credit: BilledLine, bills: Collection[int], charges: Sequence[Earlier]) -> Candidate | None:
    """The tax that a credit of tax follows, where the credit beside it follows a charge of these bills: the tax goes
    with its line."""
    found = [
        one.charge
        for one in charges
        if one.charge.fact in bills
        and one.charge.kind in TAXES
        and (one.charge.service, one.charge.product) == (credit.service, credit.product)
        and one.left >= -credit.amount
    ]
    if len(found) != 1:
        return None
    return Candidate(((found[0].place, found[0].amount),), 90, True, "the tax of the charge that is credited beside it")


# --- scores ---------------------------------------------------------------------------------------------------------

_SAME_DAYS = "same days"
_PRINTED = 100
_RECENT = 5  # points that the latest bill has before older ones


def _of_dispute(credit: BilledLine, one: Expected, text: str) -> Candidate | None:
    amount = -credit.amount
    if amount > one.pending:
        return None
    targets = tuple((line.place, line.amount) for line in one.lines)
    if any(name in text for name in (one.dispute, *one.names)):
        return Candidate(targets, _PRINTED, True, "its number is printed beside the credit", one.dispute)
    there = [line for line in one.lines if line.service == credit.service]
    if amount == one.pending and (there or not credit.service):
        return Candidate(targets, 95, True, "same account, all that is pending", one.dispute)
    lines = [line for line in there if line.amount == amount]
    lines = [line for line in lines if line.product == credit.product] or lines
    if len(lines) == 1:
        return Candidate(((lines[0].place, amount),), 90, True, "same service, the amount of one line", one.dispute)
    if there:
        places = tuple((line.place, line.amount) for line in there)
        return Candidate(places, 60, False, "same service, less than is pending", one.dispute)
    return None


def _of_charge(credit: BilledLine, one: Earlier) -> Candidate | None:
    """A charge of the same service, and how much of it agrees."""
    charge, amount = one.charge, -credit.amount
    if charge.service != credit.service or amount > one.left:
        return None
    if (charge.kind in TAXES) != (credit.kind in TAXES):
        return None
    if not credit.service and charge.code != credit.code:  # a purchase on another's card, an account's other part
        return None
    score, agrees = 40, ["same service" if credit.service else "the account itself"]
    whole = amount == charge.amount
    if whole:
        score += 30
        agrees.append("same amount")
    days = (credit.first, credit.last)
    dated = days == (charge.first, charge.last) and None not in days
    overlap = _overlap(credit, charge)
    if dated:
        score += 15
        agrees.append(_SAME_DAYS)
    elif overlap:
        score += 8
        agrees.append("days in common")
    if credit.product == charge.product:
        score += 10
        agrees.append("same product")
    if not whole and not overlap and credit.product != charge.product:
        return None
    score += max(0, _RECENT - one.age)
    return Candidate(((charge.place, charge.amount),), score, whole, ", ".join(agrees))


def _of_services(credit: BilledLine, charges: Sequence[Earlier]) -> list[Candidate]:
    """Charges of the one service that was billed just what the account is credited."""
    equal = [one for one in charges if one.left == one.charge.amount == -credit.amount]
    if len({one.charge.service for one in equal}) != 1:
        return []
    return [
        Candidate(((one.charge.place, one.left),), 35 + max(0, _RECENT - one.age), False, "same amount, one service")
        for one in equal
    ]


def _overlap(credit: BilledLine, charge: BilledLine) -> bool:
    if not (credit.first and credit.last and charge.first and charge.last):
        return False
    return credit.first <= charge.last and charge.first <= credit.last


# --- where it goes --------------------------------------------------------------------------------------------------


def named_recurring(reference: Reference, vendor: str, product: str, on: date) -> bool:
    """Whether the sheet `charge_codes` says that a product recurs: such a credit is a discount of every month."""
    rows = [
        row
        for row in reference.all_in_force("charge_codes", on)
        if _names(row.cell("vendor"), vendor) and product and _names(row.cell("product"), product)
    ]
    # The row that names the most decides, as the longest pattern does.
    best = max(rows, key=lambda row: (len(row.cell("product")), len(row.cell("vendor"))), default=None)
    return best is not None and best.cell("class") == "recurring"


def _names(pattern: str, text: str) -> bool:
    """Whether a cell speaks of a text: empty is any, `*` stands for any characters."""
    return not pattern or re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), text, re.DOTALL) is not None


def granted(reference: Reference, department: str, account_object: str, on: date) -> bool:
    """Whether a department's cost under an object is borne by an award: its fund is a special revenue fund, or the
    chart knows only strings with a grant for it. A credit of such cost reduces the award (2 CFR 200.406)."""
    row = reference.in_force("departments", (department,), on)
    fund = None if row is None else reference.in_force("funds", (row.cell("fund"),), on)
    if fund is not None and fund.cell("kind") == _SPECIAL_REVENUE:
        return True
    main = account_object.partition(".")[0]
    strings = [
        string
        for string in reference.with_cell("chart", "department", department)
        if string.covers(on) and string.cell("object") in {"", main}
    ]
    return bool(strings) and all(string.cell("grant") for string in strings)
