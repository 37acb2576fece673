"""The reading of statements: what a department is charged for a month, as it was when the month was charged back.

Every figure comes from facts at the chargeback's cut, so a statement read again is the same statement. Sums are taken
from postings, lines from charges; where the two differ, or differ from the chargeback's entries, nothing is shown.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, timedelta

import attrs
from sqlalchemy import Connection

from ledger_core.errors import Unknown, VerificationFailed
from ledger_core.facts.entry import Role
from ledger_core.facts.reference import Reference
from ledger_core.facts.sheet import Treatment
from ledger_core.money import fixed, parse_decimal, to_minor
from ledger_core.policy.periods import Calendar, Period
from ledger_core.projections import chargebacks, reference
from ledger_core.projections.chargebacks import Charged
from ledger_core.projections.grounds import Grounds
from ledger_core.projections.months import Cost, Months
from ledger_core.projections.pending import pending_by_department
from ledger_core.projections.statement_lines import LineReader, StatementLine
from ledger_core.store import log

_SHEETS = frozenset({"departments", "funds", "budgets", "chart", "people", "calendar"})
_OBJECTION_DAYS = 30  # after the end of the month, where the calendar sheet says nothing


@attrs.frozen
class ServiceGroup:
    """The lines of one service in a month, and their sum in minor units."""

    vendor: str
    account: str
    named: str
    amount: int
    lines: tuple[StatementLine, ...]


@attrs.frozen
class ClassGroup:
    """The services of one class, and their sum in minor units."""

    name: str
    amount: int
    services: tuple[ServiceGroup, ...]


@attrs.frozen
class BudgetLine:
    """What the fiscal year's budget for an object was, and what was charged to it by the end of the month."""

    object: str
    name: str
    budget: int
    spent: int

    @property
    def remaining(self) -> int:
        """Budget less spent, in minor units; negative where it is overspent."""
        return self.budget - self.spent


_ONE_TIME, _CORRECTIONS = "One-time costs", "Corrections of earlier months"


@attrs.frozen
class Change:
    """A service whose monthly sum is not what it was: None where there was none, or is none any more.

    `name` is its class; "" for the one-time costs and the corrections, which are told as one each.
    """

    name: str
    named: str
    before: int | None
    now: int | None

    @property
    def difference(self) -> int:
        """Now less before, in minor units."""
        return (self.now or 0) - (self.before or 0)

    @property
    def word(self) -> str:
        """'new', 'gone' or 'changed'."""
        return "new" if self.before is None else "gone" if self.now is None else "changed"


@attrs.frozen
class Person:
    """Somebody whom a statement names."""

    person: str
    name: str
    role: str


@attrs.frozen
class Statement:
    """A department's statement. All amounts in minor units of `currency`.

    `sequence` is the position of the log that it was read at, `cut` what its chargeback had read. `before` and `after`
    are the fiscal year's totals without and with this month; a total is what was charged and what was booked directly.
    `kept` are lines that the paying fund keeps for this department and nobody is charged for. `held` are its charges,
    or parts of them, that are not charged until they are released; `pending` are those that are charged, and claimed
    back from the vendor. `suspense` is what has no owner yet, of all departments: it is nobody's. `last_day` is the
    last on which to object.
    """

    entity: str
    sequence: int
    cut: int
    issued: date
    period: Period
    fiscal_year: int
    department: str
    name: str
    fund: str
    fund_name: str
    currency: str
    journals: tuple[Charged, ...]
    before: int
    recovered: int
    reimbursed: int
    direct: int
    classes: tuple[ClassGroup, ...]
    one_time: tuple[StatementLine, ...]
    corrections: tuple[StatementLine, ...]
    kept: tuple[StatementLine, ...]
    held: tuple[StatementLine, ...]
    pending: tuple[StatementLine, ...]
    suspense: int
    budgets: tuple[BudgetLine, ...]
    previous: int | None
    changes: tuple[Change, ...]
    recipients: tuple[Person, ...]
    contacts: tuple[Person, ...]
    last_day: date

    @property
    def charged(self) -> int:
        """What the chargeback charged."""
        return self.recovered + self.reimbursed

    @property
    def total(self) -> int:
        """What was charged and what was booked directly."""
        return self.charged + self.direct

    @property
    def after(self) -> int:
        """The fiscal year's total with this month."""
        return self.before + self.total

    @property
    def lines(self) -> tuple[StatementLine, ...]:
        """Every line that the total is the sum of."""
        regular = (line for group in self.classes for service in group.services for line in service.lines)
        return (*regular, *self.one_time, *self.corrections)


