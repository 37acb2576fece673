"""Commands that withhold and claim: hold, release, dispute with its steps and its pack, and the same in a worksheet."""

import base64
import json
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from docx import Document

from ledger_core.engine.proof import check_proof
from ledger_core.errors import LedgerRefused, Unknown, UsageRefused
from ledger_core.projections.exceptions import open_exceptions
from tests.tollbook.sites import new_site
from tests.tollbook.worksheet.clerk import fill_in
from tollbook.cli.program import program
from tollbook.site import Site

_BILL = '''"""A made-up bill: one line a charge, the total last."""

from decimal import Decimal
from datetime import date
from ledger_core import (
    Bill, BillEnded, BillStarted, Charge, Charged, ChargeKind, Figure, Locator, Recognition, Totals, hookimpl,
)


class Simple:
    name, version, states_total, overlapping = "simple", "1", True, False

    def identify(self, document):
        return Recognition() if document.head(6) == b"SIMPLE" else None

    def extract(self, documents):
        written = documents[0].read().decode()
        lines = written.splitlines(keepends=True)
        number, day = lines[0].split()[1:]
        head = Bill("Union Tel", "100", "USD", number=number, bill_date=date.fromisoformat(day))
        yield BillStarted(0, head)
        at, total = len(lines[0]), Decimal(0)
        for row, line in enumerate(lines[1:], 2):
            service, kind, product, amount = line.split()
            total += Decimal(amount)
            place = Locator(str(row), at, at + len(line))
            yield Charged(0, Charge(place, ChargeKind(kind), Decimal(amount), service=service, product=product,
                                    quantity=Decimal(1), rate=Decimal(amount)))
            at += len(line)
        yield BillEnded(0, Totals(len(lines) - 1, Figure("Total", "bill", total, Locator("1", 0, 6))))


@hookimpl
def importers():
    return [Simple()]
'''


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    """A site with rates agreed, and two bills: July at the right rate, August's first line at the wrong one."""
    monkeypatch.setenv("TOLLBOOK_KEYS", str(tmp_path / "keys"))
    monkeypatch.setenv("TOLLBOOK_ACTOR", "coordinator")
    monkeypatch.setenv("TOLLBOOK_TODAY", "2026-09-02")
    made = new_site(tmp_path)
    (made.path("extensions") / "simple.py").write_text(_BILL, "utf-8")
    sheet(made, "departments", "department,fund", "Police,001", "Parks,001")
    sheet(made, "services", "vendor,account,service,department,object", "Union Tel,100,9-1,Police,5420",
          "Union Tel,100,9-2,Parks,5420")  # fmt: skip
    sheet(made, "contracts", "vendor,account,product,rate,unit,contract", "Union Tel,,POTS,25.00,month,MSA-1")
    sheet(made, "agreements", "contract,vendor,account,title,dispute_days", "MSA-1,Union Tel,,Voice,60")
    bill(made, "J7", "2026-07-28", "9-1 recurring POTS 25.00", "9-2 recurring POTS 25.00")
    bill(made, "A8", "2026-08-28", "9-1 recurring POTS 40.00", "9-1 tax SALES 4.00", "9-2 recurring POTS 25.00")
    return made


def sheet(site: Site, kind: str, *lines: str) -> None:
    file = site.folder.parent / f"{kind}.csv"
    file.write_text("\n".join(lines) + "\n", "utf-8")
    run(site, "load", kind, str(file))


def bill(site: Site, number: str, day: str, *lines: str) -> None:
    file = site.folder.parent / f"{number}.txt"
    file.write_text(f"SIMPLE {number} {day}\n" + "".join(f"{line}\n" for line in lines), "utf-8")
    assert run(site, "import", str(file)).exit_code in {0, 1}


def run(site: Site, *words: str) -> Result:
    """Run a command; its refusal is raised as it is, for the test to look at."""
    ran = CliRunner().invoke(program, ["--site", str(site.folder), *words], standalone_mode=False)
    if ran.exception is not None:
        raise ran.exception
    ran.exit_code = ran.return_value if isinstance(ran.return_value, int) else 0
    return ran


def answer(site: Site, *words: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run(site, *words, "--json").stdout)
    return found


def item(site: Site, kind: str) -> str:
    """The first item of that kind in the queue."""
    found = answer(site, "queue")["items"]
    return str(next(one["item"] for one in found if one["kind"] == kind))


