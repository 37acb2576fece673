"""Particulars go when a schedule says so, and nothing that a legal hold keeps (INV-60, INV-61)."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from ledger_core.engine import enrolment
from ledger_core.engine.destruction import Destruction, destroy
from ledger_core.engine.retention import Kept, Schedule, carry_out, kept_before, order, ordered_destruction
from ledger_core.engine.verification.verification import Request, verify
from ledger_core.errors import AlreadyRecorded, LedgerRefused, TwoPeopleNeeded, Unknown, UsageRefused
from ledger_core.facts.fact import Fact
from ledger_core.signature import PersonalKey
from ledger_core.store.database import Database
from ledger_core.store.door import forget_rewritten
from tests.ledger_core.books import ACCOUNT, MARIA, VENDOR, Books, books, charge

_TODAY = date(2026, 9, 1)
_SCHEDULE = Schedule(date(2026, 8, 1), "GS2010-081", "six years have passed")
_KIM = PersonalKey("kim", b"k" * 32)


@pytest.fixture
def kept(database: Database, tmp_path: Path) -> Books:
    """Two old bills of two texts each, and a new one; two people."""
    made = books(database, tmp_path, one_person=False)
    for number, day in (("1", date(2019, 5, 28)), ("2", date(2020, 5, 28)), ("3", date(2026, 8, 28))):
        made.receive([charge("29.95", text="J. Doe"), charge("1.00", line=2)], number, bill_date=day)
    with made.ledger.acting(MARIA) as act:
        enrolment.enrol(act, "kim", _KIM.public, ("administrator",))
    return made


def _kept(books: Books, before: date = _SCHEDULE.before) -> list[Kept]:
    with books.ledger.reading() as connection:
        return kept_before(connection, before, _TODAY)


def _ordered(books: Books) -> Fact:
    with books.ledger.acting(MARIA) as act:
        return order(act, _SCHEDULE, _TODAY)


def _carried_out(books: Books, ordered: Fact, by: PersonalKey = _KIM) -> list[Fact]:
    with books.ledger.acting(by) as act:
        return carry_out(act, ordered_destruction(act.connection, ordered.sequence), _TODAY)


def _hold(books: Books, **cells: str) -> None:
    books.load("legal_holds", [{"hold": "Doe v. City", "reason": "court", **cells}])


def test_one_orders_and_another_carries_out(kept: Books) -> None:
    """The new bill keeps its texts, and the books verify."""
    ordered = _ordered(kept)
    assert (len(ordered.content["facts"]), ordered.content["texts"]) == (2, 4)
    with pytest.raises(TwoPeopleNeeded, match="maria ordered it"):
        _carried_out(kept, ordered, MARIA)
    done = _carried_out(kept, ordered)
    assert [fact.content["count"] for fact in done] == [2, 2]
    assert {fact.content["schedule"] for fact in done} == {"GS2010-081"}
    assert _kept(kept) == []
    assert [one.texts for one in _kept(kept, _TODAY)] == [2]
    assert verify(Request(kept.ledger.database, kept.archive)).ok
    with pytest.raises(AlreadyRecorded, match="it was carried out"):
        _carried_out(kept, ordered)


@pytest.mark.parametrize(
    ("cells", "held"),
    [
        ({}, [True, True]),
        ({"vendor": VENDOR, "account": ACCOUNT}, [True, True]),
        ({"vendor": "Another"}, [False, False]),
        ({"first": "2019-05-28", "last": "2019-05-28"}, [True, False]),
        ({"first": "2019-05-29"}, [False, True]),
        ({"to": "2026-08-31"}, [False, False]),
        ({"from": "2026-09-02"}, [False, False]),
    ],
)
def test_a_hold_keeps_the_bills_that_it_names(kept: Books, cells: dict[str, str], held: list[bool]) -> None:
    _hold(kept, **cells)
    assert [bool(one.held) for one in _kept(kept)] == held


def test_what_is_held_is_left_out_of_an_order(kept: Books) -> None:
    _hold(kept, last="2019-12-31")
    assert len(_ordered(kept).content["facts"]) == 1


def test_a_hold_that_comes_after_the_order_stops_it_whole(kept: Books) -> None:
    ordered = _ordered(kept)
    _hold(kept, last="2019-12-31")
    with pytest.raises(LedgerRefused, match=r"Doe v\. City") as refused:
        _carried_out(kept, ordered)
    assert refused.value.code == "under-hold"
    assert len(_kept(kept)) == 2


def test_not_even_an_administrator_destroys_what_is_held(kept: Books) -> None:
    _hold(kept)
    fact = _kept(kept)[0].fact
    with pytest.raises(LedgerRefused, match=r"legal hold 'Doe v\. City' keeps it"), kept.ledger.acting(MARIA) as act:
        destroy(act, Destruction(fact, "GS2010-081"))


def test_an_order_needs_a_schedule_a_reason_and_a_day_gone_by(kept: Books) -> None:
    for wanted in (
        Schedule(_SCHEDULE.before, " ", "why"),
        Schedule(_SCHEDULE.before, "GS", ""),
        Schedule(date(2027, 1, 1), "GS", "why"),
    ):
        with pytest.raises(UsageRefused), kept.ledger.acting(MARIA) as act:
            order(act, wanted, _TODAY)
    with pytest.raises(Unknown, match="none are left"), kept.ledger.acting(MARIA) as act:
        order(act, Schedule(date(2019, 1, 1), "GS", "why"), _TODAY)
    with pytest.raises(Unknown, match="orders no destruction"), kept.ledger.reading() as connection:
        ordered_destruction(connection, 1)


def test_no_byte_of_a_destroyed_text_stays_in_the_files(tmp_path: Path) -> None:
    """Neither in the ledger nor in its journal, once that is emptied."""
    made = books(Database(tmp_path / "ledger.db"), tmp_path)
    made.receive([charge("29.95", text="Zebedee Quill")], bill_date=date(2019, 5, 28))
    ordered = _ordered(made)

    def said() -> bool:
        files = [tmp_path / name for name in ("ledger.db", "ledger.db-wal")]
        return any(b"Zebedee Quill" in file.read_bytes() for file in files if file.exists())

    assert said()
    _carried_out(made, ordered, MARIA)
    assert forget_rewritten(made.ledger.database)
    assert not said()


def test_a_reader_keeps_the_journal_from_being_emptied(tmp_path: Path) -> None:
    made = books(Database(tmp_path / "ledger.db"), tmp_path)
    with made.ledger.reading() as connection:
        connection.exec_driver_sql("SELECT count(*) FROM log").scalar_one()
        made.receive([charge("29.95")])
        assert not forget_rewritten(made.ledger.database)
    assert forget_rewritten(made.ledger.database)