class Statements:
    """The statements of one month. Raises Unknown where it was not charged back."""

    def __init__(self, connection: Connection, period: Period) -> None:
        self._connection = connection
        self._period = period
        runs = chargebacks.of_period(connection, str(period))
        if not runs:
            raise Unknown(
                f"period {period}", "it is not charged back yet", f"Run `tollbook chargeback {period}` first."
            )
        self._runs = runs
        self.sequence = runs[-1].fact
        self._months = Months(connection, self.sequence)
        self._lines = LineReader(connection, self._months, Grounds(connection))
        self._known: Reference = reference.known(connection, _SHEETS, until=self.sequence)
        self._opened = log.fact(connection, 1).content
        self._issued = log.fact(connection, self.sequence).recorded.date()
        self._calendar = self._fiscal_calendar()
        self._pending = pending_by_department(connection, self.sequence)
        self._costs: dict[str, list[Cost]] = defaultdict(list)
        for cost in self._months.all():
            if cost.period and cost.currency == self._opened["currency"]:
                self._costs[cost.department].append(cost)

    @property
    def departments(self) -> list[str]:
        """Who gets a statement: every department that is charged, or has something booked to it directly."""
        month = str(self._period)
        return sorted(
            department
            for department, costs in self._costs.items()
            if department and any(cost.period == month and cost.role == Role.COST for cost in costs)
        )

    def of(self, department: str) -> Statement:
        """The statement of one department. Raises Unknown where nothing in the month is its own, VerificationFailed
        where the books do not agree with themselves."""
        month = str(self._period)
        costs = [cost for cost in self._costs.get(department, ()) if cost.period == month]
        if not costs or not department:
            where = f"department {department or '(none)'}"
            raise Unknown(where, f"nothing in {month} is charged to it", "Take a department from the chargeback.")
        borne = [cost for cost in costs if cost.role == Role.COST]
        lines = self._lines.lines(borne, month)
        kept = self._lines.lines([cost for cost in costs if cost.role != Role.COST], month)
        sums = _by_treatment(borne)
        regular = [line for line in lines if not line.corrects and not line.one_time]
        changes, previous = self._changes(department, lines)
        row = self._known.in_force("departments", (department,), self._period.last_day)
        fund = row.cell("fund") if row else costs[-1].department_fund
        statement = Statement(
            entity=self._opened["entity"],
            sequence=self.sequence,
            cut=max(run.cut for run in self._runs),
            issued=self._issued,
            period=self._period,
            fiscal_year=self._calendar.fiscal_year(self._period),
            department=department,
            name=(row.cell("name") if row else "") or department,
            fund=fund,
            fund_name=self._fund_name(fund),
            currency=self._opened["currency"],
            journals=tuple(run for run in self._runs if run.department == department),
            before=self._before(department),
            recovered=sums[Treatment.RECOVER],
            reimbursed=sums[Treatment.REIMBURSE],
            direct=sums[Treatment.DIRECT],
            classes=self._classes(department, regular),
            one_time=tuple(line for line in lines if line.one_time and not line.corrects),
            corrections=tuple(line for line in lines if line.corrects),
            kept=tuple(kept),
            held=tuple(self._held(department)),
            pending=tuple(self._pending.get(department, ())),
            suspense=self._suspense(),
            budgets=tuple(self._budgets(department)),
            previous=previous,
            changes=changes,
            recipients=tuple(self._people(["contact"], department, exact=True)),
            contacts=tuple(self._people(["account_coordinator", "accounting_coordinator", "suspense"], department)),
            last_day=self._last_day(),
        )
        _check(statement)
        return statement

    # --- sums ---------------------------------------------------------------------------------------------------

    def _of_year(self, department: str) -> list[Cost]:
        """What the department bore in this fiscal year up to and including the month."""
        first = str(self._calendar.first_period(self._calendar.fiscal_year(self._period)))
        return [
            cost
            for cost in self._costs.get(department, ())
            if cost.role == Role.COST and first <= cost.period <= str(self._period)
        ]

    def _before(self, department: str) -> int:
        month = str(self._period)
        return sum(cost.amount for cost in self._of_year(department) if cost.period < month)

    def _suspense(self) -> int:
        last = self._period.last_day.isoformat()
        held = (cost for costs in self._costs.values() for cost in costs if cost.role == Role.SUSPENSE)
        return sum(cost.amount for cost in held if cost.effective <= last)

    def _budgets(self, department: str) -> list[BudgetLine]:
        year = str(self._calendar.fiscal_year(self._period))
        budget: dict[str, int] = defaultdict(int)
        names: dict[str, list[str]] = defaultdict(list)
        for row in self._known.versions("budgets"):
            if (row.cell("fiscal_year"), row.cell("department")) == (year, department):
                amount = parse_decimal(row.cell("amount"), "budget")
                budget[row.cell("object")] += to_minor(amount, self._opened["currency"], "budget")
                names[row.cell("object")].append(row.cell("service_class"))
        spent: dict[str, int] = defaultdict(int)
        for cost in self._of_year(department):
            spent[cost.object if cost.object in budget else ""] += cost.amount
        return [
            BudgetLine(named, ", ".join(filter(None, names[named])), amount, spent[named])
            for named, amount in sorted(budget.items())
        ]

    def _held(self, department: str) -> list[StatementLine]:
        """What of the department's is held at the end of the month: what holds took out, less what was released."""
        month = str(self._period)
        out = [cost for cost in self._costs.get(department, ()) if cost.held and cost.period <= month]
        lines = self._lines.lines(out, month)
        return [attrs.evolve(line, amount=-line.amount, corrects="") for line in lines if line.amount]

    # --- groups -------------------------------------------------------------------------------------------------

    def _classes(self, department: str, lines: Iterable[StatementLine]) -> tuple[ClassGroup, ...]:
        groups: dict[str, dict[tuple[str, str, str], list[StatementLine]]] = defaultdict(lambda: defaultdict(list))
        for line in lines:
            groups[self._class_of(department, line.object)][line.vendor, line.account, line.named].append(line)
        return tuple(
            ClassGroup(
                name,
                sum(line.amount for held in services.values() for line in held),
                tuple(
                    ServiceGroup(*key, sum(line.amount for line in held), tuple(held))
                    for key, held in sorted(services.items())
                ),
            )
            for name, services in sorted(groups.items())
        )

    def _class_of(self, department: str, named: str) -> str:
        """The class of services that an object stands for: as the budgets name it, else as the chart does."""
        year = str(self._calendar.fiscal_year(self._period))
        rows = [row for row in self._known.with_cell("budgets", "object", named) if row.cell("fiscal_year") == year]
        for found in ([row for row in rows if row.cell("department") == department], rows):
            classes = {row.cell("service_class") for row in found} - {""}
            if len(classes) == 1:
                return classes.pop()
        for row in self._known.with_cell("chart", "department", department):
            if row.cell("object") == named.partition(".")[0] and row.cell("name"):
                return row.cell("name")
        return f"object {named}" if named else "other services"

    def _changes(self, department: str, lines: Iterable[StatementLine]) -> tuple[tuple[Change, ...], int | None]:
        """What differs from last month, and last month's total; nothing where it was not charged.

        The differences sum to that of the totals: one-time costs and corrections stand last, each as one.
        """
        last = str(self._period.previous()) if self._period.first_day > date.min else ""
        if not chargebacks.of_period(self._connection, last):
            return (), None
        costs = [cost for cost in self._costs[department] if cost.period == last and cost.role == Role.COST]
        earlier = self._lines.lines(costs, last)
        before, now = self._by_service(department, earlier), self._by_service(department, lines)
        changes = [
            Change(*key, before.get(key), now.get(key))
            for key in sorted({*before, *now}, key=lambda key: (not key[0], key))
            if before.get(key) != now.get(key)
        ]
        return tuple(changes), sum(cost.amount for cost in costs)

    def _by_service(self, department: str, lines: Iterable[StatementLine]) -> dict[tuple[str, str], int]:
        sums: dict[tuple[str, str], int] = defaultdict(int)
        for line in lines:
            if line.corrects or line.one_time:
                sums["", _CORRECTIONS if line.corrects else _ONE_TIME] += line.amount
            else:
                sums[self._class_of(department, line.object), line.named] += line.amount
        return sums

    # --- reference ----------------------------------------------------------------------------------------------

    def _fiscal_calendar(self) -> Calendar:
        """The sheet's where one is in force, else what the ledger was opened with."""
        row = self._known.in_force("calendar", ("fiscal_year_start_month",), self._period.last_day)
        return Calendar(int(row.cell("value")) if row else self._opened["fiscal_year_start_month"])

    def _last_day(self) -> date:
        """Days to object are counted from the issue, or from the month's end where that is later."""
        row = self._known.in_force("calendar", ("objection_days",), self._period.last_day)
        days = int(row.cell("value")) if row else _OBJECTION_DAYS
        return max(self._period.last_day, self._issued) + timedelta(days=days)

    def _fund_name(self, fund: str) -> str:
        row = self._known.in_force("funds", (fund,), self._period.last_day)
        return row.cell("name") if row else ""

    def _people(self, roles: Sequence[str], department: str, *, exact: bool = False) -> list[Person]:
        """Those who hold the first of these roles that anybody holds, for the department or, unless `exact`, all."""
        rows = self._known.all_in_force("people", self._period.last_day)
        for role in roles:
            for wanted in (department,) if exact else (department, ""):
                found = [row for row in rows if (row.cell("role"), row.cell("department")) == (role, wanted)]
                if found:
                    return [Person(row.key[0], row.cell("name") or row.key[0], role) for row in found]
        return []


def _by_treatment(costs: Iterable[Cost]) -> dict[str, int]:
    sums: dict[str, int] = defaultdict(int)
    for cost in costs:
        sums[cost.treatment] += cost.amount
    return sums


def _check(statement: Statement) -> None:
    """Lines, postings and the chargeback's entries say the same, or there is no statement."""
    lines = sum(line.amount for line in statement.lines)
    entries = sum(run.amount for run in statement.journals)
    for what, left, right in (
        ("its lines and its postings", lines, statement.total),
        ("its postings and the chargeback's entries", statement.charged, entries),
    ):
        if left != right:
            currency = statement.currency
            raise VerificationFailed(
                f"statement of {statement.department} for {statement.period}",
                f"{what} differ: {fixed(left, currency)} and {fixed(right, currency)} {currency}",
                "Run `tollbook verify`.",
            )
