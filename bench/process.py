"""A process being measured: seconds by the wall and by the processors, and the summed memory of its whole tree."""

from __future__ import annotations

import json
import os
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import attrs

_EVERY = 0.05  # seconds between two looks at the memory


@attrs.frozen
class Measured:
    """How a process ended. `wall` and `cpu` in seconds (user and system, of the whole tree), `pss` in bytes or None
    where it was not watched. PSS counts a page that several processes share once."""

    code: int
    wall: float
    cpu: float
    output: str
    pss: int | None = None

    def answer(self) -> dict[str, Any]:
        """The JSON object on standard output. Raises Broken where there is none."""
        try:
            found: dict[str, Any] = json.loads(self.output)
        except ValueError as wrong:
            raise Broken(f"no answer, and it ended with {self.code}") from wrong
        return found


class Broken(Exception):
    """A run whose result is wrong, so that its time means nothing."""


def run(command: Sequence[str | Path], environment: Mapping[str, str], *, watched: bool = False) -> Measured:
    """Run a command to its end. Watching costs a few percent of time, so timed runs are not watched."""
    before = time.perf_counter()
    process = subprocess.Popen(  # noqa: S603 - commands of ours
        [str(part) for part in command], env=dict(environment), stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    peak = _Peak(process.pid)
    if watched:
        peak.start()
    output = process.stdout.read()
    process.stdout.close()
    _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - before
    process.returncode = os.waitstatus_to_exitcode(status)
    pss = peak.finish() if watched else None
    return Measured(process.returncode, wall, used.ru_utime + used.ru_stime, output, pss)


class _Peak(threading.Thread):
    """Looks at a process and all that descend from it, until told to stop."""

    def __init__(self, process: int) -> None:
        super().__init__(daemon=True)
        self._process = process
        self._over = threading.Event()
        self._highest = 0

    def run(self) -> None:
        while not self._over.wait(_EVERY):
            self._highest = max(self._highest, sum(map(_pss, _tree(self._process))))

    def finish(self) -> int:
        """The highest sum seen."""
        self._over.set()
        self.join()
        return self._highest


def _tree(process: int) -> list[int]:
    found = [process]
    for one in found:
        with suppress(OSError):
            for task in Path("/proc", str(one), "task").iterdir():
                found.extend(map(int, (task / "children").read_text("ascii").split()))
    return found


def _pss(process: int) -> int:
    with suppress(OSError):
        for line in Path("/proc", str(process), "smaps_rollup").read_text("ascii").splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0
