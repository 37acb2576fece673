"""Records: what a child writes around the things that its job emits.

`["item", thing]` as often as the job likes, then exactly one of `["end", how many]` and `["failed", Failure]`.
An output without one of these two ended too early, whatever its process says.
"""

from __future__ import annotations

from typing import Final

import attrs

ITEM: Final = "item"
END: Final = "end"
FAILED: Final = "failed"

_LONGEST: Final = 4096


@attrs.frozen
class Failure:
    """Why a job could not go on: `refused` is a plain refusal of the document, otherwise it is the plugin's fault."""

    code: str
    where: str
    found: str
    do: str
    refused: bool = False
    traceback: str = ""


def shortened(text: str) -> str:
    """At most 4,096 characters, the middle left out; text that no store takes is replaced."""
    text = text.encode("utf-8", errors="replace").decode("utf-8").replace("\0", "\N{REPLACEMENT CHARACTER}")
    if len(text) <= _LONGEST:
        return text
    return text[: _LONGEST // 2] + " [...] " + text[-_LONGEST // 2 :]
