"""The whole plugin contract: five hooks. Hooks register things; the things do the work."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:
    from ledger_core.contracts.importer import Importer

#: Entry-point group under which packages register, and pluggy's project name.
GROUP = "tollbook.v1"
PROJECT = "tollbook"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


class Hooks:
    """What an extension may offer. Each hook asks for as little as it can."""

    @hookspec
    def importers(self) -> Sequence[Importer]:
        """Readers of vendors' formats."""
        raise AssertionError("a specification is never called")

    @hookspec
    def recorded(self, facts: Sequence[Any]) -> None:
        """After a commit, at most once, with the facts just recorded. Cannot veto; who must not miss reads the log."""
        raise AssertionError("a specification is never called")
