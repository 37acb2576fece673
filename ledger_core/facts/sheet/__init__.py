"""Reference sheets: what can be loaded, by name. The headers are part of the public contract."""

from __future__ import annotations

from itertools import chain

from ledger_core.facts.sheet.agreed import AGREED
from ledger_core.facts.sheet.organisation import ORGANISATION
from ledger_core.facts.sheet.shape import Column, ColumnKind, Sheet
from ledger_core.facts.sheet.treatment import RETAIN, Treatment
from ledger_core.facts.sheet.vendors import VENDORS
from ledger_core.facts.sheet.verification import LIMITS, VERIFICATION

__all__ = ["LIMITS", "RETAIN", "SHEETS", "Column", "ColumnKind", "Sheet", "Treatment"]

#: Every sheet that can be loaded, by name.
SHEETS: dict[str, Sheet] = {sheet.name: sheet for sheet in chain(ORGANISATION, VENDORS, AGREED, VERIFICATION)}
