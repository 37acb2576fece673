"""Crashes on demand: run the program in a process of its own that is killed, as by `kill -9`, at a named place.

Nothing in the product knows of this. The child process wraps one function and kills itself before or after the call
that is wanted; what was on disk then is all that the next run finds.
"""

from __future__ import annotations

import functools
import importlib
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import attrs


@attrs.frozen
class CrashPoint:
    """A place in a run: before or after the `nth` call of `function` ("module:name" or "module:Class.name")."""

    name: str
    function: str
    when: str
    nth: int = 1


def arm(point: CrashPoint) -> None:
    """Wrap the function in this process, so that the wanted call kills it."""
    module_name, _, path = point.function.partition(":")
    holder: Any = importlib.import_module(module_name)
    *parents, name = path.split(".")
    for parent in parents:
        holder = getattr(holder, parent)
    original = getattr(holder, name)
    calls = 0

    @functools.wraps(original)
    def crashing(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == point.nth and point.when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        result = original(*args, **kwargs)
        if calls == point.nth and point.when == "after":
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(holder, name, crashing)


_PROGRAM = """
import sys
from tests.crashing import CrashPoint, arm
from tollbook.cli import main
arm(CrashPoint("", sys.argv[1], sys.argv[2], int(sys.argv[3])))
sys.argv = ["tollbook", *sys.argv[4:]]
main()
"""


def run_until(point: CrashPoint, arguments: Sequence[str], environment: dict[str, str]) -> tuple[int, int]:
    """Run `tollbook ARGUMENTS` with a crash armed; the process id it had, and its exit code (-9: it was killed)."""
    root = Path(__file__).resolve().parent.parent
    process = subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, point.function, point.when, str(point.nth), *arguments],
        cwd=root,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    _, words = process.communicate(timeout=120)
    assert process.returncode in (-signal.SIGKILL, 0, 1, 3), words.decode()
    return process.pid, process.returncode


def workers_of(process: int) -> list[int]:
    """Importers' worker processes that were started by that process and still live."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
        except (FileNotFoundError, ProcessLookupError):
            continue
        if any(b"warm_parent" in word for word in words) and str(process).encode() in words:
            found.append(int(entry.name))
    return found
