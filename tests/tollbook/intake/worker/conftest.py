"""What tests of the worker share: one warm worker, and a way to send it a stranger's job."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tollbook.intake.confinement import Limits
from tollbook.intake.worker import Job, PluginSource, Worker, run_job

STRANGERS = Path(__file__).with_name("strangers")

RunStranger = Callable[..., list[Any]]


@pytest.fixture(scope="session")
def worker() -> Iterator[Worker]:
    """One worker for all tests: each of them leaves it fit for the next."""
    with Worker(import_folders=(STRANGERS,)) as warm:
        yield warm


@pytest.fixture
def bill_file(tmp_path: Path) -> Path:
    """The one file that a job may read, in a folder that a site might be."""
    file = tmp_path / "bill.csv"
    file.write_text("amount,currency\n" + "1.00,USD\n" * 5000, encoding="utf-8")
    return file


@pytest.fixture
def run_stranger(worker: Worker, bill_file: Path) -> RunStranger:
    """Run one of `strange_jobs` on the bill file and return all that it emitted."""

    def run(name: str, limits: Limits | None = None, plugin: PluginSource | None = None, **arguments: Any) -> list[Any]:
        source = plugin or PluginSource("stranger", module="strange_jobs")
        job = Job(f"strange_jobs:{name}", source, (str(bill_file),), arguments, limits or Limits(wall_seconds=20.0))
        return list(run_job(worker, job))

    return run
