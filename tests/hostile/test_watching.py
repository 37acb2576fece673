"""Watching: files post once, however they come, however often, and whoever else is at work on them."""

from __future__ import annotations

import itertools
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import attrs
import pytest

from ledger_core.engine.reception import Verdict
from tests.crashing import workers_of
from tests.hostile.bad_files import FOCUS_HEADER, focus
from tests.hostile.conftest import Target, edi
from tests.hostile.program import started
from tests.standing import books_of, posted_bills
from tests.tollbook.sites import new_site, take_in
from tollbook.intake.intake import Intake
from tollbook.intake.watching import Settling
from tollbook.site import FILE, Settings, Site

_FOUR = (
    "AccountSummary.txt",
    "Account & Wireless Summary.txt",
    "Acct & Wireless Charges Detail Summary Usage.txt",
    "Wireless Usage Detail.txt",
)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A site whose watcher waits one second."""
    opened = new_site(tmp_path)
    settings = opened.folder / FILE
    settings.write_text(settings.read_text("utf-8") + "settle_seconds = 1\n", "utf-8")
    return attrs.evolve(opened, settings=Settings(settle_seconds=1))


@contextmanager
def _watched(site: Site, watchers: int = 1) -> Iterator[list[subprocess.Popen[str]]]:
    running = [started(site, "watch") for _ in range(watchers)]
    try:
        for one in running:
            assert one.stdout is not None
            assert one.stdout.readline().startswith("Watching")
        yield running
    finally:
        for one in running:
            if one.poll() is None:
                one.send_signal(signal.SIGTERM)
            _, said = one.communicate(timeout=30)
            assert one.returncode in (0, -signal.SIGKILL), said
            assert "Traceback" not in said


def _until(happened: Callable[[], bool], seconds: float = 30) -> bool:
    deadline = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def _empty(site: Site) -> bool:
    return list(site.path("inbox").iterdir()) == []


def test_what_grows_in_bursts_or_is_renamed_or_comes_twice_posts_once(site: Site) -> None:
    """One watcher, many ways to arrive: bursts without and with the file held open, `.part` renamed, equal bytes."""
    inbox = site.path("inbox")
    with _watched(site):
        held = (inbox / "held.edi").open("wb")
        for at in range(0, len(edi(1)), 200):
            with (inbox / "bursts.edi").open("ab") as stream:
                stream.write(edi(1)[at : at + 200])
            held.write(edi(2)[at : at + 200])
            held.flush()
            time.sleep(0.4)
        (inbox / "renamed.edi.part").write_bytes(edi(3))
        time.sleep(1.5)
        assert len(posted_bills(site)) <= 1, "neither the unfinished nor the one that is held open"
        held.close()
        (inbox / "renamed.edi.part").rename(inbox / "renamed.edi")
        (inbox / "copy.edi").write_bytes(edi(3))
        assert _until(lambda: _empty(site))
    assert len(posted_bills(site)) == 3
    assert list(site.path("rejected").iterdir()) == []


@pytest.fixture(scope="module")
def four(shared_made: Path) -> tuple[Path, ...]:
    """Verizon's four files of one bill."""
    return tuple(shared_made / "verizon" / "lines-3" / name for name in _FOUR)


@pytest.mark.parametrize("order", list(itertools.permutations(range(4)))[::8], ids=str)
def test_four_files_make_one_bill_in_any_order_one_by_one(
    tmp_path: Path, four: Sequence[Path], order: tuple[int, ...]
) -> None:
    """Each waits and says which are missing; the last brings the bill."""
    site = new_site(tmp_path)
    with Intake(site) as intake:
        target = Target(site, intake)
        for come, at in enumerate(order[:3], 1):
            outcome = target.dropped(four[at].name, four[at].read_bytes())
            assert (outcome.verdict, len(outcome.missing)) == (Verdict.WAITING, 4 - come)
            assert posted_bills(site) == []
        target.dropped(four[order[3]].name, four[order[3]].read_bytes())
    assert len(posted_bills(site)) == 1
    assert _empty(site)


