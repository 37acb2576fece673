"""Chargeback: the entries that move attributed cost from the fund that paid to the departments it was for.

Three patterns, by the treatment of what was paid (domain.md 0.2 and 1.6):

- recover (J3): the paying fund earns revenue, the user's fund bears cost; each owes the other.
- reimburse (J3r): the cost itself moves, out of the paying fund and into the user's, by the same object.
- within one fund either way: the cost moves from the payer to the department, nobody owes anybody (INV-30).

What is direct, retained or in suspense stays where it is. A net credit is the same entry with the signs turned (J4).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import NamedTuple

import attrs

from ledger_core.errors import LedgerRefused
from ledger_core.facts.entry import Entry, EntryKind, Posting, Role
from ledger_core.facts.sheet import Treatment
from ledger_core.policy.buckets import CODED
from ledger_core.policy.periods import Period


@attrs.frozen
class Attributed:
    """Cost that stands in the paying fund and was for a department: minor units, a net credit negative.

    `fund` is the department's, `billed` the account string to charge. `state` is 'coded', 'suspense' or 'retained'.
    What is `held` counts against the cost of the same state: held negative, released positive.
    """

    department: str
    fund: str
    object: str
    paying_fund: str
    treatment: str
    currency: str
    amount: int
    billed: str = ""
    state: str = CODED
    held: bool = False

    @property
    def charged(self) -> bool:
        """Whether a chargeback moves it."""
        return self.state == CODED and self.treatment != Treatment.DIRECT

    @property
    def moved(self) -> bool:
        """Whether the cost itself leaves the payer's books, instead of revenue coming in."""
        return self.charged and (self.treatment == Treatment.REIMBURSE or self.fund == self.paying_fund)


@attrs.frozen
class Proof:
    """An equation over a chargeback. Both sides in minor units of the currency that `name` ends with."""

    name: str
    left: int
    right: int

    @property
    def holds(self) -> bool:
        """Whether both sides are equal."""
        return self.left == self.right


@attrs.frozen
class Chargeback:
    """The entries of one run, one for each department and currency, and the proofs over them.

    `charged` names the department and the currency of each entry, in the same order.
    """

    entries: tuple[Entry, ...]
    proofs: tuple[Proof, ...]
    charged: tuple[tuple[str, str], ...] = ()


class _Line(NamedTuple):
    """The dimensions of one posting of a chargeback."""

    fund: str
    role: Role
    department: str = ""
    object: str = ""
    booked: str = ""
    partner: str = ""


def charge_back(
    attributed: Sequence[Attributed], accounts: Mapping[Role, str], period: Period, effective: date
) -> Chargeback:
    """The entries for what is attributed, sorted by department and currency, all dated `effective`.

    What nets to zero makes no posting. Raises LedgerRefused where `accounts` lacks a role that is needed.
    """
    groups: dict[tuple[str, str], list[Attributed]] = defaultdict(list)
    for cost in attributed:
        if cost.charged:
            groups[cost.department, cost.currency].append(cost)
    entries = []
    charged = []
    for (department, currency), costs in sorted(groups.items()):
        postings = _postings(costs, accounts, currency)
        if postings:
            narrative = f"Chargeback {period}, department {department}"
            entries.append(Entry(EntryKind.CHARGEBACK, effective, postings, narrative))
            charged.append((department, currency))
    proofs = tuple(prove(attributed, [posting for entry in entries for posting in entry.postings]))
    return Chargeback(tuple(entries), proofs, tuple(charged))


def _postings(costs: Iterable[Attributed], accounts: Mapping[Role, str], currency: str) -> tuple[Posting, ...]:
    sums: dict[_Line, int] = defaultdict(int)
    for cost in costs:
        for line, amount in _lines(cost):
            sums[line] += amount
    return tuple(
        Posting(_account(accounts, line.role), amount=amount, currency=currency, **line._asdict())
        for line, amount in sorted(sums.items())
        if amount
    )


