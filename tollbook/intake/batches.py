"""A bill's batches, and its controls where there are many, on disk while its document is read.

Both are gone through again: when the bill is rounded or judged anew, and when what tied is written down.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import attrs
import msgspec

from ledger_core.errors import LedgerUnavailable
from ledger_core.facts.bill import Control
from ledger_core.facts.charge import ChargeColumns
from tollbook.intake import wire

_LENGTH = 4

_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[Any] = msgspec.msgpack.Decoder()


@attrs.frozen
class Batches:
    """The batches of one bill in one file. Not durable: what a crash leaves is thrown away."""

    path: Path

    def add(self, columns: ChargeColumns) -> None:
        """Keep one more batch. Raises LedgerUnavailable when the disk takes nothing."""
        _append(self.path, wire.batch_on_wire(0, columns)[2])

    def __call__(self) -> Iterator[ChargeColumns]:
        """The batches in order."""
        return map(wire.columns, _kept(self.path))

    def discard(self) -> None:
        """Remove the file."""
        self.path.unlink(missing_ok=True)


@attrs.define
class Controls:
    """Controls of one bill in one file: a collection that is read anew each time."""

    path: Path
    _count: int = 0
    _last: Collection[Control] = ()

    def add(self, controls: Collection[Control]) -> None:
        """Keep some more. Raises LedgerUnavailable when the disk takes nothing."""
        _append(self.path, wire.controls_on_wire(0, controls)[2])
        self._count += len(controls)

    def end(self, last: Collection[Control]) -> None:
        """These come last, and are kept in memory."""
        self._last = last

    def __len__(self) -> int:
        return self._count + len(self._last)

    def __contains__(self, control: object) -> bool:
        return any(one == control for one in self)

    def __iter__(self) -> Iterator[Control]:
        for some in _kept(self.path):
            yield from wire.controls_of(some)
        yield from self._last

    def discard(self) -> None:
        """Remove the file."""
        self.path.unlink(missing_ok=True)


def _append(path: Path, value: Any) -> None:
    body = _encoder.encode(value)
    try:
        with path.open("ab") as stream:
            stream.write(len(body).to_bytes(_LENGTH, "big") + body)
    except OSError as failed:
        raise LedgerUnavailable(
            str(path.parent), f"a bill cannot be kept ({failed})", "Free some space; nothing was lost."
        ) from failed


def _kept(path: Path) -> Iterator[Any]:
    """What was appended to a file, in order; nothing where there is none."""
    if not path.exists():
        return
    with path.open("rb") as stream:
        while length := stream.read(_LENGTH):
            yield _decoder.decode(stream.read(int.from_bytes(length, "big")))
