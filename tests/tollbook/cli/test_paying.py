"""The commands of paying: certify, load payments, payables, reconcile, accept-gap, as machines and people read them."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from ledger_core.errors import LedgerRefused, SheetRefused, TollbookError, TwoPeopleNeeded, Unknown, UsageRefused
from ledger_core.store.database import Database
from tests.ledger_core.books import MARIA, books
from tests.ledger_core.small_month import SmallMonth, as_site, small_month
from tests.tollbook.sites import new_site
from tollbook.cli.program import program
from tollbook.site import Site

_HEADER = "vendor,account,number,amount,paid,method,reference"
_ROWS = ("Union Tel,100-200,1,100.41,2026-09-14,warrant,W-1", "Grand Bay,8005550710,2,29.98,2026-09-14,warrant,W-2")
_OFF = '''"""A format whose last line is its total."""

from decimal import Decimal
from ledger_core import (
    Bill, BillEnded, BillStarted, Charge, Charged, ChargeKind, Figure, Locator, Recognition, Totals, hookimpl,
)


class Off:
    name, version, states_total, overlapping = "off", "1", True, False

    def identify(self, document):
        return Recognition() if document.head(3) == b"OFF" else None

    def extract(self, documents):
        yield BillStarted(0, Bill("Union Tel", "100", "USD"))
        *lines, total = documents[0].read().decode().split()[1:]
        whole = documents[0].size
        for row, amount in enumerate(lines, 2):
            yield Charged(0, Charge(Locator(str(row), 0, whole), ChargeKind.RECURRING, Decimal(amount)))
        stated = Figure("Total", "bill", Decimal(total), Locator(str(len(lines) + 2), 0, whole))
        yield BillEnded(0, Totals(len(lines), stated))


@hookimpl
def importers():
    return [Off()]
'''


@pytest.fixture
def month(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SmallMonth:
    """The small month as a site, its bills checked; Maria acts."""
    (tmp_path / "harbor").mkdir()
    folder = as_site(tmp_path / "harbor")
    monkeypatch.setattr(Site, "signer", lambda _: MARIA)
    made = small_month(books(Database(folder / "ledger.db"), folder))
    run(folder, "check", "--all")
    return made


def run(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(program, ["--site", str(folder), *words])


def said(month: SmallMonth, *words: str, code: int = 0) -> str:
    result = run(month.books.folder, *words)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert result.return_value == code if result.return_value is not None else result.exit_code == code, result.output
    return result.output


def answer(month: SmallMonth, *words: str, name: str = "") -> dict[str, Any]:
    """The one JSON document that the command prints."""
    text = run(month.books.folder, *words, "--json").output
    assert text.count("\n") == 1
    found: dict[str, Any] = json.loads(text)
    assert found["format"] == f"tollbook.{name or words[0]}/1"
    return found


def refusal(month: SmallMonth, *words: str) -> TollbookError:
    refused = run(month.books.folder, *words).exception
    assert isinstance(refused, TollbookError), refused
    return refused


def payments(month: SmallMonth, *rows: str) -> str:
    """A file of payments."""
    file = month.books.folder / "payments.csv"
    file.write_text("\n".join((_HEADER, *(rows or _ROWS))) + "\n", "utf-8")
    return str(file)


class TestCertify:
    def test_shows_the_claim_and_records_nothing_first(self, month: SmallMonth) -> None:
        size = month.books.size()
        found = answer(month, "certify", "--all-ready", "--dry-run")
        assert list(found) == ["format", "sequence", "dry_run", "claims", "waiting"]
        assert [claim["amount"] for claim in found["claims"]] == [10041, 2998]
        assert {claim["fact"] for claim in found["claims"]} == {None}
        assert found["waiting"] == []
        assert month.books.size() == size
        assert "To be certified: The goods have been furnished" in said(month, "certify", month.bill, "--dry-run")

    def test_certifies_what_was_seen(self, month: SmallMonth) -> None:
        (claim,) = answer(month, "certify", month.bill, "--dry-run")["claims"]
        done = answer(month, "certify", month.bill, "--digest", claim["digest"])
        assert done["claims"] == [{**claim, "fact": done["sequence"]}]
        assert sum(line["amount"] for line in claim["lines"]) == claim["amount"]

    def test_refuses_what_changed_since(self, month: SmallMonth) -> None:
        refused = refusal(month, "certify", month.bill, "--digest", "0" * 64)
        assert (refused.code, refused.exit_code) == ("claim-changed", 4)

    def test_says_what_waits_and_why(self, month: SmallMonth) -> None:
        said(month, "certify", month.bill)
        assert isinstance(refusal(month, "certify", month.bill), LedgerRefused)
        shown = answer(month, "certify", month.bill, "--dry-run")
        assert [problem["code"] for problem in shown["waiting"][0]["problems"]] == ["nothing-to-claim"]
        assert "Nothing waits to be certified" in said(month, "certify", "--all-ready", "--period", "2026-07")

    @pytest.mark.parametrize(
        "words",
        [(), ("B-1", "--all-ready"), ("B-1", "--period", "2026-08"), ("--all-ready", "--digest", "x"), ("B-1", "B-1")],
    )
    def test_wants_bills_or_all(self, month: SmallMonth, words: tuple[str, ...]) -> None:
        assert isinstance(refusal(month, "certify", *words), UsageRefused)


class TestAFileOfPayments:
    @pytest.fixture(autouse=True)
    def certified(self, month: SmallMonth) -> None:
        said(month, "certify", "--all-ready")
        said(month, "export", "vouchers")

    def test_is_told_row_by_row_before_it_is_loaded(self, month: SmallMonth) -> None:
        size = month.books.size()
        found = answer(month, "load", "payments", payments(month), "--dry-run", name="payments")
        assert list(found) == ["format", "sequence", "dry_run", "sha256", "fact", "currency", "counts", "rows"]
        assert [row["state"] for row in found["rows"]] == ["posted", "posted"]
        assert (found["fact"], month.books.size()) == (None, size)

    def test_is_archived_and_posted(self, month: SmallMonth) -> None:
        found = answer(month, "load", "payments", payments(month), name="payments")
        assert found["counts"] == {"posted": 2, "known": 0, "refused": 0}
        assert [(row["entry"], row["effective"]) for row in found["rows"]] == [
            (f"E{found['sequence'] - 2}", "2026-09-14"),
            (f"E{found['sequence'] - 1}", "2026-09-14"),
        ]
        assert (month.books.archive / found["sha256"][:2] / found["sha256"]).is_file()
        assert "0 payments posted, 0.00 USD; 2 known, 0 refused" in said(month, "load", "payments", payments(month))

    def test_with_a_row_that_is_refused_exits_with_3(self, month: SmallMonth) -> None:
        file = payments(month, _ROWS[0], "Union Tel,100-200,9,1.00,2026-09-14,warrant,W-3")
        words = ["--site", str(month.books.folder), "load", "payments", file]
        result = CliRunner().invoke(program, words, standalone_mode=False)
        assert "refused: row 3: no bill Union Tel 100-200 9 owes anything" in result.output
        assert result.return_value == 3

    @pytest.mark.parametrize(
        "end", ["1e2x,2026-09-14,,W", "0.001,2026-09-14,,W", "1.00,14.9.2026,,W", "1.00,2026-09-14,,"]
    )
    def test_with_a_cell_that_is_none_is_refused_whole(self, month: SmallMonth, end: str) -> None:
        size = month.books.size()
        assert isinstance(
            refusal(month, "load", "payments", payments(month, _ROWS[0], f"Union Tel,100-200,1,{end}")), SheetRefused
        )
        assert month.books.size() == size


class TestPayables:
    def test_are_what_is_not_settled(self, month: SmallMonth) -> None:
        found = answer(month, "payables")
        assert list(found) == ["format", "sequence", "as_of", "currency", "rows", "ages", "totals"]
        assert [row["outstanding"] for row in found["rows"]] == [10041, 2998]
        assert found["totals"]["open"] == 13039
        said(month, "certify", "--all-ready")
        said(month, "export", "vouchers")
        said(month, "load", "payments", payments(month, _ROWS[0]))
        (row,) = answer(month, "payables")["rows"]
        assert (row["certified"], row["exported"], row["in_transit"], row["open"]) == (2998, 2998, 2998, 0)
        (claim,) = row["claims"]
        assert (claim["certified_by"], claim["batch"], claim["stands"]) == ("maria", "V0001", True)

    def test_are_aged_by_their_due_date(self, month: SmallMonth) -> None:
        """The first bill is due on 20 September; the second states no day, and no sheet gives its terms."""
        rows = answer(month, "payables", "--as-of", "2026-10-25")["rows"]
        assert [(row["due"], row["days_past_due"], row["age"]) for row in rows] == [
            ("2026-09-20", 35, "31-60"),
            (None, None, "current"),
        ]
        assert "31-60: 100.41 USD" in said(month, "payables", "--as-of", "2026-10-25")

    def test_of_an_earlier_day_do_not_know_what_came_later(self, month: SmallMonth) -> None:
        assert "Nothing is owed on 2026-08-27" in said(month, "payables", "--as-of", "2026-08-27")

    def test_foresee_a_late_charge_only_where_an_agreement_allows_one(self, month: SmallMonth) -> None:
        rows = [{"contract": "K-1", "vendor": "Union Tel", "account": "", "late_fees": "yes"}]
        assert [row["late_fees"] for row in answer(month, "payables")["rows"]] == [None, None]
        month.books.load("agreements", rows)
        assert [row["late_fees"] for row in answer(month, "payables")["rows"]] == ["yes", None]
        assert "late charge agreed" in said(month, "payables", "--as-of", "2026-10-25")


class TestReconcile:
    def test_prints_what_the_page_says(self, month: SmallMonth) -> None:
        found = answer(month, "reconcile", "Union Tel")
        (account,) = found["accounts"]
        assert list(account) == [
            "vendor", "account", "currency", "bill", "number", "bill_date", "stated", "carried", "open", "held",
            "in_transit", "unexplained", "sent", "items", "payments",
        ]  # fmt: skip
        assert (account["stated"], account["open"], account["unexplained"]) == (None, 10041, None)

    def test_shows_an_account_bill_by_bill(self, month: SmallMonth) -> None:
        assert "Open items" in said(month, "reconcile", "Union Tel", "100-200")

    def test_knows_only_accounts_that_have_bills(self, month: SmallMonth) -> None:
        assert isinstance(refusal(month, "reconcile", "Nobody"), Unknown)


@pytest.mark.parametrize("name", ["certify", "payables", "reconcile", "accept-gap"])
def test_help_shows_examples(name: str) -> None:
    told = CliRunner().invoke(program, [name, "--help"]).output
    assert f"tollbook --site harbor {name}" in told


class TestAcceptGap:
    @pytest.fixture
    def site(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
        """A site with Kim beside its coordinator, a limit of a cent, and a bill that is off by one."""
        monkeypatch.setenv("TOLLBOOK_KEYS", str(tmp_path / "keys"))
        monkeypatch.setenv("TOLLBOOK_ACTOR", "coordinator")
        made = new_site(tmp_path)
        (made.path("extensions") / "off.py").write_text(_OFF, "utf-8")
        limits = tmp_path / "limits.csv"
        limits.write_text("key,value\ngap,0.01\n", "utf-8")
        call(made, "load", "limits", str(limits))
        public = json.loads(call(made, "key", "new", "--json", actor="kim").output)["public"]
        call(made, "enrol", "kim", "--key", public, "--role", "accountant")
        (made.path("inbox") / "bill.off").write_text("OFF\n29.95\n12.00\n41.96\n", "utf-8")
        assert call(made, "import", str(made.path("inbox"))).return_value == 3
        return made

    def test_takes_two_people_and_then_the_bill_in(self, site: Site) -> None:
        sha256 = rejected(site)
        first = call(site, "accept-gap", sha256[:16], "--reason", "rounded twice", "--json")
        told = json.loads(first.output)
        assert list(told) == ["format", "sequence", "bill", "fact", "accepted_by", "complete", "files", "counts"]
        assert (told["accepted_by"], told["complete"], told["files"]) == (["coordinator"], False, [])
        with pytest.raises(TwoPeopleNeeded):
            call(site, "accept-gap", sha256[:16], "--reason", "I say so")
        second = call(site, "accept-gap", told["bill"], "--reason", "as agreed", actor="kim")
        assert "coordinator and kim have accepted the gap" in second.output
        assert "41.96 USD in 3 charges" in second.output
        (line,) = [row for row in charges(site) if row["kind"] == "rounding"]
        assert (line["amount"], line["shares"][0]["state"], line["locator"]["place"]) == (1, "footing", "4")
        assert call(site, "trace", line["charge"]).exit_code == 0
        assert "kim was the second to accept that" in call(site, "why", line["charge"]).output
        deep = json.loads(call(site, "verify", "--deep", "--json").output)
        assert (deep["ok"], deep["differences"]) == (True, [])

    def test_is_offered_in_the_queue_with_the_digest_to_name(self, site: Site) -> None:
        (item,) = [one for one in json.loads(call(site, "queue", "--json").output)["items"] if one["code"] == "gap"]
        assert item["text"].endswith(f"Or two people accept it: `tollbook accept-gap {rejected(site)[:16]}`.")

    def test_names_a_document_with_a_gap(self, site: Site) -> None:
        with pytest.raises(Unknown):
            call(site, "accept-gap", "0" * 16, "--reason", "x")


def call(site: Site, *words: str, actor: str = "coordinator") -> Result:
    """A command as a person; what it raises is raised."""
    result = CliRunner().invoke(
        program,
        ["--site", str(site.folder), *words],
        standalone_mode=False,
        env={**os.environ, "TOLLBOOK_ACTOR": actor},
    )
    if result.exception is not None:
        raise result.exception
    return result


def rejected(site: Site) -> str:
    """The digest of the one rejected document."""
    with site.ledger().reading() as connection:
        return str(connection.exec_driver_sql("SELECT sha256 FROM documents WHERE state = 'rejected'").scalar_one())


def charges(site: Site) -> list[dict[str, Any]]:
    return [json.loads(line) for line in call(site, "charges", "--json").output.splitlines()]
