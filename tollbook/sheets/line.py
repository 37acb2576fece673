"""One row of a sheet being read, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from ledger_core.facts.discrepancy import Discrepancy


@attrs.frozen
class Line:
    """One row as texts by column, the number that the spreadsheet shows beside it, whether all cells could be read."""

    number: int
    cells: Mapping[str, str]
    readable: bool

    def problem(self, file: str, column: str, found: str, do: str) -> Discrepancy:
        """What is wrong with the row, at a column of it."""
        return Discrepancy("row", f"{file}:{self.number}: {column}", found, do)