def test_every_order_of_four_files_settles_when_the_last_has() -> None:
    """All 24 orders, on the watcher's own clock: a file is offered once it has not changed for a second."""
    for order in itertools.permutations(range(4)):
        settling, offered = Settling(1.0), list[Path]()
        for now in range(12):
            sights = {Path(str(one)): (1, 1, one) for place, one in enumerate(order) if place <= now}
            for path in settling.see(sights, float(now)):
                offered.append(path)
                settling.decide(path, sights[path])
        assert offered == [Path(str(one)) for one in order]


def test_the_same_charges_in_other_bytes_are_known_and_others_are_a_revision(tmp_path: Path) -> None:
    """Other line ends and another time stamp are the same bill; another amount shows its line."""
    site = new_site(tmp_path)
    with Intake(site) as intake:
        target = Target(site, intake)
        assert target.dropped("bill.edi", edi(1)).verdict is Verdict.POSTED
        before = target.standing()
        for name, content in (
            ("bill.edi", edi(1)),
            ("ends.edi", edi(1).replace(b"~\n", b"~\r\n")),
            ("stamp.edi", edi(1).replace(b"*260905*0415*", b"*260906*0733*").replace(b"000000001", b"000000002")),
        ):
            assert target.dropped(name, content).verdict is Verdict.KNOWN
        revised = edi(1).replace(b"*40**", b"*41**").replace(b"TDS*4000", b"TDS*4100")
        outcome = target.dropped("revised.edi", revised)
        assert outcome.verdict is Verdict.REVISION
        said = " ".join(problem.found for problem in outcome.all_problems)
        assert "charges 40" in said
        assert "charges 41" in said
        assert "41" in target.reason(outcome)
        assert target.standing() == before


def _export(rows: int) -> bytes:
    return FOCUS_HEADER.encode() + focus()[len(FOCUS_HEADER) :] * rows


def test_a_watcher_killed_in_the_middle_of_a_file_leaves_all_or_nothing(site: Site) -> None:
    """Kill -9 while the file is read; the next watcher posts it, and no worker survives."""
    (site.path("inbox") / "large.csv").write_bytes(_export(20_000))
    with _watched(site) as (victim,):
        assert _until(lambda: any(site.path("spool").iterdir()), 20)
        victim.kill()
        victim.wait()
        assert _until(lambda: workers_of(victim.pid) == [])
    assert posted_bills(site) == []
    with _watched(site):
        assert _until(lambda: _empty(site), 60)
    assert len(posted_bills(site)) == 1


def test_two_watchers_two_imports_and_a_report_at_once_post_each_bill_once(site: Site, four: Sequence[Path]) -> None:
    """Real processes on the same files; the books equal those of one import alone."""

    def drop(where: Site) -> None:
        for number in range(1, 7):
            (where.path("inbox") / f"bill-{number}.edi").write_bytes(edi(number))
        (where.path("inbox") / "bad.txt").write_bytes(b"no bill")
        (where.path("inbox") / "large.csv").write_bytes(_export(8_000))
        for file in four:
            shutil.copy(file, where.path("inbox"))

    with _watched(site, 2):
        drop(site)
        others = [started(site, "import", "--json", str(site.path("inbox"))) for _ in range(2)]
        others += [started(site, "balances", "--json"), started(site, "status", "--json")]
        for one in others:
            _, said = one.communicate(timeout=120)
            assert one.returncode in (0, 1, 3), said
            assert "Traceback" not in said
        assert _until(lambda: _empty(site), 60)
    alone = new_site(site.folder.parent / "alone")
    drop(alone)
    take_in(alone, [alone.path("inbox")])
    assert posted_bills(site) == posted_bills(alone)
    assert len(posted_bills(site)) == 8
    ours, theirs = books_of(site), books_of(alone)
    assert {name: ours[name] for name in theirs if "/charges" in name or "/postings" in name} == {
        name: root for name, root in theirs.items() if "/charges" in name or "/postings" in name
    }
