"""The archive: every file that ever came, under its SHA-256. A copy is whole and on disk, or not there."""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path

import attrs

from ledger_core.errors import LedgerUnavailable, Unknown

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

    def keep(self, file: Path) -> Kept:
        """Copy a file into the archive and sync it, unless its bytes are there already.

        A crash leaves either the whole file under its digest or a `.part` that nobody reads. Raises LedgerUnavailable
        when the disk is full or the file cannot be read.
        """
        part = self.folder / f".{secrets.token_hex(8)}.part"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            sha256, size = _copy(file, part)
            target = self.path(sha256)
            if target.exists() and target.stat().st_size == size:
                part.unlink()
            else:
                _place(part, target)
        except OSError as failed:
            part.unlink(missing_ok=True)
            raise LedgerUnavailable(
                str(file), f"it cannot be kept in the archive ({failed.strerror})", "Free space, or mend the folder."
            ) from failed
        return Kept(sha256, size, target)


def digest(file: Path) -> str:
    """The SHA-256 of a file's bytes, in lower-case hex."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _copy(file: Path, part: Path) -> tuple[str, int]:
    hashed, size = hashlib.sha256(), 0
    with file.open("rb") as source, part.open("wb") as copy:
        while block := source.read(_BLOCK):
            hashed.update(block)
            copy.write(block)
            size += len(block)
        copy.flush()
        os.fsync(copy.fileno())
    return hashed.hexdigest(), size


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
