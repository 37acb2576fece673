"""Charging a month back: what stands in the paying funds for departments, as one entry for each of them.

A run reads the ledger at its cut and charges everything dated up to the end of its month that no earlier run charged;
so what corrects a month that is charged already lands in the next one. A second run with nothing new posts nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date

import attrs
from sqlalchemy import Connection, func, select

from ledger_core.engine.ledger import Act, Ledger
from ledger_core.engine.preparation import posting_rows
from ledger_core.facts import catalogue
from ledger_core.facts.body import POSTINGS
from ledger_core.facts.entry import COST_ROLES, HOLD_ROLES, Book, Entry, EntryKind, Posting, Role
from ledger_core.facts.fact import Fact
from ledger_core.policy import chargeback as policy
from ledger_core.policy.buckets import CODED, RETAINED, SUSPENSE
from ledger_core.policy.chargeback import Proof
from ledger_core.policy.periods import Period
from ledger_core.projections import chargebacks, reference
from ledger_core.projections.months import Cost, Months
from ledger_core.store import log
from ledger_core.store.door import Draft, Signer
from ledger_core.store.rows import FewRows
from ledger_core.store.tables import BODIES, LOG


@attrs.frozen
class DepartmentCharge:
    """What a department is charged for a month by all its runs, and for the month before it, in minor units."""

    department: str
    fund: str
    currency: str
    amount: int
    previous: int


@attrs.frozen
class Run:
    """A run, or what one would do. `cut` is the sequence up to which it read; `posted` are its entries."""

    period: Period
    cut: int
    preview: bool
    proofs: tuple[Proof, ...]
    departments: tuple[DepartmentCharge, ...]
    posted: tuple[Fact, ...]

    @property
    def holds(self) -> bool:
        """Whether every proof holds."""
        return all(proof.holds for proof in self.proofs)


@attrs.frozen
class _Charge:
    """An entry about to be recorded, and what its fact says of it."""

    entry: Entry
    department: str
    fund: str
    currency: str
    amount: int
    run: int

    def journal(self, period: Period) -> str:
        """The journal's number: month, department and which of its runs it is."""
        return f"CB-{period}-{self.department}-{self.run}"


def preview(ledger: Ledger, period: Period) -> Run:
    """What charging back the period now would post; nothing is recorded."""
    with ledger.reading() as connection:
        cut = log.last_sequence(connection)
        plan = _Plan.read(connection, period, cut)
        return plan.run(preview=True)


def charge_back(ledger: Ledger, period: Period, signer: Signer) -> Run:
    """Charge the period back in one act. Raises PeriodClosed where the period takes no more entries."""
    with ledger.acting(signer) as act:
        plan = _Plan.read(act.connection, period, act.door.last)
        posted = tuple(act.record(_draft(act, plan, charge)) for charge in plan.charges)
        return plan.run(preview=False, posted=posted)


def _draft(act: Act, plan: _Plan, charge: _Charge) -> Draft:
    period = plan.period
    return Draft(
        kind=catalogue.ENTRY_POSTED,
        key=f"entry/chargeback/{period}/{charge.department}/{charge.currency}/{charge.run}",
        content={
            "entry": EntryKind.CHARGEBACK.value,
            "period": str(period),
            "department": charge.department,
            "fund": charge.fund,
            "currency": charge.currency,
            "amount": charge.amount,
            "journal": charge.journal(period),
            "narrative": charge.entry.narrative,
        },
        act=act.id,
        effective=charge.entry.effective,
        based_on=plan.cut,
        rows=(FewRows(POSTINGS, tuple(posting_rows(charge.entry))),),
    )


@attrs.frozen
class _Plan:
    """A run worked out and not recorded."""

    period: Period
    cut: int
    charges: tuple[_Charge, ...]
    proofs: tuple[Proof, ...]
    earlier: tuple[chargebacks.Charged, ...]
    previous: tuple[chargebacks.Charged, ...]

    @classmethod
    def read(cls, connection: Connection, period: Period, cut: int) -> _Plan:
        """The plan at sequence `cut`."""
        costs = list(Months(connection, cut).of_period(str(period)))
        accounts = _accounts(connection, period.last_day)
        made = policy.charge_back([_attributed(cost) for cost in costs if cost.open], accounts, period, period.last_day)
        earlier = tuple(chargebacks.of_period(connection, str(period)))
        charges = tuple(_charges(made, earlier))
        stored = list(_stored(connection, earlier))
        postings = [*stored, *(posting for entry in made.entries for posting in entry.postings)]
        proofs = (
            *policy.prove([_attributed(cost) for cost in costs], postings),
            *_complete(connection, costs, postings),
            *_held_pair(connection, cut),
        )
        previous = (
            tuple(chargebacks.of_period(connection, str(period.previous()))) if period.first_day > date.min else ()
        )
        return cls(period, cut, charges, proofs, earlier, previous)

    def run(self, *, preview: bool, posted: tuple[Fact, ...] = ()) -> Run:
        """The run as others see it."""
        return Run(self.period, self.cut, preview, self.proofs, tuple(self._departments()), posted)

    def _departments(self) -> Iterator[DepartmentCharge]:
        charged: dict[tuple[str, str, str], int] = defaultdict(int)
        before: dict[tuple[str, str], int] = defaultdict(int)
        for posted in self.earlier:
            charged[posted.department, posted.fund, posted.currency] += posted.amount
        for charge in self.charges:
            charged[charge.department, charge.fund, charge.currency] += charge.amount
        for posted in self.previous:
            before[posted.department, posted.currency] += posted.amount
        for (department, fund, currency), amount in sorted(charged.items()):
            yield DepartmentCharge(department, fund, currency, amount, before[department, currency])


