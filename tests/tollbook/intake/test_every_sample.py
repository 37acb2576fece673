"""Every bill that lies beside the project meets its verdict: real samples by MANIFEST.tsv, made ones by expected.json.

Each file, or set of files that make one bill, is imported alone into a fresh site of its own currency, through the
confined child, exactly as a user would.
"""

from __future__ import annotations

import csv
import json
import re
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ledger_core.engine.reception import Judged, Verdict
from ledger_core.facts.body import CHARGES
from ledger_core.money import fixed, plain
from ledger_core.store.rows import stored
from tests.tollbook.sites import new_site, take_in
from tollbook.intake.outcome import FileOutcome
from tollbook.site import Site

_SHARED = Path(__file__).resolve().parents[4] / "shared"
_FORMATS = re.compile(r"carrier-verizon|x12-811|focus-1\.[0-2]|pcard-municipal")
_CURRENCY = {"pcard-municipal": "CAD"}


def _manifest(*, expecting: bool = True) -> list[dict[str, str]]:
    file = _SHARED / "corpus" / "MANIFEST.tsv"
    if not file.exists():
        return []
    with file.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t"))
    return [row for row in rows if _FORMATS.fullmatch(row["format"]) and bool(row["expect"]) is expecting]


def _made() -> list[tuple[str, list[dict[str, Any]]]]:
    cases: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for file in sorted((_SHARED / "made").glob("**/expected.json")):
        for bill in json.loads(file.read_text("utf-8"), parse_float=Decimal):
            cases[f"{file.parent.relative_to(_SHARED / 'made')}/{'+'.join(bill['files'])}"].append(bill)
    return sorted(cases.items())


def _gap(outcome: FileOutcome) -> list[str]:
    stated = (problem.found.rpartition("gap ")[2] for problem in outcome.all_problems if problem.code == "gap")
    return [plain(Decimal(gap)) for gap in stated]


def _rejects(outcome: FileOutcome, reason: str) -> bool:
    if reason.startswith("gap="):
        return outcome.verdict is Verdict.REJECTED and plain(Decimal(reason[4:])) in _gap(outcome)
    if reason == "incomplete-set":
        return outcome.verdict is Verdict.WAITING and outcome.all_problems[0].code == reason
    return outcome.verdict is Verdict.REJECTED and outcome.all_problems[0].code == reason


@pytest.mark.parametrize("row", _manifest(), ids=lambda row: Path(row["local"]).name)
def test_every_real_sample_of_our_formats_meets_its_verdict(
    row: dict[str, str], shared_corpus: Path, tmp_path: Path
) -> None:
    verdict = next(word for word in row["expect"].split() if not word.startswith("set:"))
    posts = re.match(r"post:(-?[\d.]+):([A-Z]{3})", verdict)
    currency = posts[2] if posts else _CURRENCY.get(row["format"], "USD")
    [outcome] = take_in(new_site(tmp_path, currency), [shared_corpus.parent / row["local"]])
    if posts:
        assert outcome.verdict is Verdict.POSTED, outcome.all_problems
        assert fixed(sum(bill.total for bill in outcome.bills), currency) == posts[1]
        if bills := re.search(r"x(\d+)", row["expect"]):
            assert len(outcome.bills) == int(bills[1])
    else:
        assert _rejects(outcome, verdict.removeprefix("reject:")), outcome


@pytest.mark.parametrize("row", _manifest(expecting=False), ids=lambda row: Path(row["local"]).name)
def test_a_sample_without_an_expectation_still_gets_a_verdict_of_ours(
    row: dict[str, str], shared_corpus: Path, tmp_path: Path
) -> None:
    """Fragments of our formats: whatever becomes of them, it is said in a code, and nothing breaks."""
    currency = _CURRENCY.get(row["format"], "USD")
    [outcome] = take_in(new_site(tmp_path, currency), [shared_corpus.parent / row["local"]])
    assert outcome.verdict in (Verdict.POSTED, Verdict.ESTIMATE) or outcome.all_problems


def test_the_real_wireless_set_is_rejected_with_its_exact_gap(shared_corpus: Path, tmp_path: Path) -> None:
    """Rows were cut from it: the whole set together misses 36,830.02, and posting nothing is the right answer."""
    rows = [row for row in _manifest() if row["format"] == "carrier-verizon"]
    outcomes = take_in(new_site(tmp_path), [shared_corpus.parent / row["local"] for row in rows])
    assert {outcome.verdict for outcome in outcomes} == {Verdict.REJECTED}
    assert "36830.02" in {gap for outcome in outcomes for gap in _gap(outcome)}


@pytest.mark.parametrize(("case", "expected"), _made(), ids=lambda value: value if isinstance(value, str) else "")
def test_every_made_bill_meets_its_expectation(
    case: str, expected: list[dict[str, Any]], shared_made: Path, tmp_path: Path
) -> None:
    folder = shared_made / case.rpartition("/")[0]
    site = new_site(tmp_path, expected[0]["currency"] or "USD")
    outcomes = take_in(site, [folder / name for name in expected[0]["files"]])
    judged = [bill for outcome in outcomes for bill in outcome.bills]
    if {bill["verdict"] for bill in expected} == {"reject"}:
        _assert_rejected(outcomes, expected[0]["reason"], site)
        return
    assert [_shown(bill) for bill in judged] == [
        (bill["vendor"], bill["account"], bill["bill_number"], bill["bill_date"], bill["total"]) for bill in expected
    ]
    for bill, wanted in zip(judged, expected, strict=True):
        services = {service: plain(Decimal(amount)) for service, amount in wanted["by_service"].items()}
        assert _sums(site, bill) == (wanted["charges"], services, _kinds(wanted["by_kind"]))


def _assert_rejected(outcomes: list[FileOutcome], reason: str, site: Site) -> None:
    if reason == "provisional":
        assert [outcome.verdict for outcome in outcomes] == [Verdict.ESTIMATE]
    else:
        assert any(_rejects(outcome, reason) for outcome in outcomes), outcomes
    with site.ledger().reading() as connection:
        for table in ("charges", "postings", "bills"):
            assert connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar() == 0, "bad input posted"  # noqa: S608 - names of ours


def _shown(bill: Judged) -> tuple[str | None, ...]:
    head = bill.head
    date = head.bill_date.isoformat() if head.bill_date else None
    total = fixed(bill.total, head.currency)
    return (head.vendor or None, head.account or None, head.number, date, total)


def _kinds(by_kind: dict[str, str]) -> dict[str, str]:
    return {kind.replace("late fee", "late-fee"): plain(Decimal(amount)) for kind, amount in by_kind.items()}


def _sums(site: Site, bill: Judged) -> tuple[int, dict[str, str], dict[str, str]]:
    """Charges that are not zero, and their exact sums by service and by kind, as the ledger holds them."""
    at = {name: CHARGES.columns.index(name) for name in ("service", "kind", "exact", "amount")}
    by_service: dict[str, Decimal] = defaultdict(Decimal)
    by_kind: dict[str, Decimal] = defaultdict(Decimal)
    count = 0
    assert bill.fact is not None
    with site.ledger().reading() as connection:
        for row in stored(connection, CHARGES, bill.fact.sequence):
            exact = Decimal(row[at["exact"]] or fixed(row[at["amount"]], bill.head.currency))
            count += exact != 0
            by_service[row[at["service"]]] += exact
            by_kind[row[at["kind"]]] += exact
    services = {service: plain(amount) for service, amount in by_service.items() if amount}
    return count, services, {kind: plain(amount) for kind, amount in by_kind.items() if amount}
