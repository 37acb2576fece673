"""A ledger under a long random life: loads, bills, closings, reversals, destruction. After every step the books stand.

INV-01 and INV-08: per fund, currency, basis and book every entry and every balance sums to zero. INV-03: sequences
have no gap. INV-10: readings rebuilt equal those that followed. And a plain model of what was posted agrees.
"""

import tempfile
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import text

from ledger_core.engine.destruction import Destruction, destroy
from ledger_core.engine.ledger import READINGS
from ledger_core.engine.reception import Verdict
from ledger_core.engine.verification.verification import Request, verify
from ledger_core.facts.charge import Charge, ChargeKind
from ledger_core.projections import readings
from ledger_core.store import log
from ledger_core.store.database import Database
from tests.ledger_core.books import MARIA, Books, books, charge, owned

_SERVICES = ["2065550100", "2065550101", "nobody's", ""]
_cents = st.decimals(min_value=Decimal("-99.99"), max_value=Decimal("999.99"), places=2)
_fractions = st.decimals(min_value=Decimal(-9), max_value=Decimal(9), places=5)


@st.composite
def charges(draw: st.DrawFn) -> list[Charge]:
    """A few charges, in cents or in fractions of one, owned, split by a rule, or nobody's."""
    amounts = draw(st.lists(draw(st.sampled_from([_cents, _fractions])), min_size=1, max_size=6))
    return [
        charge(
            format(amount, "f"),
            draw(st.sampled_from(_SERVICES)),
            line=line,
            kind=draw(st.sampled_from([ChargeKind.RECURRING, ChargeKind.USAGE, ChargeKind.CREDIT])),
            text=draw(st.none() | st.just("Line of J. Doe")),
        )
        for line, amount in enumerate(amounts, 1)
    ]


