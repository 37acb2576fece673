"""The built-in checks: opinions on posted bills, one module a family, each with its ground and its evidence."""

from __future__ import annotations

from ledger_core import Check, hookimpl
from plugins.checks.duplicate_lines import DuplicateLines

BUILT_IN: tuple[Check, ...] = (DuplicateLines(),)


@hookimpl
def checks() -> tuple[Check, ...]:
    """Every built-in check."""
    return BUILT_IN
