"""The archive: every file that ever came, under its SHA-256. A copy is whole and on disk, or not there."""

from __future__ import annotations

import hashlib
import os
import secrets
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from io import BufferedReader
from pathlib import Path

import attrs

from ledger_core.errors import LedgerUnavailable, Unknown
from tollbook.leftovers import own_name
from tollbook.naming import shown
from tollbook.plain_file import open_plainly, unreadable

_BLOCK = 1 << 20


@attrs.frozen
class Kept:
    """A file in the archive."""

    sha256: str
    size: int
    path: Path


@attrs.frozen
class Archive:
    """The archive folder: `ab/abcd...` holds the bytes of the file with that digest."""

    folder: Path

    def path(self, sha256: str) -> Path:
        """Where the file of that digest is, or would be."""
        return self.folder / sha256[:2] / sha256

    def read(self, sha256: str, start: int = 0, end: int | None = None) -> bytes:
        """Bytes `start` up to, not including, `end`. Raises Unknown when the file is not there."""
        try:
            with self.path(sha256).open("rb") as stream:
                stream.seek(start)
                return stream.read() if end is None else stream.read(end - start)
        except FileNotFoundError:
            raise Unknown(f"archive {sha256[:16]}", "no such file is kept", "Run `tollbook verify`.") from None

    def keep(self, file: Path, *, follow: bool = True) -> Kept:
        """Copy a file into the archive and sync it, unless its bytes are there already. `follow` says whether the name
        may be a symbolic link.

        A crash leaves either the whole file under its digest or a `.part` that nobody reads. Raises what `open_plainly`
        raises for the file, LedgerUnavailable when the archive takes nothing (a full disk).
        """
        part = self.folder / own_name(f".{secrets.token_hex(8)}", "part")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with open_plainly(file, follow=follow) as source:
                sha256, size = _copy(file, source, part)
            target = self.path(sha256)
            if not (target.exists() and target.stat().st_size == size):
                _place(part, target)
        except OSError as failed:
            raise LedgerUnavailable(
                shown(file), f"it cannot be kept in the archive ({failed.strerror})", "Free space, or mend the folder."
            ) from failed
        finally:
            with suppress(OSError):  # placed, or it was never made, or the folder takes nothing at all
                part.unlink()
        return Kept(sha256, size, target)


def digest(file: Path, *, follow: bool = True) -> str:
    """The SHA-256 of a file's bytes, in lower-case hex. Raises what `open_plainly` raises."""
    with open_plainly(file, follow=follow) as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _copy(file: Path, source: BufferedReader, part: Path) -> tuple[str, int]:
    """Copy a file and sync it; its digest and size. One block is written while the same one is hashed."""
    hashed, size = hashlib.sha256(), 0
    with part.open("xb") as copy, ThreadPoolExecutor(1) as writer:
        while block := _block(file, source):
            written = writer.submit(copy.write, block)
            hashed.update(block)
            size += len(block)
            written.result()
        copy.flush()
        os.fsync(copy.fileno())
    return hashed.hexdigest(), size


def _block(file: Path, source: BufferedReader) -> bytes:
    try:
        return source.read(_BLOCK)
    except OSError as failed:
        raise unreadable(file, failed) from failed


def _place(part: Path, target: Path) -> None:
    target.parent.mkdir(exist_ok=True)
    part.chmod(0o444)
    part.rename(target)
    for folder in (target.parent, target.parent.parent):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
