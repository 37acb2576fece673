"""The archive verified: every file that a fact says was received is there, whole and unchanged."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from ledger_core.engine.verification.difference import Difference
from ledger_core.engine.verification.log import LogRead, Sealed
from ledger_core.facts import catalogue


def archived(folder: Path, sha256: str) -> Path:
    """Where the archive keeps the file of that digest."""
    return folder / sha256[:2] / sha256


def received(read: LogRead) -> dict[str, Sealed]:
    """The facts that received a document, by its SHA-256."""
    return _files(read, catalogue.DOCUMENT_RECEIVED)


def kept(read: LogRead) -> dict[str, Sealed]:
    """The facts that say the archive keeps a file, by its SHA-256: documents, and files of payments."""
    return _files(read, catalogue.DOCUMENT_RECEIVED, catalogue.PAYMENTS_LOADED)


def _files(read: LogRead, *kinds: str) -> dict[str, Sealed]:
    return {fact.content["sha256"]: fact for fact in read.facts.values() if fact.kind in kinds}


def check_documents(read: LogRead) -> Iterator[Difference]:
    """A bill comes from documents that were received (INV-17)."""
    known = received(read)
    for fact in read.facts.values():
        if fact.kind == catalogue.BILL_POSTED:
            for document in fact.content["documents"]:
                if document["sha256"] not in known:
                    where = f"fact {fact.sequence}, documents"
                    yield Difference("bill", fact.id, where, "a document received", document["sha256"])


def check_archive(folder: Path, read: LogRead) -> Iterator[Difference]:
    """Every file, by its digest and size."""
    for sha256, fact in kept(read).items():
        where = f"fact {fact.sequence}, {fact.content['name']}"
        file = archived(folder, sha256)
        try:
            with file.open("rb") as stream:
                found = hashlib.file_digest(stream, "sha256").hexdigest()
                size = stream.tell()
        except OSError as missing:
            yield Difference("file", sha256, where, f"{fact.content['size']} bytes", missing.strerror or "unreadable")
            continue
        if found != sha256:
            yield Difference("file", sha256, where, f"{fact.content['size']} bytes, sha256 {sha256}",
                             f"{size} bytes, sha256 {found}")  # fmt: skip
