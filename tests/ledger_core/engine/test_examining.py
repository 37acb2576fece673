"""Examining: what checks say of a posted bill becomes one fact, on either store; a crash leaves nothing unexamined."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import attrs
import pytest

from ledger_core.contracts.check import CheckedBill, Examination, Grounds, Line, Objection
from ledger_core.engine import examining
from ledger_core.engine.examining import Examiner
from ledger_core.engine.reversal import reverse
from ledger_core.engine.verification.verification import Request, verify
from ledger_core.errors import Unknown
from ledger_core.facts import catalogue
from ledger_core.facts.charge import ChargeKind
from ledger_core.facts.fact import Fact
from ledger_core.projections import bills, checks
from ledger_core.projections.exceptions import CHECK, ExceptionItem, open_exceptions
from ledger_core.store import log
from ledger_core.store.database import Database
from plugins.checks import BUILT_IN
from tests.ledger_core.books import INTAKE, MARIA, VENDOR, Books, books, charge
from tests.ledger_core.objecting import Always, examine, odd


@pytest.fixture
def posted(some_books: Books) -> int:
    """A bill of three lines: two of one service."""
    lines = [charge("29.95"), charge("1.05", line=2, product="LD"), charge("10.00", "2065550101", line=3)]
    judged = some_books.receive(lines)
    assert judged.fact is not None
    return judged.fact.sequence


def _facts(kept: Books) -> list[Fact]:
    with kept.ledger.reading() as connection:
        return list(log.facts(connection, [catalogue.BILL_CHECKED]))


def _queue(kept: Books) -> list[ExceptionItem]:
    with kept.ledger.reading() as connection:
        return [item for item in open_exceptions(connection) if item.kind == CHECK]


def test_what_checks_say_becomes_a_fact_with_a_row_each(some_books: Books, posted: int) -> None:
    (done,) = examine(some_books, Always(), bills=[posted])
    assert (done.open, done.waived, done.stake, done.left_off) == (3, 0, 4100, 0)
    (fact,) = _facts(some_books)
    assert fact == done.fact
    assert fact.key == f"check/{done.bill}/1"
    assert fact.content == {
        "bill": done.bill,
        "posted": posted,
        "checks": [["always", "1"]],
        "open": 3,
        "waived": 0,
        "stake": 4100,
        "left_off": 0,
    }
    with some_books.ledger.reading() as connection:
        bill = bills.of_fact(connection, posted)
        assert bill is not None
        rows = list(checks.raised(connection, [bill]))
    assert [(row.charge, row.code, row.service, row.stake) for row in rows] == [
        (1, "odd", "2065550100", 2995),
        (2, "odd", "2065550100", 105),
        (3, "odd", "2065550101", 1000),
    ]
    assert rows[0].found == "it is odd"
    assert rows[0].do == "Look at it."


def test_nothing_is_recorded_twice(some_books: Books, posted: int) -> None:
    examine(some_books, Always(), bills=[posted])
    (again,) = examine(some_books, Always(), bills=[posted])
    assert again.fact is None
    assert again.open == 3
    (other,) = examine(some_books, Always(version="2"), bills=[posted])
    assert other.fact is not None
    assert other.fact.key.endswith("/2")


def test_the_latest_examination_counts(some_books: Books, posted: int) -> None:
    examine(some_books, Always(), bills=[posted])
    examine(some_books, Always(lambda line: odd(line) if line.line == 3 else None), bills=[posted])
    (item,) = _queue(some_books)
    assert (item.amount, item.lines, item.charges) == (1000, 1, ((3, 1000),))


def test_a_bill_without_an_objection_is_examined_all_the_same(some_books: Books, posted: int) -> None:
    with some_books.ledger.reading() as connection:
        assert [bill.fact for bill in checks.unchecked(connection)] == [posted]
    (done,) = Examiner(some_books.ledger, INTAKE, ()).catch_up()
    assert done.fact is not None
    assert done.fact.bodies == ()
    assert Examiner(some_books.ledger, INTAKE, ()).catch_up() == []


def test_what_a_crash_left_unexamined_is_examined_by_the_next_run(some_books: Books, posted: int) -> None:
    second = some_books.receive([charge("5.00")], "2")
    assert second.fact is not None
    done = Examiner(some_books.ledger, INTAKE, (Always(),)).catch_up()
    assert [one.bill for one in done] == [fact.content["bill"] for fact in _facts(some_books)]
    assert len({fact.act for fact in _facts(some_books)}) == 1, "bills left together are recorded together"


def test_a_reversed_bill_is_not_asked_for_and_leaves_the_queue(some_books: Books, posted: int, tmp_path: Path) -> None:
    examine(some_books, Always(), bills=[posted])
    with some_books.ledger.acting(MARIA) as act:
        bill = bills.of_fact(act.connection, posted)
        assert bill is not None
        reverse(act, bill.bill, "sent twice", tmp_path)
    assert _queue(some_books) == []
    assert Examiner(some_books.ledger, INTAKE, (Always(),)).catch_up() == []


def test_a_fact_that_is_no_bill_cannot_be_examined(some_books: Books) -> None:
    with pytest.raises(Unknown):
        examine(some_books, Always(), bills=[99])


@attrs.frozen
class _Broken:
    """A check that fails where it is told to."""

    where: str
    name: str = "broken"
    version: str = "3"
    codes: tuple[str, ...] = ("odd",)

    def open(self, bill: CheckedBill, grounds: Grounds) -> Examination | None:
        """Fails, if here."""
        self._fail("open")
        return self

    def look(self, lines: Sequence[Line]) -> Iterable[Objection]:
        """Says one thing and fails, if here."""
        yield odd(lines[0])
        self._fail("look")

    def end(self) -> Iterable[Objection]:
        """Fails, if here."""
        self._fail("end")
        return ()

    def _fail(self, where: str) -> None:
        if self.where == where:
            raise KeyError("J. Doe's telephone")


@pytest.mark.parametrize("where", ["open", "look", "end"])
def test_a_check_that_fails_is_told_of_and_the_others_go_on(some_books: Books, posted: int, where: str) -> None:
    """Its message stays out of the books: it may quote a person's name."""
    checks_ = (_Broken(where), Always(lambda line: odd(line) if line.line == 3 else None))
    (done,) = Examiner(some_books.ledger, INTAKE, checks_).examine([posted])
    (item,) = [item for item in _queue(some_books) if item.code == "check-failed"]
    assert item.text == (
        "Union Tel 1: the check broken 3 raised KeyError. "
        "Report it to its author; what it would have found is not known."
    )
    assert done.open == (2 if where == "open" else 3)
    assert done.fact is not None
    assert b"Doe" not in done.fact.written()


