"""System calls that Python has no function for, by number and through libc."""

from __future__ import annotations

import ctypes
import functools
import os
import platform
import sys
from typing import Any, Final

# Equal on every architecture that has them (numbers from 424 on are shared).
LANDLOCK_CREATE_RULESET: Final = 444
LANDLOCK_ADD_RULE: Final = 445
LANDLOCK_RESTRICT_SELF: Final = 446

PR_SET_PDEATHSIG: Final = 1
PR_SET_DUMPABLE: Final = 4
PR_SET_CHILD_SUBREAPER: Final = 36
PR_SET_NO_NEW_PRIVS: Final = 38
PR_CAP_AMBIENT: Final = 47
PR_CAP_AMBIENT_CLEAR_ALL: Final = 4


def architecture() -> str | None:
    """The machine's name where we know its system call numbers, else None (also for 32 bits on 64)."""
    machine = platform.machine()
    known = sys.platform == "linux" and sys.maxsize > 2**32 and machine in {"x86_64", "aarch64"}
    return machine if known else None


@functools.cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _checked(outcome: int) -> int:
    if outcome < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return outcome


def system_call(number: int, *arguments: Any) -> int:
    """Call by number; integers pass as C long, the rest as pointers. Raises OSError."""
    passed = [ctypes.c_long(one) if isinstance(one, int) else one for one in arguments]
    return _checked(int(_libc().syscall(ctypes.c_long(number), *passed)))


def prctl(option: int, value: int = 0) -> None:
    """Set one attribute of the calling process. Raises OSError."""
    _checked(int(_libc().prctl(ctypes.c_int(option), *(ctypes.c_ulong(one) for one in (value, 0, 0, 0)))))


def unshare(flags: int) -> None:
    """Leave the namespaces named by `flags`. Raises OSError."""
    _checked(int(_libc().unshare(ctypes.c_int(flags))))


def drop_capabilities() -> None:
    """Give up every capability, for good when new privileges are refused too. Raises OSError."""
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL)
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)  # version 3, this thread
    nothing = (ctypes.c_uint32 * 6)()
    _checked(int(_libc().capset(ctypes.byref(header), ctypes.byref(nothing))))
