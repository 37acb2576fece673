"""What an honest plugin needs works under confinement, and it learns nothing about the site."""

import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.tollbook.intake.worker.conftest import STRANGERS, RunStranger
from tollbook.intake.worker import Job, PluginSource, Worker, run_job

STRANGER = PluginSource("stranger", module="strange_jobs")


def test_a_job_reads_its_input(run_stranger: RunStranger, bill_file: Path) -> None:
    assert run_stranger("sizes") == [[str(bill_file), bill_file.stat().st_size]]


def test_items_come_in_order_and_all_of_them(run_stranger: RunStranger) -> None:
    assert run_stranger("count_to", many=50_000) == list(range(50_000))


def test_threads_work(run_stranger: RunStranger) -> None:
    assert run_stranger("in_threads", many=20) == [list(range(20))]


def test_arrow_works_with_its_threads_and_maps(run_stranger: RunStranger) -> None:
    pytest.importorskip("pyarrow", reason="the extra `bulk` is not installed")
    assert run_stranger("rows_of_csv") == [5000]


def test_an_extension_of_one_file_is_loaded_by_its_path(run_stranger: RunStranger, tmp_path: Path) -> None:
    extension = tmp_path / "extensions" / "friendly.py"
    extension.parent.mkdir()
    extension.write_text('GREETING = "good morning"\n', encoding="utf-8")
    assert run_stranger("load_file_plugin", plugin=PluginSource.from_file(extension)) == ["good morning"]


def test_a_job_sees_no_secret_and_no_folder_of_ours(
    run_stranger: RunStranger, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A folder `plugins/` where the command was started cannot stand in for ours, nor can a variable."""
    monkeypatch.setenv("TOLLBOOK_KEY", "a secret")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    with closing(Worker(import_folders=(STRANGERS,))) as fresh:
        (seen,) = run_job(fresh, Job("strange_jobs:surroundings", STRANGER))
    assert set(seen["environment"]) <= {"LANG", "LC_ALL", "LC_CTYPE", "PATH", "PYTHONUTF8", "TZ"}
    assert str(tmp_path) not in seen["path"]
    assert "" not in seen["path"]
    assert seen["folder"] == "/"
    assert seen["input"] == ""
    assert seen["open"] == [0, 1, 2, 3]


def test_items_are_decoded_as_the_reader_asks(worker: Worker) -> None:
    job = Job("strange_jobs:count_to", STRANGER, arguments={"many": 2})
    as_text: msgspec.msgpack.Decoder[Any] = msgspec.msgpack.Decoder(str, strict=False)
    with pytest.raises(Exception, match="cannot be read"):
        list(run_job(worker, job, as_text))
    numbers = msgspec.msgpack.Decoder(int)
    assert list(run_job(worker, job, numbers)) == [0, 1]


def test_leaving_early_stops_the_job_and_frees_the_worker(worker: Worker, run_stranger: RunStranger) -> None:
    items = run_job(worker, Job("strange_jobs:count_to", STRANGER, arguments={"many": 100_000_000}))
    assert next(items) == 0
    items.close()
    assert run_stranger("count_to", many=3) == [0, 1, 2]


def test_two_jobs_of_one_worker_cannot_be_read_at_once_by_one_thread(worker: Worker) -> None:
    """It would wait for itself; that is our bug and is told at once."""
    job = Job("strange_jobs:count_to", STRANGER, arguments={"many": 100_000_000})
    first = run_job(worker, job)
    next(first)
    with pytest.raises(AssertionError, match="another job of the same worker"):
        next(run_job(worker, job))
    del first
    assert list(run_job(worker, Job("strange_jobs:count_to", STRANGER, arguments={"many": 1}))) == [0]


def test_threads_take_turns_with_one_worker(worker: Worker) -> None:
    job = Job("strange_jobs:count_to", STRANGER, arguments={"many": 1000})
    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(lambda _: list(run_job(worker, job)), range(6))) == [list(range(1000))] * 6


def test_a_job_names_its_inputs_by_their_whole_path() -> None:
    with pytest.raises(ValueError, match="whole path"):
        Job("strange_jobs:sizes", STRANGER, ("bill.csv",))


def test_the_child_is_neither_the_main_process_nor_its_direct_child(run_stranger: RunStranger, worker: Worker) -> None:
    (seen,) = run_stranger("surroundings")
    assert seen["parent"] == worker.process
    assert seen["process"] not in {os.getpid(), worker.process}
