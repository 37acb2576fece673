"""Confine the calling process before a stranger's code is imported. Cannot be undone."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterable
from pathlib import Path

from tollbook.intake.confinement.errors import ConfinementUnavailable
from tollbook.intake.confinement.landlock import restrict_files
from tollbook.intake.confinement.limits import Limits
from tollbook.intake.confinement.means import Means, confined_by_kernel
from tollbook.intake.confinement.namespace import enter_namespaces
from tollbook.intake.confinement.readable import readable_places
from tollbook.intake.confinement.resource_limit import limit_resources
from tollbook.intake.confinement.system_call import (
    PR_SET_NO_NEW_PRIVS,
    PR_SET_PDEATHSIG,
    drop_capabilities,
    prctl,
)
from tollbook.intake.confinement.system_call_filter import filter_system_calls


def refuse_new_privileges() -> Means:
    """No program that this process may ever start gives it more rights; Landlock and seccomp ask for this first."""
    try:
        prctl(PR_SET_NO_NEW_PRIVS, 1)
    except OSError as refused:
        return Means("no new privileges", False, str(refused))
    return Means("no new privileges", True, "set")


def die_with_parent(parent: int) -> Means:
    """Be killed when process `parent`, which must be single-threaded, ends; at once if it has ended already."""
    try:
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    except OSError as refused:
        return Means("dies with parent", False, str(refused))
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)
    return Means("dies with parent", True, "killed when its parent ends")


def _give_up_capabilities() -> Means:
    try:
        drop_capabilities()
    except OSError as refused:
        return Means("no capabilities", False, str(refused))
    return Means("no capabilities", True, "none of root's rights")


def require_kernel_means(means: Iterable[Means]) -> None:
    """Raise ConfinementUnavailable unless seccomp or Landlock holds."""
    if confined_by_kernel(means):
        return
    raise ConfinementUnavailable(
        "importer confinement",
        "this system offers neither seccomp nor Landlock, so nothing would hold an importer back",
        "run Tollbook on Linux 5.13 or later, or allow importers without confinement in the site's settings",
    )


def confine(
    limits: Limits, read_only: tuple[Path, ...], *, parent: int | None = None, allow_unconfined: bool = False
) -> tuple[Means, ...]:
    """Confine this single-threaded process: afterwards it reads `read_only` and what Python needs, and writes nothing.

    It keeps its open files, so close what it should not have. `parent` is the process that it must not outlive
    (default: its parent now). Returns what holds and what does not. Raises ConfinementUnavailable where neither seccomp
    nor Landlock is to be had, unless `allow_unconfined`.
    """
    if sys.platform != "linux":
        means: tuple[Means, ...] = (Means("seccomp", False, f"{sys.platform} has none"),)
    else:
        places = readable_places(read_only)  # looked up while we still may
        means = (*limit_resources(limits), refuse_new_privileges(), *enter_namespaces())
        # After the namespaces, because the kernel forgets this wish when a process changes its rights.
        means += (die_with_parent(os.getppid() if parent is None else parent), _give_up_capabilities())
        means += (restrict_files(*places), filter_system_calls())
    if not allow_unconfined:
        require_kernel_means(means)
    return means
