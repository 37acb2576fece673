"""The warm worker is started again when it is lost, and dies with the process that it serves."""

import os
import select
import signal
import subprocess
import sys
import textwrap
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.tollbook.intake.worker.conftest import STRANGERS
from tollbook.intake.worker import Job, PluginFailed, PluginSource, Worker, run_job

STRANGER = PluginSource("stranger", module="strange_jobs")

# A main process that gets one item from a job that then hangs, tells who is running, and hangs too.
_MAIN = textwrap.dedent(
    """
    import sys, time
    from pathlib import Path
    from tollbook.intake.confinement.process_tree import descendants
    from tollbook.intake.worker import Job, PluginSource, Worker, run_job

    worker = Worker(import_folders=(Path(sys.argv[1]),))
    items = run_job(worker, Job("strange_jobs:" + sys.argv[2], PluginSource("stranger", module="strange_jobs")))
    next(items)
    if sys.argv[3] == "idle":
        items.close()
    print(worker.process, *descendants(worker.process), flush=True)
    time.sleep(3600)
    """
)


def _start_main(repository: Path, state: str) -> tuple["subprocess.Popen[str]", list[int]]:
    main = subprocess.Popen(
        [sys.executable, "-c", _MAIN, str(STRANGERS), "say_and_hang", state],
        stdout=subprocess.PIPE,
        text=True,
        cwd=repository,
    )
    assert main.stdout is not None
    return main, [int(one) for one in main.stdout.readline().split()]


@pytest.mark.parametrize(("state", "running"), [("busy", 2), ("idle", 1)])
def test_when_the_main_process_is_killed_nothing_of_it_survives(repository: Path, state: str, running: int) -> None:
    main, others = _start_main(repository, state)
    assert len(others) == running
    with main, ExitStack() as handles:
        waiting = [os.pidfd_open(one) for one in others]
        for handle in waiting:
            handles.callback(os.close, handle)
        main.kill()
        for handle in waiting:
            assert select.select([handle], [], [], 10)[0], "a worker or a job outlived the main process by ten seconds"


def test_when_the_worker_is_killed_its_job_dies_and_the_next_one_gets_a_new_worker() -> None:
    with Worker(import_folders=(STRANGERS,)) as worker:
        items = run_job(worker, Job("strange_jobs:say_and_hang", STRANGER))
        job, _ = next(items), next(items)
        first = worker.process
        assert first is not None
        handle = os.pidfd_open(job)
        os.kill(first, signal.SIGKILL)
        with pytest.raises(PluginFailed) as caught:
            next(items)
        assert caught.value.code == "worker-lost"
        assert select.select([handle], [], [], 10)[0]
        os.close(handle)
        assert list(run_job(worker, Job("strange_jobs:count_to", STRANGER, arguments={"many": 2}))) == [0, 1]
        assert worker.process != first


def test_a_worker_that_cannot_start_says_why() -> None:
    with Worker(preload=("no_such_module",)) as worker, pytest.raises(PluginFailed) as caught:
        list(run_job(worker, Job("strange_jobs:count_to", STRANGER)))
    assert caught.value.code == "worker-lost"
    assert "no_such_module" in caught.value.printed


def test_modules_that_start_threads_are_not_preloaded() -> None:
    """A fork copies locks held by threads, but not the threads: a child could then wait for ever."""
    with (
        Worker(preload=("starts_a_thread",), import_folders=(STRANGERS,)) as worker,
        pytest.raises(PluginFailed) as caught,
    ):
        list(run_job(worker, Job("strange_jobs:count_to", STRANGER)))
    assert "started 1 threads" in caught.value.printed


def test_closing_ends_the_worker() -> None:
    with Worker(import_folders=(STRANGERS,)) as worker:
        list(run_job(worker, Job("strange_jobs:count_to", STRANGER, arguments={"many": 1})))
        process = worker.process
    assert process is not None
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)
    assert worker.process is None
