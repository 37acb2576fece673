"""`tollbook expected` and what `status` says of it: bills that are late, deadlines that come, on the day that it is."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from ledger_core.errors import UsageRefused
from ledger_core.store.database import Database
from tests.ledger_core.books import ACCOUNT, VENDOR, Books, books, charge
from tests.ledger_core.small_month import as_site
from tollbook.cli.program import program

_ROW = [
    "vendor", "account", "period", "state", "ends", "late_after", "due", "pay_by", "validate_by", "verify_by",
    "dispute_by", "amount", "currency", "last", "closed_on", "bills",
]  # fmt: skip


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Books:
    """Books with two accounts that bill monthly, one closed since, and a bill of 28 August that lies in suspense."""
    folder = as_site(tmp_path_factory.mktemp("harbor"))
    made = books(Database(folder / "ledger.db"), folder)
    account = {"vendor": VENDOR, "treatment": "recover", "cycle_day": "28", "terms_days": "30", "dispute_days": "60"}
    made.load("vendor_accounts", [{**account, "account": ACCOUNT}, {**account, "account": "old", "to": "2026-09-30"}])
    made.load("limits", [{"key": "verification_days", "value": "3"}])
    made.receive([charge("29.95")])
    return made


def _run(kept: Books, today: str, *words: str) -> Result:
    return CliRunner().invoke(program, ["--site", str(kept.folder), *words], env={"TOLLBOOK_TODAY": today})


def _json(kept: Books, today: str, *words: str) -> dict[str, Any]:
    done = _run(kept, today, *words, "--json")
    assert done.exit_code == 0, done.exception
    answer: dict[str, Any] = json.loads(done.output)
    return answer


def test_the_register_of_a_month_has_a_row_for_each_account(kept: Books) -> None:
    answer = _json(kept, "2026-09-01", "expected", "2026-08")
    assert list(answer) == ["format", "sequence", "as_of", "period", "rows", "counts"]
    assert (answer["format"], answer["as_of"], answer["period"]) == ("tollbook.expected/1", "2026-09-01", "2026-08")
    (row,) = answer["rows"]
    assert list(row) == _ROW
    assert {name: row[name] for name in _ROW[:12]} == {
        "vendor": VENDOR, "account": ACCOUNT, "period": "2026-08", "state": "received", "ends": "2026-08-28",
        "late_after": "2026-09-04", "due": "2026-09-27", "pay_by": "2026-09-25", "validate_by": None,
        "verify_by": "2026-09-23", "dispute_by": "2026-10-27", "amount": 2995,
    }  # fmt: skip
    (bill,) = row["bills"]
    assert (bill["number"], bill["received"], bill["total"], bill["due"]) == ("1", "2026-09-01", 2995, "2026-09-27")
    assert answer["counts"] == {"expected": 0, "received": 1, "late": 0, "accrued": 0, "closed": 0}


def test_without_a_month_it_holds_what_runs_and_what_is_late(kept: Books) -> None:
    rows = _json(kept, "2026-11-02", "expected")["rows"]
    assert [(row["account"], row["period"], row["state"]) for row in rows] == [
        (ACCOUNT, "2026-09", "late"),
        (ACCOUNT, "2026-11", "expected"),
        ("old", "2026-09", "late"),
        ("old", "2026-11", "closed"),
    ]
    assert rows[0]["last"]["total"] == 2995
    assert rows[-1]["closed_on"] == "2026-09-30"


def test_another_day_may_be_asked_for(kept: Books) -> None:
    assert _json(kept, "2026-09-01", "expected", "--as-of", "2026-11-02") == _json(kept, "2026-11-02", "expected")


def test_people_read_a_line_for_each(kept: Books) -> None:
    output = _run(kept, "2026-10-06", "expected", "2026-09").output
    assert "Bills as of 2026-10-06: 2 late" in output
    assert f"{VENDOR}  {ACCOUNT}  2026-09  late" in output
    assert "No bill is expected." in _run(kept, "2026-10-06", "expected", "2026-01").output


def test_status_says_what_is_late_and_what_is_due(kept: Books) -> None:
    words = _run(kept, "2026-09-22", "status").output
    assert f"Due soon: 2 deadlines (2026-09-23 verification of {VENDOR} {ACCOUNT}, 2026-09-25 payment of" in words
    words = _run(kept, "2026-10-06", "status").output
    assert f"Late: 2 accounts without the expected bill ({VENDOR} {ACCOUNT}, {VENDOR} old)" in words
    assert f"Overdue: 1 deadline (verification of {VENDOR} {ACCOUNT} 2026-09-23). See: tollbook queue" in words
    due = _json(kept, "2026-10-06", "status")["due"]
    assert [(one["day"], one["what"], one["code"], one["amount"]) for one in due] == [
        ("2026-09-23", "verification", "deadline-passed", 2995),
        ("2026-10-05", "bill", "bill-missing", 2995),
        ("2026-10-05", "bill", "bill-missing", 0),
    ]


def test_the_queue_is_that_of_the_same_day(kept: Books) -> None:
    codes = [item["code"] for item in _json(kept, "2026-10-06", "queue")["items"]]
    assert sorted(codes) == ["bill-missing", "bill-missing", "deadline-passed", "unassigned"]
    assert [item["code"] for item in _json(kept, "2026-09-01", "queue")["items"]] == ["unassigned"]


@pytest.mark.parametrize(
    ("today", "words", "where"),
    [
        ("tomorrow", ("expected",), "TOLLBOOK_TODAY"),
        ("2026-09-01", ("expected", "September"), "PERIOD"),
        ("2026-09-01", ("expected", "--as-of", "2026-02-30"), "--as-of"),
    ],
)
def test_what_is_no_day_is_wrong_usage(kept: Books, today: str, words: tuple[str, ...], where: str) -> None:
    refused = _run(kept, today, *words).exception
    assert isinstance(refused, UsageRefused)
    assert refused.where == where


def test_an_item_is_accepted_as_of_the_day_that_shows_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the clock of the machine nothing of it may be near."""
    from tests.tollbook.kept_site import kept_site

    monkeypatch.setenv("TOLLBOOK_KEYS", str(tmp_path / "keys"))
    monkeypatch.setenv("TOLLBOOK_ACTOR", "maria")
    made = kept_site(tmp_path / "site", tmp_path / "keys")
    made.books.load("limits", [{"key": "verification_days", "value": "3"}])
    made.books.receive([charge("5.00", "nobody's")], "9", due_date=made.books.ledger.clock().date())
    (item,) = [one for one in _json(made.books, "2026-08-26", "queue")["items"] if one["kind"] == "deadline"]
    assert item["code"] == "deadline-near"
    done = _run(made.books, "2026-08-26", "accept", item["item"], "--reason", "agreed by phone")
    assert done.exit_code == 0, done.exception
    assert all(one["kind"] != "deadline" for one in _json(made.books, "2026-08-26", "queue")["items"])
