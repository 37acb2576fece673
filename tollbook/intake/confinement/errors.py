"""Errors of confinement: a stranger's code is not run where nothing would hold it."""

from __future__ import annotations

from ledger_core.errors import TollbookError


class ConfinementUnavailable(TollbookError):
    """This kernel offers neither seccomp nor Landlock, so no importer is run (exit 3)."""

    code = "confinement-unavailable"
    exit_code = 3