def _lines(cost: Attributed) -> Iterator[tuple[_Line, int]]:
    """Debits and credits for one attributed cost, by its pattern."""
    amount = cost.amount
    yield _Line(cost.fund, Role.COST, cost.department, cost.object, cost.billed), amount
    if cost.moved:
        # The payer's cost carries no department: it was the payer's until now.
        yield _Line(cost.paying_fund, Role.COST, object=cost.object), -amount
    else:
        yield _Line(cost.paying_fund, Role.REVENUE), -amount
    if cost.fund != cost.paying_fund:
        yield _Line(cost.paying_fund, Role.DUE_FROM, partner=cost.fund), amount
        yield _Line(cost.fund, Role.DUE_TO, partner=cost.paying_fund), -amount


def _account(accounts: Mapping[Role, str], role: Role) -> str:
    account = accounts.get(role)
    if not account:
        raise LedgerRefused(
            f"account role {role}", "no account", "Load one in the sheet account_roles.", code="role-missing"
        )
    return account


def prove(attributed: Sequence[Attributed], postings: Sequence[Posting]) -> Iterator[Proof]:
    """The proofs that these postings charge back exactly what is attributed, however many runs made them."""
    for currency in sorted({cost.currency for cost in attributed}):
        costs = [cost for cost in attributed if cost.currency == currency]
        booked = [posting for posting in postings if posting.currency == currency]
        yield from _dues(booked, currency)
        yield _complete(costs, booked, currency)
        yield _revenue(booked, currency)
        yield from _objects(costs, booked, currency)
        within = sum(abs(posting.amount) for posting in booked if posting.partner == posting.fund)
        yield Proof(f"INV-30 dues within a fund are none, {currency}", within, 0)


def _dues(booked: Sequence[Posting], currency: str) -> Iterator[Proof]:
    owed: dict[tuple[str, str], int] = defaultdict(int)
    owing: dict[tuple[str, str], int] = defaultdict(int)
    for posting in booked:
        if posting.role is Role.DUE_FROM:
            owed[posting.fund, posting.partner] += posting.amount
        elif posting.role is Role.DUE_TO:
            owing[posting.partner, posting.fund] -= posting.amount
    for payer, user in sorted({*owed, *owing}):
        name = f"INV-07 due to {payer} from {user} agrees on both sides, {currency}"
        yield Proof(name, owed[payer, user], owing[payer, user])


def _complete(costs: Iterable[Attributed], booked: Iterable[Posting], currency: str) -> Proof:
    """Everything attributed is charged, or stays for a reason."""
    staying = charged = total = held = 0
    for cost in costs:
        total += 0 if cost.held else cost.amount
        held -= cost.amount if cost.held else 0
        staying += 0 if cost.charged else cost.amount
    charged = sum(posting.amount for posting in booked if posting.role is Role.COST and posting.department)
    name = f"INV-26 attributed = charged + direct + retained + suspense + held, {currency}"
    return Proof(name, total, charged + staying + held)


def _revenue(booked: Iterable[Posting], currency: str) -> Proof:
    """Cost that only moves nets to zero over all funds; what is left was matched by revenue."""
    revenue = cost = 0
    for posting in booked:
        if posting.role is Role.REVENUE:
            revenue -= posting.amount
        elif posting.role is Role.COST:
            cost += posting.amount
    return Proof(f"INV-28 revenue = cost of the users who are charged for it, {currency}", revenue, cost)


def _objects(costs: Iterable[Attributed], booked: Iterable[Posting], currency: str) -> Iterator[Proof]:
    """What leaves the payer by an object is what reached departments by the same object."""
    left: dict[tuple[str, str], int] = defaultdict(int)
    moved: dict[tuple[str, str], int] = defaultdict(int)
    for posting in booked:
        if posting.role is Role.COST and not posting.department:
            left[posting.fund, posting.object] -= posting.amount
    for cost in costs:
        if cost.moved:
            moved[cost.paying_fund, cost.object] += cost.amount
    for fund, account_object in sorted({*left, *moved}):
        name = f"INV-29 object {account_object or '(none)'} leaves fund {fund} as it arrives, {currency}"
        yield Proof(name, left[fund, account_object], moved[fund, account_object])