def _charges(made: policy.Chargeback, earlier: Iterable[chargebacks.Charged]) -> Iterator[_Charge]:
    runs: dict[tuple[str, str], int] = defaultdict(int)
    for charged in earlier:
        runs[charged.department, charged.currency] += 1
    for (department, currency), entry in zip(made.charged, made.entries, strict=True):
        borne = [posting for posting in entry.postings if posting.role is Role.COST and posting.department]
        fund = max(borne, key=lambda posting: abs(posting.amount)).fund if borne else entry.postings[0].fund
        amount = sum(posting.amount for posting in borne)
        yield _Charge(entry, department, fund, currency, amount, runs[department, currency] + 1)


def _attributed(cost: Cost) -> policy.Attributed:
    """A cost posting as policy sees it. Roles that hold cost for no department stay where they are."""
    states = {Role.COST: CODED if cost.department else RETAINED, Role.SUSPENSE: SUSPENSE}
    return policy.Attributed(
        department=cost.department,
        fund=cost.department_fund,
        object=cost.object,
        paying_fund=cost.fund,
        treatment=cost.treatment,
        currency=cost.currency,
        amount=cost.amount,
        billed=cost.billed,
        state=states.get(Role(cost.role), RETAINED),
        held=cost.held,
    )


def _accounts(connection: Connection, on: date) -> dict[Role, str]:
    """The site's accounts by role; a site without a chart books under the role's own name."""
    known = reference.known(connection, {"account_roles"})
    rows = {Role(row.key[0]): row.cell("account") for row in known.all_in_force("account_roles", on)}
    return {role: rows.get(role, role.value) for role in Role}


def _stored(connection: Connection, runs: Iterable[chargebacks.Charged]) -> Iterator[Posting]:
    """The postings of chargebacks that are in the books."""
    table = BODIES["postings"]
    for run in runs:
        for row in connection.execute(select(table).where(table.c.fact == run.fact).order_by(table.c.line)):
            cells = {name: cell for name, cell in row._mapping.items() if name not in {"fact", "line", "effective"}}  # noqa: SLF001 - SQLAlchemy's public mapping of a row
            yield Posting(**cells | {"role": Role(row.role), "book": Book(row.book)})


def _complete(connection: Connection, costs: Iterable[Cost], postings: Iterable[Posting]) -> Iterator[Proof]:
    """What came in by the bills' own credit sides went out: charged, direct, kept by the payer, in suspense or held."""
    staying: dict[str, int] = defaultdict(int)
    bills: dict[str, set[int]] = defaultdict(set)
    for cost in costs:
        bills[cost.currency].add(cost.fact)
        staying[cost.currency] += 0 if _attributed(cost).charged else cost.amount
        staying[cost.currency] -= cost.amount if cost.held else 0
    for posting in postings:
        if posting.role is Role.COST and posting.department:
            staying[posting.currency] += posting.amount
    for currency, facts in sorted(bills.items()):
        name = f"INV-26 bills = charged + direct + retained + suspense + held, {currency}"
        yield Proof(name, _owed(connection, facts, currency), staying[currency])


def _held_pair(connection: Connection, until: int) -> Iterator[Proof]:
    """What is disputed and what is not paid because of it are always the same."""
    p = BODIES["postings"].c
    query = (
        select(p.currency, p.role, func.sum(p.amount))
        .where(p.role.in_(sorted(HOLD_ROLES)), p.book == Book.MEMO.value, p.fact <= until)
        .group_by(p.currency, p.role)
    )
    sums = {(currency, role): int(amount) for currency, role, amount in connection.execute(query)}
    for currency in sorted({currency for currency, _ in sums}):
        disputed, held = (sums.get((currency, role.value), 0) for role in (Role.DISPUTED, Role.HELD))
        yield Proof(f"INV-36 disputed = held, {currency}", disputed, -held)


def _owed(connection: Connection, facts: Iterable[int], currency: str) -> int:
    """What these entries credit to vendors and clearing accounts: everything but cost, credits positive."""
    p = BODIES["postings"].c
    query = (
        select(p.fact, func.sum(p.amount))
        .join(LOG, LOG.c.sequence == p.fact)
        .where(p.role.not_in(sorted(COST_ROLES)), p.book == Book.ACTUAL.value, p.currency == currency)
        .where(LOG.c.kind.in_([catalogue.BILL_POSTED, catalogue.ENTRY_POSTED]))
        .group_by(p.fact)
    )
    wanted = set(facts)
    return -sum(int(amount) for fact, amount in connection.execute(query) if fact in wanted)
