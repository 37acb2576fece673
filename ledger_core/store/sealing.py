"""Sealing rows while they are written: leaf hashes and trees of bodies, of a large bill in a process of their own.

Hashing a million rows takes as long as writing them and needs nothing but their bytes, so it has the other core.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import attrs
import msgspec

from ledger_core import tree
from ledger_core.errors import LedgerUnavailable

SALT_BYTES = 32
_LARGE = 4 * 2**20  # bytes of rows; a bill with more has a process of its own
_HEADER = 4
_PROGRAM = "import sys; sys.path.append(sys.argv[1]); from ledger_core.store.sealing import serve; serve()"
_PATIENCE = 120.0  # seconds
_PIPE = 2**20  # bytes


@attrs.frozen
class Batch:
    """The canonical bytes of rows of one body, each row ended by a newline. `salts` are those of the rows, joined;
    empty for a body without."""

    body: str
    lines: bytes
    salts: bytes = b""

    def leaves(self) -> list[bytes]:
        """The leaf hash of each row."""
        lines = self.lines.split(b"\n")  # a newline inside a text is written \n in JSON
        lines.pop()
        if not self.salts:
            return tree.leaf_hashes(lines)
        starts = range(0, len(self.salts), SALT_BYTES)
        return [
            tree.salted_leaf_hash(self.salts[at : at + SALT_BYTES], line)
            for at, line in zip(starts, lines, strict=True)
        ]


@attrs.frozen
class Sealed:
    """How many rows of a body were sealed, and the root over them in lower-case hex."""

    count: int
    root: str


@attrs.define
class Trees:
    """Growing trees of bodies."""

    _frontiers: dict[str, tree.Frontier] = attrs.field(factory=dict)

    def add(self, batch: Batch) -> None:
        """Append a batch."""
        self._frontiers.setdefault(batch.body, tree.Frontier()).extend(batch.leaves())

    def sealed(self) -> dict[str, Sealed]:
        """What was sealed of each body."""
        return {name: Sealed(frontier.size, frontier.root().hex()) for name, frontier in self._frontiers.items()}


@attrs.define
class Sealing:
    """The sealing of one bill's rows: batches go in, `sealed` ends it. `close` must be called in any case."""

    _waiting: list[Batch] = attrs.field(factory=list, init=False)
    _bytes: int = attrs.field(default=0, init=False)
    _process: subprocess.Popen[bytes] | None = attrs.field(default=None, init=False)

    def add(self, batch: Batch) -> None:
        """Append a batch. Raises LedgerUnavailable where the other process is gone."""
        self._waiting.append(batch)
        self._bytes += len(batch.lines)
        if self._bytes > _LARGE:
            self._send()

    def sealed(self) -> dict[str, Sealed]:
        """What was sealed of each body. Raises LedgerUnavailable."""
        if self._process is None:
            trees = Trees()
            for batch in self._waiting:
                trees.add(batch)
            return trees.sealed()
        self._send()
        try:
            written, _ = self._process.communicate(timeout=_PATIENCE)
            return msgspec.msgpack.decode(written, type=dict[str, Sealed])
        except (OSError, ValueError, subprocess.TimeoutExpired, msgspec.DecodeError) as lost:
            raise _gone() from lost

    def close(self) -> None:
        """Forget what was added, and end the other process if there is one."""
        self._waiting.clear()
        self._bytes = 0
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            for stream in (self._process.stdin, self._process.stdout):
                assert stream is not None
                stream.close()
            self._process = None

    def _send(self) -> None:
        if self._process is None:
            root = Path(__file__).parents[2]
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter with a fixed program
                [sys.executable, "-I", "-c", _PROGRAM, str(root)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                bufsize=0,
            )
            assert self._process.stdin is not None
            with suppress(OSError):  # a user's pipes may be many or small; a small one only makes more switches
                fcntl.fcntl(self._process.stdin.fileno(), fcntl.F_SETPIPE_SZ, _PIPE)
        assert self._process.stdin is not None
        try:
            for batch in self._waiting:
                _write(self._process.stdin.fileno(), batch)
        except OSError as lost:
            raise _gone() from lost
        self._waiting.clear()


def serve() -> None:
    """The other process: seal the batches that come on standard input, and answer when they end."""
    trees = Trees()
    try:
        for batch in _batches(sys.stdin.buffer):
            trees.add(batch)
        sys.stdout.buffer.write(msgspec.msgpack.encode(trees.sealed()))
        sys.stdout.flush()
    except (EOFError, BrokenPipeError):
        os._exit(1)  # the program is gone, and nobody is left to tell


def _gone() -> LedgerUnavailable:
    return LedgerUnavailable("the process that hashes rows", "it is gone", "Import the file again; nothing was lost.")


def _write(pipe: int, batch: Batch) -> None:
    """The batch as three stretches of bytes, each behind its length: nothing is copied."""
    for stretch in (batch.body.encode(), batch.lines, batch.salts):
        for part in (len(stretch).to_bytes(_HEADER, "big"), stretch):
            rest = memoryview(part)
            while rest:
                rest = rest[os.write(pipe, rest) :]


def _batches(stream: BinaryIO) -> Iterator[Batch]:
    while header := stream.read(_HEADER):
        body, lines, salts = (_stretch(stream, first) for first in (header, b"", b""))
        yield Batch(body.decode(), lines, salts)


def _stretch(stream: BinaryIO, header: bytes) -> bytes:
    size = int.from_bytes(header or stream.read(_HEADER), "big")
    found = stream.read(size)
    if len(found) < size:
        raise EOFError
    return found
