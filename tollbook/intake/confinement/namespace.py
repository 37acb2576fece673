"""Namespaces: a job's own network, which has no interface that is up, and its own users."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from tollbook.intake.confinement.means import Means
from tollbook.intake.confinement.system_call import PR_SET_DUMPABLE, prctl, unshare

CLONE_NEWUSER: Final = 0x10000000
CLONE_NEWNET: Final = 0x40000000


def _map_ids(user: int, group: int) -> None:
    """Keep our own ids inside the new user namespace; every other user's become nobody's."""
    for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
        Path("/proc/self", name).write_text(text, encoding="utf-8")


def _user_namespace() -> Means:
    user, group = os.geteuid(), os.getegid()
    try:
        unshare(CLONE_NEWUSER)
        # The kernel may have made us undumpable, which would hide our memory from the one who watches it.
        prctl(PR_SET_DUMPABLE, 1)
        _map_ids(user, group)
    except OSError as refused:
        return Means("user namespace", False, str(refused))
    return Means("user namespace", True, "no rights outside it")


def enter_namespaces() -> tuple[Means, ...]:
    """Move this (single-threaded) process to a user and a network namespace of its own, where that is allowed."""
    user = _user_namespace()
    try:
        unshare(CLONE_NEWNET)
    except OSError as refused:
        return user, Means("network namespace", False, str(refused))
    return user, Means("network namespace", True, "no interface is up")
