"""A soak: four processes do two hundred random things to one site at once. The books stay whole."""

from __future__ import annotations

import random
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.crashing import workers_of
from tests.hostile.conftest import edi
from tests.hostile.program import program, started
from tests.standing import posted_bills
from tests.tollbook.sites import new_site, take_in
from tollbook.site import Site

pytestmark = pytest.mark.stress

_OPERATIONS = 200
_AT_ONCE = 4
_ASKED = (("status", "--json"), ("balances", "--json"), ("charges",), ("queue", "--json"), ("verify", "--json"))


@pytest.mark.parametrize("store", ["sqlite", "postgresql"])
def test_two_hundred_random_operations_of_four_processes_leave_whole_books(
    store: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Imports (some killed), reports, verifications; bills that come, come again, in other bytes, or are none."""
    database = request.getfixturevalue("postgres_database") if store == "postgresql" else ""
    site = new_site(tmp_path, database=database)
    chance = random.Random(f"soak {store}")  # noqa: S311 - a test must be repeatable
    running: list[subprocess.Popen[str]] = []
    dropped: set[int] = set()
    for step in range(_OPERATIONS):
        _drop(site, chance, step, dropped)
        running.append(_operation(site, chance))
        if chance.random() < 0.1:
            time.sleep(chance.random())
            running[-1].send_signal(signal.SIGKILL)
        while sum(one.poll() is None for one in running) >= _AT_ONCE:
            time.sleep(0.02)
    for one in running:
        _, said = one.communicate(timeout=300)
        assert one.returncode in (0, 1, 3, -signal.SIGKILL), said
        assert "Traceback" not in said
        assert workers_of(one.pid) == []
    take_in(site, [site.path("inbox")])
    assert len(posted_bills(site)) == len(set(posted_bills(site))) == len(dropped)
    assert list(site.path("inbox").iterdir()) == []
    done = program(site, "verify", "--json")
    assert done.returncode == 0, done.stdout + done.stderr


def _drop(site: Site, chance: random.Random, step: int, dropped: set[int]) -> None:
    number = chance.randrange(60)
    dropped.add(number)
    content = chance.choice((edi(number), edi(number), edi(number).replace(b"~\n", b"~\r\n")))
    part = site.path("inbox") / f".{step}"
    part.write_bytes(content)
    part.rename(site.path("inbox") / f"bill-{step}.edi")
    if chance.random() < 0.2:
        (site.path("inbox") / f"noise-{step}.txt").write_bytes(chance.randbytes(200))


def _operation(site: Site, chance: random.Random) -> subprocess.Popen[str]:
    if chance.random() < 0.6:
        return started(site, "import", "--json", str(site.path("inbox")))
    return started(site, *chance.choice(_ASKED))
