"""What a process that was killed left half-written: named after it, and swept once it is gone.

The names are `WHAT.PROCESS.MORE`. A site's folder belongs to one machine, so a process that is not here is nowhere.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path


def sweep(folder: Path, pattern: str = "*") -> None:
    """Remove the files of `folder` that match `pattern` and whose process is gone."""
    for left in _named_after_processes(folder, pattern):
        with suppress(FileNotFoundError):  # swept by another process just now
            left.unlink()


def own_name(what: str, more: str) -> str:
    """A name that this process's own end makes fit to be swept."""
    return f"{what}.{os.getpid()}.{more}"


def _named_after_processes(folder: Path, pattern: str) -> Iterator[Path]:
    for path in folder.glob(pattern):
        process = path.name.lstrip(".").split(".")[1:2]
        if process and process[0].isdigit() and not Path("/proc", process[0]).exists():
            yield path
