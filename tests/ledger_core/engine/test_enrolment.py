"""Enrolment: who may act, with which key and in which role; and nobody acts as another."""

import base64
from collections.abc import Sequence
from pathlib import Path

import attrs
import pytest

from ledger_core.engine.enrolment import enrol, public_key, withdraw
from ledger_core.engine.holding import Because, Portion, hold
from ledger_core.engine.verification.verification import Request, verify
from ledger_core.errors import AlreadyRecorded, LedgerRefused, NotEnrolled, NotPermitted, Unknown, UsageRefused
from ledger_core.facts import catalogue
from ledger_core.facts.fact import Fact
from ledger_core.projections import bills, people, preparers
from ledger_core.signature import PersonalKey
from ledger_core.store.database import Database
from ledger_core.store.door import Draft, open_door
from tests.ledger_core.books import INTAKE, MARIA, Books, books, charge

LEE = PersonalKey("lee", b"l" * 32)


@pytest.fixture
def kept(database: Database, tmp_path: Path) -> Books:
    return books(database, tmp_path)


def enrolled(kept: Books, key: PersonalKey, roles: Sequence[str], by: PersonalKey = MARIA) -> Fact:
    with kept.ledger.acting(by) as act:
        return enrol(act, key.person, key.public, roles)


def draft(kind: str, act: str) -> Draft:
    return Draft(kind, f"test/{kind}", {"period": "2026-08", "decision": "assign", "items": [], "owner": "lee"}, act)


def record(kept: Books, kind: str, by: PersonalKey) -> Fact:
    with kept.ledger.acting(by) as act:
        return act.record(draft(kind, act.id))


def test_who_is_not_enrolled_cannot_act(kept: Books) -> None:
    with pytest.raises(NotEnrolled):
        record(kept, catalogue.EXCEPTION_DECIDED, LEE)


def test_who_is_enrolled_acts_in_their_own_name(kept: Books) -> None:
    enrolled(kept, LEE, ["coordinator"])
    assert record(kept, catalogue.EXCEPTION_DECIDED, LEE).actor == LEE.actor
    with kept.ledger.reading() as connection:
        assert people.enrolled(connection)[LEE.actor.key].roles == ("coordinator",)


def test_nobody_acts_as_another_with_their_own_key(kept: Books) -> None:
    """A key file renamed to another's name gives that name and one's own key: the ledger knows the key better."""
    enrolled(kept, LEE, ["coordinator"])
    with pytest.raises(NotEnrolled):
        record(kept, catalogue.EXCEPTION_DECIDED, attrs.evolve(LEE, person="maria"))


def test_a_role_records_what_the_catalogue_gives_it(kept: Books) -> None:
    enrolled(kept, LEE, ["coordinator"])
    with pytest.raises(NotPermitted, match="accountant"):
        record(kept, catalogue.PERIOD_CLOSED, LEE)


@pytest.mark.parametrize(
    "kind", [kind.name for kind in catalogue.CATALOGUE.values() if not {"any", "service"} & set(kind.recorded_by)]
)
def test_the_intake_records_documents_and_bills_and_nothing_else(kept: Books, kind: str) -> None:
    size = kept.size()
    with pytest.raises(NotPermitted):
        record(kept, kind, INTAKE)
    assert kept.size() == size


def test_only_an_administrator_enrols(kept: Books) -> None:
    enrolled(kept, LEE, ["coordinator", "accountant"])
    with pytest.raises(NotPermitted):
        enrolled(kept, PersonalKey("friend", b"f" * 32), ["administrator"], by=LEE)


def test_a_key_cannot_become_somebody_elses(kept: Books) -> None:
    with pytest.raises(LedgerRefused, match="maria's") as refused:
        enrolled(kept, PersonalKey("lee", MARIA.secret), ["coordinator"])
    assert refused.value.code == "key-taken"


def test_roles_of_a_key_can_change(kept: Books) -> None:
    enrolled(kept, LEE, ["coordinator"])
    with pytest.raises(AlreadyRecorded):
        enrolled(kept, LEE, ["coordinator"])
    enrolled(kept, LEE, ["accountant"])
    assert record(kept, catalogue.PERIOD_CLOSED, LEE).actor == LEE.actor


@pytest.mark.parametrize(("person", "roles"), [("lee", ["king"]), ("lee", []), ("", ["auditor"]), ("a/b", ["auditor"])])
def test_an_unknown_role_or_no_name_is_refused(kept: Books, person: str, roles: list[str]) -> None:
    with pytest.raises(UsageRefused), kept.ledger.acting(MARIA) as act:
        enrol(act, person, LEE.public, roles)


