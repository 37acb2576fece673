"""A large bill may pass the door while it is read: the books are those of a bill that waited, and nobody waits long."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from ledger_core.engine.reception import Judged, Origin, Reception, Verdict
from ledger_core.facts import catalogue
from ledger_core.facts.bill import Bill, Figure, Totals
from ledger_core.facts.charge import Charge, ChargeColumns, Locator, columns_of
from ledger_core.money import exact_sum
from ledger_core.store import guards, log, schema
from ledger_core.store.database import Database
from ledger_core.store.spool import Spool
from tests.ledger_core.books import ACCOUNT, INTAKE, MARIA, VENDOR, Books, books, charge, owned
from tests.ledger_core.engine.verification.spoiling import verified

_HEAD = Bill(vendor=VENDOR, account=ACCOUNT, currency="USD", number="7", bill_date=date(2026, 8, 28))
_CHARGES = [
    charge(f"{1 + n % 90}.{n % 100:02d}", f"206555010{n % 3}", line=n + 1, product=f"P{n % 7}") for n in range(300)
]


@pytest.fixture
def some_books(database: Database, tmp_path: Path) -> Books:
    made = books(database, tmp_path)
    owned(made)
    return made


@pytest.fixture
def embedded_books(tmp_path: Path) -> Books:
    made = books(Database(tmp_path / "ledger.db"), tmp_path)
    owned(made)
    return made


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    with Spool(tmp_path / "bill.spool") as opened:
        yield opened


def _batches(charges: Sequence[Charge]) -> list[ChargeColumns]:
    return [columns_of(charges[at : at + 100]) for at in range(0, len(charges), 100)]


def _reception(some_books: Books, spool: Spool) -> Reception:
    document = some_books.document(b"a large bill", "large.csv")
    return Reception(some_books.ledger, Origin((document,), "made_up", "1", states_total=True, ordinal=1), _HEAD, spool)


def _totals(charges: Sequence[Charge], more: str = "0") -> Totals:
    total = exact_sum(one.exact for one in charges) + Decimal(more)
    return Totals(len(charges), Figure("Total", "bill", total, Locator("9", 0, 1)))


def _received(some_books: Books, spool: Spool, charges: Sequence[Charge], *, at_once: bool = True) -> Judged:
    reception = _reception(some_books, spool)
    batches = _batches(charges)
    if at_once:
        reception.pass_through(INTAKE)
    for columns in batches:
        reception.feed(columns)
    return reception.conclude(_totals(charges), lambda: batches, INTAKE)


def _rows(some_books: Books) -> dict[str, list[tuple[object, ...]]]:
    """Everything that the bill's fact carries; particulars without their salts."""
    tables = {"charges": "*", "shares": "*", "postings": "*", "particulars": "fact, line, text"}
    with some_books.ledger.reading() as connection:
        return {
            name: [tuple(row) for row in connection.exec_driver_sql(f"SELECT {what} FROM {name} ORDER BY fact, line")]  # noqa: S608
            for name, what in tables.items()
        }


def _guards(some_books: Books) -> dict[str, str]:
    """The triggers that stand in the database."""
    with some_books.ledger.reading() as connection:
        found = schema.described(connection)
    return {name: shape for name, shape in found.items() if name.startswith("trigger")}


@pytest.mark.parametrize("fractions", [False, True], ids=["whole cents", "fractions of a cent"])
def test_the_books_are_those_of_a_bill_that_waited(tmp_path: Path, fractions: bool) -> None:
    charges = [*_CHARGES, charge("0.125", line=301)] if fractions else _CHARGES
    found = []
    for at_once in (True, False):
        folder = tmp_path / str(at_once)
        folder.mkdir()
        some_books = books(Database(folder / "ledger.db"), folder)
        owned(some_books)
        with Spool(folder / "bill.spool") as spool:
            judged = _received(some_books, spool, charges, at_once=at_once)
        assert judged.verdict is Verdict.POSTED
        assert judged.fact is not None
        roots = {body.name: body.root for body in judged.fact.bodies if body.name != "particulars"}
        found.append((judged.total, judged.suspense, roots, _rows(some_books)))
        assert set(_guards(some_books).values()) == set(guards.sqlite_guards())
    assert found[0] == found[1]


