"""Closing a month: nothing posts into it, whichever process tries; opening it again and approving take two people."""

import multiprocessing
from datetime import UTC, date, datetime
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest

from ledger_core.engine.closing import approve, close, reopen, unresolved
from ledger_core.engine.ledger import Ledger, person_content
from ledger_core.engine.preparation import posting_rows
from ledger_core.engine.reception import Origin, Reception
from ledger_core.errors import LedgerRefused, PeriodClosed, TwoPeopleNeeded, UsageRefused
from ledger_core.facts import catalogue
from ledger_core.facts.bill import Bill, Figure, Totals
from ledger_core.facts.body import POSTINGS
from ledger_core.facts.charge import Locator, columns_of
from ledger_core.facts.entry import Entry, EntryKind, Posting, Role
from ledger_core.facts.fact import Fact
from ledger_core.policy.periods import Period
from ledger_core.projections import periods
from ledger_core.signature import PersonalKey
from ledger_core.store.database import Database
from ledger_core.store.door import Draft
from ledger_core.store.rows import FewRows
from ledger_core.store.spool import Spool
from tests.ledger_core.books import ACCOUNT, INTAKE, MARIA, VENDOR, Books, books, charge
from tests.ledger_core.small_month import small_month

AUGUST = Period(2026, 8)
OMAR = PersonalKey("omar", b"o" * 32)
_WAIT = 60  # seconds until a process that should have answered counts as hung


def noon() -> datetime:
    return datetime(2026, 9, 2, 12, tzinfo=UTC)


def manual_entry(ledger: Ledger, name: str, day: date = date(2026, 8, 15)) -> Fact:
    """Post a small entry dated in August."""
    sides = [Posting("6100", Role.COST, "001", 100, "USD"), Posting("2130", Role.PAYABLE, "001", -100, "USD")]
    entry = Entry(EntryKind.MANUAL, day, tuple(sides))
    with ledger.acting(MARIA) as act:
        return act.record(
            Draft(
                catalogue.ENTRY_POSTED,
                f"entry/manual/{name}",
                {"entry": "manual", "narrative": name},
                act.id,
                effective=day,
                rows=(FewRows(POSTINGS, tuple(posting_rows(entry))),),
            )
        )


@pytest.fixture
def two_people(database: Database, tmp_path: Path) -> Books:
    """Books of a site where preparer and approver differ: Maria opened them, Omar is enrolled."""
    made = books(database, tmp_path, one_person=False)
    content = {"people": [person_content("omar", OMAR.public, ("accountant",))]}
    made.record(catalogue.PERSON_ENROLLED, "person/omar", content)
    return made


class TestAClosedMonth:
    def test_takes_no_entry(self, some_books: Books) -> None:
        """INV-39, at the level where every entry is recorded."""
        manual_entry(some_books.ledger, "before")
        close(some_books.ledger, AUGUST, MARIA)
        size = some_books.size()
        with pytest.raises(PeriodClosed, match="period 2026-08: it is closed, and an entry dated 2026-08-15"):
            manual_entry(some_books.ledger, "after")
        assert some_books.size() == size
        manual_entry(some_books.ledger, "september", date(2026, 9, 1))

    def test_sends_a_late_bill_to_the_first_open_month(self, some_books: Books) -> None:
        close(some_books.ledger, AUGUST, MARIA)
        assert some_books.receive([charge("1.00")]).effective == date(2026, 9, 1)

    def test_is_closed_once(self, some_books: Books) -> None:
        close(some_books.ledger, AUGUST, MARIA)
        with pytest.raises(PeriodClosed, match="it is closed already"):
            close(some_books.ledger, AUGUST, MARIA)

    def test_can_be_opened_and_closed_again(self, some_books: Books) -> None:
        """Every close and reopening is a fact of its own generation."""
        first = close(some_books.ledger, AUGUST, MARIA).fact
        opened = reopen(some_books.ledger, AUGUST, " a bill was lost ", MARIA)
        manual_entry(some_books.ledger, "lost")
        again = close(some_books.ledger, AUGUST, MARIA).fact
        assert [fact.key for fact in (first, opened, again)] == [f"period/2026-08/{n}" for n in (1, 2, 3)]
        assert (opened.content["reason"], opened.content["closed_by"]) == ("a bill was lost", "maria")
        with some_books.ledger.reading() as connection:
            assert periods.states(connection) == {"2026-08": "closed"}


class TestTheCertificate:
    def test_holds_the_head_before_the_close_and_every_fund_s_sums(self, some_books: Books) -> None:
        manual_entry(some_books.ledger, "one")
        content = close(some_books.ledger, AUGUST, MARIA).fact.content
        assert content["head"]["size"] == some_books.size() - 1
        assert content["funds"] == [{"currency": "USD", "fund": "001", "debit": 100, "credit": 100}]

    def test_says_what_is_unresolved_and_closes_all_the_same(self, some_books: Books) -> None:
        small_month(some_books)
        manual_entry(some_books.ledger, "june", date(2026, 6, 30))
        closed = close(some_books.ledger, AUGUST, MARIA)
        assert [(found.code, found.where, found.stake) for found in closed.unresolved] == [
            ("uncharged", "department Parks", 2275),
            ("uncharged", "department Police", 4846),
            ("uncharged", "department Water", 200),
            ("suspense", "suspense", 2120),
            ("earlier-open", "period 2026-06", 0),
        ]
        assert [item["code"] for item in closed.fact.content["unresolved"]] == [f.code for f in closed.unresolved]

    def test_names_a_document_that_waits(self, some_books: Books) -> None:
        some_books.document(b"half of a bill", "Account Summary.txt")
        with some_books.ledger.reading() as connection:
            assert [found.where for found in unresolved(connection, AUGUST)] == ["Account Summary.txt"]


