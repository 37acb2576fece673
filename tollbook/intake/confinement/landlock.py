"""Landlock: which files a job may read. It may write none, reach no port, and signal nobody outside.

Numbers from linux/landlock.h, interface versions 1 to 7.
"""

from __future__ import annotations

import ctypes
import os
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from tollbook.intake.confinement.means import LANDLOCK, Means
from tollbook.intake.confinement.system_call import (
    LANDLOCK_ADD_RULE,
    LANDLOCK_CREATE_RULESET,
    LANDLOCK_RESTRICT_SELF,
    system_call,
)

READ_FILE: Final = 1 << 2
READ_DIR: Final = 1 << 3

# Rights that exist from an interface version on; all of them are handled, so all are refused unless granted.
_FILE_RIGHTS: Final = {1: (1 << 13) - 1, 2: 1 << 13, 3: 1 << 14, 5: 1 << 15}
_PORT_RIGHTS: Final = {4: 0b11}  # bind and connect over TCP
_SCOPES: Final = {6: 0b11}  # abstract sockets and signals stay inside

_VERSION_FLAG: Final = 1
_PATH_BENEATH: Final = 1


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("ports", ctypes.c_uint64), ("scopes", ctypes.c_uint64))


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


def interface_version() -> int:
    """The kernel's Landlock version, from 1. Raises OSError where there is none."""
    return system_call(LANDLOCK_CREATE_RULESET, None, 0, _VERSION_FLAG)


def _bits(table: dict[int, int], version: int) -> int:
    return sum(bits for since, bits in table.items() if since <= version)


def _ruleset(version: int) -> int:
    handled = _Ruleset(_bits(_FILE_RIGHTS, version), _bits(_PORT_RIGHTS, version), _bits(_SCOPES, version))
    # Older kernels know a shorter structure and refuse a longer one.
    size = 8 if version < 4 else 16 if version < 6 else 24
    return system_call(LANDLOCK_CREATE_RULESET, ctypes.byref(handled), size, 0)


def _allow(ruleset: int, path: Path, rights: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return  # what we cannot reach, the job cannot either
    try:
        allowed = rights if stat.S_ISDIR(os.fstat(place).st_mode) else rights & READ_FILE
        if allowed:
            system_call(LANDLOCK_ADD_RULE, ruleset, _PATH_BENEATH, ctypes.byref(_PathBeneath(allowed, place)), 0)
    finally:
        os.close(place)


def restrict_files(readable: Iterable[Path], listable: Iterable[Path]) -> Means:
    """Let this process read only `readable` (folders with all below) and list, not read, what is below `listable`.

    Needs that new privileges are refused already. Cannot be undone, and holds for every thread started later.
    """
    try:
        version = interface_version()
        ruleset = _ruleset(version)
        try:
            for path in readable:
                _allow(ruleset, path, READ_FILE | READ_DIR)
            for path in listable:
                _allow(ruleset, path, READ_DIR)
            system_call(LANDLOCK_RESTRICT_SELF, ruleset, 0)
        finally:
            os.close(ruleset)
    except OSError as refused:
        return Means(LANDLOCK, False, str(refused))
    return Means(LANDLOCK, True, f"version {version}: reads what it was given, writes nothing")
