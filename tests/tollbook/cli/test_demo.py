"""The demonstration runs the main job, stands a second time, and fails when somebody changed its books."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

_TIMEOUT = 300  # seconds, for a busy machine


def _tollbook(*words: str, home: Path) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8"}
    command = [sys.executable, "-c", "from tollbook.cli import main; main()", *words]
    return subprocess.run(
        command, env=environment, cwd=home, capture_output=True, text=True, timeout=_TIMEOUT, check=False
    )


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def first(home: Path) -> subprocess.CompletedProcess[str]:
    return _tollbook("demo", "harbor", home=home)


def test_it_shows_what_came_what_was_rejected_and_why(first: subprocess.CompletedProcess[str]) -> None:
    assert first.returncode == 0, first.stderr
    said = first.stdout
    assert "rejected  811_" in said
    assert "gap 90.00" in said
    for command in (
        "certify --all-ready",
        "export vouchers",
        "status",
        "queue",
        "balances",
        "statement",
        "why",
        "trace",
        "verify",
    ):
        assert f"tollbook --site harbor {command}" in said


def test_its_last_line_quotes_the_head_that_verify_gives(first: subprocess.CompletedProcess[str], home: Path) -> None:
    verified = json.loads(_tollbook("--site", "harbor", "verify", "--json", home=home).stdout)
    head = verified["head"]
    assert first.stdout.splitlines()[-1] == f"verify: ok, head {head['size']} {head['root']}"


def test_a_second_run_adds_nothing_to_the_books(first: subprocess.CompletedProcess[str], home: Path) -> None:
    again = _tollbook("demo", "harbor", home=home)
    assert again.returncode == 0, again.stderr
    assert again.stdout.splitlines()[-1] == first.stdout.splitlines()[-1]


def test_a_value_changed_in_its_ledger_makes_the_next_run_fail(
    first: subprocess.CompletedProcess[str], home: Path
) -> None:
    """Somebody with the file in hand takes the guard off, changes one amount, and puts the guard back."""
    assert first.returncode == 0
    ledger = sqlite3.connect(home / "harbor" / "ledger.db")
    (guard,) = ledger.execute("SELECT sql FROM sqlite_master WHERE name = 'charges_no_update'").fetchone()
    ledger.execute("DROP TRIGGER charges_no_update")
    changed = ledger.execute("UPDATE charges SET amount = amount + 1 WHERE line = 2").rowcount
    ledger.execute(guard)
    ledger.commit()
    ledger.close()
    assert changed
    failed = _tollbook("demo", "harbor", home=home)
    assert failed.returncode == 5
    assert "differ" in failed.stdout + failed.stderr
