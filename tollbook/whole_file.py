"""Writing a file so that whoever looks sees all of it or the old one."""

from __future__ import annotations

import os
from pathlib import Path

from ledger_core.errors import UsageRefused


def write_whole(file: Path, content: bytes) -> None:
    """Write a file with these bytes in place of what is there; folders above it are made. Durable when it returns.

    Raises UsageRefused where the place cannot be written to; what was there before stays.
    """
    unfinished = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        try:
            with unfinished.open("xb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            unfinished.replace(file)
        finally:
            unfinished.unlink(missing_ok=True)
    except OSError as refused:
        found = f"it cannot be written ({refused.strerror})"
        raise UsageRefused(str(file), found, "Name another folder, or make room.", code="unwritable") from refused
