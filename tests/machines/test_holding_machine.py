"""Bills under a random life of holds, releases, recodings and chargebacks: at each step the books add up.

INV-26: every run's proofs hold. INV-27: each charge is whole, and each posting is the sum of what it carries. INV-36:
the memo pair is equal, what is held is not charged once a run has read the hold, and no actual money moves by a hold.
"""

import tempfile
from collections.abc import Callable
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import text

from ledger_core.engine.chargeback import charge_back
from ledger_core.engine.holding import Because, Portion, hold, release
from ledger_core.engine.ledger import Act
from ledger_core.engine.recoding import Recoding, Selection, Target, recode
from ledger_core.errors import LedgerRefused
from ledger_core.facts.charge import ChargeKind
from ledger_core.policy.periods import Period
from ledger_core.projections import bills, holds
from ledger_core.projections.balances import balances
from ledger_core.projections.charges import Asked, charge_lines
from ledger_core.store import log
from ledger_core.store.database import Database
from tests.ledger_core.books import MARIA, Books, books, charge, owned
from tests.ledger_core.engine.accounts import gaps

_ROLES = ("cost", "payable", "suspense", "revenue", "due_from", "due_to", "retained", "disputed", "held")
_AMOUNTS = st.sampled_from(["10.00", "-7.01", "0.01", "0.1234567", "1.005", "333.33"])
_SERVICES = st.sampled_from([("2065550100", ChargeKind.RECURRING), ("2065550101", ChargeKind.RECURRING),
                             ("2065559999", ChargeKind.RECURRING), ("", ChargeKind.USAGE)])  # fmt: skip
_BILL = st.lists(st.tuples(_AMOUNTS, _SERVICES), min_size=1, max_size=4)
_DISPUTES = st.sampled_from(["", "DSP-0000000000000001", "DSP-0000000000000002"])


