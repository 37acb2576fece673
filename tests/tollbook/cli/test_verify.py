"""The commands that prove: verify, prove, readings, backup, restore: their documents, words and exit codes."""

import base64
import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from ledger_core.engine.proof import check_proof
from ledger_core.errors import InputRefused, UsageRefused, VerificationFailed
from tests.ledger_core.books import MARIA, NOTARY
from tests.tollbook.kept_site import KeptSite, kept_site
from tollbook.cli.program import program


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> KeptSite:
    monkeypatch.setenv("TOLLBOOK_KEYS", str(tmp_path / "keys"))
    monkeypatch.setenv("TOLLBOOK_ACTOR", "maria")
    return kept_site(tmp_path / "site", tmp_path / "keys")


def run(*arguments: str | Path) -> Result:
    ran = CliRunner().invoke(program, [str(argument) for argument in arguments], standalone_mode=False)
    if ran.exception is not None:
        raise ran.exception
    return ran


def at(kept: KeptSite, *arguments: str | Path) -> Result:
    return run("--site", kept.site.folder, *arguments)


def answer(ran: Result) -> Any:
    (line,) = ran.stdout.splitlines()
    return json.loads(line)


def spoil(kept: KeptSite) -> None:
    with sqlite3.connect(kept.site.folder / "ledger.db") as connection:
        connection.execute("DROP TRIGGER particulars_no_update")
        connection.execute("UPDATE particulars SET text = 'x' WHERE line = 1")


def test_verify_answers_as_the_contract_has_it(kept: KeptSite) -> None:
    ran = at(kept, "verify", "--json")
    found = answer(ran)
    assert ran.return_value == 0
    assert list(found) == ["format", "sequence", "ok", "head", "checked", "differences", "destroyed"]
    assert found["format"] == "tollbook.verify/1"
    assert (found["sequence"], found["ok"], found["differences"]) == (kept.books.size(), True, [])
    assert list(found["head"]) == ["size", "root"]
    names = ["facts", "entries", "postings", "charges", "shares", "files", "readings"]
    assert list(found["checked"]) == names
    assert found["checked"]["charges"] == 4


def test_verify_exits_with_five_and_names_what_differs(kept: KeptSite) -> None:
    spoil(kept)
    ran = at(kept, "verify", "--json")
    found = answer(ran)
    assert ran.return_value == 5
    assert found["ok"] is False
    assert [list(difference) for difference in found["differences"]] == [
        ["kind", "id", "where", "expected", "found"]
    ] * 2
    assert {difference["kind"] for difference in found["differences"]} == {"particulars", "schema"}
    words = at(kept, "verify")
    assert words.return_value == 5
    assert "particulars" in words.stdout
    assert words.stdout.splitlines()[-1].startswith("verify: 2 differences, head ")


def test_the_last_line_is_a_head_to_keep_and_to_verify_against(kept: KeptSite, tmp_path: Path) -> None:
    last = at(kept, "verify").stdout.splitlines()[-1]
    assert last.startswith("verify: ok, head ")
    head = last.rpartition(" ")[2]
    assert at(kept, "verify", "--against", head).return_value == 0
    (tmp_path / "head.txt").write_text(head, "utf-8")
    assert at(kept, "verify", "--against", tmp_path / "head.txt").return_value == 0
    size, _, root = head.partition(":")
    assert at(kept, "verify", "--against", f"{size}:{root[::-1]}").return_value == 5
    assert at(kept, "verify", "--against", f"{int(size) + 1}:{root}").return_value == 5


def test_a_head_that_is_none_is_refused(kept: KeptSite) -> None:
    with pytest.raises(InputRefused, match="neither a signed head"):
        at(kept, "verify", "--against", "missing-file.txt")


def test_prove_answers_with_a_bundle_that_holds_without_the_site(kept: KeptSite, tmp_path: Path) -> None:
    found = answer(at(kept, "prove", f"{kept.bill}:3", "--json"))
    keys = ["format", "sequence", "id", "leaf", "index", "size", "path", "root", "inner", "checkpoint", "key"]
    assert list(found) == keys
    assert check_proof(found, NOTARY.public).row[0] == 3
    file = tmp_path / "charge.proof"
    file.write_text(json.dumps(found), "utf-8")
    ran = run("prove", "--check", file, "--key", base64.b64encode(NOTARY.public).decode())
    assert ran.stdout.startswith("The proof holds, under the signed head ")
    with pytest.raises(VerificationFailed):
        run("prove", "--check", file, "--key", base64.b64encode(MARIA.public).decode())


def test_prove_says_in_words_what_it_proves(kept: KeptSite) -> None:
    assert at(kept, "prove", kept.bill).stdout.startswith(f"{kept.bill} stands in fact ")


def test_prove_gives_the_path_between_two_heads(kept: KeptSite) -> None:
    found = answer(at(kept, "prove", "--consistency", "2", "5"))
    assert found["format"] == "tollbook.consistency/1"
    assert [head["size"] for head in found["heads"]] == [2, 5]
    assert found["path"]


@pytest.mark.parametrize("arguments", [[], ["E1", "--consistency", "1", "2"]])
def test_prove_takes_one_question_at_a_time(kept: KeptSite, arguments: list[str]) -> None:
    with pytest.raises(UsageRefused, match="--consistency or --check"):
        at(kept, "prove", *arguments)


def test_a_proof_file_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("{", "utf-8")
    with pytest.raises(InputRefused, match="no bundle"):
        run("prove", "--check", tmp_path / "x")


def test_rebuilding_every_reading_gives_equal_digests(kept: KeptSite) -> None:
    before = answer(at(kept, "readings", "--json"))
    assert list(before["readings"][0]) == ["name", "version", "sequence", "digest"]
    assert answer(at(kept, "readings", "--rebuild", "--json")) == before
    assert "bills" in at(kept, "readings").stdout


def test_a_spoiled_reading_is_mended_by_a_rebuild(kept: KeptSite) -> None:
    before = answer(at(kept, "readings", "--json"))
    with sqlite3.connect(kept.site.folder / "ledger.db") as connection:
        connection.execute("UPDATE bills SET total = 0")
    assert answer(at(kept, "readings", "--json")) != before
    assert at(kept, "verify").return_value == 5
    assert answer(at(kept, "readings", "--rebuild", "--json")) == before
    assert at(kept, "verify").return_value == 0


def test_backup_and_restore_say_that_both_are_equal(kept: KeptSite, tmp_path: Path) -> None:
    made = answer(at(kept, "backup", tmp_path / "b.tar", "--json"))
    assert made["head"]["size"] == kept.books.size()
    ran = run("restore", tmp_path / "b.tar", tmp_path / "again", "--json")
    assert ran.return_value == 0
    assert answer(ran)["head"] == made["head"]
    assert "equals what was backed up" in run("restore", tmp_path / "b.tar", tmp_path / "third").stdout.replace(
        "\n", " "
    )
    assert f"head {kept.books.size()}:" in at(kept, "backup", tmp_path / "c.tar").stdout


def test_restoring_what_does_not_verify_exits_with_five(kept: KeptSite, tmp_path: Path) -> None:
    spoil(kept)
    at(kept, "backup", tmp_path / "b.tar")
    assert run("restore", tmp_path / "b.tar", tmp_path / "again").return_value == 5
