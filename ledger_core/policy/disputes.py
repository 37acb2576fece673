"""Disputes: which tax goes with a disputed line, how amounts are shared over lines, what state follows, what warns.

A dispute is about lines of one bill. Of its amount each minor unit is undecided, conceded by the vendor (and waits for
the vendor's credit), credited, or dropped: refused by the vendor, withdrawn by us, or expired. Pure functions.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import date, timedelta
from enum import StrEnum
from typing import NamedTuple, TypeVar

import attrs

from ledger_core.facts.charge import ChargeKind
from ledger_core.policy.allocation import Sortable, allocate
from ledger_core.policy.deadlines import BusinessDays

#: Kinds of lines that go with the line that they are a tax on.
TAXES = frozenset({ChargeKind.TAX, ChargeKind.SURCHARGE})
#: Calendar days after which a vendor's silence is raised, and a credit that was promised and did not come.
ANSWER_DAYS, CREDIT_DAYS = 30, 60
Key = TypeVar("Key", bound=Sortable)


class Mode(StrEnum):
    """What happens to the money meanwhile."""

    WITHHELD = "withheld"  # held: neither paid nor charged back
    CLAIMED = "claimed"  # paid, stays charged, and is claimed back


class Step(StrEnum):
    """What may happen to a dispute."""

    NOTICED = "noticed"
    ESCALATED = "escalated"
    CONCEDED = "conceded"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    CREDITED = "credited"
    SETTLED = "settled"


#: Steps after which the amount is ours to pay.
DROPPING = frozenset({Step.REFUSED, Step.WITHDRAWN, Step.EXPIRED})


class State(StrEnum):
    """Where a dispute is. A dispute of which anything is undecided is open, noticed or escalated."""

    OPEN = "open"
    NOTICED = "noticed"
    ESCALATED = "escalated"
    CONCEDED = "conceded"
    SETTLED = "settled"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class BilledLine(NamedTuple):
    """One charge of a bill; `amount` in minor units."""

    line: int
    kind: str
    service: str
    amount: int


@attrs.frozen
class Account:
    """What a dispute comes to, in minor units: all of it, and what of it is conceded, credited and dropped."""

    amount: int
    conceded: int = 0
    credited: int = 0
    dropped: int = 0

    @property
    def undecided(self) -> int:
        """What the vendor has not answered."""
        return self.amount - self.conceded - self.dropped

    @property
    def awaiting(self) -> int:
        """What is conceded and not credited yet."""
        return self.conceded - self.credited

    @property
    def pending(self) -> int:
        """What may still come back."""
        return self.undecided + self.awaiting


def related_tax(lines: Iterable[BilledLine], named: Mapping[int, int]) -> dict[int, int]:
    """What of the tax and surcharge lines of a bill goes with its disputed lines, by line, in minor units.

    `named` are the amounts disputed by line. Of each service the tax lines that are not named themselves go along, in
    proportion of what is disputed to everything that is taxed: the lines of the service that are no tax. Rounded once
    a service and shared over its tax lines by largest remainder. Where what is taxed comes to nothing, or to less
    than is disputed, there is no proportion and nothing goes along.
    """
    base: dict[str, int] = defaultdict(int)
    disputed: dict[str, int] = defaultdict(int)
    taxes: dict[str, dict[int, int]] = defaultdict(dict)
    for line in lines:
        if line.kind not in TAXES:
            base[line.service] += line.amount
            disputed[line.service] += named.get(line.line, 0)
        elif line.line not in named and line.amount:
            taxes[line.service][line.line] = line.amount
    found: dict[int, int] = {}
    for service, amounts in taxes.items():
        part, whole = disputed[service], base[service]
        if not 0 < abs(part) <= abs(whole) or part * whole < 0:
            continue
        share = allocate(sum(amounts.values()), [abs(part), abs(whole) - abs(part)], (0, 1))[0]
        found |= {line: amount for line, amount in apportion(share, amounts).items() if amount}
    return found


def apportion(total: int, amounts: Mapping[Key, int]) -> dict[Key, int]:
    """`total` minor units shared over amounts in proportion, by largest remainder; none gets more than it has.

    The amounts may have both signs, but sum to something of the sign of `total` and not smaller.
    """
    whole = sum(amounts.values())
    if not total:
        return dict.fromkeys(amounts, 0)
    assert total * whole > 0, "nothing to share over"
    assert abs(total) <= abs(whole), "more than there is"
    shares: dict[Key, int] = {}
    of_sign = {key: amount for key, amount in amounts.items() if amount * whole > 0}
    against = {key: amount for key, amount in amounts.items() if amount * whole < 0}
    back = sum(against.values())
    # The smaller side first, to the nearest unit: neither side can then exceed what it has.
    turned = (2 * abs(total * back) + abs(whole)) // (2 * abs(whole)) * (1 if back > 0 else -1)
    for side, part in ((of_sign, total - turned), (against, turned)):
        if side and part:
            shared = allocate(part, [abs(amount) for amount in side.values()], list(side))
            shares |= dict(zip(side, shared, strict=True))
    return {key: shares.get(key, 0) for key in amounts}


def state_of(account: Account, steps: Collection[Step]) -> State:
    """The state that follows from the sums, and from the steps in their order."""
    if account.undecided:
        for step, state in ((Step.ESCALATED, State.ESCALATED), (Step.NOTICED, State.NOTICED)):
            if step in steps:
                return state
        return State.OPEN
    if account.awaiting:
        return State.CONCEDED
    if account.credited:
        return State.SETTLED
    return State(next(step for step in reversed(list(steps)) if step in DROPPING).value)


@attrs.frozen
class Course:
    """What is to be watched of a dispute: its sums, its days, and whether money is withheld. `due` is the bill's due
    date, `deadline` the last day on which notice is in time, `told` the last day on which the vendor was told or
    asked, `promised` the day of the last concession."""

    account: Account
    mode: Mode
    opened: date
    due: date | None
    deadline: date | None
    noticed: date | None
    told: date | None
    promised: date | None


@attrs.frozen
class Warned:
    """Something about a dispute that needs a person by a day. `amount` in minor units."""

    code: str
    day: date
    amount: int
    found: str
    do: str


def warning(course: Course, today: date, working: BusinessDays, warning_days: int) -> Warned | None:
    """What a dispute asks for on a day, `warning_days` business days ahead; None while there is nothing to do."""
    soon = working.add(today, warning_days)
    if course.account.undecided and course.noticed is None:
        return _unnoticed(course, today, soon, working.add(course.opened, warning_days))
    if course.account.undecided:
        return _unanswered(course, today, soon)
    if course.account.awaiting and course.promised is not None:
        day = _after(course.promised, CREDIT_DAYS)
        if day <= soon:
            found = f"the vendor conceded on {course.promised}, and no credit has come"
            return Warned("dispute-uncredited", day, course.account.awaiting, found, "Ask for the credit.")
    return None


def _after(day: date, days: int) -> date:
    """So many days later; the last day that there is, where somebody's date leaves no room for them."""
    return date.max if (date.max - day).days < days else day + timedelta(days=days)


