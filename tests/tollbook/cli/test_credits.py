"""`tollbook credits`, `tollbook value`, and what `why` says of a credit."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from ledger_core.engine.crediting import home_waiting
from ledger_core.errors import AlreadyRecorded, Unknown, UsageRefused
from ledger_core.facts.charge import ChargeKind
from tests.ledger_core.books import INTAKE, charge
from tests.ledger_core.engine.credit_books import bill, credit, own
from tests.tollbook.kept_site import KeptSite, kept_site
from tests.tollbook.worksheet.clerk import fill_in
from tollbook.cli.program import program
from tollbook.sheets.reading import SheetProblems

LINE = "2065550190"


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> KeptSite:
    """A line of Parks until June and of Police from July; August's bill, which posts in September because August is
    closed, gives 12.00 back of some month, and 30.00 of June's installation."""
    monkeypatch.setenv("TOLLBOOK_KEYS", str(tmp_path / "keys"))
    monkeypatch.setenv("TOLLBOOK_ACTOR", "maria")
    made = kept_site(tmp_path / "site", tmp_path / "keys")
    own(made.books, LINE, "Parks", to="2026-06-30")
    own(made.books, LINE, "Police", first="2026-07-01")
    install = charge("30.00", LINE, line=2, kind=ChargeKind.ONE_TIME, product="INSTALL")
    bill(made.books, 6, [charge("12.00", LINE), install])
    bill(made.books, 7, [charge("12.00", LINE)])
    back = [credit("-12.00", LINE), credit("-30.00", LINE, line=3)]
    bill(made.books, 8, [charge("12.00", LINE), *back], due_date=date(2026, 9, 20))
    home_waiting(made.books.ledger, INTAKE, made.site.path("spool"))
    return made


def run(kept: KeptSite, *arguments: str) -> Result:
    ran = CliRunner().invoke(program, ["--site", str(kept.site.folder), *arguments], standalone_mode=False)
    if ran.exception is not None:
        raise ran.exception
    return ran


def answer(kept: KeptSite, *arguments: str) -> Any:
    (line,) = run(kept, *arguments, "--json").stdout.splitlines()
    return json.loads(line)


def waiting(kept: KeptSite) -> Any:
    return answer(kept, "credits", "list")["credits"]


def test_what_waits_is_listed_with_its_candidates(kept: KeptSite) -> None:
    found = answer(kept, "credits", "list")
    assert list(found) == ["format", "sequence", "credits"]
    (one,) = found["credits"]
    assert list(one) == [
        "credit", "item", "bill", "vendor", "account", "service", "product", "amount", "currency", "outcome", "code",
        "decided", "follows",
    ]  # fmt: skip
    assert (one["amount"], one["outcome"], len(one["follows"])) == (-1200, "proposed", 3)
    assert list(one["follows"][0]) == ["charge", "dispute", "amount", "score", "reason"]
    assert [item["item"] for item in answer(kept, "queue")["items"] if item["kind"] == "credit"] == [one["item"]]
    assert one["item"] in run(kept, "credits").stdout


def test_all_of_a_bill_are_listed_when_asked_for(kept: KeptSite) -> None:
    name = waiting(kept)[0]["bill"]
    found = answer(kept, "credits", "list", "--all", "--bill", name)["credits"]
    assert [(one["outcome"], one["item"] is None) for one in found] == [("proposed", False), ("matched", True)]
    assert answer(kept, "credits", "list", "--all", "--bill", "B-0011223344556677-0")["credits"] == []


def test_an_item_is_confirmed_with_the_charge_it_follows(kept: KeptSite) -> None:
    (one,) = waiting(kept)
    june = next(row["charge"] for row in one["follows"] if row["reason"].startswith("same service"))
    done = answer(kept, "credits", "confirm", one["item"], "--with", june)
    assert list(done) == ["format", "sequence", "credits", "entries"]
    assert done["credits"][0]["outcome"] == "matched"
    assert [row["charge"] for row in done["credits"][0]["follows"]] == [june]
    assert waiting(kept) == []
    assert run(kept, "credits").stdout == "No credit waits for anybody.\n"
    with pytest.raises(Unknown, match="no credit of that name waits"):
        run(kept, "credits", "confirm", one["item"])
    with pytest.raises(AlreadyRecorded):
        run(kept, "credits", "confirm", one["credit"], "--with", june)


