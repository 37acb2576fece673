"""Decisions: an exception is accepted, or given to a person; one reason over many items, in one act."""

from pathlib import Path

import pytest

from ledger_core.engine.decision import accept, assign
from ledger_core.errors import Unknown, UsageRefused
from ledger_core.facts import catalogue
from ledger_core.projections import documents
from ledger_core.projections.exceptions import ExceptionItem, open_exceptions
from ledger_core.store.database import Database
from tests.ledger_core.books import ACCOUNT, MARIA, VENDOR, Books, books, charge, owned


@pytest.fixture
def kept(database: Database, tmp_path: Path) -> Books:
    """Books with one line in suspense, and one that its owner pays for under a code that no contract names."""
    made = books(database, tmp_path)
    owned(made)
    made.load("contracts", [{"vendor": VENDOR, "account": ACCOUNT, "product": "POTS", "rate": "9"}])
    made.receive([charge("10.00", product="NEW"), charge("5.00", "2065559999", line=2)])
    return made


def queue(kept: Books) -> dict[str, ExceptionItem]:
    """Open items by kind: this ledger has one of each."""
    with kept.ledger.reading() as connection:
        return {item.kind: item for item in open_exceptions(connection)}


def test_an_accepted_exception_leaves_the_queue(kept: Books) -> None:
    item = queue(kept)["exception"].item
    with kept.ledger.acting(MARIA) as act:
        (fact,) = accept(act, [item], "It is a new plan")
    assert fact.content == {"decision": "accept", "items": [item], "owner": "", "reason": "It is a new plan"}
    assert set(queue(kept)) == {"suspense"}


def test_suspense_is_not_accepted_but_coded(kept: Books) -> None:
    with pytest.raises(UsageRefused, match="tollbook code"), kept.ledger.acting(MARIA) as act:
        accept(act, [queue(kept)["suspense"].item], "fine")


def test_an_assigned_item_stays_and_names_its_owner(kept: Books) -> None:
    kept.load("people", [{"person": "lee", "role": "coordinator", "department": ""}])
    items = [item.item for item in queue(kept).values()]
    with kept.ledger.acting(MARIA) as act:
        assign(act, items, "lee", "Lee knows the phones")
    assert {item.owner for item in queue(kept).values()} == {"lee"}


def test_an_item_goes_to_nobody_whom_the_books_do_not_know(kept: Books) -> None:
    """A name mistyped would lose the item to everybody: known is who is enrolled, or in the sheet of people."""
    items = [item.item for item in queue(kept).values()]
    with pytest.raises(Unknown, match="person leee"), kept.ledger.acting(MARIA) as act:
        assign(act, items, "leee", "Lee knows the phones")
    with kept.ledger.acting(MARIA) as act:
        assign(act, items, "maria", "she has time")
    assert {item.owner for item in queue(kept).values()} == {"maria"}


def test_an_item_that_is_not_open_is_refused(kept: Books) -> None:
    with pytest.raises(Unknown, match="X-none"), kept.ledger.acting(MARIA) as act:
        accept(act, ["X-none"], "why")


@pytest.mark.parametrize("reason", ["", "  "])
def test_a_decision_needs_a_reason(kept: Books, reason: str) -> None:
    item = queue(kept)["exception"].item
    size = kept.size()
    with pytest.raises(UsageRefused, match="--reason"), kept.ledger.acting(MARIA) as act:
        accept(act, [item], reason)
    assert kept.size() == size


@pytest.mark.parametrize(("outcome", "dismissed"), [("rejected", True), ("waiting", True), ("estimate", False)])
def test_a_file_of_which_nothing_was_made_is_dismissed(kept: Books, outcome: str, dismissed: bool) -> None:
    """It leaves the queue either way; an estimate stays one."""
    document = kept.document(b"no bill", "notes.txt")
    problems = [{"code": "lookalike", "where": "notes.txt", "found": "no bill", "do": "Ask.", "stake": 0}]
    content = {"documents": [{"sha256": document.sha256}], "outcome": outcome, "code": "x", "problems": problems}
    kept.record(catalogue.DOCUMENT_REFUSED, "refused/1", content)
    item = queue(kept)["document"]
    assert item.documents == (document.sha256,)
    with kept.ledger.acting(MARIA) as act:
        (fact,) = accept(act, [item.item], "A note of the vendor's")
    assert fact.kind == (catalogue.DOCUMENT_RELEASED if dismissed else catalogue.EXCEPTION_DECIDED)
    assert "document" not in queue(kept)
    with kept.ledger.reading() as connection:
        known = documents.known(connection, document.sha256)
    assert known is not None
    assert known.state == (documents.RELEASED if dismissed else outcome)


def test_items_of_both_kinds_are_accepted_in_one_act(kept: Books) -> None:
    document = kept.document(b"no bill", "notes.txt")
    content = {"documents": [{"sha256": document.sha256}], "outcome": "rejected", "code": "x", "problems": []}
    kept.record(catalogue.DOCUMENT_REFUSED, "refused/1", content)
    waiting = queue(kept)
    with kept.ledger.acting(MARIA) as act:
        facts = accept(act, [waiting["exception"].item, waiting["document"].item], "Both are right")
    assert [fact.kind for fact in facts] == [catalogue.EXCEPTION_DECIDED, catalogue.DOCUMENT_RELEASED]
    assert len({fact.act for fact in facts}) == 1
    assert set(queue(kept)) == {"suspense"}
