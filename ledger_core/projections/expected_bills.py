"""The register of expected bills: account by cycle, each in exactly one state, with its deadlines (INV-25).

An account is expected to bill once in each month in which the sheet of vendor accounts gives it a cycle day, from its
first bill on, or from the day on which the books first learned of it, whichever is earlier. What came before nobody
knows. The cycle in which an account is closed is still expected: its last bill holds what the vendor owes back.

A bill belongs to the cycle whose end lies nearest to its date. Weekly and quarterly accounts have no cycle day, and are
not expected; what they bill is received.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from enum import StrEnum

import attrs

from ledger_core.facts.reference import Reference
from ledger_core.policy.cycles import Account, Cycles
from ledger_core.policy.deadlines import (
    BusinessDays,
    Deadlines,
    account_row,
    agreement_row,
    business_days,
    deadlines,
)
from ledger_core.policy.limits import limits_of
from ledger_core.policy.periods import Period, period_of
from ledger_core.projections.bills import PostedBill

#: The sheets that the register is read from.
SHEETS = frozenset({"vendor_accounts", "agreements", "limits", "holidays"})


class State(StrEnum):
    """Where the bill of an account for a cycle is."""

    EXPECTED = "expected"  # not here, and it need not be yet
    RECEIVED = "received"
    LATE = "late"
    ACCRUED = "accrued"  # not here, and its cost is in the books by an accrual
    CLOSED = "closed"  # the account is closed, and no bill comes any more


@attrs.frozen
class DatedBill:
    """A bill that came, the day on which it did, and its deadlines."""

    bill: PostedBill
    received: date
    deadlines: Deadlines


@attrs.frozen
class ExpectedBill:
    """One account and cycle. `cycle` is the month in which the cycle ends, `ends` the day, None without a cycle day.

    `late_after` is the last day on which the bill may still come in time. `bills` are those that came, as a rule one.
    `deadlines` are the earliest of theirs; while none is here, those of a bill dated on the day the cycle ends. `last`
    is the account's bill before this cycle. `until` is the account's last day where it was closed.
    """

    vendor: str
    account: str
    cycle: Period
    state: State
    ends: date | None
    late_after: date | None
    bills: tuple[DatedBill, ...]
    deadlines: Deadlines
    last: PostedBill | None
    until: date | None = None

    @property
    def amount(self) -> int | None:
        """What its bills come to, else the amount of the last one: minor units; None where there never was one."""
        if self.bills:
            return sum(one.bill.total for one in self.bills)
        return None if self.last is None else self.last.total


@attrs.frozen
class Arrivals:
    """What came and what is known of it: standing bills, the day each was received by its fact, cycles for which an
    accrual stands, and the day on which the books first learned of each account."""

    bills: Sequence[PostedBill]
    received: Mapping[int, date]
    accrued: frozenset[tuple[str, str, Period]] = frozenset()
    learned: Mapping[Account, date] = attrs.field(factory=dict)


class ExpectedBills:
    """The register as of a day. `known` holds SHEETS."""

    def __init__(self, arrivals: Arrivals, known: Reference, today: date, currency: str) -> None:
        self.today = today
        self.working: BusinessDays = business_days(known)
        self.limits = limits_of(known, today, currency)
        self._known = known
        self._currency = currency
        self._arrivals = arrivals
        self._cycles = Cycles(known)
        self._bills = self._by_cycle(arrivals.bills)
        listed = {row.key for row in known.versions("vendor_accounts")}
        self._accounts = sorted({*self._bills, *((vendor, account) for vendor, account in listed if account)})
        self._starts = {account: self._start(account) for account in self._accounts}

    def of(self, cycle: Period) -> Iterator[ExpectedBill]:
        """Every account's bill of one cycle, by vendor and account. Accounts of which nothing is expected, nor came,
        nor ever will come, are left out."""
        for account in self._accounts:
            found = self._look(account, cycle)
            if found is not None:
                yield found

    def dated(self) -> Iterator[DatedBill]:
        """Every bill that came, with its deadlines."""
        for cycles in self._bills.values():
            for bills in cycles.values():
                yield from bills

    def overdue(self) -> Iterator[tuple[ExpectedBill, ...]]:
        """What has not come in time, whether accrued or not: for each account the cycles in a row, the oldest first."""
        for account in self._accounts:
            row: list[ExpectedBill] = []
            for cycle in self._cycles_of(account):
                found = self._look(account, cycle)
                if found is not None and self._missed(found):
                    row.append(found)
                elif row and found is not None:
                    yield tuple(row)
                    row = []
            if row:
                yield tuple(row)

    def open(self) -> Iterator[ExpectedBill]:
        """What is not here of cycles up to now, and everything of the cycle that runs: the register of a day."""
        now = period_of(self.today)
        late = [found for row in self.overdue() for found in row if found.cycle < now]
        yield from sorted([*late, *self.of(now)], key=lambda one: (one.vendor, one.account, one.cycle))

    # --- one account and cycle ----------------------------------------------------------------------------------

    def _look(self, account: Account, cycle: Period) -> ExpectedBill | None:
        came = tuple(self._bills.get(account, {}).get(cycle, ()))
        ends = self._cycles.ends(account, cycle)
        late_after = None if ends is None else self.working.add(ends, self.limits.arrival_days)
        state = self._state(account, cycle, came, late_after)
        if state is None:
            return None
        limit = _earliest([one.deadlines for one in came]) if came else self._foreseen(account, ends)
        until = self._cycles.closed_on(account, cycle) if state is State.CLOSED else None
        last = self._last_before(account, cycle)
        return ExpectedBill(*account, cycle, state, ends, late_after, came, limit, last, until)

    def _state(
        self, account: Account, cycle: Period, came: Sequence[DatedBill], late_after: date | None
    ) -> State | None:
        if came:
            return State.RECEIVED
        if (*account, cycle) in self._arrivals.accrued:
            return State.ACCRUED
        start = self._starts[account]
        if start is None or cycle < start:
            return None
        if late_after is None:
            return State.CLOSED if self._cycles.closed_on(account, cycle) is not None else None
        return State.LATE if self.today > late_after else State.EXPECTED

    def _missed(self, found: ExpectedBill) -> bool:
        if found.state is State.ACCRUED:
            return found.late_after is None or self.today > found.late_after
        return found.state is State.LATE

    def _cycles_of(self, account: Account) -> Iterator[Period]:
        """From the first cycle that is expected to the one that runs today."""
        cycle, now = self._starts[account], period_of(self.today)
        while cycle is not None and cycle <= now:
            yield cycle
            if cycle == now:
                return
            cycle = cycle.next()

    def _start(self, account: Account) -> Period | None:
        """The first cycle that is expected: that of the first bill, or the one that ran when the account was learned
        of."""
        begun = [min(self._bills[account])] if account in self._bills else []
        learned = self._arrivals.learned.get(account)
        if learned is not None:
            begun.append(self._cycles.running(account, learned))
        return min(begun, default=None)

    def _last_before(self, account: Account, cycle: Period) -> PostedBill | None:
        cycles = self._bills.get(account, {})
        before = max((one for one in cycles if one < cycle), default=None)
        return None if before is None else cycles[before][-1].bill

    # --- bills --------------------------------------------------------------------------------------------------

    def _by_cycle(self, bills: Iterable[PostedBill]) -> Mapping[Account, Mapping[Period, Sequence[DatedBill]]]:
        found: dict[Account, dict[Period, list[DatedBill]]] = {}
        for bill in bills:
            account = (bill.vendor, bill.account)
            cycle = self._cycles.nearest(account, _day(bill))
            found.setdefault(account, {}).setdefault(cycle, []).append(self._dated(bill))
        return found

    def _dated(self, bill: PostedBill) -> DatedBill:
        received = self._arrivals.received[bill.fact]
        due = date.fromisoformat(bill.due_date) if bill.due_date else None
        return DatedBill(bill, received, self._deadlines(bill.vendor, bill.account, _day(bill), due, received))

    def _foreseen(self, account: Account, ends: date | None) -> Deadlines:
        return Deadlines() if ends is None else self._deadlines(*account, ends, None, None)

    def _deadlines(
        self, vendor: str, account: str, bill_date: date, due: date | None, received: date | None
    ) -> Deadlines:
        return deadlines(
            bill_date,
            account_row(self._known, vendor, account, bill_date),
            agreement_row(self._known, vendor, account, bill_date),
            limits_of(self._known, bill_date, self._currency),
            self.working,
            stated_due=due,
            received=received,
        )


def _day(bill: PostedBill) -> date:
    """The day of a bill: its date, else the end of its period, else the day on which it counts."""
    return date.fromisoformat(bill.bill_date or bill.period_to or bill.effective)


def _earliest(found: Iterable[Deadlines]) -> Deadlines:
    """Of each sort of deadline the earliest."""
    by_name: dict[str, date | None] = {}
    for one in found:
        for field in attrs.fields(Deadlines):
            days = [day for day in (by_name.get(field.name), getattr(one, field.name)) if day is not None]
            by_name[field.name] = min(days, default=None)
    return Deadlines(**by_name)