def august(site: Site) -> str:
    """The name of August's bill."""
    lines = run(site, "charges", "--period", "2026-08").stdout.splitlines()
    return str(json.loads(lines[0])["bill"])


def test_what_a_check_objects_to_is_held_and_leaves_the_queue(site: Site) -> None:
    """40.00 where 25.00 is agreed: 15.00 is in question, and is held."""
    found = item(site, "check")
    held = answer(site, "hold", found, "--reason", "asked about the rate")
    assert (held["charges"], held["amount"], held["items"]) == (1, 1500, [found])
    kinds = [one["kind"] for one in answer(site, "queue")["items"]]
    assert "check" not in kinds
    assert "hold" in kinds
    assert run(site, "hold", f"{august(site)}:3", "--amount", "1.00", "--reason", "r").exit_code == 0


def test_a_hold_is_released_by_its_item_or_by_charge(site: Site) -> None:
    bill_ = august(site)
    run(site, "hold", f"{bill_}:1-3", "--reason", "looks like a copy")
    assert answer(site, "release", f"{bill_}:1", "--amount", "10.00", "--reason", "r")["amount"] == 1000
    assert answer(site, "release", item(site, "hold"), "--reason", "no copy")["amount"] == 5900
    nothing = run(site, "release", f"{bill_}:1", "--reason", "again")
    assert (nothing.exit_code, nothing.stdout.strip()) == (1, "There was nothing to do.")


def test_more_than_is_held_is_not_released(site: Site) -> None:
    run(site, "hold", f"{august(site)}:1", "--amount", "10", "--reason", "r")
    with pytest.raises(LedgerRefused, match=r"11\.00 of it cannot be released: there is 10\.00"):
        run(site, "release", f"{august(site)}:1", "--amount", "11.00", "--reason", "r")


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("hold", "--reason", "r"), UsageRefused),
        (("hold", "BILL:1-2", "--amount", "5", "--reason", "r"), UsageRefused),
        (("hold", "BILL:1", "BILL:2", "--amount", "5", "--reason", "r"), UsageRefused),
        (("hold", "C-0000000000000000", "--reason", "r"), Unknown),
        (("dispute", "concede", "DSP-0000000000000000", "--reason", "r"), Unknown),
        (("dispute", "open", "BILL:9", "--reason", "r"), Unknown),
    ],
)
def test_words_that_cannot_be_followed_are_refused(site: Site, words: tuple[str, ...], error: type[Exception]) -> None:
    with pytest.raises(error):
        run(site, *(word.replace("BILL", august(site)) for word in words))


def test_a_dispute_from_the_queue_takes_its_tax_along_and_knows_its_deadline(site: Site) -> None:
    ran = run(site, "dispute", "open", item(site, "check"), "--reason", "the contract says 25.00")
    assert "16.50 USD" in ran.stdout
    assert "of which 1.50 USD tax, held." in ran.stdout
    assert "Give notice by 2026-10-27" in ran.stdout
    (one,) = answer(site, "dispute", "list")["disputes"]
    assert (one["state"], one["mode"], one["amount"], one["tax"], one["late"]) == ("open", "withheld", 1650, 150, False)
    assert one["codes"] == ["rate-above-contract"]
    assert [(line["charge"].rpartition(":")[2], line["amount"], line["what"]) for line in one["lines"]] == [
        ("1", 1500, "named"), ("2", 150, "tax"),
    ]  # fmt: skip


def test_what_is_disputed_by_its_charge_is_not_asked_about_again(site: Site) -> None:
    def objections() -> list[str]:
        return [one["code"] for one in answer(site, "queue")["items"] if one["kind"] == "check"]

    assert "rate-above-contract" in objections()
    run(site, "dispute", "open", f"{august(site)}:1", "--amount", "14.99", "--reason", "r")
    assert "rate-above-contract" in objections()
    run(site, "dispute", "open", f"{august(site)}:1", "--amount", "0.01", "--reason", "r")
    assert "rate-above-contract" not in objections()


