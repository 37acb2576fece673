"""`kill -9` at every sync and every rename of an import: after a restart the books equal those of an undisturbed run.

The system-call tracer delivers the signal: at the Nth such call, N from 1 until a run ends undisturbed.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.crashing import workers_of
from tests.hostile.program import COMMAND, REPOSITORY, environment
from tests.standing import books_of
from tests.tollbook.sites import new_site, take_in
from tollbook.archive import Archive, digest
from tollbook.site import Site

pytestmark = pytest.mark.stress

_FILES = (
    "x12-811/01-implied.edi",
    "focus/focus-1.0-two-bills.csv",
    "x12-811/10-tds-gap.edi",
    *(
        f"verizon/lines-3/{name}.txt"
        for name in (
            "AccountSummary",
            "Account & Wireless Summary",
            "Acct & Wireless Charges Detail Summary Usage",
            "Wireless Usage Detail",
        )
    ),
)
#: Every call after which a file system holds more than before a crash, and every call that puts a file in its place.
_CALLS = {"sync": "fsync,fdatasync", "rename": "rename,renameat,renameat2"}
_MOST = 500


def _dropped(site: Site, made: Path) -> None:
    for name in _FILES:
        shutil.copy(made / name, site.path("inbox") / Path(name).name)


@pytest.fixture(scope="module")
def tracer() -> str:
    found = shutil.which("strace")
    if found is None:
        pytest.skip("there is no strace here, which the signals are sent with")
    tried = subprocess.run([found, "-f", "-o", os.devnull, "true"], capture_output=True, text=True, check=False)
    if tried.returncode:
        pytest.skip(f"strace may not trace here: {tried.stderr.strip()}")
    return found


@pytest.fixture(scope="module")
def undisturbed(shared_made: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    site = new_site(tmp_path_factory.mktemp("undisturbed"))
    _dropped(site, shared_made)
    take_in(site, [site.path("inbox")])
    return books_of(site)


@pytest.mark.parametrize("kind", _CALLS)
def test_killed_at_every_sync_and_rename_the_books_come_out_equal(
    kind: str, tracer: str, shared_made: Path, tmp_path: Path, undisturbed: dict[str, str]
) -> None:
    killed = 0
    for nth in range(1, _MOST):
        folder = tmp_path / str(nth)
        site = new_site(folder)
        _dropped(site, shared_made)
        if not _killed_at(tracer, _CALLS[kind], nth, site):
            break
        killed += 1
        take_in(site, [site.path("inbox")])
        assert books_of(site) == undisturbed, f"killed at {kind} {nth}"
        assert list(site.path("inbox").iterdir()) == [], f"killed at {kind} {nth}"
        assert [path for path in site.path("spool").iterdir() if path.is_file()] == []
        assert list(site.path("archive").glob(".*")) == list(site.path("rejected").glob(".*")) == []
        assert _whole(site)
        shutil.rmtree(folder)
    else:
        pytest.fail(f"{_MOST} {kind}s and no end")
    assert killed > 5, "the import was killed at several places"


def _killed_at(tracer: str, calls: str, nth: int, site: Site) -> bool:
    """Run an import that is killed at the `nth` of `calls`. False where it ended before it came to that."""
    running = subprocess.Popen(
        [
            *(tracer, "-f", "-qq", "-o", os.devnull, "-e", f"trace={calls}"),
            *("-e", f"inject={calls}:signal=SIGKILL:when={nth}"),
            *COMMAND,
            *("--site", str(site.folder), "import", str(site.path("inbox"))),
        ],
        cwd=REPOSITORY,
        env=environment(site),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    _, said = running.communicate(timeout=300)
    assert running.returncode in (-signal.SIGKILL, 128 + signal.SIGKILL, 0, 1, 3), said.decode()
    deadline = time.monotonic() + 10
    while _workers() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert _workers() == [], "a worker outlived the program"
    return running.returncode not in (0, 1, 3)


def _workers() -> list[int]:
    """Importers' workers whose main process is gone."""
    return [
        int(entry.name)
        for entry in Path("/proc").iterdir()
        if entry.name.isdigit() and any(int(entry.name) in workers_of(gone) for gone in _gone_mains(entry))
    ]


def _gone_mains(entry: Path) -> list[int]:
    """The process that a worker serves, where that has ended."""
    try:
        words = (entry / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return []
    if not any(b"warm_parent" in word for word in words):
        return []
    mains = [int(word) for word in words if word.isdigit()]
    return [main for main in mains[1:2] if not Path("/proc", str(main)).exists()]


def _whole(site: Site) -> bool:
    """Whether every file of the archive is what its name says."""
    archive = Archive(site.path("archive"))
    return all(
        digest(path) == path.name for path in archive.folder.rglob("*") if path.is_file() and path.name[0] != "."
    )
