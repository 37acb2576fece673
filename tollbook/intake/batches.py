"""A bill's batches on disk while its document is read: gone through again when it is rounded or judged anew."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import msgspec

from ledger_core.errors import LedgerUnavailable
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
        body = _encoder.encode(wire.batch_on_wire(0, columns)[2])
        try:
            with self.path.open("ab") as stream:
                stream.write(len(body).to_bytes(_LENGTH, "big") + body)
        except OSError as failed:
            raise LedgerUnavailable(
                str(self.path.parent), f"a bill cannot be kept ({failed})", "Free some space; nothing was lost."
            ) from failed

    def __call__(self) -> Iterator[ChargeColumns]:
        """The batches in order."""
        if not self.path.exists():
            return
        with self.path.open("rb") as stream:
            while length := stream.read(_LENGTH):
                yield wire.columns(_decoder.decode(stream.read(int.from_bytes(length, "big"))))

    def discard(self) -> None:
        """Remove the file."""
        self.path.unlink(missing_ok=True)
