"""Frames: length and MessagePack, the way in which a child and the main process speak over a pipe.

A frame is four bytes, the length of what follows (big-endian), and one MessagePack value. Whoever reads does not trust
whoever writes: a length beyond the limit is refused before anything is kept.
"""

from __future__ import annotations

import os
import select
from collections.abc import Callable, Iterator
from typing import Any, Final

import msgspec

HEADER: Final = 4
_CHUNK: Final = 1024 * 1024
_IDLE_MILLISECONDS: Final = 500
_FLUSH_AT: Final = 64 * 1024

_encode = msgspec.msgpack.Encoder().encode


class FrameTooLarge(Exception):
    """A frame says that it is longer than the reader takes."""


class OutputFlood(Exception):
    """More bytes came than the reader takes in all."""


def _write_all(descriptor: int, content: bytes | bytearray) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def pack(value: object) -> bytes:
    """One frame that holds `value`."""
    body: bytes = _encode(value)
    return len(body).to_bytes(HEADER, "big") + body


def write_frame(descriptor: int, value: object) -> None:
    """Write one frame at once. Raises OSError when nobody reads any more."""
    _write_all(descriptor, pack(value))


class FrameWriter:
    """Writes frames to `descriptor`, small ones together: a bill may be a million of them."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._waiting = bytearray()

    def write(self, value: object) -> None:
        """Add one frame; it may wait for others until `flush`."""
        self._waiting += pack(value)
        if len(self._waiting) >= _FLUSH_AT:
            self.flush()

    def flush(self) -> None:
        """Write what waits."""
        _write_all(self._descriptor, self._waiting)
        self._waiting = bytearray()


def read_frames(
    descriptor: int, frame_bytes: int, output_bytes: int | None = None, idle: Callable[[], None] | None = None
) -> Iterator[bytearray]:
    """The bodies of the frames that come, until the writer's end; a frame cut short at the end is left out.

    `idle` is called about every half second while nothing comes. Raises FrameTooLarge beyond `frame_bytes` in one
    frame, OutputFlood beyond `output_bytes` in all.
    """
    kept, counted = bytearray(), 0
    while chunk := _next_chunk(descriptor, idle):
        counted += len(chunk)
        if output_bytes is not None and counted > output_bytes:
            raise OutputFlood
        kept += chunk
        start = 0
        while len(kept) - start >= HEADER:
            length = int.from_bytes(kept[start : start + HEADER], "big")
            if length > frame_bytes:
                raise FrameTooLarge
            if len(kept) - start - HEADER < length:
                break
            start += HEADER
            yield kept[start : start + length]
            start += length
        del kept[:start]


def _next_chunk(descriptor: int, idle: Callable[[], None] | None) -> bytes:
    if idle is not None:
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        while not poll.poll(_IDLE_MILLISECONDS):
            idle()
    return os.read(descriptor, _CHUNK)


def decode(body: bytes | bytearray, kind: Any = Any) -> Any:
    """The value in a frame's body. Raises msgspec.DecodeError (or its ValidationError) when it is not of `kind`."""
    return msgspec.msgpack.decode(body, type=kind)
