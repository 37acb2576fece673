"""The API for extensions: what it holds is a promise, and importing it brings no database along."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import ledger_core

#: What extensions may rely on. A name is added here with the version that adds it; none is taken away.
_PROMISED = [
    "EXACT", "GROUP", "TRUSTED_GROUP", "Bill", "BillEnded", "BillRefused", "BillStarted", "Charge", "ChargeColumns",
    "ChargeKind", "Charged", "Check", "CheckedBill", "Combined", "Control", "Counted", "Discrepancy", "Document",
    "DocumentRefused", "EnvelopeChecked", "Examination", "ExportEntry", "ExportLine", "Exporter", "Figure",
    "Grounds", "Importer", "InputRefused", "Line", "LineSum", "Locator", "Lookalike", "Money", "NotADate",
    "NotANumber", "Objection", "Past", "PastBill", "Recognition", "Record", "Reference", "ReferenceRow", "Route",
    "ServiceSum", "Timing", "TollbookError", "Totals", "Usage", "csv_file", "exact_sum", "fixed", "from_minor",
    "hookimpl", "parse_decimal", "places", "plain", "round_minor", "safe_cell", "to_minor",
]  # fmt: skip
_NOT_BROUGHT_ALONG = ("sqlalchemy", "psycopg", "sqlite3", "click", "rich", "watchdog", "cryptography", "tollbook")


def test_the_api_is_what_was_promised() -> None:
    assert sorted(ledger_core.__all__) == sorted(_PROMISED)
    assert len(set(_PROMISED)) == len(_PROMISED)
    assert all(hasattr(ledger_core, name) for name in _PROMISED)


def test_importing_the_api_brings_no_database_along() -> None:
    """In an interpreter of its own: this one has imported everything already."""
    program = "import sys, ledger_core; print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert loaded.intersection(_NOT_BROUGHT_ALONG) == set()


def test_extensions_of_ours_import_the_api_and_nothing_beside_it(repository: Path) -> None:
    """What a stranger cannot import, a built-in does not need."""
    strays = [
        f"{path.relative_to(repository)}:{node.lineno} imports {node.module}"
        for package in ("importers", "plugins")
        for path in sorted((repository / package).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("ledger_core.")
    ]
    assert strays == []
