"""Homing: what each credit of one bill follows, and where it lands. It judges; nothing is recorded here."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cached_property
from typing import NamedTuple

import attrs
from sqlalchemy import Connection, select

from ledger_core.engine.landing import Doubt, Landing, Landings, near
from ledger_core.facts.entry import Role
from ledger_core.facts.reference import Reference
from ledger_core.policy import credits as policy
from ledger_core.policy.allocation import allocate
from ledger_core.policy.credits import SHOWN, TAXES, BilledLine, Candidate, Earlier, Expected, Place
from ledger_core.projections import reference
from ledger_core.projections.bills import PostedBill
from ledger_core.projections.credit_grounds import CreditGrounds, credit_grounds, expected_credits
from ledger_core.projections.credits import MATCHED, PLACED, PROPOSED, REVIEW, UNMATCHED, lines_below_zero, words
from ledger_core.projections.parts import Lines, StandingCharge, standing_charges
from ledger_core.store.tables import BODIES

_CHARGES = BODIES["charges"].c
_NAMED = frozenset({"rule", "code", "split"})  # the coding of a credit that somebody's rule or code claims by name
_CLAIMED = _NAMED - {"split"}  # of a service's credit: a split by days says who owns it, and no more
_CYCLES = 3
_DISCOUNT = "discount"


class Found(NamedTuple):
    """One row to be recorded of a credit: a charge or dispute that it follows or may follow, else neither."""

    charge: Place
    dispute: str
    amount: int
    score: int
    reason: str


@attrs.frozen
class Verdict:
    """What became of one credit. `landing` None leaves it where it is coded."""

    credit: BilledLine
    standing: StandingCharge
    outcome: str
    code: str
    rows: tuple[Found, ...]
    landing: Landing | None = None


@attrs.frozen
class Judgement:
    """A bill's credits judged: how many there are, how many of them recur, and what became of the others."""

    credits: int
    recurring: int
    verdicts: tuple[Verdict, ...]


