"""`tollbook load` refuses what it must not do in silence: rates that overlap, and the end of half of the services."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ledger_core.errors import ServicesWouldEnd, SheetRefused
from tests.tollbook.cli.test_deciding import sheet
from tests.tollbook.sites import new_site
from tollbook.cli.program import program
from tollbook.site import Site

_HEAD = "vendor,account,service,plan,from,to"


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    """A site with four mobiles in its inventory and one agreed rate."""
    monkeypatch.setenv("TOLLBOOK_KEYS", str(tmp_path / "keys"))
    monkeypatch.setenv("TOLLBOOK_ACTOR", "coordinator")
    made = new_site(tmp_path)
    sheet(made, "inventory", _HEAD, *(f"C,1,m{n},P,2020-01-01," for n in range(4)))
    sheet(made, "contracts", "vendor,product,rate,from", "C,P,10,2026-01-01")
    return made


def _load(site: Site, kind: str, *lines: str, options: tuple[str, ...] = (), answer: str | None = None) -> Result:
    path = site.folder / f"new-{kind}.csv"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    words = ["--site", str(site.folder), "load", kind, str(path), *options]
    return CliRunner().invoke(program, words, input=answer)


def _ends(count: int) -> tuple[str, ...]:
    return (_HEAD, *(f"C,1,m{n},P,2020-01-01,2020-12-31" for n in range(count)))


def _in_force(site: Site) -> int:
    """How many services a load of the same rows without an end would bring back."""
    rows = (f"C,1,m{n},P,2020-01-01," for n in range(4))
    output = _load(site, "inventory", _HEAD, *rows, options=("--dry-run", "--json")).output
    unchanged: int = json.loads(output)["sheets"][0]["unchanged"]
    return unchanged


@pytest.mark.parametrize("options", [(), ("--dry-run",), ("--dry-run", "--json"), ("--yes-end-services", "3")])
def test_half_of_the_services_do_not_end_unless_their_number_is_named(site: Site, options: tuple[str, ...]) -> None:
    refused = _load(site, "inventory", *_ends(2), options=options)
    assert isinstance(refused.exception, ServicesWouldEnd)
    assert "it would end 2 of the 4 services in force" in str(refused.exception)
    assert "--yes-end-services 2" in refused.exception.do
    assert ("ends on 2020-12-31" in refused.output) == (options == ("--dry-run",))
    assert _in_force(site) == 4


def test_they_end_where_their_number_is_named(site: Site) -> None:
    assert _load(site, "inventory", *_ends(2), options=("--yes-end-services", "2")).exit_code == 0
    assert _in_force(site) == 2


def test_fewer_than_half_end_without_a_question(site: Site) -> None:
    assert _load(site, "inventory", *_ends(1)).exit_code == 0
    assert _in_force(site) == 3


@pytest.mark.parametrize(("answer", "left"), [("y\n", 2), ("n\n", 4), ("\n", 4)])
def test_a_person_at_a_terminal_is_asked(site: Site, monkeypatch: pytest.MonkeyPatch, answer: str, left: int) -> None:
    monkeypatch.setattr("tollbook.cli.load.at_terminal", lambda: True)
    done = _load(site, "inventory", *_ends(2), answer=answer)
    assert "it would end 2 of the 4 services in force. Do they end? [y/N]" in done.output
    assert isinstance(done.exception, ServicesWouldEnd) == (left == 4)
    assert _in_force(site) == left


def test_a_rate_over_a_known_rate_is_refused_in_rehearsal_too(site: Site) -> None:
    for options in ((), ("--dry-run",)):
        refused = _load(site, "contracts", "vendor,product,rate,from", "C,P,11,2026-05-01", options=options)
        assert isinstance(refused.exception, SheetRefused)
        assert "two rows hold from 2026-05-01 on" in refused.exception.found
    ended = _load(
        site, "contracts", "vendor,product,rate,from,to", "C,P,10,2026-01-01,2026-04-30", "C,P,11,2026-05-01,"
    )
    assert ended.exit_code == 0