class TestReopening:
    def test_needs_a_reason(self, some_books: Books) -> None:
        close(some_books.ledger, AUGUST, MARIA)
        with pytest.raises(UsageRefused, match="--reason: it is empty"):
            reopen(some_books.ledger, AUGUST, "  ", MARIA)

    def test_needs_a_closed_month(self, some_books: Books) -> None:
        with pytest.raises(LedgerRefused, match="period 2026-08: it is open"):
            reopen(some_books.ledger, AUGUST, "why not", MARIA)

    def test_is_not_for_whoever_closed_it(self, two_people: Books) -> None:
        """INV-40: two distinct persons, unless the site was opened for one."""
        close(two_people.ledger, AUGUST, MARIA)
        with pytest.raises(TwoPeopleNeeded, match="maria closed it and would reopen it alone"):
            reopen(two_people.ledger, AUGUST, "a bill was lost", MARIA)
        assert reopen(two_people.ledger, AUGUST, "a bill was lost", OMAR).content["alone"] is False

    def test_by_one_person_is_marked_in_the_books(self, some_books: Books) -> None:
        close(some_books.ledger, AUGUST, MARIA)
        assert reopen(some_books.ledger, AUGUST, "a bill was lost", MARIA).content["alone"] is True


class TestApproving:
    def test_is_not_for_whoever_prepared_it(self, two_people: Books) -> None:
        """INV-42."""
        runs = small_month(two_people).charge_back()
        with two_people.ledger.reading() as connection:
            assert [found.code for found in unresolved(connection, AUGUST)] == ["suspense"] + ["unapproved"] * 3
        with pytest.raises(TwoPeopleNeeded, match="maria prepared its chargeback"):
            approve(two_people.ledger, AUGUST, MARIA)
        fact = approve(two_people.ledger, AUGUST, OMAR)
        assert fact is not None
        assert fact.content["entries"] == [run.sequence for run in runs]

    def test_happens_once(self, some_books: Books) -> None:
        small_month(some_books).charge_back()
        assert approve(some_books.ledger, AUGUST, MARIA) is not None
        assert approve(some_books.ledger, AUGUST, MARIA) is None


# --- two processes ------------------------------------------------------------------------------------------------


def _close_elsewhere(database: Database) -> None:
    close(Ledger(database, noon), AUGUST, MARIA)


def _close_slowly(database: Database, held: Event, go: Event) -> None:
    """Take the door, say so, and close the month when told."""
    ledger = Ledger(database, noon)
    with ledger.acting(MARIA) as act:
        held.set()
        assert go.wait(_WAIT)
        act.record(Draft(catalogue.PERIOD_CLOSED, "period/2026-08/1", {"period": "2026-08"}, act.id))


def _post_many(database: Database, started: Event) -> None:
    """Post into the month until it is closed."""
    started.set()
    for number in range(10_000):
        try:
            manual_entry(Ledger(database, noon), f"many {number}")
        except PeriodClosed:
            return
    raise AssertionError("the month was never closed")


class TestTwoProcesses:
    """Each closes or posts for itself; they share nothing but the store."""

    def test_who_waits_at_the_door_while_the_month_is_closed_is_refused(self, some_books: Books) -> None:
        spawn = multiprocessing.get_context("spawn")
        held, go = spawn.Event(), spawn.Event()
        closer = spawn.Process(target=_close_slowly, args=(some_books.ledger.database, held, go))
        closer.start()
        assert held.wait(_WAIT)
        go.set()
        with pytest.raises(PeriodClosed):
            manual_entry(some_books.ledger, "late by a moment")
        closer.join(_WAIT)
        assert closer.exitcode == 0

    def test_nothing_follows_the_close_however_they_meet(self, some_books: Books) -> None:
        spawn = multiprocessing.get_context("spawn")
        started = spawn.Event()
        poster = spawn.Process(target=_post_many, args=(some_books.ledger.database, started))
        poster.start()
        assert started.wait(_WAIT)
        closed = close(Ledger(some_books.ledger.database, noon), AUGUST, MARIA)
        poster.join(_WAIT)
        assert poster.exitcode == 0
        assert some_books.size() == closed.fact.sequence

    def test_a_bill_judged_before_the_close_is_judged_again_after_it(self, some_books: Books) -> None:
        """Read while August was open, recorded when another process had closed it: it goes to September."""
        document = some_books.document(b"a bill", "bill.csv")
        head = Bill(VENDOR, ACCOUNT, "USD", number="1", bill_date=date(2026, 8, 28))
        columns = columns_of([charge("1.00")])
        total = Figure("Total", "bill", charge("1.00").exact, Locator("9", 0, 1))
        with Spool(some_books.folder / "spool.db") as spool:
            origin = Origin((document,), "made_up", "1", states_total=True, ordinal=1)
            reception = Reception(some_books.ledger, origin, head, spool)
            reception.feed(columns)
            closer = multiprocessing.get_context("spawn").Process(
                target=_close_elsewhere, args=(some_books.ledger.database,)
            )
            closer.start()
            closer.join(_WAIT)
            assert closer.exitcode == 0
            judged = reception.conclude(Totals(1, total), lambda: [columns], INTAKE)
        assert judged.effective == date(2026, 9, 1)
