"""Commands about checks: import says what is in question, check examines again, queue ranks, accept waives."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from ledger_core.errors import NotANumber, Unknown, UsageRefused
from tests.tollbook.sites import new_site
from tollbook.cli.program import program
from tollbook.site import Site

_PLAIN = '''"""Bills of plain lines: SERVICE PRODUCT AMOUNT, after a first line PLAIN NUMBER DATE."""

from datetime import date
from decimal import Decimal
from ledger_core import (
    Bill, BillEnded, BillStarted, Charge, Charged, ChargeKind, Figure, Locator, Recognition, Totals, exact_sum,
    hookimpl,
)


class Plain:
    name, version, states_total, overlapping = "plain", "1", True, False

    def identify(self, document):
        return Recognition() if document.head(5) == b"PLAIN" else None

    def extract(self, documents):
        head, *lines = documents[0].read().decode().splitlines()
        _, number, day = head.split()
        day = date.fromisoformat(day)
        yield BillStarted(0, Bill("Union Tel", "100", "USD", number=number, bill_date=day,
                                  period_from=day.replace(day=1), period_to=day))
        amounts = []
        for row, line in enumerate(lines, 2):
            service, product, amount = line.split()
            amounts.append(Decimal(amount))
            at = Locator(str(row), 0, documents[0].size)
            yield Charged(0, Charge(at, ChargeKind.RECURRING, amounts[-1], service=service, product=product))
        yield BillEnded(0, Totals(len(lines), Figure("total", "bill", exact_sum(amounts), Locator("1", 0, 5))))


@hookimpl
def importers():
    return [Plain()]
'''


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    """A site that reads plain bills."""
    monkeypatch.setenv("TOLLBOOK_KEYS", str(tmp_path / "keys"))
    monkeypatch.setenv("TOLLBOOK_ACTOR", "coordinator")
    made = new_site(tmp_path)
    (made.path("extensions") / "plain.py").write_text(_PLAIN, "utf-8")
    return made


def run(site: Site, *words: str | Path) -> Result:
    arguments = ["--site", str(site.folder), *map(str, words)]
    return CliRunner().invoke(program, arguments, standalone_mode=False)


def done(site: Site, *words: str | Path, code: int = 0) -> Any:
    """The JSON document of a command that went through with that exit code."""
    ran = run(site, *words, "--json")
    if ran.exception is not None:
        raise ran.exception
    assert (ran.return_value or 0) == code, ran.output
    return json.loads(ran.stdout)


def take(site: Site, number: str, day: str, *lines: str) -> Any:
    """Import a bill of these lines; the answer about it."""
    path = site.folder.parent / f"{number}.txt"
    path.write_text("\n".join((f"PLAIN {number} {day}", *lines)) + "\n", "utf-8")
    (file,) = done(site, "import", path, code=1)["files"]
    (bill,) = file["bills"]
    return bill


def contract(site: Site, rate: str) -> None:
    """Load what POTS may cost."""
    path = site.folder.parent / "contracts.csv"
    path.write_text(f"vendor,account,product,rate\nUnion Tel,100,POTS,{rate}\n", "utf-8")
    done(site, "load", "contracts", path)


def objections(site: Site) -> list[tuple[str, int, int, int, int]]:
    """What checks object to in the queue: code, amount, confidence, lines, rank."""
    items = [item for item in done(site, "queue")["items"] if item["kind"] == "check"]
    return [tuple(item[key] for key in ("code", "amount", "confidence", "lines", "rank")) for item in items]


def names(site: Site) -> list[str]:
    """The items that checks raised."""
    return [item["item"] for item in done(site, "queue")["items"] if item["kind"] == "check"]


def test_import_says_how_much_is_in_question(site: Site) -> None:
    bill = take(site, "7", "2026-07-31", "206 POTS 29.95", "206 POTS 29.95", "207 POTS 29.95")
    assert (bill["objections"], bill["in_question"]) == (1, 2995)
    assert objections(site) == [("duplicate-line", 2995, 90, 1, 2695)]


def test_a_load_changes_nothing_until_bills_are_checked_again(site: Site) -> None:
    bill = take(site, "7", "2026-07-31", "206 POTS 42.50", "207 POTS 45.00", "208 FAX 9.00")["bill"]
    contract(site, "39.99")
    assert objections(site) == []
    answer = done(site, "check", bill, code=1)
    (checked,) = answer["bills"]
    assert (checked["bill"], checked["open"], checked["amount"], checked["waived"]) == (bill, 2, 752, 0)
    assert [(row["code"], row["charge"], row["amount"]) for row in checked["objections"]] == [
        ("rate-above-contract", f"{bill}:1", 251),
        ("rate-above-contract", f"{bill}:2", 501),
    ]
    assert {"name": "contract row", "shows": f"{_load(site)}.1"} in checked["objections"][0]["evidence"]
    assert objections(site) == [("rate-above-contract", 752, 92, 2, 691)]
    (again,) = done(site, "check", "--all", code=1)["bills"]
    assert again["recorded"] is None
    assert "1 examined" in run(site, "check", "--all").output


def _load(site: Site) -> int:
    with site.ledger().reading() as connection:
        return int(
            connection.exec_driver_sql("SELECT max(sequence) FROM log WHERE kind='reference-loaded'").scalar_one()
        )


def test_without_a_name_the_bills_that_were_never_examined_are(site: Site) -> None:
    take(site, "7", "2026-07-31", "206 POTS 29.95")
    assert done(site, "check")["bills"] == []
    assert "No bill waits" in run(site, "check").output


def test_a_bill_that_does_not_stand_is_not_checked(site: Site) -> None:
    with pytest.raises(Unknown):
        done(site, "check", "B-0011223344556677-0")
    with pytest.raises(UsageRefused, match="--all"):
        done(site, "check", "B-0011223344556677-0", "--all")


def test_what_is_accepted_once_comes_back_with_the_next_bill(site: Site) -> None:
    contract(site, "39.99")
    take(site, "7", "2026-07-31", "206 POTS 42.50")
    done(site, "accept", *names(site), "--reason", "the new rate is agreed, and on its way")
    assert objections(site) == []
    done(site, "check", "--all", code=1)
    assert objections(site) == []
    take(site, "8", "2026-08-31", "206 POTS 42.50")
    assert objections(site) == [("rate-above-contract", 251, 92, 1, 230)]


def test_a_rule_waives_the_like_until_its_last_day(site: Site) -> None:
    contract(site, "39.99")
    take(site, "7", "2026-07-31", "206 POTS 42.50")
    rule = ("--rule", "new-rate", "--most", "3", "--to", "2026-08-31")
    answer = done(site, "accept", *names(site), *rule, "--reason", "agreed for August")
    assert answer["waiver"] == "new-rate"
    assert objections(site) == []
    august = take(site, "8", "2026-08-31", "206 POTS 42.50", "206 FAX 1.00")["bill"]
    assert objections(site) == []
    (checked,) = done(site, "check", august)["bills"]
    (row,) = checked["objections"]
    assert (checked["waived"], row["waiver"]) == (1, f"{_load(site)}.1")
    take(site, "9", "2026-09-30", "206 POTS 42.50")
    assert objections(site) == [("rate-above-contract", 251, 92, 1, 230)]


def test_a_rule_covers_no_more_than_it_says(site: Site) -> None:
    contract(site, "39.99")
    take(site, "7", "2026-07-31", "206 POTS 42.50")
    done(site, "accept", *names(site), "--rule", "r", "--most", "3", "--to", "2026-12-31", "--reason", "agreed")
    take(site, "8", "2026-08-31", "206 POTS 44.00")
    take(site, "9", "2026-09-30", "207 POTS 42.50")
    assert sorted(objections(site)) == [
        ("rate-above-contract", 251, 92, 1, 230),
        ("rate-above-contract", 401, 92, 1, 368),
    ]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--rule", "r"), "no last day"),
        (("--rule", "r", "--to", "2026-06-30"), "before 2026-07-31"),
        (("--rule", " ", "--to", "2026-12-31"), "it is empty"),
        (("--rule", "r", "--most", "-1", "--to", "2026-12-31"), "below zero"),
        (("--most", "5"), "they need --rule"),
    ],
)
def test_a_rule_that_says_too_little_is_refused(site: Site, words: tuple[str, ...], said: str) -> None:
    take(site, "7", "2026-07-31", "206 POTS 29.95", "206 POTS 29.95")
    before = names(site)
    with pytest.raises(UsageRefused, match=said):
        done(site, "accept", *before, *words, "--reason", "because")
    assert names(site) == before


def test_the_amount_of_a_rule_is_whole_cents(site: Site) -> None:
    take(site, "7", "2026-07-31", "206 POTS 29.95", "206 POTS 29.95")
    with pytest.raises(NotANumber):
        done(site, "accept", *names(site), "--rule", "r", "--most", "1.005", "--to", "2026-12-31", "--reason", "why")


def test_a_rule_is_made_of_one_item_that_a_check_raised(site: Site) -> None:
    take(site, "7", "2026-07-31", "206 POTS 29.95", "206 POTS 29.95", "207 FAX 1.00", "207 FAX 1.00")
    rule = ("--rule", "r", "--to", "2026-12-31", "--reason", "because")
    with pytest.raises(UsageRefused, match="2 items"):
        done(site, "accept", *names(site), *rule)
    suspense = next(item["item"] for item in done(site, "queue")["items"] if item["kind"] == "suspense")
    with pytest.raises(UsageRefused, match="no check raised it"):
        done(site, "accept", suspense, *rule)
    done(site, "accept", names(site)[0], *rule)
    with pytest.raises(UsageRefused, match="exists"):
        done(site, "accept", names(site)[0], *rule)


def test_the_queue_shows_how_sure_a_check_is(site: Site) -> None:
    take(site, "7", "2026-07-31", "206 POTS 29.95", "206 POTS 29.95")
    shown = run(site, "queue").output
    assert "by money times confidence" in shown
    assert "90%" in shown
    items = done(site, "queue")["items"]
    assert list(items[0])[-4:-1] == ["confidence", "lines", "rank"]
    assert [item["rank"] for item in items] == sorted((item["rank"] for item in items), reverse=True)


def test_the_worksheet_carries_what_checks_object_to(site: Site, tmp_path: Path) -> None:
    take(site, "7", "2026-07-31", "206 POTS 29.95", "206 POTS 29.95")
    assert run(site, "queue", "--xlsx", tmp_path / "monday.xlsx").exception is None
    assert run(site, "work", tmp_path / "monday.xlsx", "--dry-run").exception is None


def test_why_names_what_is_objected_to(site: Site) -> None:
    bill = take(site, "7", "2026-07-31", "206 POTS 29.95", "206 POTS 29.95")["bill"]
    grounds = {ground["kind"]: ground["text"] for ground in done(site, "why", f"{bill}:2")["because"]}
    assert grounds["objection"] == (
        "duplicate-line: POTS of 29.95 for 206 stands on line 1 already; 29.95 USD in question"
    )
    assert "objection" not in {ground["kind"] for ground in done(site, "why", f"{bill}:1")["because"]}
