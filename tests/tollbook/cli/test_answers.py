"""Commands that answer: balances, charges, trace, why, queue and status, as machines and people read them."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from ledger_core.errors import TollbookError, Unknown, UsageRefused
from ledger_core.facts.fact import instant_text
from ledger_core.store import log
from ledger_core.store.database import Database
from tests.ledger_core.books import books, charge
from tests.ledger_core.small_month import SmallMonth, as_site, small_month
from tollbook.cli.program import program

#: The keys of the public contract, in order.
_KEYS = {
    "balances": ["as_of", "known_at", "by", "rows", "totals"],
    "balances.rows": ["account", "fund", "department", "object", "vendor", "period", "currency", "debit", "credit",
                      "balance", "attributed", "charged", "held"],
    "balances.totals": ["currency", "fund", "debit", "credit"],
    "charges": ["charge", "bill", "locator", "vendor", "account", "number", "kind", "service", "product", "quantity",
                "unit", "rate", "exact", "amount", "currency", "from", "to", "shares"],
    "charges.locator": ["sha256", "member", "kind", "place", "start", "end"],
    "charges.shares": ["department", "fund", "object", "amount", "posting", "reason", "ref", "state"],
    "trace": ["id", "paths"],
    "trace.paths": ["document", "charge", "raw", "postings", "statements"],
    "trace.document": ["sha256", "name", "importer", "version"],
    "trace.postings": ["posting", "entry", "sequence", "kind", "account", "fund", "department", "object", "currency",
                       "amount", "effective", "part"],
    "trace.statements": ["period", "department"],
    "why": ["charge", "sentence", "because"],
    "why.because": ["kind", "ref", "text"],
    "queue": ["items"],
    "queue.items": ["item", "kind", "code", "bill", "charge", "vendor", "amount", "currency", "owner", "due", "text",
                    "confidence", "lines", "rank", "prepared"],
    "status": ["head", "counts", "suspense", "waiting", "rejected", "periods", "limits", "due", "failed"],
    "status.head": ["size", "root"],
    "status.counts": ["documents", "bills", "charges", "entries", "postings"],
    "status.suspense": ["currency", "count", "amount"],
    "status.periods": ["period", "state"],
    "status.limits": ["name", "holds"],
}  # fmt: skip


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> SmallMonth:
    """The small month as a site, one line recoded, charged back."""
    folder = as_site(tmp_path_factory.mktemp("harbor"))
    made = small_month(books(Database(folder / "ledger.db"), folder))
    made.recode(3, "Police")
    made.charge_back()
    return made


def _run(month: SmallMonth, *words: str) -> Result:
    return CliRunner().invoke(program, ["--site", str(month.books.folder), *words])


def _output(month: SmallMonth, *words: str) -> str:
    result = _run(month, *words)
    assert result.exception is None, result.exception
    assert result.exit_code == 0
    return result.output


def _json(month: SmallMonth, *words: str) -> dict[str, Any]:
    output = _output(month, *words, "--json")
    assert output.count("\n") == 1
    answer: dict[str, Any] = json.loads(output)
    name = words[0]
    assert list(answer) == ["format", "sequence", *_KEYS[name]]
    assert (answer["format"], answer["sequence"]) == (f"tollbook.{name}/1", month.books.size())
    return answer


def _keys(rows: list[dict[str, Any]]) -> list[str]:
    assert rows
    (keys,) = {tuple(row) for row in rows}
    return list(keys)


def _refusal(month: SmallMonth, *words: str) -> TollbookError:
    refused = _run(month, *words).exception
    assert isinstance(refused, TollbookError)
    return refused


def test_balances_have_the_contracts_keys(month: SmallMonth) -> None:
    answer = _json(month, "balances")
    assert _keys(answer["rows"]) == _KEYS["balances.rows"]
    assert _keys(answer["totals"]) == _KEYS["balances.totals"]
    assert (answer["as_of"], answer["known_at"], answer["by"]) == (None, None, ["account", "fund"])
    assert sum(row["balance"] for row in answer["rows"]) == 0


def test_balances_by_department_sum_to_the_charges(month: SmallMonth) -> None:
    rows = _json(month, "balances", "--by", "department")["rows"]
    charges = [json.loads(line) for line in _output(month, "charges").splitlines()]
    assert sum(row["balance"] for row in rows) == sum(charge["amount"] for charge in charges) == 13039
    assert next(row for row in rows if row["department"] == "")["balance"] == 2120


def test_a_moment_and_the_position_that_it_means_answer_alike(month: SmallMonth) -> None:
    with month.books.ledger.reading() as connection:
        moment = instant_text(log.fact(connection, month.entry).recorded)
    runs = [
        json.loads(_output(month, "balances", "--known-at", known, "--json")) for known in (str(month.entry), moment)
    ]
    assert [run.pop("known_at") for run in runs] == [month.entry, moment]
    assert runs[0] == runs[1]
    assert runs[0]["sequence"] == month.entry


def test_the_end_of_a_day_is_a_moment(month: SmallMonth) -> None:
    assert _json(month, "balances", "--known-at", "2026-09-01")["rows"] == _json(month, "balances")["rows"]
    earlier = json.loads(_output(month, "balances", "--known-at", "2026-08-31", "--json"))
    assert (earlier["sequence"], earlier["rows"]) == (0, [])


@pytest.mark.parametrize(
    ("words", "where", "found"),
    [
        (("--known-at", "999"), "--known-at", "before 999"),
        (("--known-at", "soon"), "--known-at", "'soon' is neither"),
        (("--known-at", "2026-09-01T08:00:00"), "--known-at", "is neither"),
        (("--as-of", "2026-02-30"), "--as-of", "'2026-02-30' is not a day"),
        (("--by", "department,colour"), "--by", "'colour' is no dimension"),
        (("--by", ""), "--by", "'' is no dimension"),
    ],
)
def test_what_balances_cannot_follow_is_wrong_usage(
    month: SmallMonth, words: tuple[str, ...], where: str, found: str
) -> None:
    refused = _refusal(month, "balances", *words)
    assert isinstance(refused, UsageRefused)
    assert refused.where == where
    assert found in refused.found
    assert refused.do


def test_charges_are_json_lines_with_and_without_the_option(month: SmallMonth) -> None:
    output = _output(month, "charges")
    assert output == _output(month, "charges", "--json")
    lines = [json.loads(line) for line in output.splitlines()]
    assert len(lines) == 8
    for line in lines:
        assert list(line) == ["format", "sequence", *_KEYS["charges"]]
        assert list(line["locator"]) == _KEYS["charges.locator"]
        assert _keys(line["shares"]) == _KEYS["charges.shares"]
        assert sum(share["amount"] for share in line["shares"]) == line["amount"]
    assert [line["charge"] for line in lines] == sorted(line["charge"] for line in lines)


def test_charges_can_be_limited_and_chosen(month: SmallMonth) -> None:
    assert len(_output(month, "charges", "--limit", "3").splitlines()) == 3
    assert _output(month, "charges", "--limit", "0") == ""
    chosen = _output(month, "charges", "--bill", month.bill, "--department", "", "--period", "2026-08")
    assert [json.loads(line)["charge"] for line in chosen.splitlines()] == [f"{month.bill}:4", f"{month.bill}:5"]
    assert isinstance(_refusal(month, "charges", "--period", "August"), UsageRefused)


def test_a_trace_gives_exactly_the_archived_bytes(month: SmallMonth) -> None:
    charge = f"{month.bill}:3"
    answer = _json(month, "trace", charge)
    (path,) = answer["paths"]
    assert (answer["id"], path["charge"], list(path)) == (charge, charge, _KEYS["trace.paths"])
    assert list(path["document"]) == _KEYS["trace.document"]
    assert _keys(path["postings"]) == _KEYS["trace.postings"]
    assert _keys(path["statements"]) == _KEYS["trace.statements"]
    sha256 = path["document"]["sha256"]
    archived = (month.books.archive / sha256[:2] / sha256).read_bytes()
    assert base64.b64decode(path["raw"]) == archived[30:40]


def test_a_trace_of_many_charges_is_one_document(month: SmallMonth) -> None:
    answer = _json(month, "trace", f"E{month.entry}")
    assert [path["charge"] for path in answer["paths"]] == [f"{month.bill}:{line}" for line in range(1, 8)]
    sha256 = answer["paths"][0]["document"]["sha256"]
    (path,) = _json(month, "trace", f"{sha256}:4")["paths"]
    assert path == answer["paths"][3]


def test_a_trace_of_nothing_prints_nothing(month: SmallMonth) -> None:
    result = _run(month, "trace", "E999", "--json")
    assert isinstance(result.exception, Unknown)
    assert result.output == ""


def test_why_has_the_contracts_keys(month: SmallMonth) -> None:
    answer = _json(month, "why", f"{month.bill}:1")
    assert _keys(answer["because"]) == _KEYS["why.because"]
    assert answer["sentence"].count(". ") == 0
    assert answer["sentence"].endswith(".")


def test_the_queue_has_the_contracts_keys(month: SmallMonth) -> None:
    (item,) = _json(month, "queue")["items"]
    assert list(item) == _KEYS["queue.items"]
    assert (item["kind"], item["amount"], item["owner"]) == ("suspense", 2120, "kim")


def test_status_has_the_contracts_keys(month: SmallMonth) -> None:
    answer = _json(month, "status")
    assert list(answer["head"]) == _KEYS["status.head"]
    assert list(answer["counts"]) == _KEYS["status.counts"]
    for name in ("suspense", "periods", "limits"):
        assert _keys(answer[name]) == _KEYS[f"status.{name}"]
    assert answer["head"]["size"] == month.books.size()
    assert (answer["counts"]["bills"], answer["counts"]["charges"]) == (2, 8)


def test_people_read_plain_words(month: SmallMonth, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    assert "City of Harbor: 2 bills with 8 charges stand in the books" in _output(month, "status")
    assert "In suspense: 2 charges, 21.20 USD" in _output(month, "status")
    assert "(suspense)" in _output(month, "balances", "--by", "department")
    assert "Sum 0.00 USD" in _output(month, "balances")
    assert "On the statement of department Police for 2026-08." in _output(month, "trace", f"{month.bill}:1")
    assert _output(month, "why", f"{month.bill}:4").startswith("Suspense holds 20.70 USD")
    assert "21.20 USD  100%  unassigned  kim" in _output(month, "queue")


@pytest.mark.parametrize("words", [("key", "new"), ("key", "show"), ("plugin", "list")])
def test_commands_within_a_group_teach_as_well(month: SmallMonth, words: tuple[str, ...]) -> None:
    shown = _output(month, *words, "--help")
    assert "\n    tollbook " in shown
    assert "\\b" not in shown


@pytest.mark.parametrize("command", ["balances", "charges", "trace", "why", "queue", "status"])
def test_every_command_teaches_with_an_example(month: SmallMonth, command: str) -> None:
    shown = _output(month, command, "--help")
    assert f"\n    tollbook --site harbor {command}" in shown
    assert "\\b" not in shown


def test_a_vendors_square_brackets_are_no_markup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    made = small_month(books(Database(as_site(tmp_path) / "ledger.db"), tmp_path))
    made.books.receive([charge("1.00", "[/bold]")], "3", vendor="Brackets [/bold]")
    assert "Brackets [/bold]" in _output(made, "balances", "--by", "vendor")
    assert "[/bold] on Brackets [/bold] 3" in _output(made, "queue")
    assert "Brackets [/bold]" in _output(made, "why", _first_charge_of(made, "Brackets [/bold]"))


def _first_charge_of(month: SmallMonth, vendor: str) -> str:
    lines = (json.loads(line) for line in _output(month, "charges").splitlines())
    return next(str(line["charge"]) for line in lines if line["vendor"] == vendor)
