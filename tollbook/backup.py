"""Backup and restore: a site in one tar file, taken while others work, and a restore that proves itself equal.

Inside lie `manifest.json` first (every file with its SHA-256, and the ledger's head), the ledger as one embedded file
whatever store it came from, the archive, and what else the site needs to work: `tollbook.toml`, the keys of its
services, its extensions and reference sheets. Whoever holds the file can act as those services: keep it as you keep
the site.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import tarfile
import tempfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import attrs

from ledger_core.engine.checkpoint import read_checkpoint
from ledger_core.engine.copying import copy_ledger
from ledger_core.engine.verification.difference import Difference
from ledger_core.engine.verification.verification import Request, Verified, verify
from ledger_core.errors import AlreadyRecorded, InputRefused, LedgerUnavailable
from ledger_core.facts import catalogue
from ledger_core.store import log
from ledger_core.store.database import Database
from ledger_core.store.log import Head
from tollbook.archive import Archive, digest
from tollbook.heads import signed
from tollbook.site import FILE, FOLDERS, Site, find_site

FORMAT = "tollbook.backup/1"
_MANIFEST, _LEDGER = "manifest.json", "ledger.db"
_KEPT_FOLDERS = ("services", "extensions", "reference")
_DATABASE_LINE = re.compile(r"^\s*database\s*=.*$", re.MULTILINE)


@attrs.frozen
class Backup:
    """What was written: the file, the head of the ledger in it, and its signed note, if the notary's key was there."""

    file: Path
    head: Head
    checkpoint: str | None
    files: int


def back_up(site: Site, file: Path) -> Backup:
    """Write a backup of the site as it stands now. Others may go on working meanwhile.

    Raises AlreadyRecorded where the file exists, LedgerUnavailable where something cannot be read or written.
    """
    if file.exists():
        raise AlreadyRecorded(str(file), "it is there already", "Choose another name; a backup is never overwritten.")
    with tempfile.TemporaryDirectory(prefix=".backup-", dir=site.folder) as scratch:
        ledger = Path(scratch) / _LEDGER
        head = copy_ledger(site.database, Database(ledger))
        contents = {_LEDGER: ledger, **_archived(ledger, Archive(site.path("archive"))), **_kept(site.folder)}
        checkpoint = signed(site, head)
        part = file.with_name(file.name + ".part")
        try:
            _write(part, contents, _manifest(contents, head, checkpoint))
            part.rename(file)
        except OSError as failed:
            part.unlink(missing_ok=True)
            raise LedgerUnavailable(
                str(file), f"the backup cannot be written ({failed.strerror})", "Free space, or run `tollbook verify`."
            ) from failed
    return Backup(file, head, checkpoint, len(contents))


def _archived(ledger: Path, archive: Archive) -> dict[str, Path]:
    """Every document, and every file of payments, that a fact of the copy says was received."""
    kinds = [catalogue.DOCUMENT_RECEIVED, catalogue.PAYMENTS_LOADED]
    with Database(ledger).reading() as connection:
        shas = [fact.content["sha256"] for fact in log.facts(connection, kinds)]
    return {f"archive/{sha[:2]}/{sha}": archive.path(sha) for sha in shas}


def _kept(folder: Path) -> dict[str, Path]:
    files = [folder / FILE, *(path for name in _KEPT_FOLDERS for path in sorted((folder / name).rglob("*")))]
    return {path.relative_to(folder).as_posix(): path for path in files if path.is_file() and not path.is_symlink()}


def _manifest(contents: Mapping[str, Path], head: Head, checkpoint: str | None) -> bytes:
    files = [
        {"path": name, "size": path.stat().st_size, "sha256": digest(path)} for name, path in sorted(contents.items())
    ]
    manifest = {
        "format": FORMAT,
        "head": {"size": head.size, "root": head.root.hex()},
        "checkpoint": checkpoint,
        "files": files,
    }
    return json.dumps(manifest, ensure_ascii=False, indent=1).encode()


def _write(part: Path, contents: Mapping[str, Path], manifest: bytes) -> None:
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as stream, tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as tar:
        first = tarfile.TarInfo(_MANIFEST)
        first.size = len(manifest)
        tar.addfile(first, io.BytesIO(manifest))
        for name, path in sorted(contents.items()):
            member = tarfile.TarInfo(name)
            member.size = path.stat().st_size
            member.mode = 0o600
            with path.open("rb") as source:
                tar.addfile(member, source)
        tar.close()
        stream.flush()
        os.fsync(stream.fileno())


