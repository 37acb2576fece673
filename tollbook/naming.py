r"""The name of a dropped file as a text that every log, screen and file can hold.

A file system takes any bytes but `/` and NUL for a name. Bytes that are no UTF-8, line ends and other control
characters are written out (`\xff`, `\n`), so that a name can neither break a store nor forge a line of a report.
"""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path

#: Control, format (they can turn the reading order round) and line and paragraph separators.
_UNSHOWN = frozenset(("Cc", "Cf", "Zl", "Zp"))


def shown(text: str | Path) -> str:
    """`text` with every byte that is no UTF-8 and every character that shows nothing written out."""
    plain = encodable(text)
    if plain.isprintable():
        return plain
    return "".join(_written_out(one) if unicodedata.category(one) in _UNSHOWN else one for one in plain)


def encodable(text: str | Path) -> str:
    """`text` with the bytes written out that are no UTF-8; everything else as it is."""
    return os.fsencode(text).decode("utf-8", "backslashreplace")


def shortened(name: str, size: int) -> str:
    """The longest beginning of `name` that takes at most `size` bytes of UTF-8."""
    return name.encode("utf-8")[:size].decode("utf-8", "ignore")


def _written_out(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
