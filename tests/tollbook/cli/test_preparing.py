"""An aide prepares and a coordinator decides; where the site wants two, nobody holds, releases, disputes or accepts
alone."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from ledger_core.errors import AlreadyRecorded, LedgerRefused, NotPermitted, TwoPeopleNeeded, Unknown, UsageRefused
from tests.ledger_core.books import ACCOUNT, MARIA, VENDOR, charge
from tests.tollbook.kept_site import KeptSite, kept_site
from tests.tollbook.worksheet.clerk import fill_in
from tollbook.cli.program import program

_CODE = ("--department", "Police", "--object", "5420", "--reason", "front desk")


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> KeptSite:
    """Maria's site, with uma the aide and kim the coordinator. A bill has a line of 10.00 under a code that no contract
    names, and one of 5.00 in suspense."""
    monkeypatch.setenv("TOLLBOOK_KEYS", str(tmp_path / "keys"))
    monkeypatch.setenv("TOLLBOOK_ACTOR", MARIA.person)
    made = kept_site(tmp_path / "harbor", tmp_path / "keys")
    made.books.load("contracts", [{"vendor": VENDOR, "account": ACCOUNT, "product": "POTS", "rate": "29.95"}])
    made.books.receive([charge("10.00", product="NEW"), charge("5.00", "2065559999", line=2)], "2")
    for person, role in (("uma", "aide"), ("kim", "coordinator")):
        key = json.loads(run(made, "key", "new", person, "--json").output)
        done(made, "enrol", person, "--key", key["public"], "--role", role)
    return made


def run(kept: KeptSite, *words: str | Path) -> Result:
    return CliRunner().invoke(program, ["--site", str(kept.site.folder), *map(str, words)], standalone_mode=False)


def done(kept: KeptSite, *words: str | Path, by: str = MARIA.person) -> Any:
    """The JSON document of a command that went through, as that person."""
    with pytest.MonkeyPatch.context() as here:
        here.setenv("TOLLBOOK_ACTOR", by)
        ran = run(kept, *words, "--json")
    if ran.exception is not None:
        raise ran.exception
    return json.loads(ran.output)


def said(kept: KeptSite, *words: str | Path, by: str) -> str:
    """What a command tells people."""
    with pytest.MonkeyPatch.context() as here:
        here.setenv("TOLLBOOK_ACTOR", by)
        ran = run(kept, *words)
    if ran.exception is not None:
        raise ran.exception
    return ran.output


def item(kept: KeptSite, kind: str) -> str:
    """The one item of a kind on the second bill."""
    queue = done(kept, "queue")["items"]
    (found,) = (one["item"] for one in queue if one["kind"] == kind and one["bill"] != kept.bill)
    assert isinstance(found, str)
    return found


def books_of(kept: KeptSite) -> Any:
    """What stands in the books: cost by department with what is held, and the queue without what is prepared."""
    rows = done(kept, "balances", "--by", "department")["rows"]
    queue = [{**one, "prepared": []} for one in done(kept, "queue")["items"]]
    return rows, queue


def by_two(kept: KeptSite) -> None:
    kept.books.load("limits", [{"key": "decide_by_two", "value": "yes"}])


def test_a_morning_of_an_aide_and_a_coordinator(kept: KeptSite) -> None:
    """Uma prepares; the queue says so, and nothing else changes. Kim takes one decision and refuses the other."""
    before, suspense, odd = books_of(kept), item(kept, "suspense"), item(kept, "exception")
    coded = done(kept, "code", suspense, *_CODE, by="uma")
    assert (coded["entries"], coded["charges"], coded["amount"]) == ([], 1, 500)
    told = said(kept, "accept", odd, "--reason", "a new plan", by="uma")
    assert told.startswith("Prepared as P")
    assert books_of(kept) == before

    listed = done(kept, "decide")["prepared"]
    assert [(one["decision"], one["by"], one["items"], one["amount"], one["reason"], one["outcome"])
            for one in listed] == [
        ("code", "uma", [suspense], 500, "front desk", None),
        ("accept", "uma", [odd], listed[1]["amount"], "a new plan", None),
    ]  # fmt: skip
    names = [one["prepared"] for one in listed]
    assert names[0] == coded["prepared"]
    shown = {one["item"]: one["prepared"] for one in done(kept, "queue")["items"]}
    assert (shown[suspense], shown[odd]) == ([names[0]], [names[1]])
    assert f"Prepared: {names[0]}. " in said(kept, "queue", by="kim")
    assert "front desk" in said(kept, "decide", by="kim")

    (taken,) = done(kept, "decide", names[0], by="kim")["prepared"]
    assert (taken["outcome"], taken["by"], taken["decided_by"], len(taken["facts"])) == ("taken", "uma", "kim", 1)
    assert "refused" in said(kept, "decide", names[1], "--refuse", "--reason", "ask them", by="kim")
    assert done(kept, "decide")["prepared"] == []
    assert [one["item"] for one in done(kept, "queue")["items"] if one["bill"] != kept.bill] == [odd]
    assert said(kept, "decide", by="kim") == "Nothing is prepared.\n"
    with pytest.raises(AlreadyRecorded, match="taken by kim"):
        done(kept, "decide", names[0], by="kim")
    assert done(kept, "verify")["ok"]


def test_everything_that_an_aide_decides_is_prepared_and_taken_as_it_was_asked(kept: KeptSite) -> None:
    """Each command, with what it was told: amounts, people, modes, rules of their own."""
    bill, suspense = kept.bill, item(kept, "suspense")
    kept.books.load("departments", [{"department": "Police", "fund": "001"}, {"department": "Parks", "fund": "001"}])
    done(kept, "hold", f"{bill}:4", "--reason", "odd")
    asked: tuple[tuple[str, ...], ...] = (
        ("hold", f"{bill}:1", "--amount", "9.95", "--reason", "agreed at 20.00"),
        ("release", f"{bill}:4", "--reason", "it is right"),
        ("dispute", "open", f"{bill}:2", "--mode", "claimed", "--no-tax", "--on", "2026-09-02", "--reason", "agreed"),
        ("code", f"{bill}:3", "--split", "Police=60", "--split", "Parks=40", "--reason", "shared"),
        ("retain", f"{bill}:2", "--department", "Parks", "--reason", "their own"),
        ("assign", suspense, "--to", "kim"),
    )
    names = [done(kept, *words, by="uma")["prepared"] for words in asked]
    ended = done(kept, "decide", *names, by="kim")["prepared"]
    assert [(one["charges"], one["amount"]) for one in ended[:3]] == [(1, 995), (1, 100), (1, 1001)]
    assert [one["outcome"] for one in ended] == ["taken"] * len(asked)
    (dispute,) = done(kept, "dispute", "list")["disputes"]
    assert (dispute["mode"], dispute["opened"], dispute["by"]) == ("claimed", "2026-09-02", "kim")
    (owner,) = {one["owner"] for one in done(kept, "queue")["items"] if one["item"] == suspense}
    assert owner == "kim"
    shares = [json.loads(line) for line in run(kept, "charges", "--bill", bill, "--json").output.splitlines()]
    assert [(part["department"], part["amount"]) for part in shares[2]["shares"]] == [("Parks", 311), ("Police", 466)]
    assert {part["state"] for part in shares[0]["shares"]} == {"coded", "held"}


def test_an_aide_does_nothing_else(kept: KeptSite) -> None:
    one = done(kept, "hold", f"{kept.bill}:1", "--reason", "odd", by="uma")["prepared"]
    for words in (
        ("decide", one),
        ("decide", one, "--refuse", "--reason", "no"),
        ("reverse", kept.bill, "--reason", "wrong"),
        ("chargeback", "2026-09"),
    ):
        with pytest.raises((NotPermitted, TwoPeopleNeeded)):
            done(kept, *words, by="uma")
    assert [found["prepared"] for found in done(kept, "decide")["prepared"]] == [one]


def test_nothing_is_prepared_where_nothing_is_to_be_done_or_it_cannot_be(kept: KeptSite) -> None:
    size = kept.books.size()
    assert done(kept, "release", f"{kept.bill}:1", "--reason", "right", by="uma")["prepared"] is None
    with pytest.raises(Unknown):
        done(kept, "accept", "X-0000000000000000", "--reason", "fine", by="uma")
    with pytest.raises(LedgerRefused, match=r"there is 29\.95"):
        done(kept, "hold", f"{kept.bill}:1", "--amount", "30", "--reason", "odd", by="uma")
    assert kept.books.size() == size


def test_where_the_site_wants_two_nobody_moves_money_alone(kept: KeptSite) -> None:
    """What only says who bears or looks at a line is done at once."""
    by_two(kept)
    one = done(kept, "hold", f"{kept.bill}:1", "--reason", "odd", by="kim")
    assert one["entries"] == []
    with pytest.raises(TwoPeopleNeeded, match="kim prepared it"):
        done(kept, "decide", one["prepared"], by="kim")
    (taken,) = done(kept, "decide", one["prepared"])["prepared"]
    assert taken["decided_by"] == MARIA.person
    disputed = done(kept, "dispute", "open", f"{kept.bill}:2", "--reason", "agreed", by="kim")
    assert (disputed["disputes"], disputed["prepared"] is None) == ([], False)
    assert done(kept, "code", item(kept, "suspense"), *_CODE, by="kim")["prepared"] is None


def test_what_has_changed_meanwhile_is_left_and_all_that_is_named_beside_it(kept: KeptSite) -> None:
    odd = item(kept, "exception")
    names = [
        done(kept, "hold", f"{kept.bill}:1", "--reason", "odd", by="uma")["prepared"],
        done(kept, "accept", odd, "--reason", "fine", by="uma")["prepared"],
    ]
    done(kept, "accept", odd, "--reason", "kim has looked", by="kim")
    with pytest.raises(LedgerRefused, match=f"prepared {names[1]}: it cannot be done any more") as refused:
        done(kept, "decide", *names, by="kim")
    assert refused.value.code == "prepared-changed"
    assert [one["prepared"] for one in done(kept, "decide")["prepared"]] == names


def test_a_worksheet_of_an_aide_is_prepared_row_by_row(kept: KeptSite, tmp_path: Path) -> None:
    """Rows that are decided alike are one decision. Where the site wants two, what moves money waits, and the rest is
    done."""
    suspense, odd, book = item(kept, "suspense"), item(kept, "exception"), tmp_path / "monday.xlsx"
    done(kept, "queue", "--xlsx", book)
    code = {"decision": "code", "department": "Police", "object": "5420", "reason": "desk"}
    fill_in(book, {suspense: code, odd: {"decision": "accept", "reason": "a new plan"}})
    worked = done(kept, "work", book, by="uma")
    assert (worked["facts"], len(worked["prepared"])) == ([], 2)
    done(kept, "decide", *worked["prepared"], "--refuse", "--reason", "not yet")
    by_two(kept)
    again = done(kept, "work", book, by="kim")
    assert (len(again["facts"]), len(again["prepared"])) == (1, 1)
    done(kept, "decide", *again["prepared"])
    assert {one["bill"] for one in done(kept, "queue")["items"]} == {kept.bill}


def test_a_refusal_names_what_it_ends_and_why(kept: KeptSite) -> None:
    with pytest.raises(UsageRefused, match="nothing is named"):
        done(kept, "decide", "--refuse", "--reason", "no")
    one = done(kept, "hold", f"{kept.bill}:1", "--reason", "odd", by="uma")["prepared"]
    with pytest.raises(UsageRefused, match="--reason"):
        done(kept, "decide", one, "--refuse")
    with pytest.raises(Unknown, match="P1"):
        done(kept, "decide", "P1")