@pytest.mark.parametrize("at_once", [True, False], ids=["at once", "later"])
def test_both_stores_take_a_large_bill_in_alike(some_books: Books, spool: Spool, at_once: bool) -> None:
    charges = [
        *_CHARGES,
        charge("7.00", line=301, text='a "quoted" \\ text\n]\n[ of two lines'),
        charge("1.00", line=302),
    ]
    judged = _received(some_books, spool, charges, at_once=at_once)
    assert judged.verdict is Verdict.POSTED
    assert len(_rows(some_books)["charges"]) == len(charges)
    assert verified(some_books).differences == ()


def test_while_it_passes_nobody_sees_a_row_or_an_unguarded_table(some_books: Books, spool: Spool) -> None:
    before = _guards(some_books)
    reception = _reception(some_books, spool)
    reception.pass_through(INTAKE)
    reception.feed(_batches(_CHARGES)[0])
    assert _rows(some_books)["charges"] == []
    assert _guards(some_books) == before


def test_afterwards_nothing_can_be_added_to_the_bill(embedded_books: Books, spool: Spool) -> None:
    _received(embedded_books, spool, _CHARGES)
    file = embedded_books.ledger.database.file
    assert file is not None
    connection = sqlite3.connect(file)  # as a stranger opens it, with no setting of ours
    fact, line = connection.execute("SELECT fact, max(line) FROM charges").fetchone()
    for verb, number in (("INSERT", line + 1), ("INSERT OR REPLACE", line), ("REPLACE", line)):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            connection.execute(f"{verb} INTO charges (fact, line) VALUES (?, ?)", (fact, number))
    connection.close()


def test_a_bill_that_does_not_tie_leaves_nothing_behind(some_books: Books, spool: Spool) -> None:
    before, guarded = some_books.size(), _guards(some_books)
    reception = _reception(some_books, spool)
    reception.pass_through(INTAKE)
    for columns in _batches(_CHARGES):
        reception.feed(columns)
    judged = reception.conclude(_totals(_CHARGES, "0.01"), lambda: _batches(_CHARGES), INTAKE)
    spool.close()
    spool.open()

    assert judged.verdict is Verdict.REJECTED
    assert some_books.size() == before + 1  # the receipt
    assert _rows(some_books)["charges"] == []
    assert _guards(some_books) == guarded
    some_books.record(catalogue.ACT_APPROVED, "the door is free", {})


def test_whoever_waits_for_the_door_gets_it_and_the_bill_posts_after_them(some_books: Books, spool: Spool) -> None:
    reception = _reception(some_books, spool)
    reception.pass_through(INTAKE)
    reception.feed(_batches(_CHARGES)[0])
    other = threading.Thread(target=some_books.record, args=(catalogue.ACT_APPROVED, "another's act", {}))
    other.start()
    assert reception._passage is not None
    while not reception._passage.awaited():
        assert other.is_alive()
    for columns in _batches(_CHARGES)[1:]:
        reception.feed(columns)
    other.join(30)
    assert not other.is_alive()

    judged = reception.conclude(_totals(_CHARGES), lambda: _batches(_CHARGES), INTAKE)

    with some_books.ledger.reading() as connection:
        kinds = [fact.kind for fact in log.facts(connection)]
    assert kinds[-2:] == [catalogue.ACT_APPROVED, catalogue.BILL_POSTED]
    assert judged.charges == len(_CHARGES)
    assert len(_rows(some_books)["charges"]) == len(_CHARGES)


def test_a_silent_importer_keeps_nobody_from_the_door(some_books: Books, spool: Spool) -> None:
    reception = _reception(some_books, spool)
    reception.pass_through(INTAKE)
    reception.feed(_batches(_CHARGES)[0])
    other = threading.Thread(target=some_books.record, args=(catalogue.ACT_APPROVED, "another's act", {}))
    other.start()
    while other.is_alive():  # no batch comes; the reader of its pipe says so again and again
        reception.give_way()
    assert some_books.size() > 1
    for columns in _batches(_CHARGES)[1:]:
        reception.feed(columns)
    judged = reception.conclude(_totals(_CHARGES), lambda: _batches(_CHARGES), INTAKE)
    assert judged.verdict is Verdict.POSTED
    assert judged.charges == len(_CHARGES)


def test_a_door_that_is_taken_is_not_waited_for(some_books: Books, spool: Spool) -> None:
    reception = _reception(some_books, spool)
    with some_books.ledger.acting(MARIA):
        reception.pass_through(INTAKE)
        assert reception._passage is None
    for columns in _batches(_CHARGES):
        reception.feed(columns)
    judged = reception.conclude(_totals(_CHARGES), lambda: _batches(_CHARGES), INTAKE)
    assert judged.verdict is Verdict.POSTED
