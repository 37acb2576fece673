"""Seconding: what one person prepares changes nothing; another takes it through the same engine, or refuses it."""

from datetime import date
from pathlib import Path

import attrs
import pytest
from sqlalchemy import Connection

from ledger_core.engine.enrolment import enrol
from ledger_core.engine.holding import Because, Portion, hold
from ledger_core.engine.ledger import READINGS, Act
from ledger_core.engine.recoding import Recoding, Selection, Target, recode
from ledger_core.engine.seconding import Came, needs_another, prepare, refuse, second
from ledger_core.engine.verification.verification import Request, verify
from ledger_core.errors import AlreadyRecorded, LedgerRefused, NotPermitted, TwoPeopleNeeded, Unknown, UsageRefused
from ledger_core.facts import catalogue
from ledger_core.facts.fact import Fact
from ledger_core.projections import bills, prepared, preparers, readings
from ledger_core.projections.prepared import Prepared
from ledger_core.signature import PersonalKey
from ledger_core.store import log
from ledger_core.store.database import Database
from ledger_core.store.door import Draft
from tests.ledger_core.books import MARIA, Books, books, charge, owned

UMA, KIM, ADA = (PersonalKey(name, name[0].encode() * 32) for name in ("uma", "kim", "ada"))
_ON = date(2026, 9, 1)
_AMOUNT = 1000


@attrs.frozen
class Site:
    """Books with a bill of two charges, 10.00 and 5.00; uma is an aide, kim a coordinator."""

    books: Books
    bill: str

    def hold(self, act: Act, line: int = 1) -> Came:
        done = hold(act, [Portion.of(self.bill, line)], Because("the rate is wrong"), self.books.folder)
        return Came(done.charges, done.amount)

    def prepare(self, by: PersonalKey = UMA, line: int = 1) -> Prepared:
        """A hold of one charge, as it would come out now."""
        with self.books.ledger.acting(by) as act:
            with act.rehearsal() as trial:
                came = self.hold(trial, line)
            fact = prepare(act, "hold", {"line": line}, "the rate is wrong", came)
            return prepared.prepared_of(act.connection, f"P{fact.sequence}")

    def take(self, one: Prepared, by: PersonalKey = KIM) -> Fact:
        with self.books.ledger.acting(by) as act:
            return second(act, one, lambda found: self.hold(act, found.arguments["line"]))

    def waiting(self) -> list[Prepared]:
        with self.books.ledger.reading() as connection:
            return prepared.waiting(connection)


@pytest.fixture
def site(database: Database, tmp_path: Path) -> Site:
    made = books(database, tmp_path, one_person=False)
    owned(made)
    bill = made.receive([charge("10.00"), charge("5.00", line=2)]).bill
    with made.ledger.acting(MARIA) as act:
        enrol(act, "uma", UMA.public, ["aide"])
    with made.ledger.acting(MARIA) as act:
        enrol(act, "kim", KIM.public, ["coordinator"])
    with made.ledger.acting(MARIA) as act:
        enrol(act, "ada", ADA.public, ["administrator"])
    return Site(made, bill)


def _tables(connection: Connection) -> list[str]:
    """The digests of all readings that are kept in tables."""
    return [readings.digest(connection, reading.table) for reading in READINGS]


def _fail(site: Site, act: Act) -> None:
    """Hold a charge and then one that is not there, in rehearsal."""
    with act.rehearsal() as trial:
        site.hold(trial)
        site.hold(trial, line=7)


@pytest.mark.parametrize("kind", sorted(set(catalogue.CATALOGUE) - {catalogue.DECISION_PREPARED}))
def test_an_aide_records_nothing_but_what_is_prepared(site: Site, kind: str) -> None:
    """Not even what anybody enrolled may record."""
    size = site.books.size()
    with pytest.raises(NotPermitted, match="uma"), site.books.ledger.acting(UMA) as act:
        act.record(Draft(kind, f"test/{kind}", {}, act.id))
    assert site.books.size() == size


@pytest.mark.parametrize("by", [UMA, KIM], ids=["an aide", "a coordinator"])
def test_what_is_prepared_says_what_it_would_come_to_and_changes_nothing(site: Site, by: PersonalKey) -> None:
    with site.books.ledger.reading() as connection:
        before, seen = _tables(connection), log.last_sequence(connection)
    one = site.prepare(by)
    assert (one.charges, one.amount, one.person, one.seen) == (1, _AMOUNT, by.person, seen)
    assert site.waiting() == [one]
    assert site.books.size() == seen + 1
    with site.books.ledger.reading() as connection:
        assert _tables(connection) == before
    assert verify(Request(site.books.ledger.database, site.books.archive)).ok


def test_a_rehearsal_leaves_nothing_even_where_it_fails(site: Site) -> None:
    size = site.books.size()
    with site.books.ledger.acting(KIM) as act:
        with pytest.raises(Unknown):
            _fail(site, act)
        assert act.door.last == size
        assert site.hold(act).amount == _AMOUNT
    assert site.books.size() == size + 1


