"""Last words: the end of what a job printed, read from a pipe and kept short."""

from __future__ import annotations

import os
from typing import Final

KEPT: Final = 8192
_CHUNK: Final = 65536


class LastWords:
    """Keeps the last 8 KiB that come through `pipe` (a descriptor to read, made non-blocking here)."""

    def __init__(self, pipe: int) -> None:
        os.set_blocking(pipe, False)
        self.pipe = pipe
        self.open = True
        self._kept = b""

    def read(self) -> None:
        """Take what has come; never waits. A job that prints without end gets one chunk per call."""
        try:
            chunk = os.read(self.pipe, _CHUNK)
        except BlockingIOError:
            return
        self.open = bool(chunk)
        self._kept = (self._kept + chunk)[-KEPT:]

    def text(self) -> str:
        """What was kept; control characters other than line ends are replaced, since it may reach a terminal."""
        decoded = self._kept.decode("utf-8", errors="replace")
        return "".join(one if one.isprintable() or one in "\n\t" else "\N{REPLACEMENT CHARACTER}" for one in decoded)
