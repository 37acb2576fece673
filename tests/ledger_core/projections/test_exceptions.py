"""Suspense, exceptions and waiting files: what needs a person."""

from pathlib import Path
from typing import Any

import pytest

from ledger_core.facts import catalogue
from ledger_core.facts.charge import ChargeKind
from ledger_core.projections import bills
from ledger_core.projections.exceptions import ExceptionItem, open_exceptions, waiting_files
from ledger_core.projections.overview import InSuspense, Overview, overview
from ledger_core.projections.suspense import suspense_lines, unassigned
from ledger_core.store.database import Database
from tests.ledger_core.books import Books, books, charge
from tests.ledger_core.small_month import SmallMonth


@pytest.fixture
def database(tmp_path: Path) -> Database:
    """The embedded store; test_two_stores.py says that the other answers alike."""
    return Database(tmp_path / "ledger.db")


def _items(books: Books) -> list[ExceptionItem]:
    with books.ledger.reading() as connection:
        return open_exceptions(connection)


def _overview(books: Books) -> Overview:
    with books.ledger.reading() as connection:
        return overview(connection)


def _document(books: Books, sha: str, **fields: Any) -> str:
    """Record that a document came; its SHA-256 is made of one letter."""
    sha256 = sha * 64
    content = {
        "sha256": sha256, "name": f"{sha}.csv", "size": 1, "plugin": "tests", "importer": "made_up",
        "importer_version": "1", "part": "", "group": "", "needed": "",
    }  # fmt: skip
    books.record(catalogue.DOCUMENT_RECEIVED, f"document/{sha256}", content | fields)
    return sha256


def _refused(books: Books, shas: list[str], outcome: str, code: str, stake: int = 0) -> None:
    problem = {"code": code, "where": "row 7", "found": "a gap of 1.00", "do": "Ask the vendor.", "stake": stake}
    content = {"documents": [{"sha256": sha} for sha in shas], "outcome": outcome, "code": code, "problems": [problem]}
    books.record(catalogue.DOCUMENT_REFUSED, f"refused/{shas[0]}/{books.size()}", content)


def _decide(books: Books, decision: str, item: str, owner: str = "") -> None:
    content = {"decision": decision, "items": [item], "owner": owner, "reason": "by phone"}
    books.record(catalogue.EXCEPTION_DECIDED, f"decision/{books.size()}", content)


def test_who_was_enrolled_first_looks_after_what_no_sheet_gives_to_anybody(database: Database, tmp_path: Path) -> None:
    """Suspense has an owner from the first bill on, before any sheet is loaded."""
    bare = books(database, tmp_path)
    bare.receive([charge("42.50")])
    _refused(bare, [_document(bare, "a")], "rejected", "gap", 100)
    assert [(item.amount, item.owner) for item in _items(bare)] == [(4250, "maria"), (100, "maria")]


def test_lines_in_suspense_are_one_item_a_bill_and_service(month: SmallMonth) -> None:
    (item,) = _items(month.books)
    assert (item.kind, item.code, item.bill, item.charge) == (
        "suspense",
        "unassigned",
        month.bill,
        f"{month.bill}:4",
    )
    assert (item.amount, item.currency, item.lines, item.service) == (2120, "USD", 2, "2065550199")
    assert (item.vendor, item.owner, item.due) == ("Union Tel", "kim", "2026-09-20")
    assert item.text == (
        "2065550199 on Union Tel 1, 2 lines: no owner, printed code or rule claims it. Load its owner."
    )


def test_a_line_that_is_coded_leaves_the_queue_and_the_item_keeps_its_name(month: SmallMonth) -> None:
    (before,) = _items(month.books)
    month.recode(4, "Parks")
    (after,) = _items(month.books)
    assert (after.item, after.amount, after.charge) == (before.item, 50, f"{month.bill}:5")
    month.recode(5, "Parks")
    assert _items(month.books) == []


def test_the_database_and_the_rows_sum_suspense_alike(month: SmallMonth) -> None:
    """Bills that nothing was moved in are summed by the database, others line by line."""
    with month.books.ledger.reading() as connection:
        until = month.books.size()
        summed = {(found.bill.bill, found.service): found for found in unassigned(connection, until=until)}
        posted = bills.named(connection, month.bill)
        assert posted is not None
        lines = list(suspense_lines(connection, posted, until=until))
    assert {key: (found.lines, found.amount, found.first) for key, found in summed.items()} == {
        (month.bill, "2065550199"): (2, 2120, 4)
    }
    assert [(line.line, line.amount) for line in lines] == [(4, 2070), (5, 50)]


def test_suspense_is_that_of_the_sequence_asked_for(month: SmallMonth) -> None:
    before = month.books.size()
    month.recode(4, "Parks")
    with month.books.ledger.reading() as connection:
        assert [found.amount for found in unassigned(connection, until=before)] == [2120]
        assert [found.amount for found in unassigned(connection, until=month.books.size())] == [50]


def test_a_string_that_expired_is_the_cause_of_its_suspense(month: SmallMonth) -> None:
    """INV-11: one item for the lines and the exception that tells of them, not two."""
    month.books.load(
        "services", [{"vendor": "", "account": "", "service": "9", "department": "Gone", "object": "5420"}]
    )
    month.books.receive([charge("3.00", "9")], "gone")
    (item,) = [item for item in _items(month.books) if item.service == "9"]
    assert (item.kind, item.code, item.amount) == ("suspense", "string-unknown", 300)
    assert len(_items(month.books)) == 2