@pytest.mark.parametrize(
    "spoilt",
    [
        {"stake": 2**63},
        {"stake": -(2**63)},
        {"stake": "5"},
        {"found": "half of it is \ud800"},
        {"cause": "a\x00b"},
        {"found": None},
        {"evidence": (("agreed", 25),)},
    ],
    ids=str,
)
def test_what_no_row_can_say_is_the_checks_own_fault(some_books: Books, posted: int, spoilt: dict[str, Any]) -> None:
    """Else one bad check would stop the examination of every bill, and nothing could be certified any more."""
    other = some_books.receive([charge("5.00")], "2")
    assert other.fact is not None
    bad = Always(lambda line: odd(line, **spoilt) if line.line == 2 else odd(line))
    found = examine(some_books, bad, bills=[posted, other.fact.sequence])
    assert [one.open for one in found] == [2, 1]
    assert "check-failed" in {item.code for item in _queue(some_books)}


def test_a_line_that_the_bill_has_not_is_the_checks_own_fault(some_books: Books, posted: int) -> None:
    """Nobody could dispute it."""
    examine(some_books, Always(lambda line: odd(line._replace(line=99))), bills=[posted])
    (item,) = _queue(some_books)
    assert (item.code, item.charges) == ("check-failed", ((0, 0),))


def test_what_is_too_much_is_counted(some_books: Books, posted: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examining, "MOST", 2)
    (done,) = examine(some_books, Always(), bills=[posted])
    assert (done.open, done.left_off) == (2, 1)


