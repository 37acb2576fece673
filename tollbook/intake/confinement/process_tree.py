"""Process tree: the processes below one, and the memory that they hold together."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterable
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")
_PAGE: Final = resource.getpagesize()
_KIBIBYTE: Final = 1024


def _parent_of(process: str) -> int | None:
    try:
        text = (_PROC / process / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None  # it ended while we looked
    # The name stands in brackets and may hold anything, also brackets; the parent is the second word after it.
    return int(text.rpartition(")")[2].split()[1])


def descendants(root: int) -> frozenset[int]:
    """Every process below `root`, itself left out, those that ended and were not collected included."""
    children: dict[int, list[int]] = {}
    for name in os.listdir(_PROC):  # noqa: PTH208 - names are enough, and this runs many times a second
        if name.isdigit() and (parent := _parent_of(name)) is not None:
            children.setdefault(parent, []).append(int(name))
    found: set[int] = set()
    waiting = list(children.get(root, ()))
    while waiting:
        process = waiting.pop()
        found.add(process)
        waiting.extend(children.get(process, ()))
    return frozenset(found)


def resident(process: int) -> int:
    """Resident bytes, shared pages in full: quick, never less than the proportional size. 0 when it has ended."""
    try:
        return int((_PROC / str(process) / "statm").read_bytes().split()[1]) * _PAGE
    except (OSError, IndexError):
        return 0


def proportional(process: int) -> int:
    """Resident and swapped bytes, each shared page in part (PSS). 0 when it has ended."""
    try:
        text = (_PROC / str(process) / "smaps_rollup").read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return 0
    except OSError:  # ended, or not ours to read: then the larger figure stands
        return resident(process)
    fields = dict(line.split(":", 1) for line in text.splitlines()[1:] if ":" in line)
    return sum(int(fields[name].split()[0]) * _KIBIBYTE for name in ("Pss", "SwapPss") if name in fields)


def memory_of(processes: Iterable[int], limit: int) -> int:
    """Bytes that `processes` hold together; exact (PSS) once they come near `limit`, before that an upper bound."""
    processes = tuple(processes)
    quick = sum(map(resident, processes))
    # The quick figure lags behind by some pages per core, so it is trusted only far below the limit.
    return quick if quick < limit // 2 else sum(map(proportional, processes))
