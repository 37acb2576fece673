"""The whole plugin contract: few hooks. Hooks register things; the things do the work."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:
    from ledger_core.contracts.check import Check
    from ledger_core.contracts.exporter import Exporter
    from ledger_core.contracts.importer import Importer

#: Entry-point group under which packages register, and pluggy's project name.
GROUP = "tollbook.v1"
#: Entry-point group of trusted extensions: pure functions over values, which run in the main process. Importers, which
#: read what strangers send, are never in it.
TRUSTED_GROUP = "tollbook.trusted.v1"
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
    def checks(self) -> Sequence[Check]:
        """Opinions on bills that are posted. Asked of the trusted group only."""
        raise AssertionError("a specification is never called")

    @hookspec
    def exporters(self) -> Sequence[Exporter]:
        """Formats for entries that leave for the site's other systems. Asked of the trusted group only."""
        raise AssertionError("a specification is never called")

    @hookspec
    def recorded(self, facts: Sequence[Any]) -> None:
        """After a commit, at most once, with the facts just recorded. Cannot veto; who must not miss reads the log."""
        raise AssertionError("a specification is never called")
