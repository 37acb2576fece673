"""A discrepancy: something odd about a bill, as a value that is collected, counted and shown with the others."""

from __future__ import annotations

import attrs


@attrs.frozen
class Discrepancy:
    """What is odd, where it was read, what was found there, and what a person can do.

    `code` is a short word that machines may rely on ("gap", "lookalike", "owner-unknown"); `where` names file and
    line, row or segment; `stake` is the amount in question in minor units, 0 where there is none.
    """

    code: str
    where: str
    found: str
    do: str
    stake: int = 0
