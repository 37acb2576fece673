"""A crash anywhere leaves all of a bill or nothing (INV-19): after a restart the books equal an undisturbed run's."""

from __future__ import annotations

import os
import shutil
import signal
import time
from pathlib import Path

import pytest

from tests.crashing import CrashPoint, run_until, workers_of
from tests.standing import books_of
from tests.tollbook.sites import new_site, take_in
from tollbook.site import Site

_FILES = ("x12-811/01-implied.edi", "focus/focus-1.0-two-bills.csv", "x12-811/10-tds-gap.edi")

_POINTS = (
    CrashPoint("before the file is copied into the archive", "tollbook.archive:_copy", "before"),
    CrashPoint("with the copy whole but not in its place", "tollbook.archive:_place", "before"),
    CrashPoint("with the file in its place and nothing recorded", "tollbook.archive:_place", "after"),
    CrashPoint("before the importers are asked", "tollbook.intake.recognition:Recogniser.recognise", "before"),
    CrashPoint(
        "with the importer known and nothing recorded", "tollbook.intake.recognition:Recogniser.recognise", "after"
    ),
    CrashPoint("while the receipt is being recorded", "ledger_core.store.log:last_sequence", "after", 1),
    CrashPoint("with the receipt recorded", "tollbook.intake.intake:Intake._receive", "after"),
    CrashPoint("before the first record of the importer", "tollbook.intake.wire:read", "before"),
    CrashPoint("between the head of a bill and its charges", "tollbook.intake.wire:read", "before", 2),
    CrashPoint("with the first batch kept", "tollbook.intake.batches:Batches.add", "after"),
    CrashPoint("with the first rows spooled", "ledger_core.store.spool:Spool.add", "after"),
    CrashPoint("with everything read and nothing judged", "ledger_core.engine.reception:Reception.conclude", "before"),
    CrashPoint("with the bill judged and the door closed", "ledger_core.store.spool:Spool.sealed", "after"),
    CrashPoint("inside the door, before any row", "ledger_core.store.rows:SpooledRows.write", "before"),
    CrashPoint("inside the door, between two bodies", "ledger_core.store.rows:SpooledRows.write", "after"),
    CrashPoint("inside the door, rows written and no fact", "ledger_core.store.rows:FewRows.write", "after"),
    CrashPoint("inside the door, before the readings follow", "ledger_core.projections.readings:advance", "before", 2),
    CrashPoint(
        "inside the door, everything written, not committed", "ledger_core.projections.readings:advance", "after", 2
    ),
    CrashPoint("between two bills of one document", "ledger_core.engine.reception:Reception.conclude", "after", 3),
    CrashPoint("with the bill posted and the file in the inbox", "tollbook.intake.intake:Intake._settle", "before"),
    CrashPoint("before a refusal is recorded", "tollbook.intake.intake:Intake._refuse", "before"),
    CrashPoint(
        "with a refusal recorded and no reason written", "tollbook.intake.folder:Folder._write_reason", "before"
    ),
    CrashPoint(
        "with the reason written and the file not moved", "tollbook.intake.folder:Folder._write_reason", "after"
    ),
    CrashPoint("after the first file has moved", "tollbook.intake.folder:Folder.mirror", "after"),
)


def _dropped(site: Site, made: Path) -> None:
    for name in _FILES:
        shutil.copy(made / name, site.path("inbox") / Path(name).name)


@pytest.fixture(scope="module")
def undisturbed(shared_made: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    site = new_site(tmp_path_factory.mktemp("undisturbed"))
    _dropped(site, shared_made)
    take_in(site, [site.path("inbox")])
    return books_of(site)


@pytest.mark.parametrize("point", _POINTS, ids=lambda point: point.name)
def test_after_a_crash_and_a_restart_the_books_equal_an_undisturbed_run(
    point: CrashPoint, shared_made: Path, tmp_path: Path, undisturbed: dict[str, str]
) -> None:
    site = new_site(tmp_path)
    _dropped(site, shared_made)
    environment = {**os.environ, "TOLLBOOK_KEYS": str(tmp_path / "keys")}
    process, code = run_until(point, ["--site", str(site.folder), "import", str(site.path("inbox"))], environment)
    assert code == -signal.SIGKILL, "the crash point was never reached"
    assert _worker_ends(process), "a worker outlived the program"
    take_in(site, [site.path("inbox")])
    assert books_of(site) == undisturbed
    assert [path for path in site.path("spool").iterdir() if path.is_file()] == [], "what the crash left is swept"
    assert sorted(path.name for path in site.path("inbox").iterdir()) == []


def _worker_ends(process: int) -> bool:
    deadline = time.monotonic() + 10
    while workers_of(process):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