def _unnoticed(course: Course, today: date, soon: date, anyhow: date) -> Warned | None:
    """Notice in time: by the deadline, before the bill is due where money is withheld, and in any case soon."""
    amount, do = course.account.undecided, "Send the notice, and record it with `tollbook dispute notify`."
    if course.deadline is not None and course.deadline <= soon:
        passed = course.deadline < today
        found = f"notice {'had' if passed else 'has'} to be given by {course.deadline}, and none is recorded"
        return Warned("dispute-deadline", course.deadline, amount, found, do)
    if course.due is not None and course.due <= soon and course.mode is Mode.WITHHELD:
        found = f"the bill is due on {course.due}, and the vendor was not told what is withheld"
        return Warned("dispute-deadline", course.due, amount, found, do)
    if anyhow <= today:
        return Warned("dispute-deadline", anyhow, amount, f"opened on {course.opened}, and no notice is recorded", do)
    return None


def _unanswered(course: Course, today: date, soon: date) -> Warned | None:
    assert course.told is not None
    day = _after(course.told, ANSWER_DAYS)
    do = "Ask again, escalate it, or record the answer."
    if day <= soon:
        found = f"the vendor was told on {course.told}, and has not answered"
        return Warned("dispute-unanswered", day, course.account.undecided, found, do)
    near = course.due is not None and today <= course.due <= soon
    if near and course.due is not None and course.mode is Mode.WITHHELD:
        found = f"the bill is due on {course.due}, and the vendor has not answered"
        return Warned("dispute-unanswered", course.due, course.account.undecided, found, do)
    return None
