"""A proof that one row or fact stands in the books, and its check, which needs no ledger: tree, bytes, signature.

Two steps: the row is a leaf of its body's tree, whose root stands in a fact; the fact is a leaf of the log's tree,
whose root stands in a signed head.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

import attrs

from ledger_core import tree
from ledger_core.canonical import read_row
from ledger_core.engine.checkpoint import Checkpoint, read_checkpoint
from ledger_core.errors import InputRefused, VerificationFailed

_BODIES = 12  # where a fact's commitments stand in its bytes (seal version 1)


@attrs.frozen
class Inclusion:
    """One leaf of one tree, and the way to its root."""

    leaf: bytes
    index: int
    size: int
    path: tuple[bytes, ...]
    root: bytes

    def document(self) -> dict[str, Any]:
        """As it stands in a bundle: the leaf in base64, hashes in hex."""
        return {
            "leaf": base64.b64encode(self.leaf).decode(),
            "index": self.index,
            "size": self.size,
            "path": [node.hex() for node in self.path],
            "root": self.root.hex(),
        }


@attrs.frozen
class Proof:
    """A proof bundle. `inner` leads from a row to its fact; None where a fact itself is proved.

    `checkpoint` is the signed head, None where the notary's key was not at hand; `key` the notary's public key.
    """

    id: str
    outer: Inclusion
    inner: Inclusion | None
    checkpoint: str | None
    key: bytes

    def document(self) -> dict[str, Any]:
        """The bundle as the public contract has it."""
        return {
            "id": self.id,
            **self.outer.document(),
            "inner": self.inner.document() if self.inner else None,
            "checkpoint": self.checkpoint,
            "key": base64.b64encode(self.key).decode(),
        }


@attrs.frozen
class Proved:
    """What a bundle proves: the row (None where it proves a fact), the fact, and the signed head, if one stands by."""

    row: Any
    fact: Any
    head: Checkpoint | None


def check_proof(bundle: Mapping[str, Any], key: bytes | None = None) -> Proved:
    """Check a bundle without any ledger. `key` is the notary's public key as the reader knows it; without it the
    bundle's own is believed.

    Raises VerificationFailed where it does not hold, InputRefused where it is no bundle.
    """
    try:
        outer = _inclusion(bundle)
        inner = None if bundle["inner"] is None else _inclusion(bundle["inner"])
        public = _bytes(bundle["key"])
        note = bundle["checkpoint"]
        checkpoint = None if note is None else read_checkpoint(str(note), "checkpoint of the proof")
        fact = read_row(outer.leaf)
        row = None if inner is None else read_row(inner.leaf)
    except (KeyError, TypeError, ValueError, binascii.Error) as wrong:
        raise InputRefused("proof", f"it is no bundle ({wrong})", "Take it from `tollbook prove --json`.") from wrong
    _leads(outer, "the fact")
    if inner is not None:
        _leads(inner, "the row")
        if (inner.size, inner.root.hex()) not in {(count, root) for _, _, count, root in fact[_BODIES]}:
            raise _false("the row's tree", "its root does not stand in the fact")
    if checkpoint is not None:
        _signed(checkpoint, outer, key or public)
    elif key is not None:
        raise _false("the head", "no signed head stands by")
    return Proved(row, fact, checkpoint)


def _inclusion(document: Mapping[str, Any]) -> Inclusion:
    return Inclusion(
        _bytes(document["leaf"]),
        int(document["index"]),
        int(document["size"]),
        tuple(_hash(node) for node in document["path"]),
        _hash(document["root"]),
    )


def _bytes(text: str) -> bytes:
    """What base64 spells, in its one spelling: bits that nobody reads must not be there to be changed."""
    read = base64.b64decode(text, validate=True)
    if base64.b64encode(read).decode() != text:
        raise ValueError(f"'{text[-4:]}' ends no base64 of ours")
    return read


def _hash(text: str) -> bytes:
    """A hash in lower-case hex, as the public contract spells it, and in no other spelling."""
    read = bytes.fromhex(text)
    if read.hex() != text:
        raise ValueError(f"'{text[:16]}' is no hash in lower-case hex")
    return read


def _leads(inclusion: Inclusion, what: str) -> None:
    if tree.root_from_path(inclusion.leaf, inclusion.index, inclusion.size, inclusion.path) != inclusion.root:
        raise _false(what, "the path does not lead to the root")


def _signed(checkpoint: Checkpoint, outer: Inclusion, key: bytes) -> None:
    if (checkpoint.head.size, checkpoint.head.root) != (outer.size, outer.root):
        raise _false("the head", "it is of another tree")
    if not checkpoint.signed_with(key):
        raise _false("the head", "it was signed with another key, or not at all")


def _false(what: str, found: str) -> VerificationFailed:
    return VerificationFailed(f"proof, {what}", found, "Do not rely on it; ask for the proof again.")
