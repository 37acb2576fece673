"""`tollbook inventory`: the services of a day, and where they differ from what is billed."""

import json
from datetime import date
from typing import Any

import pytest
from click.testing import CliRunner, Result

from ledger_core.store.database import Database
from tests.ledger_core.books import ACCOUNT, VENDOR, Books, books, charge, owned
from tests.ledger_core.small_month import as_site
from tollbook.cli.program import program

_SERVICE = [
    "vendor", "account", "service", "kind", "location", "plan", "contract", "equipment", "from", "to", "department",
    "object", "listed", "billed",
]  # fmt: skip
_DIFFERENCE = ["code", "vendor", "account", "service", "bill", "amount", "currency", "found"]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Books:
    """A line in the inventory that is billed, one that is not, and one that is billed and not in it."""
    folder = as_site(tmp_path_factory.mktemp("harbor"))
    made = books(Database(folder / "ledger.db"), folder)
    owned(made)
    line = {"vendor": VENDOR, "account": ACCOUNT, "plan": "POTS", "location": "City Hall", "from": "2020-01-01"}
    made.load("inventory", [{**line, "service": name} for name in ("2065550100", "spare")])
    for number, month in enumerate((8, 9), 1):
        lines = [charge("29.95"), charge("10.01", "2065550101", line=2)]
        made.receive(lines, str(number), bill_date=date(2026, month, 28))
    return made


def _run(kept: Books, *words: str) -> Result:
    done = CliRunner().invoke(
        program, ["--site", str(kept.folder), "inventory", *words], env={"TOLLBOOK_TODAY": "2026-10-01"}
    )
    assert done.exit_code == 0, done.exception
    return done


def _json(kept: Books, *words: str) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(_run(kept, *words, "--json").output)
    assert list(answer) == ["format", "sequence", "as_of", "known_at", "services", "differences"]
    return answer


def test_every_service_has_all_its_keys(kept: Books) -> None:
    answer = _json(kept)
    assert (answer["format"], answer["as_of"], answer["known_at"]) == ("tollbook.inventory/1", "2026-10-01", None)
    assert [row["service"] for row in answer["services"]] == ["2065550100", "2065550101", "spare"]
    assert all(list(row) == _SERVICE for row in answer["services"])
    first, _, spare = answer["services"]
    assert (first["from"], first["to"], first["department"], first["listed"]) == ("2020-01-01", None, "Police", True)
    assert {**first["billed"], "bill": ""} == {
        "bill": "", "day": "2026-09-28", "products": ["POTS"], "recurring": 2995, "total": 2995, "currency": "USD",
    }  # fmt: skip
    assert spare["billed"] is None


def test_differences_may_be_asked_for_alone(kept: Books) -> None:
    answer = _json(kept, "--differences")
    assert answer["services"] == []
    assert all(list(row) == _DIFFERENCE for row in answer["differences"])
    assert [(row["service"], row["code"], row["amount"]) for row in answer["differences"]] == [
        ("2065550101", "not-in-inventory", 1001),
        ("spare", "not-billed", 0),
    ]
    assert [row["service"] for row in _json(kept, "--differences", "--cycles", "3")["differences"]] == ["2065550101"]


@pytest.mark.parametrize(
    ("words", "services", "differing"),
    [
        (("--department", "Parks"), ["2065550101"], ["2065550101"]),
        (("--department", "Police"), ["2065550100"], []),
        (("--service", "spare"), ["spare"], ["spare"]),
        (("--vendor", "Other"), [], []),
        (("--account", ACCOUNT), ["2065550100", "2065550101", "spare"], ["2065550101", "spare"]),
        (("--as-of", "2019-12-31"), ["2065550100", "2065550101"], []),
        (("--known-at", "1"), [], []),
    ],
)
def test_it_shows_what_is_asked_for(
    kept: Books, words: tuple[str, ...], services: list[str], differing: list[str]
) -> None:
    """Owners are known since ever; the inventory begins in 2020, and before its bills nothing differs."""
    answer = _json(kept, *words)
    assert [row["service"] for row in answer["services"]] == services
    assert [row["service"] for row in answer["differences"]] == differing


def test_people_read_both_tables(kept: Books) -> None:
    output = _run(kept).output
    assert "In service on 2026-10-01: 3 services" in output
    assert "2 differences between inventory and bills" in output
    assert "City Hall" in output
    assert "Inventory and bills do not differ." in _run(kept, "--department", "Police").output
    assert "Nothing is in service that fits." in _run(kept, "--vendor", "Other").output
