"""Commands that decide: load, code, retain, accept, assign, work, reverse, reread, cover, enrol, key, plugin."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from ledger_core.errors import (
    AlreadyRecorded,
    InputRefused,
    LedgerRefused,
    NotEnrolled,
    NotPermitted,
    SheetRefused,
    Unknown,
    UsageRefused,
)
from tests.tollbook.sites import new_site
from tollbook.cli.program import program
from tollbook.site import Site

_TOTALLESS = '''"""A format that should state a total and, on paper, does."""

from decimal import Decimal
from ledger_core import (
    Bill, BillEnded, BillStarted, Charge, Charged, ChargeKind, Locator, Recognition, Totals, hookimpl,
)


class Totalless:
    name, version, states_total, overlapping = "totalless", "1", True, False

    def identify(self, document):
        return Recognition() if document.head(9) == b"TOTALLESS" else None

    def extract(self, documents):
        yield BillStarted(0, Bill("Union Tel", "100", "USD"))
        lines = documents[0].read().decode().split()[1:]
        for row, amount in enumerate(lines, 2):
            at = Locator(str(row), 0, documents[0].size)
            yield Charged(0, Charge(at, ChargeKind.RECURRING, Decimal(amount), service=f"line {row}"))
        yield BillEnded(0, Totals(len(lines)))


@hookimpl
def importers():
    return [Totalless()]
'''


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    """A site of two departments, with an extension that reads bills without a total."""
    monkeypatch.setenv("TOLLBOOK_KEYS", str(tmp_path / "keys"))
    monkeypatch.setenv("TOLLBOOK_ACTOR", "coordinator")
    made = new_site(tmp_path)
    (made.path("extensions") / "totalless.py").write_text(_TOTALLESS, "utf-8")
    sheet(made, "departments", "department,fund", "Police,001", "Parks,001", "IT,520")
    return made


def sheet(site: Site, kind: str, *lines: str) -> Path:
    """A reference sheet of these lines, loaded."""
    path = site.folder / f"my-{kind}.csv"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    done(site, "load", kind, path)
    return path


def run(site: Site, *words: str | Path) -> Result:
    arguments = ["--site", str(site.folder), *map(str, words)]
    return CliRunner().invoke(program, arguments, standalone_mode=False)


def done(site: Site, *words: str | Path, code: int = 0) -> Any:
    """The JSON document of a command that went through with that exit code."""
    ran = run(site, *words, "--json")
    if ran.exception is not None:
        raise ran.exception
    assert (ran.return_value or 0) == code, ran.output
    return json.loads(ran.output)


def waiting_bill(site: Site, *amounts: str) -> Path:
    path = site.path("inbox") / "paper.bill"
    path.write_text("\n".join(["TOTALLESS", *amounts]), "utf-8")
    assert done(site, "import", path, code=1)["files"][0]["outcome"] == "waiting"
    return path


def posted_bill(site: Site, *amounts: str) -> str:
    """The id of a bill that was posted with its cover. It lies in suspense."""
    waiting_bill(site, *amounts)
    (document,) = site.path("archive").glob("*/*")
    answer = done(
        site, "cover", document.name[:16], "--total", "17.55", "--date", "2026-08-28", "--reason", "paper", code=1
    )
    bill: str = answer["files"][0]["bills"][0]["bill"]
    return bill


def items(site: Site) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = done(site, "queue")["items"]
    return found


def by_department(site: Site) -> dict[str, int]:
    """Cost in minor units by department, what is zero left out; "" is suspense."""
    rows = done(site, "balances", "--by", "department")["rows"]
    return {row["department"]: row["balance"] for row in rows if row["balance"]}


# --- load ---------------------------------------------------------------------------------------------------------


def test_a_load_is_shown_before_it_is_recorded(site: Site) -> None:
    path = site.folder / "services.csv"
    path.write_text("vendor,account,service,department,object\nUnion Tel,100,line 2,Police,5420\n", "utf-8")
    shown = done(site, "load", "services", path, "--dry-run")
    assert shown["sheets"] == [
        {"sheet": "services", "added": 1, "changed": 0, "ended": 0, "unchanged": 0, "recorded": 1, "fact": None}
    ]
    assert done(site, "load", "services", path)["sheets"][0]["fact"] == shown["sequence"] + 1
    again = done(site, "load", "services", path)
    assert (again["sheets"][0]["unchanged"], again["sheets"][0]["fact"]) == (1, None)


def test_a_list_of_numbers_and_strings_becomes_services(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOLLBOOK_KEYS", str(tmp_path / "keys"))
    monkeypatch.setenv("TOLLBOOK_ACTOR", "coordinator")
    site = new_site(tmp_path, chart_template="fund:3 department:5 . object:5 . subobject:4")
    path = site.folder / "phones.csv"
    path.write_text("number,name,account_string\n2065550100,Desk,52001770.64160.1800\n", "utf-8")
    loaded = done(site, "load", "coding_sheet", path, "--vendor", "Union Tel", "--from", "2026-01-01")
    assert [(one["sheet"], one["added"]) for one in loaded["sheets"]] == [("departments", 1), ("services", 1)]


def test_a_sheet_that_holds_only_the_example_is_refused(site: Site) -> None:
    with pytest.raises(SheetRefused, match="example row"):
        done(site, "load", "budgets", site.path("reference") / "budgets.csv")


def test_a_new_site_has_its_sheets_and_can_pay(tmp_path: Path) -> None:
    """Every kind of sheet lies there to be filled; a fund and an account for every role are known."""
    made = new_site(tmp_path)
    assert {path.stem for path in made.path("reference").glob("*.csv")} >= {"departments", "services", "account_roles"}
    assert (made.path("reference") / "README.md").is_file()
    assert done(made, "status")["head"]["size"] == 3


# --- cover --------------------------------------------------------------------------------------------------------


def test_a_bill_without_a_total_posts_once_its_cover_states_it(site: Site) -> None:
    path = waiting_bill(site, "10.00", "7.55")
    waiting = items(site)
    assert [item["code"] for item in waiting] == ["no-total"]
    (document,) = site.path("archive").glob("*/*")
    answer = done(
        site, "cover", document.name[:12], "--total", "17.55", "--number", "N-1", "--date", "2026-08-28",
        "--reason", "folder 12", code=1,
    )  # fmt: skip
    (bill,) = answer["files"][0]["bills"]
    assert (answer["files"][0]["outcome"], bill["number"], bill["bill_date"]) == ("posted", "N-1", "2026-08-28")
    (total,) = bill["controls"]
    assert (total["stated"], total["computed"], total["locator"]["place"]) == ("17.55", "17.55", "cover")
    assert not path.exists()
    assert (site.path("done") / "paper.bill").exists()
    assert done(site, "verify")["ok"] is True


def test_a_cover_whose_total_the_lines_do_not_make_is_refused_with_the_gap(site: Site) -> None:
    waiting_bill(site, "10.00", "7.55")
    (document,) = site.path("archive").glob("*/*")
    size = done(site, "status")["head"]["size"]
    with pytest.raises(InputRefused, match=r"gap 0\.01") as refused:
        done(site, "cover", document.name, "--total", "17.56", "--reason", "folder 12")
    assert refused.value.code == "gap"
    assert done(site, "status")["head"]["size"] == size


def test_what_waits_for_nothing_takes_no_cover(site: Site) -> None:
    bill = posted_bill(site, "10.00", "7.55")
    with pytest.raises(AlreadyRecorded):
        done(site, "cover", bill, "--total", "17.55", "--reason", "again")
    with pytest.raises(Unknown):
        done(site, "cover", "0123456789abcdef", "--total", "17.55", "--reason", "none")


# --- charges ------------------------------------------------------------------------------------------------------


def test_charges_are_coded_split_and_retained(site: Site) -> None:
    bill = posted_bill(site, "10.00", "7.55")
    coded = done(site, "code", f"{bill}:1", "--department", "Police", "--object", "5420", "--reason", "desk")
    assert (coded["charges"], coded["amount"], coded["currency"]) == (1, 1000, "USD")
    done(site, "code", f"{bill}:2", "--split", "Police=33.3333", "--split", "Parks=66.6667", "--reason", "shared")
    assert by_department(site) == {"Police": 1252, "Parks": 503}
    done(site, "retain", "--bill", bill, "--department", "IT", "--reason", "pilot")
    assert by_department(site) == {"IT": 1755}
    assert items(site) == []


def test_coding_what_is_coded_so_says_that_nothing_moved(site: Site) -> None:
    bill = posted_bill(site, "10.00", "7.55")
    done(site, "code", "--bill", bill, "--department", "Police", "--reason", "all")
    again = done(site, "code", "--bill", bill, "--department", "Police", "--reason", "all", code=1)
    assert (again["entries"], again["charges"], again["unchanged"]) == ([], 0, 2)


def test_an_item_of_the_queue_names_its_lines(site: Site) -> None:
    posted_bill(site, "10.00", "7.55")
    first, second = items(site)
    done(site, "code", first["item"], "--department", "Parks", "--object", "5420", "--reason", "theirs")
    assert [item["item"] for item in items(site)] == [second["item"]]


def test_an_item_can_be_given_to_somebody(site: Site) -> None:
    posted_bill(site, "10.00", "7.55")
    assert isinstance(run(site, "assign", items(site)[0]["item"], "--to", "rosa").exception, Unknown)
    sheet(site, "people", "person,role", "rosa,contact")
    done(site, "assign", items(site)[0]["item"], "--to", "rosa")
    assert [item["owner"] for item in items(site)] == ["rosa", "coordinator"]


@pytest.mark.parametrize(
    "words",
    [
        ("code", "--department", "Police", "--reason", "x"),
        ("code", "nonsense", "--department", "Police", "--reason", "x"),
        ("code", "B-0123456789abcdef-0:7-3", "--department", "Police", "--reason", "x"),
        ("code", "B-0123456789abcdef-0:1", "--reason", "x"),
        ("code", "B-0123456789abcdef-0:1", "--split", "Police=60", "--split", "Parks=30", "--reason", "x"),
        ("code", "B-0123456789abcdef-0:1", "--split", "Police", "--reason", "x"),
        ("code", "B-0123456789abcdef-0:1", "--department", "IT", "--split", "Police=100", "--reason", "x"),
        ("code", "--service", "line 2", "--department", "Police", "--reason", "x"),
        ("enrol", "rosa", "--key", "nonsense"),
        ("accept", "nonsense", "--reason", " "),
    ],
)
def test_words_that_cannot_be_followed_are_refused(site: Site, words: tuple[str, ...]) -> None:
    with pytest.raises((UsageRefused, Unknown)):
        done(site, *words)


# --- bills --------------------------------------------------------------------------------------------------------


def test_a_reversed_bill_can_be_imported_again(site: Site) -> None:
    bill = posted_bill(site, "10.00", "7.55")
    copy = site.path("done") / "paper.bill"
    assert done(site, "import", copy)["files"][0]["outcome"] == "known"
    reversed_ = done(site, "reverse", bill, "--reason", "wrong city")
    assert (reversed_["total"], reversed_["effective"]) == (-1755, "2026-08-28")
    again = done(site, "import", copy, code=1)
    assert (again["files"][0]["outcome"], again["files"][0]["bills"][0]["bill"]) == ("posted", f"{bill}.2")
    assert done(site, "import", copy)["files"][0]["outcome"] == "known"
    with pytest.raises(AlreadyRecorded):
        done(site, "reverse", bill, "--reason", "twice")


def test_a_bill_is_read_again_as_the_sheets_of_today_code_it(site: Site) -> None:
    bill = posted_bill(site, "10.00", "7.55")
    sheet(
        site, "services", "vendor,account,service,department", "Union Tel,100,line 2,Police", "Union Tel,,line 3,Parks"
    )
    answer = done(site, "reread", bill, "--reason", "owners are known now")
    assert answer["files"][0]["bills"][0]["bill"] == f"{bill}.2"
    assert by_department(site) == {"Police": 1000, "Parks": 755}
    assert done(site, "verify")["ok"] is True


def test_a_recoded_bill_is_read_again_only_when_its_recodings_may_go(site: Site) -> None:
    bill = posted_bill(site, "10.00", "7.55")
    done(site, "code", f"{bill}:1", "--department", "Police", "--reason", "Police uses it")
    with pytest.raises(LedgerRefused, match="1 line would lose what people recoded: line 1") as refused:
        done(site, "reread", bill, "--reason", "a newer importer")
    assert refused.value.code == "recoded"
    assert "Police uses it" in refused.value.lines[1]
    assert by_department(site)["Police"] == 1000, "nothing was reversed"
    answer = run(site, "reread", bill, "--reason", "a newer importer", "--drop-recodings")
    assert "recoding dropped: line 1: " in answer.output
    assert by_department(site) == {"": 1755}


def test_what_cannot_be_read_any_more_is_not_reversed(site: Site) -> None:
    bill = posted_bill(site, "10.00", "7.55")
    (site.path("extensions") / "totalless.py").unlink()
    with pytest.raises(InputRefused, match="Nothing was reversed"):
        done(site, "reread", bill, "--reason", "try")
    assert by_department(site) == {"": 1755}


# --- people -------------------------------------------------------------------------------------------------------


def test_an_enrolled_person_acts_and_is_named(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    bill = posted_bill(site, "10.00", "7.55")
    made = done(site, "key", "new", "rosa")
    assert done(site, "key", "show", "rosa") == made
    done(site, "enrol", "rosa", "--key", made["public"], "--role", "coordinator")
    monkeypatch.setenv("TOLLBOOK_ACTOR", "rosa")
    done(site, "code", f"{bill}:1", "--department", "Police", "--reason", "desk")
    other = done(site, "key", "new", "friend")
    with pytest.raises(NotPermitted):
        done(site, "enrol", "friend", "--key", other["public"])


def test_a_key_file_with_another_name_opens_nothing(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever renames their key to `coordinator` is still not the coordinator."""
    bill = posted_bill(site, "10.00", "7.55")
    made = done(site, "key", "new", "rosa")
    done(site, "enrol", "rosa", "--key", made["public"])
    ring = site.keys.folder
    (ring / "coordinator.key").rename(ring / "away.key")
    (ring / "rosa.key").rename(ring / "coordinator.key")
    with pytest.raises(NotEnrolled):
        done(site, "code", f"{bill}:1", "--department", "Police", "--reason", "mine now")
    monkeypatch.setenv("TOLLBOOK_ACTOR", "rosa")
    with pytest.raises(NotEnrolled, match="no key of theirs"):
        done(site, "code", f"{bill}:1", "--department", "Police", "--reason", "mine now")