def test_a_waiver_in_force_covers_what_comes_and_leaves_the_queue_empty(some_books: Books, posted: int) -> None:
    some_books.load("waivers", [{"waiver": "ld", "code": "odd", "vendor": VENDOR, "product": "LD", "most": "2"}])
    load = some_books.size()
    (done,) = examine(some_books, Always(), bills=[posted])
    assert (done.open, done.waived) == (2, 1)
    with some_books.ledger.reading() as connection:
        bill = bills.of_fact(connection, posted)
        assert bill is not None
        assert [row.waiver for row in checks.raised(connection, [bill])] == [None, f"{load}.1", None]
    assert sum(item.lines for item in _queue(some_books)) == 2


def test_the_same_bill_on_the_same_grounds_gives_the_same_rows(some_books: Books, tmp_path: Path) -> None:
    """INV-32 in spirit, with the built-in checks, on either store."""
    twice = [charge("29.95"), charge("29.95"), charge("12.00", "2065550101", line=3, kind=ChargeKind.LATE_FEE)]
    roots = []
    for number in ("7", "8"):
        folder = tmp_path / number
        folder.mkdir()
        other = books(Database(folder / "ledger.db"), folder)
        judged = other.receive(twice)
        assert judged.fact is not None
        (done,) = Examiner(other.ledger, INTAKE, BUILT_IN).examine([judged.fact.sequence])
        assert done.fact is not None
        roots.append([body.root for body in done.fact.bodies])
    judged = some_books.receive(twice, "9")
    assert judged.fact is not None
    (done,) = Examiner(some_books.ledger, INTAKE, BUILT_IN).examine([judged.fact.sequence])
    assert done.fact is not None
    assert roots == [[body.root for body in done.fact.bodies]] * 2


def test_verify_finds_a_row_that_was_changed(tmp_path: Path) -> None:
    kept = books(Database(tmp_path / "ledger.db"), tmp_path)
    judged = kept.receive([charge("29.95")])
    assert judged.fact is not None
    examine(kept, Always(), bills=[judged.fact.sequence])
    request = Request(kept.ledger.database, kept.archive)
    assert verify(request).ok
    with kept.ledger.database.writing() as connection:
        connection.exec_driver_sql("DROP TRIGGER exceptions_no_update")
        connection.exec_driver_sql("UPDATE exceptions SET stake = 1")
    assert {found.kind for found in verify(request).differences} >= {"exceptions"}


# --- the queue -------------------------------------------------------------------------------------------------------


def test_what_is_odd_for_one_reason_is_one_item(some_books: Books, posted: int) -> None:
    examine(some_books, Always(lambda line: odd(line, cause=line.service)), bills=[posted])
    first, second = _queue(some_books)
    assert (first.amount, first.lines, first.service, first.charge) == (3100, 2, "2065550100", f"{first.bill}:1")
    assert (second.amount, second.lines, second.service) == (1000, 1, "2065550101")
    assert first.text == "Union Tel 1: it is odd (2 lines). Look at it."


def test_the_queue_goes_by_money_times_confidence(some_books: Books, posted: int) -> None:
    sure = {1: 20, 2: 99, 3: 90}
    opinion = Always(lambda line: odd(line, cause=str(line.line), confidence=sure[line.line]))
    examine(some_books, opinion, bills=[posted])
    assert [(item.amount, item.confidence, item.rank) for item in _queue(some_books)] == [
        (1000, 90, 900),
        (2995, 20, 599),
        (105, 99, 103),
    ]


def test_an_item_keeps_its_name_until_other_lines_or_amounts_are_in_question(some_books: Books, posted: int) -> None:
    examine(some_books, Always(), bills=[posted])
    (before,) = _queue(some_books)
    examine(some_books, Always(version="2"), bills=[posted])
    assert [item.item for item in _queue(some_books)] == [before.item]
    examine(some_books, Always(lambda line: odd(line, stake=1)), bills=[posted])
    (after,) = _queue(some_books)
    assert after.item != before.item


def test_an_exempt_tax_is_left_until_it_is_settled(some_books: Books, posted: int) -> None:
    """INV-54: what certification asks."""
    examine(some_books, Always(lambda line: odd(line, "tax-exempt") if line.line < 3 else None), bills=[posted])
    with some_books.ledger.reading() as connection:
        bill = bills.of_fact(connection, posted)
        assert bill is not None
        assert [one.charge for one in checks.exempt_taxes_left(connection, bill)] == [1, 2]
        assert [one.charge for one in checks.exempt_taxes_left(connection, bill, {("tax-exempt", 1)})] == [2]
