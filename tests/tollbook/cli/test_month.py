"""The commands of a month: chargeback, statement, approve, export, close, reopen, as machines and people read them."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from ledger_core.engine.checkpoint import read_checkpoint
from ledger_core.errors import LedgerRefused, PeriodClosed, TollbookError, Unknown, UsageRefused
from ledger_core.store.database import Database
from tests.ledger_core.books import MARIA, NOTARY, books
from tests.ledger_core.small_month import SmallMonth, as_site, small_month
from tollbook import extensions
from tollbook.cli.program import program
from tollbook.site import Site

COMMANDS = ("chargeback", "statement", "approve", "export", "close", "reopen")


@pytest.fixture
def month(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SmallMonth:
    """The small month as a site, not charged yet; Maria acts."""
    (tmp_path / "harbor").mkdir()
    folder = as_site(tmp_path / "harbor")
    monkeypatch.setattr(Site, "signer", lambda _: MARIA)
    return small_month(books(Database(folder / "ledger.db"), folder))


def run(month: SmallMonth, *words: str) -> Result:
    return CliRunner().invoke(program, ["--site", str(month.books.folder), *words])


def output(month: SmallMonth, *words: str) -> str:
    result = run(month, *words)
    assert result.exception is None, result.exception
    assert result.exit_code == 0
    return result.output


def answer(month: SmallMonth, *words: str) -> dict[str, Any]:
    """The one JSON document that the command prints."""
    text = output(month, *words, "--json")
    assert text.count("\n") == 1
    found: dict[str, Any] = json.loads(text)
    assert found["format"] == f"tollbook.{words[0]}/1"
    assert found["sequence"] <= month.books.size()
    return found


def refusal(month: SmallMonth, *words: str) -> TollbookError:
    refused = run(month, *words).exception
    assert isinstance(refused, TollbookError)
    return refused


class TestChargeback:
    def test_prints_what_the_contract_says(self, month: SmallMonth) -> None:
        found = answer(month, "chargeback", "2026-08")
        assert list(found) == ["format", "sequence", "period", "preview", "proofs", "departments", "entries"]
        assert [list(proof) for proof in found["proofs"]] == [["name", "left", "right", "holds"]] * len(found["proofs"])
        names = [proof["name"].encode() for proof in found["proofs"]]
        assert names == sorted(names)
        assert found["departments"] == [
            {"department": name, "fund": fund, "currency": "USD", "amount": amount, "previous": 0}
            for name, fund, amount in (("Parks", "001", 2275), ("Police", "001", 4846), ("Water", "410", 200))
        ]
        assert found["entries"] == [f"E{n}" for n in range(found["sequence"] - 2, found["sequence"] + 1)]

    def test_previews_first(self, month: SmallMonth) -> None:
        size = month.books.size()
        shown = answer(month, "chargeback", "2026-08", "--preview")
        assert (shown["preview"], shown["entries"], shown["sequence"]) == (True, [], size)
        assert month.books.size() == size
        assert "preview, nothing is posted" in output(month, "chargeback", "2026-08", "--preview")

    def test_says_in_words_what_it_posted(self, month: SmallMonth) -> None:
        told = output(month, "chargeback", "2026-08")
        assert "CB-2026-08-Police-1" in told
        assert "48.46" in told
        assert "FAIL" not in told
        assert "nothing was posted" in output(month, "chargeback", "2026-08")


class TestStatement:
    def test_writes_a_file_for_each_department(self, month: SmallMonth) -> None:
        output(month, "chargeback", "2026-08")
        found = answer(month, "statement", "2026-08")
        folder = month.books.folder / "statements" / "2026-08"
        assert [one["department"] for one in found["statements"]] == ["Parks", "Police", "Water"]
        assert sorted(file.name for file in folder.iterdir()) == ["Parks.html", "Police.html", "Water.html"]
        assert {one["file"] for one in found["statements"]} == {str(file) for file in folder.iterdir()}

    def test_writes_where_it_is_told(self, month: SmallMonth, tmp_path: Path) -> None:
        output(month, "chargeback", "2026-08")
        words = ("--department", "Police", "--format", "csv", "--out", str(tmp_path / "out"))
        assert "Police" in output(month, "statement", "2026-08", *words)
        assert [file.name for file in (tmp_path / "out").iterdir()] == ["Police.csv"]

    def test_comes_after_the_chargeback(self, month: SmallMonth) -> None:
        assert isinstance(refusal(month, "statement", "2026-08"), Unknown)

    def test_says_where_it_cannot_write(self, month: SmallMonth, tmp_path: Path) -> None:
        output(month, "chargeback", "2026-08")
        (tmp_path / "file").write_text("in the way")
        refused = refusal(month, "statement", "2026-08", "--out", str(tmp_path / "file" / "below"))
        assert refused.code == "unwritable"


class TestExport:
    def test_the_built_in_exporters_are_found_by_their_route(self) -> None:
        from ledger_core import Route

        assert [one.name for one in extensions.exporters(Route.JOURNAL)] == ["journal_csv"]
        assert [one.name for one in extensions.exporters(Route.VOUCHERS)] == ["ap_voucher_csv"]

    def test_lies_in_the_site_with_its_companion(self, month: SmallMonth) -> None:
        output(month, "chargeback", "2026-08")
        found = answer(month, "export", "journal", "2026-08")
        folder = month.books.folder / "exports"
        companion = json.loads((folder / "journal_csv-J0001.csv.json").read_text("utf-8"))
        assert companion == found["export"]
        content = (folder / "journal_csv-J0001.csv").read_bytes()
        assert content.count(b"\r\n") == companion["lines"] + 1
        assert found["export"]["again"] is False

    def test_again_writes_the_same_bytes(self, month: SmallMonth) -> None:
        file = month.books.folder / "exports" / "ap_voucher_csv-V0001.csv"
        month.books.certify()
        output(month, "export", "vouchers")
        first = file.read_bytes()
        file.unlink()
        assert "sent before" in output(month, "export", "vouchers", "--again", "V0001")
        assert file.read_bytes() == first
        assert "Nothing new" in output(month, "export", "vouchers")

    def test_says_what_leaves_without_an_approval_on_a_site_for_one_person(self, month: SmallMonth) -> None:
        output(month, "chargeback", "2026-08")
        told = output(month, "export", "journal", "2026-08")
        assert "On a site for one person it leaves all the same." in told
        output(month, "approve", "2026-08")
        assert "nobody approved" not in output(month, "export", "journal", "--again", "J0001")

    def test_names_the_exporters_that_there_are(self, month: SmallMonth) -> None:
        refused = refusal(month, "export", "journal", "--format", "fixed_width")
        assert isinstance(refused, UsageRefused)
        assert "journal_csv" in refused.do

    def test_a_batch_says_itself_what_is_in_it(self, month: SmallMonth) -> None:
        assert isinstance(refusal(month, "export", "journal", "2026-08", "--again", "J0001"), UsageRefused)


class TestCloseAndReopen:
    def test_close_says_what_is_unresolved(self, month: SmallMonth) -> None:
        told = output(month, "close", "2026-08")
        assert "48.46 USD is coded and not charged" in told
        assert "2026-08 is closed" in told
        assert isinstance(refusal(month, "close", "2026-08"), PeriodClosed)
        assert isinstance(refusal(month, "chargeback", "2026-08"), PeriodClosed)

    def test_close_gives_its_certificate(self, month: SmallMonth) -> None:
        found = answer(month, "close", "2026-08")
        assert list(found) == ["format", "sequence", "period", "head", "funds", "unresolved", "checkpoint"]
        assert found["head"]["size"] == found["sequence"] - 1

    def test_close_writes_a_head_that_verify_takes(self, month: SmallMonth, monkeypatch: pytest.MonkeyPatch) -> None:
        """Signed by the notary, whose key lies off the site; without it nothing is written."""
        output(month, "close", "2026-07")
        assert not (month.books.folder / "exports" / "closed-2026-07-1.head").exists()
        monkeypatch.setattr(Site, "notary", lambda _: NOTARY)
        found = answer(month, "close", "2026-08")
        head = month.books.folder / "exports" / "closed-2026-08-1.head"
        assert head.read_text("utf-8") == found["checkpoint"]
        assert read_checkpoint(found["checkpoint"]).signed_with(NOTARY.public)
        assert run(month, "verify", "--against", str(head)).exit_code == 0

    def test_reopen_wants_a_reason(self, month: SmallMonth) -> None:
        assert run(month, "reopen", "2026-08").exit_code != 0
        assert isinstance(refusal(month, "reopen", "2026-08", "--reason", "lost bill"), LedgerRefused)
        output(month, "close", "2026-08")
        assert "open again" in output(month, "reopen", "2026-08", "--reason", "lost bill")
        found = answer(month, "close", "2026-08")
        assert found["period"] == "2026-08"

    def test_approve_names_what_it_approved(self, month: SmallMonth) -> None:
        entries = answer(month, "chargeback", "2026-08")["entries"]
        assert answer(month, "approve", "2026-08")["entries"] == entries
        assert "waits for approval" in output(month, "approve", "2026-08")


@pytest.mark.parametrize("name", COMMANDS)
def test_help_shows_examples(name: str) -> None:
    told = CliRunner().invoke(program, [name, "--help"]).output
    assert f"tollbook --site harbor {name}" in told


@pytest.mark.parametrize("name", ["chargeback", "statement", "approve", "close"])
@pytest.mark.parametrize("period", ["2026-13", "August", "2026-8", "0000-01", "../x"])
def test_a_month_is_written_one_way(month: SmallMonth, name: str, period: str) -> None:
    assert isinstance(refusal(month, name, period), UsageRefused)
