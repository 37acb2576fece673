"""Means: one thing that holds a stranger's code back, and whether it holds here."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import attrs

SECCOMP: Final = "seccomp"
LANDLOCK: Final = "landlock"

# Either of these alone keeps a plugin from writing and from the network; without both nothing of the kernel does.
KERNEL_MEANS: Final = frozenset({SECCOMP, LANDLOCK})


@attrs.frozen
class Means:
    """One means of confinement. `reason` says what it does when it holds, and why not when it does not."""

    name: str
    holds: bool
    reason: str


def confined_by_kernel(means: Iterable[Means]) -> bool:
    """Whether at least one of seccomp and Landlock holds."""
    return any(one.holds and one.name in KERNEL_MEANS for one in means)
