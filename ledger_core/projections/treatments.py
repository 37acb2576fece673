"""The reading of treatments: how the cost of each bill is charged on, as the reference data it was judged on says."""

from __future__ import annotations

from datetime import date

import attrs
from sqlalchemy import Connection, func, select

from ledger_core.facts import catalogue
from ledger_core.facts.reference import Reference
from ledger_core.facts.sheet import RETAIN, Treatment
from ledger_core.projections import reference
from ledger_core.projections.bills import BILLS
from ledger_core.store import log
from ledger_core.store.tables import BODIES

_SHEETS = frozenset({"vendor_accounts", "departments"})


@attrs.frozen
class _Judged:
    """Of a bill: whose account it is, the day on which its account was looked up, and the load it was judged on."""

    vendor: str
    account: str
    on: date
    based_on: int


@attrs.define(eq=False)
class Treatments:
    """The treatment of any cost posting recorded up to sequence `until`: 'recover', 'reimburse' or 'direct'."""

    connection: Connection
    until: int
    _recoded: dict[tuple[int, int], int] = attrs.field(init=False)
    _reversals: dict[int, int] = attrs.field(init=False)
    _bills: frozenset[int] = attrs.field(init=False)
    _judged: dict[int, _Judged] = attrs.field(factory=dict, init=False)
    _known: dict[int, Reference] = attrs.field(factory=dict, init=False)

    def __attrs_post_init__(self) -> None:
        shares = BODIES["shares"].c
        moved = (
            select(shares.fact, shares.posting, func.min(shares.charge_fact))
            .where(shares.charge_fact > 0, shares.fact <= self.until)
            .group_by(shares.fact, shares.posting)
        )
        self._recoded = {(fact, line): bill for fact, line, bill in self.connection.execute(moved)}
        self._reversals = {
            fact.sequence: int(fact.content["reverses"])
            for fact in log.facts(self.connection, [catalogue.ENTRY_POSTED], until=self.until)
            if fact.content["entry"] == "reversal"
        }
        self._bills = frozenset(self.connection.execute(select(BILLS.c.fact)).scalars())

    def bill_of(self, fact: int, line: int) -> int | None:
        """The sequence of the bill whose cost a posting carries; of several bills recoded together, the first."""
        if fact in self._bills:
            return fact
        if (fact, line) in self._recoded:
            return self._recoded[fact, line]
        if fact in self._reversals:
            return self.bill_of(self._reversals[fact], line)
        return None

    def of_posting(self, fact: int, line: int, department: str) -> str:
        """How cost that this posting attributes to `department` reaches it."""
        return self.of_bill(self.bill_of(fact, line), department)

    def day_of_bill(self, bill: int) -> date:
        """The day on which a bill was coded."""
        return self._judgement(bill).on

    def of_bill(self, bill: int | None, department: str) -> str:
        """What the vendor account says, else the department, else 'recover'."""
        if bill is None:
            return Treatment.RECOVER
        judged = self._judgement(bill)
        known = self._reference(judged.based_on)
        # The vendor account's row, or the vendor's row without an account, as coding looks it up.
        for account in (judged.account, ""):
            found = known.in_force("vendor_accounts", (judged.vendor, account), judged.on)
            if found is not None:
                if found.cell("treatment"):
                    return found.cell("treatment")
                break
        row = known.in_force("departments", (department,), judged.on)
        own = row.cell("treatment") if row is not None else ""
        return own if own not in {"", RETAIN} else Treatment.RECOVER

    def _judgement(self, bill: int) -> _Judged:
        judged = self._judged.get(bill)
        if judged is None:
            fact = log.fact(self.connection, bill)
            head = fact.content["head"]
            assert fact.effective is not None
            day = head["period_to"] or head["bill_date"]
            on = date.fromisoformat(day) if day else fact.effective
            judged = self._judged[bill] = _Judged(head["vendor"], head["account"], on, fact.based_on)
        return judged

    def _reference(self, based_on: int) -> Reference:
        known = self._known.get(based_on)
        if known is None:
            known = self._known[based_on] = reference.known(self.connection, _SHEETS, until=based_on)
        return known