@attrs.frozen
class Restored:
    """A restored site, what verification says of it, and the head that the backup promised."""

    site: Site
    verified: Verified
    head: Head

    @property
    def differences(self) -> tuple[Difference, ...]:
        """Everything that is not as it was when the backup was taken."""
        return self.verified.differences


def restore(file: Path, folder: Path, database: str = "") -> Restored:
    """A site from a backup, in a new folder; `database` is a PostgreSQL URL to restore the ledger into.

    The result is verified and held against the head in the manifest. Raises InputRefused where the file is no backup
    or is damaged, AlreadyRecorded where the folder or the database is taken.
    """
    if folder.exists() and any(folder.iterdir()):
        raise AlreadyRecorded(str(folder), "it is not empty", "Restore into a new folder.")
    folder.mkdir(parents=True, exist_ok=True)
    manifest = _unpack(file, folder)
    for name in FOLDERS:
        (folder / name).mkdir(exist_ok=True)
    _point_at(folder / FILE, database)
    if database:
        copy_ledger(Database(folder / _LEDGER), Database(url=database))
        (folder / _LEDGER).unlink()
    site = find_site(folder)
    head = Head(manifest["head"]["size"], bytes.fromhex(manifest["head"]["root"]))
    kept = read_checkpoint(manifest["checkpoint"] or f"{head.size}:{head.root.hex()}", f"{file}, {_MANIFEST}")
    found = verify(Request(site.database, site.path("archive"), against=kept))
    return Restored(site, _equal(found, head), head)


def _equal(found: Verified, head: Head) -> Verified:
    if found.head == head:
        return found
    more = Difference("head", str(head.size), "the restored ledger", f"{head.size}:{head.root.hex()}",
                      f"{found.head.size}:{found.head.root.hex()}")  # fmt: skip
    return attrs.evolve(found, differences=tuple(sorted({*found.differences, more})))


def _unpack(file: Path, folder: Path) -> Any:
    """Every file of the manifest, and no other, with the digest that it states."""
    try:
        with tarfile.open(file, mode="r:") as tar:
            manifest = _read_manifest(tar, file)
            expected = {entry["path"]: entry["sha256"] for entry in manifest["files"]}
            for member in tar:
                if member.name == _MANIFEST:
                    continue
                if expected.pop(member.name, None) != _place(tar, member, folder, file):
                    raise _damaged(file, f"{member.name} is not the file that was backed up")
    except (tarfile.TarError, OSError, ValueError, KeyError, TypeError) as wrong:
        raise _damaged(file, str(wrong)) from wrong
    if expected:
        raise _damaged(file, f"{min(expected)} is missing")
    return manifest


def _read_manifest(tar: tarfile.TarFile, file: Path) -> Any:
    first = tar.next()
    source = tar.extractfile(first) if first is not None and first.name == _MANIFEST else None
    manifest = json.loads(source.read()) if source is not None else {}
    if manifest.get("format") != FORMAT:
        raise _damaged(file, f"it does not begin with a {_MANIFEST} of {FORMAT}")
    return manifest


def _place(tar: tarfile.TarFile, member: tarfile.TarInfo, folder: Path, file: Path) -> str:
    """Unpack one plain file below the folder; its SHA-256."""
    name, source = PurePosixPath(member.name), tar.extractfile(member) if member.isreg() else None
    if source is None or name.is_absolute() or ".." in name.parts:
        raise _damaged(file, f"{member.name} is no plain file of a site")
    target = folder / name
    target.parent.mkdir(parents=True, exist_ok=True)
    hashed = hashlib.sha256()
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as stream:
        while block := source.read(1 << 20):
            hashed.update(block)
            stream.write(block)
        stream.flush()
        os.fsync(stream.fileno())
    return hashed.hexdigest()


def _point_at(settings: Path, database: str) -> None:
    """Let `tollbook.toml` name where the restored ledger is, and never the place that it came from."""
    written = _DATABASE_LINE.sub("", settings.read_text("utf-8")) if settings.exists() else ""
    line = f"database = {json.dumps(database)}\n" if database else ""
    settings.write_text(line + written, "utf-8")


def _damaged(file: Path, found: str) -> InputRefused:
    return InputRefused(str(file), f"the backup is damaged: {found}", "Use another copy of it.", code="backup-damaged")
