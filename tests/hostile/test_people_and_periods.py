"""Nobody acts as another, services do only what is theirs, and nothing posts into a closed period."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ledger_core.engine.closing import close
from ledger_core.errors import NotEnrolled, NotPermitted, UsageRefused
from ledger_core.facts import catalogue
from ledger_core.policy.periods import Period, parse_period
from ledger_core.store import log
from ledger_core.store.door import Draft
from tests.hostile.conftest import edi
from tests.hostile.program import program, started
from tests.tollbook.sites import new_site
from tollbook.keys import KeyRing
from tollbook.site import Site


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return new_site(tmp_path)


def _facts(site: Site) -> int:
    with site.ledger().reading() as connection:
        return log.last_sequence(connection)


def test_a_name_without_its_key_acts_for_nobody(site: Site) -> None:
    """TOLLBOOK_ACTOR chooses among keys at hand; it cannot make one."""
    before = _facts(site)
    done = program(site, "close", "2026-08", TOLLBOOK_ACTOR="mayor")
    assert done.returncode == 4
    assert "there is no key of theirs" in done.stderr
    assert _facts(site) == before


def test_a_key_under_another_name_acts_for_nobody(site: Site) -> None:
    before = _facts(site)
    keys = site.keys.folder
    shutil.copy(keys / "coordinator.key", keys / "mayor.key")
    done = program(site, "close", "2026-08", TOLLBOOK_ACTOR="mayor")
    assert done.returncode == 4
    assert "does not know it as mayor's" in done.stderr
    assert _facts(site) == before


def test_a_key_of_another_site_acts_for_nobody(site: Site, tmp_path: Path) -> None:
    before = _facts(site)
    other = new_site(tmp_path / "other")
    done = program(site, "close", "2026-08", TOLLBOOK_KEYS=str(other.keys.folder))
    assert done.returncode == 4
    assert "does not know it as coordinator's" in done.stderr
    assert _facts(site) == before


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"tollbook-key-1",
        b"tollbook-key-1 !!!!",
        b"tollbook-key-1 c2hvcnQ=",
        b"ssh-ed25519 AAAA",
        b"\xff\xfe\x00" * 9,
    ],
    ids=["empty", "no secret", "no base64", "short", "another program's", "binary"],
)
def test_a_damaged_key_is_said_to_be_damaged(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "maria.key").write_bytes(content)
    with pytest.raises(NotEnrolled, match=r"maria\.key"):
        KeyRing(tmp_path).key("maria")


@pytest.mark.parametrize("name", ["", "..", "../coordinator", "/etc/passwd", "a/b", ".hidden", "nul\x00"])
def test_a_name_never_leads_out_of_the_key_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageRefused):
        KeyRing(tmp_path).key(name)


@pytest.mark.parametrize(
    "kind", [catalogue.ENTRY_POSTED, catalogue.REFERENCE_LOADED, catalogue.PERIOD_CLOSED, catalogue.PERSON_ENROLLED]
)
def test_the_service_that_takes_bills_in_does_nothing_else(site: Site, kind: str) -> None:
    before = _facts(site)
    with pytest.raises(NotPermitted), site.ledger().acting(site.intake()) as act:
        act.record(Draft(kind, "stolen", {}, act.id))
    assert _facts(site) == before


@pytest.mark.parametrize("store", ["sqlite", "postgresql"])
def test_nothing_posts_into_a_period_that_is_closed_meanwhile(
    tmp_path: Path, store: str, request: pytest.FixtureRequest
) -> None:
    """One process takes bills in while another closes their months one after the other: what was recorded after a
    close lies in a later, open month."""
    database = request.getfixturevalue("postgres_database") if store == "postgresql" else ""
    site = new_site(tmp_path, database=database)
    for number in range(12):
        (site.path("inbox") / f"bill-{number:02}.edi").write_bytes(edi(number))
    importing = started(site, "import", "--json", str(site.path("inbox")))
    for period in map(parse_period, ("2026-09", "2026-10", "2026-11", "2026-12")):
        while importing.poll() is None and not _posted_into(site, period):
            pass
        close(site.ledger(), period, site.signer("coordinator"))
    _, said = importing.communicate(timeout=120)
    assert importing.returncode in (0, 1), said
    with site.ledger().reading() as connection:
        facts = list(log.facts(connection))
    closed: set[str] = set()
    posted = 0
    for fact in facts:
        if fact.kind == catalogue.PERIOD_CLOSED:
            closed.add(fact.content["period"])
        if fact.kind == catalogue.BILL_POSTED:
            posted += 1
            assert fact.effective is not None
            assert fact.effective.isoformat()[:7] not in closed
    assert posted == 12
    assert len(closed) == 4


def _posted_into(site: Site, period: Period) -> bool:
    with site.ledger().reading() as connection:
        facts = [fact for fact in log.facts(connection) if fact.kind == catalogue.BILL_POSTED]
    return any(fact.effective is not None and fact.effective.isoformat()[:7] == str(period) for fact in facts)
