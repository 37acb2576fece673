"""A disk that fills, a ledger that is locked, read-only, damaged or killed: a named error, and books that go on."""

from __future__ import annotations

import importlib
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import sqlalchemy

from ledger_core.engine.reception import Verdict
from ledger_core.errors import LedgerBusy, LedgerUnavailable
from ledger_core.store import database
from ledger_core.store.database import Database
from tests.hostile.bad_files import FOCUS_HEADER, focus
from tests.hostile.conftest import edi
from tests.hostile.program import as_ordinary_user, program, started
from tests.standing import books_of, posted_bills
from tests.tollbook.sites import new_site, take_in
from tollbook.archive import Archive
from tollbook.site import Site


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A site in whose books one bill stands, and in whose inbox another lies."""
    opened = new_site(tmp_path)
    _drop(opened, 1)
    take_in(opened, [opened.path("inbox")])
    _drop(opened, 2)
    return opened


def _drop(site: Site, number: int) -> Path:
    path = site.path("inbox") / f"bill-{number}.edi"
    path.write_bytes(edi(number))
    return path


def _goes_on(site: Site, before: list[str], more: int = 1) -> None:
    """What the failure left: the books as they were, the file where it was; and then it posts."""
    assert posted_bills(site) == before
    assert [outcome.verdict for outcome in take_in(site, [site.path("inbox")])] == [Verdict.POSTED] * more
    assert len(posted_bills(site)) == len(before) + more


def test_a_ledger_that_another_program_holds_is_busy(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "_BUSY_SECONDS", 0)
    before = posted_bills(site)
    holder = sqlite3.connect(site.folder / "ledger.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    try:
        with pytest.raises(LedgerBusy) as refused:
            take_in(site, [site.path("inbox")])
    finally:
        holder.close()
    assert refused.value.exit_code == 4
    assert refused.value.where.endswith("ledger.db")
    assert "another program holds it" in refused.value.found
    assert "Wait" in refused.value.do
    _goes_on(site, before)


@pytest.mark.parametrize("content", [b"no database at all" * 100, b""], ids=["other bytes", "empty"])
def test_a_damaged_ledger_is_said_to_be_damaged(site: Site, content: bytes) -> None:
    file = site.folder / "ledger.db"
    for beside in ("ledger.db-wal", "ledger.db-shm"):
        (site.folder / beside).unlink(missing_ok=True)
    whole = file.read_bytes()
    file.write_bytes(content)
    done = program(site, "import", str(site.path("inbox")))
    assert done.returncode == 4, done.stderr
    assert "Traceback" not in done.stderr
    assert "ledger.db" in done.stderr
    file.write_bytes(whole)
    _goes_on(site, posted_bills(site))


def test_a_ledger_that_is_gone_is_said_to_be_gone(site: Site) -> None:
    before = posted_bills(site)
    file = site.folder / "ledger.db"
    file.rename(site.folder / "away.db")
    done = program(site, "import", str(site.path("inbox")))
    assert done.returncode == 4
    assert "it cannot be opened" in done.stderr
    assert not file.exists(), "no empty ledger is made in its place"
    (site.folder / "away.db").rename(file)
    _goes_on(site, before)


@pytest.mark.parametrize("name", [".", "archive", "spool", "rejected"])
def test_a_folder_that_takes_nothing_is_named(site: Site, name: str) -> None:
    before = posted_bills(site)
    folder = site.folder / name
    if name == "rejected":
        (site.path("inbox") / "bad.txt").write_bytes(b"no bill")
    for lock in (site.folder / "ledger.lock", site.folder / "ledger.bell"):
        lock.unlink(missing_ok=True)
    folder.chmod(0o555)
    try:
        done = program(site, "import", str(site.path("inbox")), before=as_ordinary_user())
    finally:
        folder.chmod(0o755)
    assert done.returncode == 4, (done.stdout, done.stderr)
    assert "Traceback" not in done.stderr
    assert {".": "ledger", "archive": "kept in the archive"}.get(name, str(folder)) in done.stderr
    for path in site.path("inbox").glob("bad.txt"):
        path.unlink()
    take_in(site, [site.path("inbox")])
    assert len(posted_bills(site)) == len(before) + 1


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 6 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount, unmount = shutil.which("mount"), shutil.which("umount")
    if mount is None or unmount is None:
        pytest.skip("there is no program `mount` here")
    mounted = subprocess.run(
        [mount, "-t", "tmpfs", "-o", "size=6m", "none", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"no small disk can be mounted here: {mounted.stderr.decode()}")
    yield folder
    subprocess.run([unmount, "-l", str(folder)], check=True)


def _large_export(rows: int) -> bytes:
    row = focus()[len(FOCUS_HEADER) :]
    return FOCUS_HEADER.encode() + row * rows


@pytest.mark.parametrize("room", [200_000, 700_000, 2_600_000])
def test_a_disk_that_fills_is_named_and_nothing_is_half_posted(small_disk: Path, room: int) -> None:
    """The disk is full at one place or another: in the archive, the spool, the ledger. Once there is room, it posts."""
    site = new_site(small_disk)
    ballast = small_disk / "ballast"
    (site.path("inbox") / "export.csv").write_bytes(_large_export(2_500))
    free = shutil.disk_usage(small_disk).free
    ballast.write_bytes(bytes(max(0, free - room)))
    done = program(site, "import", str(site.path("inbox")))
    assert "Traceback" not in done.stderr, done.stderr
    if done.returncode in {0, 1}:
        assert len(posted_bills(site)) == 1, "there was room enough after all"
    else:
        assert done.returncode == 4, (done.stdout, done.stderr)
        assert any(words in done.stderr for words in ("No space", "disk is full", "disk I/O")), done.stderr
        assert posted_bills(site) == []
        assert (site.path("inbox") / "export.csv").exists()
    ballast.unlink()
    take_in(site, [site.path("inbox")])
    assert len(posted_bills(site)) == 1
    assert list(Archive(site.path("archive")).folder.glob(".*.part")) == []


def _kill_server(url: str) -> None:
    """End every session of the database as a crash of the server would: at once, without a word."""
    parsed = sqlalchemy.make_url(url)
    with psycopg.connect(host=str(parsed.query["host"]), user="postgres", dbname="postgres", autocommit=True) as admin:
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (parsed.database,))


_PLACES = (
    "ledger_core.store.log:last_sequence",
    "ledger_core.store.rows:FewRows.write",
    "ledger_core.store.rows:insert",
    "ledger_core.projections.readings:advance",
)


@pytest.mark.parametrize("place", _PLACES)
def test_a_server_that_dies_in_the_middle_of_an_import_is_named_and_the_books_go_on(
    tmp_path: Path, postgres_database: str, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = new_site(tmp_path, database=postgres_database)
    _drop(site, 1)
    holder = importlib.import_module(place.partition(":")[0])
    *parents, name = place.partition(":")[2].split(".")
    for parent in parents:
        holder = getattr(holder, parent)
    original = getattr(holder, name)

    def dying(*args: object, **more: object) -> object:
        _kill_server(postgres_database)
        monkeypatch.undo()
        return original(*args, **more)

    monkeypatch.setattr(holder, name, dying)
    with pytest.raises(LedgerUnavailable) as refused:
        take_in(site, [site.path("inbox")])
    assert "does not answer" in refused.value.found
    assert refused.value.exit_code == 4
    assert posted_bills(site) == []
    assert [outcome.verdict for outcome in take_in(site, [site.path("inbox")])] == [Verdict.POSTED]
    undisturbed = new_site(tmp_path / "undisturbed")
    _drop(undisturbed, 1)
    take_in(undisturbed, [undisturbed.path("inbox")])
    assert books_of(site) == books_of(undisturbed)


def test_a_server_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(LedgerUnavailable), Database(url=f"postgresql+psycopg://x@/x?host={tmp_path}").reading():
        pass


def test_an_import_that_is_interrupted_says_so_and_posts_the_rest_later(site: Site) -> None:
    """Ctrl-C in the middle: exit 130 and a sentence, no traceback."""
    (site.path("inbox") / "large.csv").write_bytes(_large_export(30_000))
    running = started(site, "import", "--json", str(site.path("inbox")))
    _wait_for_a_spool(site, running)
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=60)
    assert running.returncode == 130, said
    assert "interrupted" in said
    assert "Traceback" not in said
    take_in(site, [site.path("inbox")])
    assert len(posted_bills(site)) == 3


def _wait_for_a_spool(site: Site, running: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 30
    while running.poll() is None and time.monotonic() < deadline:
        if any(site.path("spool").iterdir()):
            return
        time.sleep(0.01)