def test_a_dispute_after_its_deadline_is_recorded_late_and_says_so(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOLLBOOK_TODAY", "2026-11-02")
    ran = run(site, "dispute", "open", f"{august(site)}:1", "--amount", "15", "--reason", "r")
    assert ran.exit_code == 1
    assert "It is late: notice was in time until 2026-10-27." in ran.stdout
    assert "(late)" in run(site, "dispute", "list").stdout


def test_a_dispute_lives_from_notice_to_a_partial_concession(site: Site) -> None:
    opened = answer(site, "dispute", "open", f"{august(site)}:1", "--amount", "15.00", "--reason", "25.00 is agreed")
    name = opened["disputes"][0]["dispute"]
    assert "noticed" in run(site, "dispute", "notify", name, "--by", "portal", "--reference", "T-4711").stdout
    run(site, "dispute", "escalate", name, "--to", "regulator", "--reason", "no answer")
    ran = run(site, "dispute", "concede", name, "--amount", "10.00", "--final", "--reason", "letter of 3 October")
    assert f"{name} is conceded: 10.00 USD waits for the vendor's credit; 6.50 USD dropped; released." in ran.stdout
    one = answer(site, "dispute", "show", name)["disputes"][0]
    assert [(step["step"], step["amount"]) for step in one["steps"]] == [
        ("noticed", 0), ("escalated", 0), ("conceded", 1000), ("refused", 650),
    ]  # fmt: skip
    shown = run(site, "dispute", "show", name).stdout
    assert "T-4711" in shown
    assert "letter of 3 October" in shown


@pytest.mark.parametrize(("step", "state"), [("refuse", "refused"), ("withdraw", "withdrawn"), ("expire", "expired")])
def test_a_dispute_that_is_dropped_leaves_the_list(site: Site, step: str, state: str) -> None:
    opened = answer(site, "dispute", "open", f"{august(site)}:3", "--reason", "r", "--no-tax", "--mode", "claimed")
    name = opened["disputes"][0]["dispute"]
    done = answer(site, "dispute", step, name, "--on", "2026-10-28", "--reason", "r")["disputes"][0]
    assert (done["state"], done["pending"], done["dropped"]) == (state, 0, 2500)
    assert run(site, "dispute", "list").stdout.strip() == "Nothing is in dispute."
    assert len(answer(site, "dispute", "list", "--all")["disputes"]) == 1


def test_notice_that_is_late_is_told(site: Site) -> None:
    opened = answer(site, "dispute", "open", f"{august(site)}:1", "--amount", "15", "--reason", "r")
    name = opened["disputes"][0]["dispute"]
    late = run(site, "dispute", "notify", name, "--by", "letter", "--on", "2026-10-28")
    assert (late.exit_code, "It is late" in late.stdout) == (1, True)


def test_what_a_dispute_waits_for_comes_into_the_queue(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = answer(site, "dispute", "open", f"{august(site)}:1", "--amount", "15", "--reason", "r")
    name = opened["disputes"][0]["dispute"]

    def waiting(day: str) -> list[tuple[str, str | None, int]]:
        monkeypatch.setenv("TOLLBOOK_TODAY", day)
        items = answer(site, "queue")["items"]
        return [(one["code"], one["due"], one["amount"]) for one in items if one["kind"] == "dispute"]

    assert waiting("2026-09-03") == []
    assert waiting("2026-10-22") == [("dispute-deadline", "2026-10-27", 1650)]
    run(site, "dispute", "notify", name, "--by", "portal", "--on", "2026-10-22")
    assert waiting("2026-10-22") == []
    assert waiting("2026-11-20") == [("dispute-unanswered", "2026-11-21", 1650)]
    run(site, "dispute", "concede", name, "--reason", "r", "--on", "2026-11-20")
    assert waiting("2026-11-20") == []
    assert waiting("2027-01-15") == [("dispute-uncredited", "2027-01-19", 1650)]


def test_hold_and_dispute_are_decisions_of_the_worksheet(site: Site, tmp_path: Path) -> None:
    bill(site, "B8", "2026-08-20", "9-2 recurring POTS 30.00")
    with site.ledger().reading() as connection:
        items = [one for one in open_exceptions(connection, date(2026, 9, 2)) if one.kind == "check"]
    by_amount = {one.amount: one.item for one in items if one.code == "rate-above-contract"}
    file = tmp_path / "monday.xlsx"
    run(site, "queue", "--xlsx", str(file))
    fill_in(
        file,
        {
            by_amount[1500]: {"decision": "dispute", "reason": "the contract says 25.00"},
            by_amount[500]: {"decision": "hold", "reason": "asked about it"},
        },
    )
    assert len(answer(site, "work", str(file), "--dry-run")["decisions"]) == 2
    run(site, "work", str(file))
    (one,) = answer(site, "dispute", "list")["disputes"]
    assert (one["amount"], one["reason"], one["codes"]) == (1650, "the contract says 25.00", ["rate-above-contract"])
    left = answer(site, "queue")["items"]
    assert [entry["amount"] for entry in left if entry["kind"] == "hold"] == [500]
    assert not {entry["item"] for entry in left} & {*by_amount.values()}


# --- the pack --------------------------------------------------------------------------------------------------------


def test_the_pack_holds_the_letter_and_everything_that_it_rests_on(site: Site, tmp_path: Path) -> None:
    run(site, "dispute", "open", item(site, "check"), "--reason", "the contract says 25.00")
    name = answer(site, "dispute", "list")["disputes"][0]["dispute"]
    folder = tmp_path / "pack"
    written = answer(site, "dispute", "pack", name, "--to", str(folder))
    assert [one["file"] for one in written["files"]] == [
        "letter.docx", "evidence/lines.csv", "evidence/history.csv", "evidence/rates.json", "evidence/objections.json",
        "evidence/bytes.json", "evidence/trace.json", "evidence/proofs.json",
    ]  # fmt: skip
    letter = Document(str(folder / "letter.docx"))
    text = "\n".join(paragraph.text for paragraph in letter.paragraphs)
    for wanted in (name, "16.50 USD", "the contract says 25.00", "1.50 USD of it is tax", "27 October 2026", "bill A8"):
        assert wanted in text
    lines, enclosed = ([[cell.text for cell in row.cells] for row in table.rows] for table in letter.tables)
    assert lines[1] == ["2", "9-1", "POTS", "", "40.00", "25 a month", "15.00"]
    assert {row[0]: row[1] for row in enclosed[1:]} == {
        one["file"]: one["sha256"] for one in written["files"] if one["file"] != "letter.docx"
    }
    raw = json.loads((folder / "evidence/bytes.json").read_text("utf-8"))
    assert [base64.b64decode(one["raw"]) for one in raw] == [b"9-1 recurring POTS 40.00\n", b"9-1 tax SALES 4.00\n"]
    assert "9-2" not in (folder / "evidence/bytes.json").read_text("utf-8")
    history = (folder / "evidence/history.csv").read_text("utf-8").splitlines()
    assert history[1] == "J7,2026-07-28,9-1,recurring,POTS,1,25,25.00"
    for bundle in json.loads((folder / "evidence/proofs.json").read_text("utf-8")):
        assert check_proof(bundle).row is not None
    rates = json.loads((folder / "evidence/rates.json").read_text("utf-8"))
    assert [(one["rate"], one["contract"]) for one in rates] == [("25", "MSA-1")]


def test_a_reason_with_control_characters_still_makes_a_letter(site: Site, tmp_path: Path) -> None:
    """The books keep it as it was typed; the letter leaves the characters out that XML cannot hold."""
    run(site, "dispute", "open", f"{august(site)}:1", "--reason", "too\x0b \x01much\x1b[1m")
    name = answer(site, "dispute", "list")["disputes"][0]["dispute"]
    answer(site, "dispute", "pack", name, "--to", str(tmp_path / "pack"))
    letter = Document(str(tmp_path / "pack" / "letter.docx"))
    assert "Our reason: too much[1m" in "\n".join(paragraph.text for paragraph in letter.paragraphs)


def test_the_same_day_and_books_give_the_same_bytes(site: Site, tmp_path: Path) -> None:
    run(site, "dispute", "open", f"{august(site)}:1", "--reason", "r")
    name = answer(site, "dispute", "list")["disputes"][0]["dispute"]
    packs = [answer(site, "dispute", "pack", name, "--to", str(tmp_path / one))["files"] for one in ("a", "b")]
    assert packs[0] == packs[1]
    with zipfile.ZipFile(tmp_path / "a" / "letter.docx") as archive:
        assert {entry.date_time[0] for entry in archive.infolist()} == {1980}


def test_a_pack_never_writes_over_something(site: Site, tmp_path: Path) -> None:
    run(site, "dispute", "open", f"{august(site)}:1", "--reason", "r")
    name = answer(site, "dispute", "list")["disputes"][0]["dispute"]
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "letter.docx").write_bytes(b"signed")
    with pytest.raises(UsageRefused, match="it is not empty"):
        run(site, "dispute", "pack", name, "--to", str(tmp_path / "kept"))
