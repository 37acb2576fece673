"""The reading of months: in which month's chargeback and statements each cost of the bills stands.

A run sees everything recorded up to its cut and dated up to the end of its month, and charges what no earlier run saw.
So every cost stands in the month of the first run that saw it, also what is never charged (suspense, retained, direct);
everything else is open.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from datetime import date

import attrs
from sqlalchemy import Connection, select

from ledger_core.facts import catalogue
from ledger_core.facts.entry import Role
from ledger_core.facts.reference import Reference
from ledger_core.facts.sheet import Treatment
from ledger_core.policy.periods import parse_period
from ledger_core.projections import reference
from ledger_core.projections.attribution import Attributed, cost_postings
from ledger_core.projections.chargebacks import CHARGEBACKS
from ledger_core.projections.holds import ever_held
from ledger_core.projections.treatments import Treatments
from ledger_core.store import log

_HELD_BY = ("role", "fund", "department", "object", "booked", "billed")


@attrs.frozen
class Cost:
    """One posting of cost, in minor units, and where it stands. What is `held` counts against the cost that it holds:
    a hold is a negative cost of its date, its release a positive one.

    `period` is the month whose run saw it, "" while none did; `run` is the cut of that run, 0 while none did.
    `department_fund` is the fund that bears the department's cost, `treatment` how it is charged on.
    """

    fact: int
    line: int
    role: str
    fund: str
    department: str
    department_fund: str
    object: str
    vendor: str
    billed: str
    treatment: str
    currency: str
    effective: str
    amount: int
    period: str
    run: int
    held: bool = False

    @property
    def chargeable(self) -> bool:
        """Whether a chargeback moves it."""
        return self.role == Role.COST and bool(self.department) and self.treatment != Treatment.DIRECT

    @property
    def open(self) -> bool:
        """Whether no run has seen it yet."""
        return not self.period


class Months:
    """Cost as known at sequence `until`: the runs recorded up to there, and what they could see."""

    def __init__(self, connection: Connection, until: int) -> None:
        self._connection = connection
        self._until = until
        self._treatments = Treatments(connection, until)
        self._departments = _Departments(connection, until)
        self._held = ever_held(connection, until)
        query = select(CHARGEBACKS.c.period, CHARGEBACKS.c.cut).where(CHARGEBACKS.c.fact <= until).distinct()
        self._runs = sorted((cut, period) for period, cut in connection.execute(query))

    def first_run(self, fact: int, effective: str) -> tuple[str, int]:
        """Month and cut of the first run that saw what is recorded as `fact` and dated `effective`; ("", 0): none."""
        for cut, period in self._runs:
            if fact <= cut and effective[:7] <= period:
                return period, cut
        return "", 0

    def of_period(self, period: str) -> Iterator[Cost]:
        """What stands in a month, and what its next run would see."""
        for cost in self.all(str(parse_period(period).last_day)):
            if cost.period in {"", period}:
                yield cost

    def all(self, last_day: str = "9999-12-31") -> Iterator[Cost]:
        """Every cost posting dated up to `last_day`, in order of recording."""
        funds: dict[tuple[object, ...], str] = {}
        for posting in cost_postings(self._connection, until=self._until):
            fund = self._fund(posting, funds)
            if posting.effective <= last_day:
                yield self._cost(posting, fund)

    def _fund(self, posting: Attributed, known: dict[tuple[object, ...], str]) -> str:
        """The fund that bears a cost. A hold and its release go by the cost that they hold, whatever was loaded since:
        `known` is what was found of bills of which something is held."""
        bill = self._treatments.bill_of(posting.fact, posting.line)
        fund = self._departments.fund(posting, None if bill is None else self._treatments.day_of_bill(bill))
        if bill not in self._held:
            return fund
        key = (bill, *(getattr(posting, name) for name in _HELD_BY))
        first = known.setdefault(key, fund)
        return first if posting.held else fund

    def _cost(self, posting: Attributed, department_fund: str) -> Cost:
        treatment = self._treatments.of_posting(posting.fact, posting.line, posting.department)
        period, cut = self.first_run(posting.fact, posting.effective)
        return Cost(
            fact=posting.fact,
            line=posting.line,
            role=posting.role,
            fund=posting.fund,
            department=posting.department,
            department_fund=department_fund,
            object=posting.object,
            vendor=posting.vendor,
            billed=posting.billed,
            treatment=treatment,
            currency=posting.currency,
            effective=posting.effective,
            amount=posting.amount,
            period=period,
            run=cut,
            held=posting.held,
        )


class _Departments:
    """The fund of a department on a day, as it was known when the cost was recorded: what the coding went by."""

    def __init__(self, connection: Connection, until: int) -> None:
        self._connection = connection
        loads = log.facts(connection, [catalogue.REFERENCE_LOADED], until=until)
        self._loads = [fact.sequence for fact in loads if fact.content["sheet"] == "departments"]
        self._known: dict[int, Reference] = {}

    def fund(self, posting: Attributed, day: date | None) -> str:
        """The fund that bears it; the paying fund where no sheet knows the department."""
        before = bisect_right(self._loads, posting.fact)
        if not before or not posting.department:
            return posting.fund
        load = self._loads[before - 1]
        known = self._known.get(load)
        if known is None:
            known = self._known[load] = reference.known(self._connection, {"departments"}, until=load)
        row = known.in_force("departments", (posting.department,), day or date.fromisoformat(posting.effective))
        if row is None:  # its last version, where it is in force no more
            row = next(reversed(known.with_cell("departments", "department", posting.department)), None)
        return row.cell("fund") if row is not None else posting.fund
