"""The record of benchmark runs: raw figures with the machine's facts, and the page that shows the latest of each."""

from __future__ import annotations

import json
import os
import platform
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.detected import detected
from bench.places import REPOSITORY

RUNS = REPOSITORY / "docs" / "benchmarks.json"
PAGE = REPOSITORY / "docs" / "reference" / "benchmarks.md"

#: Row -> heading, what it measures, and its bounds: (figure, at most, what the bound is).
_SHOWN: dict[str, tuple[str, str, tuple[tuple[str, float, str], ...]]] = {
    "million": (
        "A cloud bill of a million lines, SQLite",
        "From start to exit of `tollbook import`: read, checked, coded, posted, sealed, on disk.",
        (
            ("times_bare_append", 3, "first landing"),
            ("times_ledger_median", 0.5, "goal"),
            ("peak_pss_megabytes", 400, "bound"),
            ("known_again_seconds", 2, "bound"),
        ),
    ),
    "fractions": ("The same with fractions of a cent", "Rounded once over the bill; its batches are read twice.", ()),
    "objects": ("A telephone bill of as many charges", "X12 811, whose importer yields one charge at a time.", ()),
    "postgres": (
        "The cloud bill on PostgreSQL",
        "An embedded server that does not wait for the disk, beside a bare COPY into it.",
        (("times_bare_copy", 3, "first landing"),),
    ),
    "verify": ("Verification", "Everything recomputed from what was sealed.", (("times_import", 1, "bound"),)),
    "ten": (
        "Ten such bills in one site",
        "The tenth beside the first; then one account on both clocks, over a warm connection.",
        (("tenth_times_first", 1.25, "bound"), ("balance_milliseconds_p99", 1, "bound")),
    ),
    "peers": ("Other ledgers", "Two-posting transactions of the same dates and amounts, loaded and balanced.", ()),
    "checking": (
        "Checks on a month of a metropolitan city",
        "`tollbook check` on every bill of the second month, which was checked when it came as well.",
        (("check_seconds", 60, "bound"),),
    ),
}


def keep(row: str, lines: int, figures: dict[str, Any]) -> None:
    """Add a run to the record, and write the page anew."""
    runs = _runs()
    runs.append(
        {
            "row": row,
            "lines": lines,
            "date": datetime.now(UTC).date().isoformat(),
            "commit": _commit(),
            "machine": _machine(),
            "figures": figures,
        }
    )
    RUNS.parent.mkdir(parents=True, exist_ok=True)
    RUNS.write_text(json.dumps(runs, indent=1) + "\n", "utf-8")
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(page(runs), "utf-8")


def page(runs: list[dict[str, Any]]) -> str:
    """The page: for each row its latest run of the most lines, each bound with what holds and what falls short."""
    parts = ["# Benchmarks", _HOW]
    for row, (heading, what, bounds) in _SHOWN.items():
        found = [run for run in runs if run["row"] == row]
        if found:
            run = max(enumerate(found), key=lambda one: (one[1]["lines"], one[0]))[1]
            parts += [f"## {heading}", f"{what} {_about(run)}", _table(run["figures"], bounds)]
            if short := _short(run["figures"], bounds):
                parts.append("Falls short: " + "; ".join(short) + ".")
    parts += ["## Why what falls short does", _WHY]
    if found := [run for run in runs if run["row"] == "detection"]:
        parts += ["## What the checks find", *detected(found)]
    return "\n\n".join(parts) + "\n"


_HOW = """\
Written by `make bench` from `docs/benchmarks.json`, which keeps every run. A ratio compares two things measured in the
same run on the same machine; seconds alone say little. A run counts only if its answer is right: `bench/truth.py` says
what is asked of it."""
_WHY = """\
A bare append binds twelve cells a row. An import writes two tables (25 columns of charges; the free texts apart, each
with a salt of its own), hashes a leaf and a node for every row of both, reads 43 columns in a confined process, checks
every cell and codes every charge. Reading and hashing have a core of their own; the other one writes, and that alone
takes as long as two bare appends. A second and a half is left for checking and coding a million charges in Python, for
starting and for the disk. `ledger` keeps nothing of what it loads. What would help next: fewer columns in the charges,
one leaf for several of them, a driver that binds columns. On PostgreSQL our process waits while the server takes a
batch in. Where the seconds go, and what was tried:
[decision 20](../decisions/0020-where-an-import-spends-its-time.md).

Small bills pay some seconds that do not grow: two processes started, modules loaded, 54,450 reference rows read. A
high load beforehand means that the machine had other work: then the processor seconds are the better guide."""


def flat(figures: dict[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Figures one by one; what stands below another is named with it, and rows of a table by their first cell."""
    for name, found in figures.items():
        named = f"{above}{name}"
        if isinstance(found, dict):
            yield from flat(found, f"{named}.")
        elif isinstance(found, list) and found and isinstance(found[0], dict):
            for row in found:
                first, *rest = row.items()
                yield f"{above}{first[1]}", " ".join(f"{column}={cell}" for column, cell in rest)
        else:
            yield named, found


def _about(run: dict[str, Any]) -> str:
    machine = run["machine"]
    return (
        f"{run['lines']:,} lines a bill; {run['date']}, commit {run['commit']}; {machine['cores']} cores, "
        f"{machine['processor']}, {machine['memory_gigabytes']} GB, load {machine['load_before']} beforehand."
    )


def _table(figures: dict[str, Any], bounds: tuple[tuple[str, float, str], ...]) -> str:
    by_figure = {figure: f"at most {most:g} ({what})" for figure, most, what in bounds}
    lines = ["| figure | measured | bound |", "|---|---|---|"]
    for figure, found in figures.items():
        shown = ", ".join(map(str, found)) if isinstance(found, list) else str(found)
        lines.append(f"| {figure.replace('_', ' ')} | {shown} | {by_figure.get(figure, '')} |")
    return "\n".join(lines)


def _short(figures: dict[str, Any], bounds: tuple[tuple[str, float, str], ...]) -> list[str]:
    return [
        f"{figure.replace('_', ' ')} is {figures[figure]}, not {most:g} ({what})"
        for figure, most, what in bounds
        if figures.get(figure) is not None and figures[figure] > most
    ]


def _runs() -> list[dict[str, Any]]:
    if not RUNS.exists():
        return []
    runs: list[dict[str, Any]] = json.loads(RUNS.read_text("utf-8"))
    return runs


def _commit() -> str:
    git = shutil.which("git")
    if git is None:
        return "unknown"
    found = subprocess.run(  # noqa: S603 - fixed words
        [git, "-C", str(REPOSITORY), "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
    )
    return found.stdout.strip() or "unknown"


def _machine() -> dict[str, Any]:
    """What the figures depend on; no name of a machine, no path."""
    return {
        "cores": os.cpu_count(),
        "processor": _processor(),
        "memory_gigabytes": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "load_before": round(os.getloadavg()[2], 1),
    }


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