@attrs.define(eq=False)
class Homing:
    """The credits of one bill, for an entry dated `on`. `decided` says that a person has looked."""

    connection: Connection
    bill: PostedBill
    on: date
    until: int
    decided: bool = False
    landings: Landings = attrs.field(init=False)
    grounds: CreditGrounds = attrs.field(init=False)
    _taken: Counter[Place] = attrs.field(factory=Counter, init=False)
    expected: list[Expected] = attrs.field(init=False)
    _followed: dict[str, set[int]] = attrs.field(factory=lambda: defaultdict(set), init=False)

    def __attrs_post_init__(self) -> None:
        self.landings = Landings(self.connection, self.bill, self.on, self.decided)
        self.grounds = credit_grounds(self.connection, self.bill, self.until)
        self.expected = expected_credits(self.connection, self.bill, self.until)

    def judge(self) -> Judgement:
        """Every credit of the bill. Tax comes last: it goes with what is credited beside it."""
        verdicts = []
        recurring = 0
        for credit in sorted(self.credits, key=lambda one: (one.kind in TAXES, one.line)):
            verdict = self._judged(credit)
            recurring += verdict is None or verdict.code == _DISCOUNT
            if verdict is not None:
                verdicts.append(verdict)
        return Judgement(len(self.credits), recurring, tuple(sorted(verdicts, key=lambda one: one.credit.line)))

    def follow(self, credit: BilledLine, candidate: Candidate) -> Verdict:
        """The credit with the split of what it follows; to be reviewed where it cannot simply go there."""
        standing = self.standing[credit.line]
        landing = self.landings.following(standing, candidate.targets)
        if isinstance(landing, Doubt):
            return self._review(credit, landing, (candidate,))
        amounts = allocate(credit.amount, [w for _, w in candidate.targets], [place for place, _ in candidate.targets])
        rows = tuple(
            Found(place, candidate.dispute, amount, candidate.score, candidate.reason)
            for (place, _), amount in zip(candidate.targets, amounts, strict=True)
        )
        self._take(credit, candidate, rows)
        return Verdict(credit, standing, MATCHED, landing.how, rows, landing)

    def tax_beside(self, credit: BilledLine) -> Candidate | None:
        """What a credit of tax follows, where another credit of its service follows a charge."""
        bills = self._followed.get(credit.service, ())
        found = policy.tax_part(credit, bills, self._charges_of(credit)) if bills else None
        if found is None:
            return None
        place = found.targets[0][0]
        waiting = [one for one in self.expected for line in one.lines if line.place == place]
        if not waiting:
            return found
        enough = [line for line in waiting[0].lines if line.place == place and line.amount >= -credit.amount]
        return attrs.evolve(found, dispute=waiting[0].dispute) if enough else None

    def place(self, credit: BilledLine, outcome: str) -> Verdict:
        """The credit where it belongs when it follows nothing."""
        landing = self._unfollowing(credit)
        if isinstance(landing, Doubt):
            return self._review(credit, landing, ())
        row = Found((0, 0), "", credit.amount, 0, landing.reason)
        return Verdict(credit, self.standing[credit.line], outcome, landing.how, (row,), landing)

    # --- one credit ---------------------------------------------------------------------------------------------

    def _judged(self, credit: BilledLine) -> Verdict | None:
        """What becomes of a credit; None where it recurs, and is coded like any charge."""
        found = policy.candidates(credit, self._charges_of(credit), self.expected, self._texts.get(credit.line, ""))
        sure = policy.exact(found)
        printed = sure is not None and sure.score == 100
        if not printed and self._recurs(credit):
            return self._discount(credit)
        if credit.kind in TAXES and not (sure is not None and sure.dispute):
            sure = self.tax_beside(credit) or sure
        if sure is not None:
            return self.follow(credit, sure)
        if found:
            return self._named(credit) or self._proposed(credit, found[:SHOWN])
        return self.place(credit, UNMATCHED if self.grounds.earlier else PLACED)

    def _recurs(self, credit: BilledLine) -> bool:
        if policy.recurs(credit, self._cycles):
            return True
        if any(one.charge.product == credit.product for one in self._charges_of(credit)):
            return False  # the name is that of a charge, which a sheet may well call recurring
        day = date.fromisoformat(self.bill.period_to or self.bill.bill_date or self.bill.effective)
        return policy.named_recurring(self._known, self.bill.vendor, credit.product, day)

    def _discount(self, credit: BilledLine) -> Verdict | None:
        """A discount of the whole account that nobody claims is shared by what it is a discount on."""
        if credit.service or self.standing[credit.line].parts[0].bucket.role != Role.SUSPENSE:
            return None
        placed = self.place(credit, PLACED)
        return attrs.evolve(placed, code=_DISCOUNT) if placed.outcome == PLACED else placed

    def _named(self, credit: BilledLine) -> Verdict | None:
        """A credit that the site's own rule or code claims by name stays there while nothing certain says otherwise."""
        if self._reason(credit.line) not in _CLAIMED:
            return None
        standing = self.standing[credit.line]
        landing = self.landings.as_coded(standing)
        if isinstance(landing, Doubt):
            return None
        return Verdict(
            credit, standing, PLACED, landing.how, (Found((0, 0), "", credit.amount, 0, landing.reason),), landing
        )

    def _proposed(self, credit: BilledLine, found: Sequence[Candidate]) -> Verdict:
        """Kept where it is coded if every candidate would leave it there; else nobody gets it yet."""
        standing = self.standing[credit.line]
        landings = [self.landings.following(standing, one.targets) for one in found]
        settled = all(isinstance(one, Landing) and set(one.parts) == set(standing.parts) for one in landings)
        landing = None if settled else self.landings.suspense(standing, "it is not certain what it follows")
        return Verdict(credit, standing, PROPOSED, "candidates", _rows(credit, found), landing)

    def _review(self, credit: BilledLine, doubt: Doubt, found: Sequence[Candidate]) -> Verdict:
        standing = self.standing[credit.line]
        rows = (Found((0, 0), "", credit.amount, 0, doubt.found), *_rows(credit, found))
        landing = self.landings.suspense(standing, doubt.found)
        return Verdict(credit, standing, REVIEW, doubt.code, rows, landing)

    def _unfollowing(self, credit: BilledLine) -> Landing | Doubt:
        standing = self.standing[credit.line]
        first, last = credit.first or credit.last, credit.last or credit.first
        if credit.service:
            return (
                self.landings.at_owner(standing, (first, last)) if first and last else self.landings.as_coded(standing)
            )
        if self._reason(credit.line) in _NAMED:
            return self.landings.as_coded(standing)
        before = last is not None and self.bill.period_from is not None and last < self.bill.period_from
        bills = self.grounds.of_days(first, last) if before and first and last else []
        return self.landings.pro_rata(standing, self.grounds.discounted(bills or [self.bill.fact]))

    def _take(self, credit: BilledLine, candidate: Candidate, rows: Sequence[Found]) -> None:
        """What one credit follows is not there for the next."""
        for row in rows:
            self._taken[row.charge] -= row.amount
            self._followed[credit.service].add(row.charge[0])
        self.expected = [_without(one, rows) if one.dispute == candidate.dispute else one for one in self.expected]

    # --- what it is judged on -----------------------------------------------------------------------------------

    @cached_property
    def credits(self) -> list[BilledLine]:
        """The bill's credits."""
        found = lines_below_zero(self.connection, self.bill.fact)
        return [line for line in found if policy.is_credit(line, self.bill.period_from)]

    @cached_property
    def standing(self) -> Mapping[int, StandingCharge]:
        """How each of them stands, by line."""
        lines = Lines(self.bill.fact, self.bill.currency, near(credit.line for credit in self.credits))
        return {one.line: one for one in standing_charges(self.connection, lines)}

    def _charges_of(self, credit: BilledLine) -> list[Earlier]:
        found = self._by_service.get(credit.service, []) if credit.service else self._charges
        return [one._replace(left=one.left - self._taken[one.charge.place]) for one in found]

    @cached_property
    def _charges(self) -> list[Earlier]:
        found = self.grounds.charges(self.credits)
        self.landings.expect(one.charge.place for one in found)
        return found

    @cached_property
    def _by_service(self) -> Mapping[str, list[Earlier]]:
        found: dict[str, list[Earlier]] = defaultdict(list)
        for one in self._charges:
            found[one.charge.service].append(one)
        return found

    @cached_property
    def _cycles(self) -> list[Mapping[tuple[str, str], set[int]]]:
        return self.grounds.cycles(_CYCLES)

    @cached_property
    def _texts(self) -> Mapping[int, str]:
        return words(self.connection, self.bill.fact, [credit.line for credit in self.credits])

    @cached_property
    def _known(self) -> Reference:
        return reference.known(self.connection, {"charge_codes"}, until=self.until)

    def _reason(self, line: int) -> str:
        """Why the credit was coded as it came."""
        query = select(_CHARGES.reason).where(_CHARGES.fact == self.bill.fact, _CHARGES.line == line)
        return str(self.connection.execute(query).scalar_one())


def _without(one: Expected, rows: Sequence[Found]) -> Expected:
    """What a dispute still waits for."""
    came = {row.charge: -row.amount for row in rows}
    lines = tuple(line._replace(amount=line.amount - came.get(line.place, 0)) for line in one.lines)
    return attrs.evolve(
        one, pending=one.pending - sum(came.values()), lines=tuple(line for line in lines if line.amount)
    )


def _rows(credit: BilledLine, found: Sequence[Candidate]) -> tuple[Found, ...]:
    """Candidates, each as one row: of a dispute the dispute, else the charge."""
    return tuple(
        Found((0, 0) if one.dispute else one.targets[0][0], one.dispute, credit.amount, one.score, one.reason)
        for one in found
    )