@pytest.mark.parametrize("person", ["Maria", "MARIA", " maria", "maria ", "mar\u200bia", "\uff4daria", "maria\n"])
def test_nobody_is_enrolled_under_a_name_that_reads_like_anothers(kept: Books, person: str) -> None:
    """Else one person prepares and certifies, and the books show two (INV-42)."""
    with pytest.raises(UsageRefused), kept.ledger.acting(MARIA) as act:
        enrol(act, person, LEE.public, ["accountant"])


def test_a_second_role_hides_nobodys_work(kept: Books, tmp_path: Path) -> None:
    """A service prepares nothing; a person who is enrolled as a service besides still does."""
    enrolled(kept, LEE, ["coordinator", "service"])
    judged = kept.receive([charge("29.95")])
    assert judged.fact is not None
    bill = judged.fact.content["bill"]
    with kept.ledger.acting(LEE) as act:
        hold(act, [Portion.of(bill, 1)], Because("asked"), tmp_path)
    with kept.ledger.reading() as connection:
        posted = bills.named(connection, bill)
        assert posted is not None
        assert preparers.of_bill(connection, posted) == {"lee"}


def test_a_public_key_is_read_as_it_is_shown() -> None:
    assert public_key(base64.b64encode(LEE.public).decode()) == LEE.public


@pytest.mark.parametrize("text", ["", "not base64!", base64.b64encode(b"short").decode(), "é"])
def test_what_is_no_public_key_is_refused(text: str) -> None:
    with pytest.raises(UsageRefused, match="key show"):
        public_key(text)


# --- withdrawal ------------------------------------------------------------------------------------------------------


def _withdrawn(kept: Books, person: str, by: PersonalKey = MARIA, public: bytes | None = None) -> Fact:
    with kept.ledger.acting(by) as act:
        return withdraw(act, person, "has left", public)


def test_nothing_that_a_withdrawn_key_signs_is_recorded(kept: Books) -> None:
    enrolled(kept, LEE, ["coordinator"])
    record(kept, catalogue.EXCEPTION_DECIDED, LEE)
    gone = _withdrawn(kept, "lee")
    with pytest.raises(NotEnrolled, match=f"maria withdrew it in fact {gone.sequence}"):
        record(kept, catalogue.PERIOD_OPENED, LEE)
    assert verify(Request(kept.ledger.database, kept.archive)).ok, "what was signed before stands"
    with pytest.raises(LedgerRefused) as refused:
        enrolled(kept, LEE, ["coordinator"])
    assert refused.value.code == "key-withdrawn"


def test_a_fact_that_carries_a_withdrawn_signature_is_found(kept: Books) -> None:
    """Somebody who reaches past the engine, with the key of who left."""
    enrolled(kept, LEE, ["coordinator"])
    _withdrawn(kept, "lee")
    with open_door(kept.ledger.database, "harbor", LEE, kept.ledger.clock) as door:
        fact = door.record(draft(catalogue.EXCEPTION_DECIDED, "A4"))
    found = verify(Request(kept.ledger.database, kept.archive)).differences
    assert [(one.kind, one.id) for one in found if one.kind != "readings"] == [("signature", str(fact.sequence))]


def test_one_key_of_several_may_be_withdrawn(kept: Books) -> None:
    other = PersonalKey("lee", b"n" * 32)
    enrolled(kept, LEE, ["coordinator"])
    enrolled(kept, other, ["coordinator"])
    _withdrawn(kept, "lee", public=LEE.public)
    with pytest.raises(NotEnrolled):
        record(kept, catalogue.EXCEPTION_DECIDED, LEE)
    assert record(kept, catalogue.EXCEPTION_DECIDED, other).actor == other.actor


def test_a_withdrawal_needs_a_reason_a_name_and_another_key(kept: Books) -> None:
    with pytest.raises(Unknown, match="no such key"):
        _withdrawn(kept, "nobody")
    with pytest.raises(LedgerRefused) as own:
        _withdrawn(kept, "maria")
    assert own.value.code == "own-key"
    with pytest.raises(UsageRefused), kept.ledger.acting(MARIA) as act:
        withdraw(act, "maria", " ")
    enrolled(kept, LEE, ["coordinator"])
    with pytest.raises(NotPermitted):
        _withdrawn(kept, INTAKE.person, LEE)
