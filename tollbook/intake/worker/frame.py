"""Frames: length and MessagePack, the way in which a child and the main process speak over a pipe.

A frame is four bytes, the length of what follows (big-endian), and one MessagePack value. Whoever reads does not trust
whoever writes: a length beyond the limit is refused before anything is kept.
"""

from __future__ import annotations

import io
import os
import select
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final

import msgspec

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

HEADER: Final = 4
_BUFFER: Final = 64 * 1024  # bytes; a longer frame is read past it, into its own place
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


class _Pipe(io.RawIOBase):
    """The reading end of a pipe that may be silent for long: then `idle` is called about every half second."""

    def __init__(self, descriptor: int, idle: Callable[[], None] | None) -> None:
        self._descriptor = descriptor
        self._idle = idle
        self._poll = select.poll()
        self._poll.register(descriptor, select.POLLIN)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        while self._idle is not None and not self._poll.poll(_IDLE_MILLISECONDS):
            self._idle()
        return os.readv(self._descriptor, [buffer])


def read_frames(
    descriptor: int, frame_bytes: int, output_bytes: int | None = None, idle: Callable[[], None] | None = None
) -> Iterator[bytes]:
    """The bodies of the frames that come, until the writer's end; a frame cut short at the end is left out.

    `idle` is called about every half second while nothing comes. Raises FrameTooLarge beyond `frame_bytes` in one
    frame, OutputFlood beyond `output_bytes` in all.
    """
    pipe, counted = io.BufferedReader(_Pipe(descriptor, idle), _BUFFER), 0
    while len(header := pipe.read(HEADER)) == HEADER:
        length = int.from_bytes(header, "big")
        if length > frame_bytes:
            raise FrameTooLarge
        counted += HEADER + length
        if output_bytes is not None and counted > output_bytes:
            raise OutputFlood
        body = pipe.read(length)
        if len(body) < length:
            return
        yield body


def decode(body: bytes | bytearray, kind: Any = Any) -> Any:
    """The value in a frame's body. Raises msgspec.DecodeError (or its ValidationError) when it is not of `kind`."""
    return msgspec.msgpack.decode(body, type=kind)