class HoldingMachine(RuleBasedStateMachine):
    """What people may do about charges, in any order, while months go by."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory(prefix="tollbook-holding-")
        self.books: Books = books(Database(Path(self.folder.name) / "ledger.db"), Path(self.folder.name))
        owned(self.books)
        self.books.load("account_roles", [{"role": role, "account": role} for role in _ROLES])
        self.month = Period(2026, 8)
        self.model: dict[tuple[str, int, str], int] = {}  # held by bill, line and dispute
        self.receive([("10.00", ("2065550100", ChargeKind.RECURRING))])

    def teardown(self) -> None:
        self.folder.cleanup()

    @rule(lines=_BILL)
    def receive(self, lines: list[tuple[str, tuple[str, ChargeKind]]]) -> None:
        charges = [
            charge(exact, service, line=line, kind=kind) for line, (exact, (service, kind)) in enumerate(lines, 1)
        ]
        judged = self.books.receive(charges, str(self.books.size()), bill_date=self.month.first_day)
        assert judged.fact is not None, judged.problems

    def _charge(self, pick: int) -> tuple[str, int, int]:
        """A charge of the books: bill, line, amount."""
        with self.books.ledger.reading() as connection:
            everything = list(charge_lines(connection, Asked(), until=log.last_sequence(connection)))
        line = everything[pick % len(everything)]
        return line.bill, int(line.charge.rpartition(":")[2]), line.amount

    @rule(pick=st.integers(0, 99), percent=st.integers(1, 120), dispute=_DISPUTES)
    def hold(self, pick: int, percent: int, dispute: str) -> None:
        bill, line, amount = self._charge(pick)
        part = amount * percent // 100
        held = sum(found for key, found in self.model.items() if key[:2] == (bill, line))
        fits = 0 < abs(part) <= abs(amount - held) and part * amount > 0
        portions, because = [Portion.of(bill, line, part)], Because("looks wrong", dispute)
        assert self._tried(lambda act, spools: hold(act, portions, because, spools)) == ("" if fits else "too-much")
        if fits:
            self.model[bill, line, dispute] = self.model.get((bill, line, dispute), 0) + part

    def _tried(self, work: Callable[[Act, Path], object]) -> str:
        """Do it in an act; the code with which it was refused, "" where it was not."""
        try:
            with self.books.ledger.acting(MARIA) as act:
                work(act, self.books.folder / "spool")
        except LedgerRefused as refused:
            return refused.code
        return ""

    @rule(pick=st.integers(0, 99), percent=st.integers(1, 120))
    def release(self, pick: int, percent: int) -> None:
        if not self.model:
            return
        (bill, line, dispute), held = sorted(self.model.items())[pick % len(self.model)]
        part = held * percent // 100
        fits = part != 0 and abs(part) <= abs(held)
        portions, because = [Portion.of(bill, line, part)], Because("was right", dispute)
        assert self._tried(lambda act, spools: release(act, portions, because, spools)) == ("" if fits else "too-much")
        if fits:
            self.model[bill, line, dispute] -= part
            if not self.model[bill, line, dispute]:
                del self.model[bill, line, dispute]

    @rule(pick=st.integers(0, 99), department=st.sampled_from(["Police", "Parks"]))
    def recode(self, pick: int, department: str) -> None:
        bill, line, _ = self._charge(pick)
        held = any(key[:2] == (bill, line) for key in self.model)
        plan = Recoding((Selection(bill, ((line, line),)),), (Target(department, "5420"),))
        assert self._tried(lambda act, spools: recode(act, plan, "a law", spools)) == ("held" if held else "")

    @rule(close=st.booleans())
    def charge_back(self, close: bool) -> None:
        run = charge_back(self.books.ledger, self.month, MARIA)
        assert [proof for proof in run.proofs if not proof.holds] == []
        self.charged_is_what_is_not_held()
        if close and self.month < Period(2027, 6):
            self.books.close(str(self.month))
            self.month = self.month.next()

    def charged_is_what_is_not_held(self) -> None:
        """Once a run has read everything, each department is charged its cost less what is held of it."""
        with self.books.ledger.reading() as connection:
            found = balances(connection, ("department",), until=log.last_sequence(connection))
        later = self._dated_after()
        for row in found.rows:
            if row.department and not later:
                assert (row.charged, row.attributed) == (row.balance - (row.held or 0), row.held)

    def _dated_after(self) -> bool:
        query = text("SELECT 1 FROM postings WHERE effective > :last LIMIT 1")
        with self.books.ledger.reading() as connection:
            return connection.execute(query, {"last": self.month.last_day.isoformat()}).first() is not None

    @invariant()
    def what_is_held_is_what_was_asked_for(self) -> None:
        with self.books.ledger.reading() as connection:
            until = log.last_sequence(connection)
            for dispute in ("", "DSP-0000000000000001", "DSP-0000000000000002"):
                found = holds.held(connection, until, dispute=dispute)
                named = {
                    (bill.bill, line): amount
                    for (fact, line), amount in found.lines.items()
                    if (bill := bills.of_fact(connection, fact)) is not None
                }
                assert named == {key[:2]: amount for key, amount in self.model.items() if key[2] == dispute}

    @invariant()
    def the_pair_is_equal_and_stays_out_of_the_actual_book(self) -> None:
        query = text("SELECT role, book, coalesce(sum(amount), 0) FROM postings WHERE role IN ('disputed', 'held') "
                     "GROUP BY role, book")  # fmt: skip
        with self.books.ledger.reading() as connection:
            sums = {(role, book): int(amount) for role, book, amount in connection.execute(query)}
        assert {book for _, book in sums} <= {"memo"}
        assert sums.get(("disputed", "memo"), 0) == -sums.get(("held", "memo"), 0) == sum(self.model.values())

    @invariant()
    def everything_adds_up(self) -> None:
        assert list(gaps_but_chargebacks(self.books)) == []
        with self.books.ledger.reading() as connection:
            for line in charge_lines(connection, Asked(), until=log.last_sequence(connection)):
                assert sum(share.amount for share in line.shares) == line.amount
                held = sum(share.amount for share in line.shares if share.state == "held")
                number = int(line.charge.rpartition(":")[2])
                assert held == sum(found for key, found in self.model.items() if key[:2] == (line.bill, number))


def gaps_but_chargebacks(kept: Books) -> list[tuple[object, ...]]:
    """Gaps, of entries that carry charges: a chargeback carries none."""
    with kept.ledger.reading() as connection:
        charged = set(connection.execute(text("SELECT fact FROM chargebacks")).scalars())
    return [gap for gap in gaps(kept) if gap[0] not in charged or "unbalanced" in gap]


_SETTINGS = settings(
    max_examples=12, stateful_step_count=14, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


def test_holds_stand_whatever_is_done() -> None:
    run_state_machine_as_test(HoldingMachine, settings=_SETTINGS)
