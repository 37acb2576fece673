"""The write door: one writer at a time, sequences without a gap, everything of an act or nothing (INV-03, INV-70)."""

import fcntl
import multiprocessing
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import exc

from ledger_core.errors import AlreadyRecorded, LedgerBusy, LedgerUnavailable, NotText
from ledger_core.facts import catalogue
from ledger_core.facts.fact import digest_of
from ledger_core.signature import signed_by
from ledger_core.store import log
from ledger_core.store.database import Database
from ledger_core.store.door import Draft, open_door
from ledger_core.store.tables import LOG
from tests.ledger_core.books import MARIA, Books, Hours, books


def _draft(key: str, act: str = "A1") -> Draft:
    return Draft(catalogue.ACT_APPROVED, key, {"what": key}, act)


def test_facts_get_the_next_sequence_their_digest_and_the_actors_signature(some_books: Books) -> None:
    with some_books.ledger.acting(MARIA) as act:
        one, two = act.record(_draft("one")), act.record(_draft("two"))
    assert (one.sequence, two.sequence) == (2, 3)
    with some_books.ledger.reading() as connection:
        for row in connection.execute(LOG.select()):
            assert bytes(row.digest) == digest_of(bytes(row.fact))
            assert signed_by(MARIA.public, bytes(row.digest), bytes(row.signature))
        assert log.fact(connection, 2) == one
        assert log.fact_by_key(connection, "two") == two


def test_a_key_is_recorded_once(some_books: Books) -> None:
    some_books.record(catalogue.ACT_APPROVED, "once", {})
    with pytest.raises(AlreadyRecorded, match="fact once"):
        some_books.record(catalogue.ACT_APPROVED, "once", {})
    assert some_books.size() == 2


def test_an_act_that_fails_leaves_nothing(some_books: Books) -> None:
    class Fault(Exception):
        pass

    def fail() -> None:
        with some_books.ledger.acting(MARIA) as act:
            act.record(_draft("one"))
            raise Fault

    with pytest.raises(Fault):
        fail()
    assert some_books.size() == 1
    assert some_books.record(catalogue.ACT_APPROVED, "two", {}).sequence == 2


def test_a_key_that_no_store_may_keep_is_refused(some_books: Books) -> None:
    with pytest.raises(NotText, match="NUL"):
        some_books.record(catalogue.ACT_APPROVED, "a\x00b", {})
    assert some_books.size() == 1


def test_time_never_runs_backwards_in_the_log(some_books: Books) -> None:
    clock = some_books.ledger.clock
    assert isinstance(clock, Hours)
    first = some_books.record(catalogue.ACT_APPROVED, "one", {})
    clock.now -= timedelta(days=3)
    second = some_books.record(catalogue.ACT_APPROVED, "two", {})
    assert second.recorded == first.recorded
    with some_books.ledger.reading() as connection:
        assert log.sequence_at(connection, first.recorded) == 3
        assert log.sequence_at(connection, first.recorded - timedelta(microseconds=1)) == 1


def test_many_writers_leave_no_gap(some_books: Books) -> None:
    """Threads stand in for processes: each has its own connection, the door lets one in at a time."""

    def write(name: str) -> None:
        for number in range(5):
            some_books.record(catalogue.ACT_APPROVED, f"{name}/{number}", {})

    writers = [threading.Thread(target=write, args=(name,)) for name in "abcd"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    with some_books.ledger.reading() as connection:
        assert [fact.sequence for fact in log.facts(connection)] == list(range(1, 22))


def _write_one(file: Path, key: str) -> None:
    with open_door(Database(file), "harbor", MARIA, Hours()) as door:
        door.record(_draft(key))


def test_processes_take_turns(tmp_path: Path) -> None:
    kept = books(Database(tmp_path / "ledger.db"), tmp_path)
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=_write_one, args=(tmp_path / "ledger.db", str(key))) for key in range(6)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0] * 6
    assert kept.size() == 7


def test_a_door_held_by_another_program_is_named_after_the_wait(tmp_path: Path) -> None:
    books(Database(tmp_path / "ledger.db"), tmp_path)
    with (tmp_path / "ledger.lock").open("a+b") as lock:
        fcntl.flock(lock.fileno(), fcntl.LOCK_EX)
        with (
            pytest.raises(LedgerBusy, match="another program has been writing"),
            open_door(Database(tmp_path / "ledger.db"), "harbor", MARIA, Hours(), wait=0),
        ):
            pass


def test_a_report_reads_one_snapshot_while_others_write(some_books: Books) -> None:
    with some_books.ledger.reading() as connection:
        before = log.head(connection)
        some_books.record(catalogue.ACT_APPROVED, "later", {})
        assert log.head(connection) == before
    with some_books.ledger.reading() as connection:
        assert log.head(connection).size == before.size + 1
        assert log.head(connection, before.size) == before


def test_a_reader_cannot_write(some_books: Books) -> None:
    with some_books.ledger.reading() as connection, pytest.raises(exc.DBAPIError, match=r"read-only|readonly"):
        connection.exec_driver_sql("INSERT INTO readings VALUES ('x', 1, 1)")


def test_a_ledger_that_is_not_there_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(LedgerUnavailable, match="cannot be opened"), Database(tmp_path / "none.db").reading():
        pass