def test_exceptions_of_a_bill_are_items_with_what_is_at_stake(month: SmallMonth) -> None:
    """INV-21: an unknown code on an owned line is billed to the owner, and is an exception."""
    month.books.load("contracts", [{"vendor": "Union Tel", "account": "", "product": "POTS", "rate": "1"}])
    month.books.receive([charge("3.00", product="NEW")], "new")
    (item,) = [item for item in _items(month.books) if item.kind == "exception"]
    assert item.code == "charge-code-unknown"
    assert item.text.startswith("Union Tel new, charge code NEW: not in the sheet contracts")


def test_items_come_by_the_money_at_stake(month: SmallMonth) -> None:
    month.books.receive([charge("-900.00", "credit", kind=ChargeKind.CREDIT)], "credit")
    month.books.receive([charge("30.00", "more")], "more")
    assert [item.amount for item in _items(month.books)] == [-90000, 3000, 2120]


def test_a_decision_takes_an_item_off_the_queue(month: SmallMonth) -> None:
    (item,) = _items(month.books)
    _decide(month.books, "accept", item.item)
    assert _items(month.books) == []


def test_an_item_that_is_assigned_stays_with_its_new_owner(month: SmallMonth) -> None:
    (item,) = _items(month.books)
    _decide(month.books, "assign", item.item, "lee")
    assert [(one.item, one.owner) for one in _items(month.books)] == [(item.item, "lee")]


def test_nothing_of_a_reversed_bill_is_left_to_decide(month: SmallMonth) -> None:
    month.books.reverse(month.entry)
    assert _items(month.books) == []


def test_files_of_one_bill_wait_together_and_say_what_is_missing(month: SmallMonth) -> None:
    needed = '["summary","detail","usage"]'
    for sha, part in (("a", "detail"), ("b", "summary")):
        _document(month.books, sha, part=part, group="842-1", needed=needed)
    with month.books.ledger.reading() as connection:
        (waiting,) = waiting_files(connection)
    assert (waiting.files, waiting.missing) == (("a.csv", "b.csv"), ("usage",))
    (item,) = [item for item in _items(month.books) if item.kind == "document"]
    assert (item.code, item.amount, item.bill, item.owner) == ("incomplete-set", 0, None, "kim")
    assert item.text == "a.csv, b.csv: missing usage. Drop the missing files, in any order."


def test_a_bill_without_a_total_waits_for_its_cover(month: SmallMonth) -> None:
    sha = _document(month.books, "a")
    _refused(month.books, [sha], "waiting", "no-total")
    (item,) = [item for item in _items(month.books) if item.kind == "document"]
    assert (item.code, item.text) == ("no-total", "a.csv: row 7: a gap of 1.00. Ask the vendor.")


def test_a_file_that_the_problem_names_is_named_once(month: SmallMonth) -> None:
    problem = {"code": "gap", "where": "a.csv, bill", "found": "gap 1.00", "do": "Ask the vendor.", "stake": 100}
    content = {"documents": [{"sha256": _document(month.books, "a")}], "outcome": "rejected", "code": "gap"}
    month.books.record(catalogue.DOCUMENT_REFUSED, "refused/a", {**content, "problems": [problem]})
    (item,) = [item for item in _items(month.books) if item.kind == "document"]
    assert item.text == "a.csv, bill: gap 1.00. Ask the vendor."


def test_refused_documents_are_items_until_they_are_released(month: SmallMonth) -> None:
    both = [_document(month.books, sha) for sha in "ab"]
    _refused(month.books, both, "rejected", "gap", 100)
    _refused(month.books, [_document(month.books, "c")], "estimate", "provisional")
    rejected, estimate = [item for item in _items(month.books) if item.kind == "document"]
    assert (rejected.code, rejected.amount) == ("gap", 100)
    assert rejected.text == "a.csv, b.csv: row 7: a gap of 1.00. Ask the vendor."
    assert estimate.code == "provisional"
    content = {"documents": [{"sha256": sha} for sha in both], "reason": "sent twice"}
    month.books.record(catalogue.DOCUMENT_RELEASED, "released/a", content)
    assert [item.code for item in _items(month.books) if item.kind == "document"] == ["provisional"]


def test_the_overview_counts_what_stands_and_what_was_ever_posted(month: SmallMonth) -> None:
    before = _overview(month.books)
    assert (before.documents, before.bills, before.charges) == (2, 2, 8)
    assert (before.entries, before.postings) == (2, 8)
    assert before.suspense == (InSuspense("USD", 2, 2120),)
    assert before.periods == (("2026-08", "open"),)
    month.books.reverse(month.entry)
    month.books.close("2026-08")
    _refused(month.books, [_document(month.books, "a")], "revision", "revision")
    after = _overview(month.books)
    assert (after.documents, after.bills, after.charges) == (3, 1, 1)
    assert (after.entries, after.postings) == (3, 14)
    assert after.suspense == ()
    assert after.rejected == (("a.csv", "revision"),)
    assert after.periods == (("2026-08", "closed"),)
    assert after.head.size == month.books.size() > before.head.size
    assert after.head.root != before.head.root
