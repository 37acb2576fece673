"""Writing the pack of a dispute: letter and evidence into a new folder, with a list of the files and their digests."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path

from sqlalchemy import Connection

from ledger_core.errors import NotEnrolled, UsageRefused
from ledger_core.projections.disputes import Dispute
from ledger_core.signature import PersonalKey
from tollbook.archive import Archive
from tollbook.dispute_pack.evidence import evidence
from tollbook.dispute_pack.grounds import grounds_of
from tollbook.dispute_pack.letter import letter
from tollbook.site import Site
from tollbook.whole_file import write_whole

LETTER = "letter.docx"


def write_pack(connection: Connection, site: Site, dispute: Dispute, folder: Path, day: date) -> list[tuple[str, str]]:
    """Write the pack, dated `day`, into `folder`: each file's name and SHA-256, the letter first.

    Raises UsageRefused where the folder holds something already, or cannot be written to.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageRefused(str(folder), "it is not empty", "Name a new folder.")
    grounds = grounds_of(connection, dispute)
    files = list(evidence(connection, Archive(site.path("archive")), grounds, _notary(site)))
    digests = [(name, hashlib.sha256(content).hexdigest()) for name, content in files]
    written = letter(grounds, day, digests)
    for name, content in ((LETTER, written), *files):
        write_whole(folder / name, content)
    return [(LETTER, hashlib.sha256(written).hexdigest()), *digests]


def _notary(site: Site) -> PersonalKey | None:
    """The key that signs heads, where it is at hand; the proofs stand without it too, under no signed head."""
    try:
        return site.notary()
    except NotEnrolled:
        return None
