"""Probe: which means of confinement hold here, found out by trying them in a process that is thrown away."""

from __future__ import annotations

import mmap
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from tollbook.intake.confinement.confine import confine
from tollbook.intake.confinement.limits import Limits
from tollbook.intake.confinement.means import LANDLOCK, SECCOMP, Means
from tollbook.intake.confinement.process_tree import proportional

_PATIENCE: Final = 30.0

# A new interpreter rather than a fork: the caller may run threads, and a fork copies their locks but not them.
_PROGRAM: Final = (
    "import sys; sys.path.extend(one for one in sys.argv[1:] if one not in sys.path); "
    "from tollbook.intake.confinement.probe import report; report()"
)


def _fails(attempt: Callable[[], object], *errors: type[BaseException]) -> bool:
    try:
        attempt()
    except errors:
        return True
    return False


def _tried(means: Means) -> Means:
    """The same means, with `holds` withdrawn when what it should prevent succeeds."""
    attempts: dict[str, Callable[[], bool]] = {
        SECCOMP: lambda: _fails(socket.socket, PermissionError),
        LANDLOCK: lambda: _fails(lambda: Path("/proc/self/status").read_bytes(), PermissionError),
        "address space": lambda: _fails(lambda: mmap.mmap(-1, Limits().address_space), OSError, MemoryError),
    }
    attempt = attempts.get(means.name)
    if not means.holds or attempt is None or attempt():
        return means
    return Means(means.name, False, "was set, but does not prevent what it should")


def report() -> None:
    """Confine this process, try what should now fail, and write the means to standard output as JSON."""
    means = confine(Limits(), (), allow_unconfined=True)
    os.write(1, msgspec.json.encode([_tried(one) for one in means]))


def _watched() -> tuple[Means, ...]:
    """What the parent watches itself, on any system that has /proc."""
    weighs = proportional(os.getpid()) > 0
    return (
        Means("wall time", True, "watched by the parent"),
        Means("memory", weighs, "watched by the parent" if weighs else "no /proc to weigh processes with"),
        Means("output size", True, "counted by the parent"),
    )


def _none(reason: str) -> tuple[Means, ...]:
    return (Means(SECCOMP, False, reason), Means(LANDLOCK, False, reason))


def available_means() -> tuple[Means, ...]:
    """Every means of confinement and whether it holds here. Tries them in another process; changes nothing in this."""
    if sys.platform != "linux":
        return _none(f"{sys.platform} has none")
    root = str(Path(__file__).parents[3])
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter with a fixed program
            [sys.executable, "-I", "-B", "-c", _PROGRAM, root],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env={},
            timeout=_PATIENCE,
            check=False,
        )
        means = msgspec.json.decode(done.stdout, type=tuple[Means, ...])
    except (OSError, subprocess.TimeoutExpired, msgspec.DecodeError) as failed:
        return _none(f"could not be tried: {failed}")
    return (*means, *_watched())
