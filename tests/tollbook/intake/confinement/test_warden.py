"""The warden leaves nothing of a job behind, however many processes it made."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tollbook.intake.confinement.last_words import KEPT, LastWords
from tollbook.intake.confinement.process_tree import descendants, memory_of, proportional, resident
from tollbook.intake.confinement.verdict import Ending, Verdict, signal_name


def _watched(job: str, limits: str = "", cwd: Path | None = None) -> list[str]:
    """Run `job` unconfined under a warden, in a process of its own. Its verdict and how many processes are left."""
    program = """
    import os, time
    from tollbook.intake.confinement.limits import Limits
    from tollbook.intake.confinement.process_tree import descendants
    from tollbook.intake.confinement.warden import Warden, adopt_orphans

    adopt_orphans()
    if (child := os.fork()) == 0:
        exec({job!r})
        os._exit(0)
    verdict = Warden(child, Limits({limits})).watch()
    print(verdict.ending.value, verdict.detail, len(descendants(os.getpid())))
    """
    text = textwrap.dedent(program).format(job=job, limits=limits)
    done = subprocess.run([sys.executable, "-c", text], cwd=cwd, capture_output=True, text=True, timeout=30, check=True)
    return done.stdout.split()


def test_a_job_that_ends_by_itself_is_ok(repository: Path) -> None:
    assert _watched("pass", cwd=repository) == ["ok", "0", "0"]


def test_processes_that_slipped_away_are_killed_too(repository: Path) -> None:
    """Twice forked, in a session of its own, its parent gone: still ours."""
    job = "if os.fork() == 0:\n os.setsid()\n os.fork()\n time.sleep(3600)"
    assert _watched(job, cwd=repository) == ["ok", "0", "0"]


def test_memory_is_summed_over_the_processes_of_a_job(repository: Path) -> None:
    job = "os.fork(); os.fork(); kept = b'x' * (60 << 20); time.sleep(3600)"
    assert _watched(job, "memory=150 << 20, wall_seconds=20.0", cwd=repository) == ["out-of-memory", "0", "0"]


def test_memory_that_processes_share_is_counted_once(repository: Path) -> None:
    job = "kept = b'x' * (60 << 20); os.fork(); os.fork(); time.sleep(0.5)"
    assert _watched(job, "memory=150 << 20, wall_seconds=20.0", cwd=repository) == ["ok", "0", "0"]


def test_time_and_signals_and_codes_are_told_apart(repository: Path) -> None:
    assert _watched("time.sleep(3600)", "wall_seconds=0.2", cwd=repository) == ["timed-out", "0", "0"]
    assert _watched("os.kill(os.getpid(), 9)", cwd=repository) == ["crashed", "9", "0"]
    assert _watched("os._exit(3)", cwd=repository) == ["exited", "3", "0"]


def test_the_proportional_size_is_never_more_than_the_resident_one() -> None:
    own = os.getpid()
    assert 0 < proportional(own) <= resident(own) * 1.1
    assert memory_of([own], limit=1) == pytest.approx(proportional(own), rel=0.1)


def test_a_process_that_is_gone_weighs_nothing_and_has_no_children() -> None:
    with subprocess.Popen(["/bin/true"]) as gone:
        pass
    assert (resident(gone.pid), proportional(gone.pid), descendants(gone.pid)) == (0, 0, frozenset())


def test_last_words_keep_the_end_and_nothing_that_steers_a_terminal() -> None:
    reading, writing = os.pipe()
    words = LastWords(reading)
    os.write(writing, b"x" * (2 * KEPT) + b"\x1b[2J\xff\nthe end\n")
    words.read()
    words.read()
    os.close(writing)
    words.read()
    os.close(reading)
    assert not words.open
    assert words.text().endswith("\N{REPLACEMENT CHARACTER}[2J\N{REPLACEMENT CHARACTER}\nthe end\n")
    assert len(words.text()) <= KEPT


@pytest.mark.parametrize("ending", Ending)
def test_every_ending_has_a_sentence(ending: Ending) -> None:
    assert Verdict(ending, detail=9).sentence()


def test_a_signal_without_a_name_is_its_number() -> None:
    assert (signal_name(11), signal_name(250)) == ("SIGSEGV", "250")