def test_the_secret_half_of_a_key_is_never_shown(site: Site) -> None:
    done(site, "key", "new", "rosa")
    secret = (site.keys.folder / "rosa.key").read_text("ascii").split()[1]
    for words in (("key", "show", "rosa"), ("key", "show", "rosa", "--json")):
        assert secret not in run(site, *words).output


# --- extensions ---------------------------------------------------------------------------------------------------


def test_extensions_are_listed_without_running_them(site: Site) -> None:
    (site.path("extensions") / "broken.py").write_text("raise SystemExit('run')\n", "utf-8")
    listed = done(site, "plugin", "list")["plugins"]
    names = {one["name"]: one["origin"] for one in listed}
    assert (names["broken"], names["totalless"]) == ("site", "site")
    assert {"pcard", "edi811", "focus", "bill_sheet", "verizon_wireless"} <= set(names)
    assert "totalless" in run(site, "plugin", "list").output


# --- worksheet ----------------------------------------------------------------------------------------------------


def test_decisions_in_a_worksheet_are_shown_then_recorded(site: Site, tmp_path: Path) -> None:
    from tests.tollbook.worksheet.clerk import fill_in

    posted_bill(site, "10.00", "7.55")
    book = tmp_path / "monday.xlsx"
    listed = done(site, "queue", "--xlsx", book)["items"]
    code = {"decision": "code", "department": "Police", "object": "5420", "reason": "desk"}
    fill_in(book, {listed[0]["item"]: code, listed[1]["item"]: code})
    shown = done(site, "work", book, "--dry-run")
    assert [one["decision"] for one in shown["decisions"]] == ["code", "code"]
    assert len(items(site)) == 2
    recorded = done(site, "work", book)
    assert recorded["facts"] == [shown["sequence"] + 1]
    assert items(site) == []
    with pytest.raises(InputRefused, match="not in the queue any more"):
        done(site, "work", book)


def test_a_worksheet_that_names_an_unknown_department_records_nothing(site: Site, tmp_path: Path) -> None:
    from tests.tollbook.worksheet.clerk import fill_in

    posted_bill(site, "10.00", "7.55")
    book = tmp_path / "monday.xlsx"
    listed = done(site, "queue", "--xlsx", book)["items"]
    good = {"decision": "code", "department": "Police", "object": "5420", "reason": "desk"}
    fill_in(book, {listed[0]["item"]: good, listed[1]["item"]: {**good, "department": "Polcie"}})
    with pytest.raises(InputRefused, match="L3"):
        done(site, "work", book)
    assert len(items(site)) == 2
