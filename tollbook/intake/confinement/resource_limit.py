"""Resource limits: ceilings that the kernel keeps for one process."""

from __future__ import annotations

import os
import resource
from pathlib import Path

from tollbook.intake.confinement.limits import Limits
from tollbook.intake.confinement.means import Means


def _lower(what: int, soft: int, hard: int | None = None) -> None:
    _, ceiling = resource.getrlimit(what)
    wanted = soft if hard is None else hard
    highest = wanted if ceiling == resource.RLIM_INFINITY else min(wanted, ceiling)
    resource.setrlimit(what, (min(soft, highest), highest))


def _tasks_of_user() -> int:
    """Threads that run under our user now: the limit counts them all, not only ours."""
    user, tasks = os.getuid(), 0
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            if folder.stat().st_uid == user:
                tasks += sum(1 for _ in (folder / "task").iterdir())
        except OSError:
            continue  # it ended while we looked
    return tasks


def _limit(name: str, what: int, soft: int, hard: int | None = None) -> Means:
    try:
        _lower(what, soft, hard)
    except (OSError, ValueError) as refused:
        return Means(name, False, str(refused))
    return Means(name, True, f"at most {soft}")


def limit_resources(limits: Limits) -> tuple[Means, ...]:
    """Lower this process's limits to `limits`; never raises one."""
    tasks = _limit("tasks", resource.RLIMIT_NPROC, _tasks_of_user() + limits.tasks)
    if os.getuid() == 0:
        tasks = Means(
            "tasks", False, "the kernel does not count root's; address space bounds threads, seccomp processes"
        )
    return (
        _limit("address space", resource.RLIMIT_AS, limits.address_space),
        _limit("open files", resource.RLIMIT_NOFILE, limits.open_files),
        # One second between the signal that can be caught and the one that cannot.
        _limit("cpu", resource.RLIMIT_CPU, limits.cpu_seconds, limits.cpu_seconds + 1),
        _limit("file size", resource.RLIMIT_FSIZE, 0),
        _limit("core dumps", resource.RLIMIT_CORE, 0),
        tasks,
    )
