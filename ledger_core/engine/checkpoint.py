"""A checkpoint: the head of a log as a signed note that can leave the operator's hands (C2SP tlog-checkpoint).

Three lines (the log's name, its size, its root in base64), a blank line, and a signature line. Whoever keeps one finds
later whether the log still begins with exactly these facts.
"""

from __future__ import annotations

import base64
import hashlib
import re

import attrs

from ledger_core.errors import InputRefused
from ledger_core.signature import PersonalKey, signed_by
from ledger_core.store.log import Head

_ED25519 = b"\x01"  # the signature type of a note's key
_HASH_BYTES = 4
_ROOT_BYTES = 32
_BASE64 = r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?"
_NOTE = re.compile(
    rf"(?P<text>(?P<origin>[^\s+]+)\n(?P<size>0|[1-9]\d{{0,14}})\n(?P<root>{_BASE64})\n)\n"
    rf"\u2014 (?P=origin) (?P<signature>{_BASE64})\n"
)
_SHORT = re.compile(r"(\d{1,15}):([0-9a-f]{64})", re.ASCII)


@attrs.frozen
class Checkpoint:
    """A head that was read from a note, or from its short form SIZE:ROOT, which carries neither name nor signature."""

    head: Head
    origin: str = ""
    text: str = ""
    signature: bytes = b""

    def signed_with(self, public: bytes) -> bool:
        """Whether the note was signed with the key of `public` under its own name."""
        kept = self.signature[:_HASH_BYTES] == _key_hash(self.origin, public)
        return kept and signed_by(public, self.text.encode(), self.signature[_HASH_BYTES:])


def origin_of(site: str) -> str:
    """The name of a site's log in its notes; spaces and plus signs, which a note forbids, become dashes."""
    return "tollbook/" + re.sub(r"[\s+]", "-", site)


def note(site: str, head: Head, notary: PersonalKey) -> str:
    """The signed note of a head."""
    origin = origin_of(site)
    text = note_text(origin, head)
    signature = _key_hash(origin, notary.public) + notary.sign(text.encode())
    return f"{text}\n\u2014 {origin} {base64.b64encode(signature).decode()}\n"


def note_text(origin: str, head: Head) -> str:
    """What is signed: name, size and root, a line each."""
    return f"{origin}\n{head.size}\n{base64.b64encode(head.root).decode()}\n"


def read_checkpoint(written: str, where: str = "checkpoint") -> Checkpoint:
    """The checkpoint that a note or SIZE:ROOT (root in hex) spells. Raises InputRefused naming `where`."""
    if short := _SHORT.fullmatch(written.strip()):
        return Checkpoint(Head(int(short[1]), bytes.fromhex(short[2])))
    if note := _NOTE.fullmatch(written):
        root, signature = base64.b64decode(note["root"]), base64.b64decode(note["signature"])
        if len(root) == _ROOT_BYTES:
            return Checkpoint(Head(int(note["size"]), root), note["origin"], note["text"], signature)
    raise InputRefused(
        where, "it is neither a signed head nor SIZE:ROOT", "Use a head that `tollbook backup` or a close wrote."
    )


def _key_hash(name: str, public: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + _ED25519 + public).digest()[:_HASH_BYTES]
