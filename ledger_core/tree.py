"""The Merkle tree of RFC 6962: roots, inclusion paths and consistency proofs. Pure; an offline verifier needs no more.

Leaves are hashed with a 0x00 prefix, nodes with 0x01, so that no leaf can pass for a node.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

import attrs

from ledger_core.errors import VerificationFailed

_sha256 = hashlib.sha256
#: The root of a tree without leaves: SHA-256 of nothing (RFC 6962, 2.1).
EMPTY_ROOT = _sha256(b"").digest()
_CHUNK_LEVEL = 12  # leaves are folded 4,096 at a time while a large body is written


def leaf_hash(leaf: bytes) -> bytes:
    """H(0x00 || leaf)."""
    return _sha256(b"\x00" + leaf).digest()


def leaf_hashes(leaves: Iterable[bytes]) -> list[bytes]:
    """H(0x00 || leaf) of each, in order."""
    sha256 = _sha256
    return [sha256(b"\x00" + leaf).digest() for leaf in leaves]


def salted_leaf_hash(salt: bytes, leaf: bytes) -> bytes:
    """H(0x00 || salt || leaf): a commitment that says nothing of `leaf` once salt and leaf are destroyed."""
    return _sha256(b"\x00" + salt + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """H(0x01 || left || right)."""
    return _sha256(b"\x01" + left + right).digest()


def _fold(level: Sequence[bytes]) -> list[bytes]:
    sha256 = _sha256
    folded = [sha256(b"\x01" + left + right).digest() for left, right in zip(level[::2], level[1::2], strict=False)]
    if len(level) % 2:
        folded.append(level[-1])
    return folded


def root_of(hashes: Sequence[bytes]) -> bytes:
    """The root over leaf hashes in order."""
    if not hashes:
        return EMPTY_ROOT
    level = list(hashes)
    while len(level) > 1:
        level = _fold(level)
    return level[0]


@attrs.define
class Frontier:
    """A root that grows: leaf hashes go in by batches of any size, memory stays at a few thousand hashes."""

    count: int = 0
    _pending: list[bytes] = attrs.field(factory=list)
    _roots: list[bytes | None] = attrs.field(factory=list)

    def extend(self, hashes: Iterable[bytes]) -> None:
        """Append leaf hashes in order."""
        self._pending.extend(hashes)
        size = 1 << _CHUNK_LEVEL
        taken = 0
        while len(self._pending) - taken >= size:
            self._carry(root_of(self._pending[taken : taken + size]))
            taken += size
        del self._pending[:taken]
        self.count += taken

    def _carry(self, root: bytes) -> None:
        for level, kept in enumerate(self._roots):
            if kept is None:
                self._roots[level] = root
                return
            root, self._roots[level] = node_hash(kept, root), None
        self._roots.append(root)

    @property
    def size(self) -> int:
        """Leaves so far."""
        return self.count + len(self._pending)

    def root(self) -> bytes:
        """The root over all leaves so far; the frontier can go on growing."""
        if not self.size:
            return EMPTY_ROOT
        root = root_of(self._pending) if self._pending else None
        for kept in self._roots:
            if kept is not None:
                root = kept if root is None else node_hash(kept, root)
        assert root is not None
        return root


def _split(size: int) -> int:
    """The largest power of two below `size`."""
    return 1 << (size - 1).bit_length() - 1


def inclusion_path(hashes: Sequence[bytes], index: int) -> list[bytes]:
    """The audit path of leaf `index` in the tree over `hashes` (RFC 6962, 2.1.1). IndexError outside the tree."""
    if not 0 <= index < len(hashes):
        raise IndexError(index)
    path: list[bytes] = []
    level, position = list(hashes), index
    while len(level) > 1:
        sibling = position ^ 1
        if sibling < len(level):
            path.append(level[sibling])
        level, position = _fold(level), position // 2
    return path


def root_from_path(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """The root that an audit path leads to (RFC 9162, 2.1.3.2).

    Raises VerificationFailed if the index is outside the tree or the path has the wrong length.
    """
    if not 0 <= index < size:
        raise VerificationFailed("proof", f"index {index} is outside a tree of {size}", "Ask for the proof again.")
    node, last, position, steps = leaf_hash(leaf), size - 1, index, list(path)
    return _climb(node, position, last, steps)


def _climb(node: bytes, position: int, last: int, steps: list[bytes]) -> bytes:
    for sibling in steps:
        if last == 0:
            raise _wrong_length()
        if position % 2 or position == last:
            node = node_hash(sibling, node)
            while position % 2 == 0 and position:
                position, last = position >> 1, last >> 1
        else:
            node = node_hash(node, sibling)
        position, last = position >> 1, last >> 1
    if last:
        raise _wrong_length()
    return node


def _wrong_length() -> VerificationFailed:
    return VerificationFailed("proof", "the path does not fit the tree", "Ask for the proof again.")


def consistency_path(hashes: Sequence[bytes], old: int) -> list[bytes]:
    """The proof that the tree over the first `old` leaves is a prefix of the tree over all (RFC 6962, 2.1.2)."""
    if not 0 < old <= len(hashes):
        raise IndexError(old)
    return _subproof(hashes, old, whole=True)


def _subproof(hashes: Sequence[bytes], old: int, *, whole: bool) -> list[bytes]:
    size = len(hashes)
    if old == size:
        return [] if whole else [root_of(hashes)]
    split = _split(size)
    if old <= split:
        return [*_subproof(hashes[:split], old, whole=whole), root_of(hashes[split:])]
    return [
        *_subproof(hashes[split:], old - split, whole=False),
        root_of(hashes[:split]),
    ]


def consistent(old: int, old_root: bytes, new: int, new_root: bytes, path: Sequence[bytes]) -> bool:
    """Whether `path` proves that the tree of `new` leaves begins with the tree of `old` leaves (RFC 9162, 2.1.4.2)."""
    if old == new:
        return old_root == new_root and not path
    if not 0 < old < new or not path:
        return False
    steps = list(path)
    if old & (old - 1) == 0:
        steps.insert(0, old_root)
    position, last = old - 1, new - 1
    while position % 2:
        position, last = position >> 1, last >> 1
    before = after = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if position % 2 or position == last:
            before, after = node_hash(step, before), node_hash(step, after)
            while position % 2 == 0 and position:
                position, last = position >> 1, last >> 1
        else:
            after = node_hash(after, step)
        position, last = position >> 1, last >> 1
    return before == old_root and after == new_root and last == 0