class LedgerMachine(RuleBasedStateMachine):
    """What people may do to a ledger, in any order."""

    server = ""  # URL of a PostgreSQL database; without it each life is a file
    posted: Bundle[int] = Bundle("posted")

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory(prefix="tollbook-machine-")
        self.books: Books = books(self._place(), Path(self.folder.name))
        self.total = 0
        self.closed: set[str] = set()
        self.numbers = 0
        self.heads: list[tuple[int, bytes]] = []

    def _place(self) -> Database:
        """An empty place for each life: a file, or a schema of its own."""
        if not self.server:
            return Database(Path(self.folder.name) / "ledger.db")
        name = f"life_{uuid4().hex}"
        engine = sqlalchemy.create_engine(self.server, poolclass=sqlalchemy.NullPool)
        with engine.begin() as connection:
            connection.execute(text(f"CREATE SCHEMA {name}"))
            connection.execute(text(f"GRANT USAGE ON SCHEMA {name} TO PUBLIC"))
        url = sqlalchemy.make_url(self.server).update_query_dict({"options": f"-csearch_path={name}"})
        return Database(url=url.render_as_string(hide_password=False))

    def teardown(self) -> None:
        """At the very end everything verifies, also against every head that was seen on the way."""
        found = verify(Request(self.books.ledger.database, self.books.archive))
        assert found.differences == ()
        with self.books.ledger.reading() as connection:
            for size, root in self.heads:
                assert log.head(connection, size).root == root
        self.folder.cleanup()

    @rule()
    def load(self) -> None:
        owned(self.books)

    @rule(target=posted, lines=charges(), day=st.dates(date(2026, 6, 1), date(2026, 9, 30)))
    def receive(self, lines: Sequence[Charge], day: date) -> int:
        self.numbers += 1
        judged = self.books.receive(lines, str(self.numbers), bill_date=day)
        assert judged.verdict is Verdict.POSTED, judged.problems
        assert judged.fact is not None
        assert judged.effective is not None
        assert judged.effective.isoformat()[:7] not in self.closed
        self.total += judged.total
        return judged.fact.sequence

    @rule(lines=charges())
    def receive_again(self, lines: Sequence[Charge]) -> None:
        """The same bill in other bytes posts nothing (INV-12, INV-13)."""
        self.numbers += 1
        first = self.books.receive(lines, str(self.numbers))
        assert first.fact is not None
        self.total += first.total
        size = self.books.size()
        again = self.books.receive(lines, str(self.numbers), due_date=date(2026, 12, 1))
        assert again.verdict is Verdict.KNOWN
        assert self.books.size() == size + 1  # the document alone

    @rule(sequence=consumes(posted))
    def reverse(self, sequence: int) -> None:
        before = self._cost()
        reversal = self.books.reverse(sequence, date(2026, 12, 31))
        self.total += self._cost() - before
        assert reversal.content["reverses"] == sequence

    @rule(target=posted, sequence=consumes(posted))
    def destroy(self, sequence: int) -> MultipleResults[int]:
        with self.books.ledger.reading() as connection:
            fact = log.fact(connection, sequence)
        if fact.body("particulars") is not None:
            with self.books.ledger.acting(MARIA) as act:
                destroy(act, Destruction(sequence, "GS2010-001"))
        return multiple()  # destroyed once

    @rule(month=st.integers(6, 8))
    def close(self, month: int) -> None:
        self.books.close(f"2026-{month:02}")
        self.closed.add(f"2026-{month:02}")

    @rule()
    def keep_a_head(self) -> None:
        with self.books.ledger.reading() as connection:
            head = log.head(connection)
        self.heads.append((head.size, head.root))

    def _cost(self) -> int:
        query = "SELECT coalesce(sum(amount), 0) FROM postings WHERE role IN ('cost', 'suspense')"
        with self.books.ledger.reading() as connection:
            return int(connection.exec_driver_sql(query).scalar_one())

    @invariant()
    def debits_equal_credits(self) -> None:
        """INV-01, INV-08."""
        query = "SELECT 1 FROM postings GROUP BY fact, currency, fund, basis, book HAVING sum(amount) <> 0"
        with self.books.ledger.reading() as connection:
            assert connection.exec_driver_sql(query).all() == []

    @invariant()
    def cost_is_what_was_billed(self) -> None:
        assert self._cost() == self.total

    @invariant()
    def sequences_have_no_gap(self) -> None:
        """INV-03."""
        with self.books.ledger.reading() as connection:
            sequences = connection.exec_driver_sql("SELECT sequence FROM log ORDER BY sequence").scalars().all()
        assert list(sequences) == list(range(1, len(sequences) + 1))

    @invariant()
    def every_charge_is_attributed_whole(self) -> None:
        """INV-27: whatever was split, the parts of a charge sum to its amount."""
        query = (
            "SELECT 1 FROM charges c LEFT JOIN (SELECT charge_fact, charge_line, sum(amount) AS parts FROM attribution "
            "GROUP BY charge_fact, charge_line) a ON a.charge_fact = c.fact AND a.charge_line = c.line "
            "WHERE a.parts IS NULL OR a.parts <> c.amount"
        )
        with self.books.ledger.reading() as connection:
            assert connection.execute(text(query)).all() == []

    @rule()
    def rebuild(self) -> None:
        """INV-10."""
        with self.books.ledger.acting(MARIA) as act:
            before = [readings.digest(act.connection, reading.table) for reading in READINGS]
            readings.rebuild(act.connection, READINGS)
            assert [readings.digest(act.connection, reading.table) for reading in READINGS] == before


_SETTINGS = settings(
    max_examples=10, stateful_step_count=10, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


def test_a_ledger_stands_whatever_is_done_to_it() -> None:
    run_state_machine_as_test(LedgerMachine, settings=_SETTINGS)


def test_a_ledger_on_postgresql_stands_whatever_is_done_to_it(
    postgres_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LedgerMachine, "server", postgres_database)
    run_state_machine_as_test(LedgerMachine, settings=settings(_SETTINGS, max_examples=3))


@pytest.mark.stress
def test_a_ledger_stands_through_a_long_life() -> None:
    run_state_machine_as_test(LedgerMachine, settings=settings(_SETTINGS, max_examples=300, stateful_step_count=60))