def test_another_person_takes_it_and_the_books_say_who_prepared_it(site: Site) -> None:
    one = site.prepare()
    ended = site.take(one)
    held = ended.sequence - 1
    assert ended.content == {"prepared": one.sequence, "by": "uma", "outcome": "taken", "reason": "", "facts": [held]}
    with site.books.ledger.reading() as connection:
        fact = log.fact(connection, held)
        bill = bills.named(connection, site.bill)
        assert (fact.actor.person, fact.act, fact.content["amount"]) == ("kim", ended.act, _AMOUNT)
        assert bill is not None
        assert preparers.of_bill(connection, bill) == {"uma", "kim"}
    assert site.waiting() == []
    with pytest.raises(AlreadyRecorded, match="taken by kim"), site.books.ledger.reading() as connection:
        prepared.prepared_of(connection, one.name)
    assert verify(Request(site.books.ledger.database, site.books.archive)).ok


def test_who_prepared_it_does_not_take_it(site: Site) -> None:
    one = site.prepare(KIM)
    with pytest.raises(TwoPeopleNeeded, match="kim prepared it"):
        site.take(one, KIM)
    assert site.take(one, MARIA).actor.person == "maria"


@pytest.mark.parametrize("by", [UMA, ADA], ids=["an aide", "an administrator"])
def test_a_coordinator_or_accountant_takes_it_and_nobody_else(site: Site, by: PersonalKey) -> None:
    one = site.prepare(KIM)
    with pytest.raises(NotPermitted):
        site.take(one, by)
    assert site.waiting() == [one]


def test_what_has_changed_since_is_left_as_it_is(site: Site) -> None:
    """Another hold took the amount: there is nothing left to be held."""
    one = site.prepare()
    with site.books.ledger.acting(KIM) as act:
        hold(act, [Portion.of(site.bill, 1, 400)], Because("a part"), site.books.folder)
    size = site.books.size()
    with pytest.raises(LedgerRefused, match=r"10\.00 USD on 1 line, and would be for 6\.00 USD") as refused:
        site.take(one)
    assert refused.value.code == "prepared-changed"
    assert (site.waiting(), site.books.size()) == ([one], size)


def test_what_cannot_be_done_any_more_is_left_and_says_why(site: Site) -> None:
    with site.books.ledger.acting(UMA) as act:
        plan = Recoding((Selection(site.bill, ((1, 1),)),), (Target("Parks"),))
        with act.rehearsal() as trial:
            done = recode(trial, plan, "the desk moved", site.books.folder)
        fact = prepare(act, "code", {}, "the desk moved", Came(done.charges, done.amount))
    with site.books.ledger.acting(KIM) as act:
        site.hold(act)
        one = prepared.prepared_of(act.connection, f"P{fact.sequence}")
    with pytest.raises(LedgerRefused, match="cannot be done any more") as refused, site.books.ledger.acting(KIM) as act:
        second(act, one, lambda _: Came(recode(act, plan, one.reason, site.books.folder).charges, one.amount))
    assert refused.value.code == "prepared-changed"
    assert site.waiting() == [one]


def test_what_is_refused_ends_and_is_not_done(site: Site) -> None:
    """Whoever prepared it may think better of it."""
    one = site.prepare(KIM)
    with pytest.raises(UsageRefused, match="--reason"), site.books.ledger.acting(KIM) as act:
        refuse(act, one, " ")
    with site.books.ledger.acting(KIM) as act:
        ended = refuse(act, one, "the rate is right")
    assert (ended.content["outcome"], ended.content["facts"]) == ("refused", [])
    assert site.waiting() == []


def test_the_same_is_prepared_once(site: Site) -> None:
    one = site.prepare()
    with pytest.raises(AlreadyRecorded, match=one.name):
        site.prepare()
    assert site.waiting() == [one]
    assert site.prepare(line=2).amount == 500


def test_a_decision_is_prepared_for_a_reason(site: Site) -> None:
    with pytest.raises(UsageRefused, match="--reason"), site.books.ledger.acting(UMA) as act:
        prepare(act, "hold", {}, " ", Came(1, 100))


def test_nobody_takes_what_nobody_prepared(site: Site) -> None:
    with pytest.raises(Unknown, match="P1"), site.books.ledger.reading() as connection:
        prepared.prepared_of(connection, "P1")


@pytest.mark.parametrize("decision", ["accept", "assign", "code", "dispute", "hold", "release", "retain"])
@pytest.mark.parametrize("wanted", ["yes", "no", ""])
def test_who_needs_another_is_said_by_their_role_and_by_the_sheet(site: Site, decision: str, wanted: str) -> None:
    """What moves money is decided by two where the site says so; what an aide decides, always."""
    if wanted:
        site.books.load("limits", [{"key": "decide_by_two", "value": wanted}])
    moves = decision in {"accept", "dispute", "hold", "release"}
    with site.books.ledger.acting(KIM) as act:
        assert needs_another(act, decision, _ON) is (moves and wanted == "yes")
    with site.books.ledger.acting(UMA) as act:
        assert needs_another(act, decision, _ON)


def test_what_is_prepared_names_the_items_that_it_answers(site: Site) -> None:
    with site.books.ledger.acting(UMA) as act:
        fact = prepare(act, "accept", {}, "it is right", Came(1, 100, ("X-1", "X-2")))
    with site.books.ledger.reading() as connection:
        assert prepared.by_item(connection) == {"X-1": (f"P{fact.sequence}",), "X-2": (f"P{fact.sequence}",)}


def test_an_aide_is_nothing_besides(site: Site) -> None:
    with pytest.raises(UsageRefused, match="aide stands beside"), site.books.ledger.acting(MARIA) as act:
        enrol(act, "lee", PersonalKey("lee", b"l" * 32).public, ["aide", "coordinator"])
