"""The benchmark works: a small million is made, taken in, checked to the cent and verified. Nothing is timed here."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench import record
from bench.places import DEFINITION


def test_a_small_million_is_measured_and_its_answer_is_right(tmp_path: Path, repository: Path) -> None:
    if not DEFINITION.is_dir():
        assert os.environ.get("CI") != "true", "the scripts that define the million are absent"
        pytest.skip("the scripts that define the million are not beside the project")
    ended = subprocess.run(
        [sys.executable, "-m", "bench", "--lines", "2000", "--rows", "million", "--pairs", "1", "--samples", "1",
         "--folder", tmp_path, "--dry"],
        cwd=repository, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "times_bare_append" in ended.stdout
    assert "does not count" not in ended.stdout


def test_the_page_says_what_falls_short() -> None:
    machine = {"cores": 2, "processor": "some", "memory_gigabytes": 24, "load_before": 0}
    run = {"row": "million", "lines": 10, "date": "2026-09-01", "commit": "abc", "machine": machine}
    page = record.page([run | {"figures": {"times_bare_append": 4.5, "peak_pss_megabytes": 300}}])
    assert "| times bare append | 4.5 | at most 3 (first landing) |" in page
    assert "Falls short: times bare append is 4.5, not 3 (first landing)." in page
