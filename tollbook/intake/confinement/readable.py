"""Readable places: what Python itself needs in order to import modules inside the confinement.

Nothing here may hold a site: folders of source code on `sys.path` are opened package by package, so that a ledger
which lies inside a checkout stays out of reach.
"""

from __future__ import annotations

import functools
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

_SHARED: Final = (
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/usr/share/zoneinfo",
    "/usr/share/locale",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/etc/timezone",
    "/etc/mime.types",
    "/etc/os-release",
    "/etc/ssl/openssl.cnf",
    "/dev/null",
    "/dev/urandom",
    # Column engines ask how many cores there are and how memory is handed out.
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/proc/sys/vm/overcommit_memory",
    "/sys/devices/system/cpu",
    "/sys/kernel/mm/transparent_hugepage",
)

# Folders that only installers write to. A site among them would be nobody's accident.
_INSTALLED: Final = frozenset({"site-packages", "dist-packages"})


def _interpreter() -> frozenset[Path]:
    prefixes = {sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix}
    libraries = {Path(prefix, folder) for prefix in prefixes for folder in ("lib", "lib64")}
    named = {Path(place) for key, place in sysconfig.get_paths().items() if key in {"stdlib", "platstdlib"}}
    return frozenset(libraries | named)


def _modules_in(folder: Path) -> Iterator[Path]:
    """The top-level packages and modules of a folder of source code, and nothing else that lies there."""
    for entry in sorted(folder.iterdir()):
        module = entry.suffix in {".py", ".so"} and entry.is_file()
        if module or (entry / "__init__.py").is_file():
            yield entry


@functools.cache
def import_places(path: tuple[str, ...]) -> tuple[tuple[Path, ...], tuple[Path, ...]]:
    """Places to read, and folders only to list, so that modules on `path` (as in `sys.path`) can be imported."""
    installed = {Path(entry) for entry in path if Path(entry).name in _INSTALLED}
    libraries = _interpreter() | installed
    readable, listable = [*libraries, *map(Path, _SHARED)], []
    for entry in map(Path, path):
        if any(entry.is_relative_to(library) for library in libraries):
            continue
        if entry.is_dir():
            readable.extend(_modules_in(entry))
            listable.append(entry)
        elif entry.is_file():  # a zip of modules
            readable.append(entry)
    return tuple(readable), tuple(listable)


def readable_places(given: Iterable[Path]) -> tuple[tuple[Path, ...], tuple[Path, ...]]:
    """As `import_places` for this process, with the job's own `given` files."""
    readable, listable = import_places(tuple(sys.path))
    return (*readable, *given), listable
