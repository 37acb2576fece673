"""Who is still writing: which of some files a program has open for writing now. Only Linux tells."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path


def being_written(paths: Iterable[Path]) -> set[Path]:
    """Those of `paths` that a process which we may look at has open for writing."""
    wanted: dict[bytes, list[Path]] = {}
    for path in paths:
        wanted.setdefault(os.path.realpath(os.fsencode(path)), []).append(path)
    if not wanted:
        return set()
    processes = (process for process in Path("/proc").iterdir() if process.name.isdigit())
    return {path for process in processes for name in _written_by(process) for path in wanted.get(name, ())}


def _written_by(process: Path) -> Iterator[bytes]:
    try:
        handles = list((process / "fd").iterdir())
    except OSError:
        return  # another user's process, or one that has just ended
    for handle in handles:
        try:
            name = os.fsencode(handle.readlink())
            if name.startswith(b"/") and _open_for_writing(process / "fdinfo" / handle.name):
                yield name
        except OSError:
            continue  # closed just now


def _open_for_writing(facts: Path) -> bool:
    flags = next(line for line in facts.read_text("ascii").splitlines() if line.startswith("flags:"))
    return bool(int(flags.split()[1], 8) & (os.O_WRONLY | os.O_RDWR))