def test_it_is_confirmed_in_words_too(kept: KeptSite) -> None:
    (one,) = waiting(kept)
    said = run(kept, "credits", "confirm", one["credit"], "--with", one["follows"][-1]["charge"]).stdout
    assert f"{one['credit']} -12.00 USD, matched: " in said
    assert "Recoded in E" in said


def test_a_proposal_is_refused_with_a_reason(kept: KeptSite) -> None:
    (one,) = waiting(kept)
    with pytest.raises(UsageRefused, match="empty"):
        run(kept, "credits", "refuse", one["item"], "--reason", " ")
    done = answer(kept, "credits", "refuse", one["item"], "--reason", "Goodwill")
    assert (done["credits"][0]["outcome"], done["credits"][0]["item"]) == ("placed", None)
    assert waiting(kept) == []


def test_a_worksheet_confirms_what_its_text_names_first(kept: KeptSite, tmp_path: Path) -> None:
    (one,) = waiting(kept)
    book = tmp_path / "monday.xlsx"
    run(kept, "queue", "--xlsx", str(book))
    fill_in(book, {one["item"]: {"decision": "confirm", "reason": "Their letter"}})
    assert answer(kept, "work", str(book))["decisions"][0]["decision"] == "confirm"
    assert waiting(kept) == []
    (done,) = answer(kept, "credits", "list", "--all", "--bill", one["bill"])["credits"][:1]
    assert [row["charge"] for row in done["follows"]] == [one["follows"][0]["charge"]]


def test_a_worksheet_refuses_a_proposal(kept: KeptSite, tmp_path: Path) -> None:
    (one,) = waiting(kept)
    book = tmp_path / "monday.xlsx"
    run(kept, "queue", "--xlsx", str(book))
    fill_in(book, {one["item"]: {"decision": "refuse", "reason": "Goodwill"}})
    run(kept, "work", str(book))
    assert waiting(kept) == []


@pytest.mark.parametrize(
    ("kind", "decision", "found"), [("credit", "hold", "it is a credit"), ("suspense", "confirm", "it is no credit")]
)
def test_a_worksheet_refuses_what_does_not_fit(
    kept: KeptSite, tmp_path: Path, kind: str, decision: str, found: str
) -> None:
    item = next(one["item"] for one in answer(kept, "queue")["items"] if one["kind"] == kind)
    book = tmp_path / "monday.xlsx"
    run(kept, "queue", "--xlsx", str(book))
    fill_in(book, {item: {"decision": decision, "reason": "why"}})
    with pytest.raises(SheetProblems, match=found):
        run(kept, "work", str(book))


def test_why_says_which_charge_a_credit_follows(kept: KeptSite) -> None:
    (one,) = [one for one in answer(kept, "credits", "list", "--all")["credits"] if one["outcome"] == "matched"]
    follows = one["follows"][0]["charge"]
    found = answer(kept, "why", one["credit"])
    assert found["sentence"].startswith("Parks (Parks) is credited -30.00 USD")
    assert f"it follows {follows}" in found["sentence"]
    (ground,) = [ground for ground in found["because"] if ground["kind"] == "follows"]
    assert ground["ref"] == follows
    assert "same service" in ground["text"]


def test_the_charge_says_what_was_given_back_of_it(kept: KeptSite) -> None:
    (one,) = [one for one in answer(kept, "credits", "list", "--all")["credits"] if one["outcome"] == "matched"]
    found = answer(kept, "why", one["follows"][0]["charge"])
    (ground,) = [ground for ground in found["because"] if ground["kind"] == "credited"]
    assert ground["ref"] == one["credit"]
    assert "-30.00 USD" in ground["text"]


def test_the_value_book_is_printed_by_month_and_vendor(kept: KeptSite) -> None:
    found = answer(kept, "value")
    assert list(found) == ["format", "sequence", "totals", "values", "disputes"]
    assert found["totals"] == [
        {
            "month": "2026-09", "vendor": "Union Tel", "avoided": 0, "recovered": 3000, "pending": 0, "lost": 0,
            "withdrawn": 0, "currency": "USD",
        }
    ]  # fmt: skip
    assert list(found["values"][0]) == [
        "month", "vendor", "account", "kind", "amount", "currency", "dispute", "bill", "facts", "credit", "charges",
        "payments", "reason",
    ]  # fmt: skip
    assert answer(kept, "value", "--to", "2026-08")["values"] == []
    assert answer(kept, "value", "--vendor", "Nobody")["totals"] == []
    said = run(kept, "value").stdout
    assert "The value book" in said
    assert "30.00 USD" in said
    assert "Nothing is disputed" in run(kept, "value", "--from", "2026-10").stdout
