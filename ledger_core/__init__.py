"""The engine of Tollbook. What is exported here is the API for extensions: values and contracts, no database."""

from ledger_core.contracts.exporter import ExportEntry, Exporter, ExportLine, Route, safe_cell
from ledger_core.contracts.hooks import GROUP, TRUSTED_GROUP, hookimpl
from ledger_core.contracts.importer import (
    BillEnded,
    BillRefused,
    BillStarted,
    Charged,
    Document,
    EnvelopeChecked,
    Importer,
    Lookalike,
    Recognition,
    Record,
)
from ledger_core.errors import (
    DocumentRefused,
    InputRefused,
    NotADate,
    NotANumber,
    TollbookError,
)
from ledger_core.facts.bill import (
    Bill,
    Combined,
    Control,
    Counted,
    Figure,
    LineSum,
    Totals,
    Usage,
)
from ledger_core.facts.charge import Charge, ChargeColumns, ChargeKind, Locator, Timing
from ledger_core.facts.discrepancy import Discrepancy
from ledger_core.money import Money, exact_sum, fixed, parse_decimal, plain, to_minor

__all__ = [
    "GROUP",
    "TRUSTED_GROUP",
    "Bill",
    "BillEnded",
    "BillRefused",
    "BillStarted",
    "Charge",
    "ChargeColumns",
    "ChargeKind",
    "Charged",
    "Combined",
    "Control",
    "Counted",
    "Discrepancy",
    "Document",
    "DocumentRefused",
    "EnvelopeChecked",
    "ExportEntry",
    "ExportLine",
    "Exporter",
    "Figure",
    "Importer",
    "InputRefused",
    "LineSum",
    "Locator",
    "Lookalike",
    "Money",
    "NotADate",
    "NotANumber",
    "Recognition",
    "Record",
    "Route",
    "Timing",
    "TollbookError",
    "Totals",
    "Usage",
    "exact_sum",
    "fixed",
    "hookimpl",
    "parse_decimal",
    "plain",
    "safe_cell",
    "to_minor",
]
