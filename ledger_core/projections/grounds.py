"""Why a line stands on a statement, in one clause: the evidence recorded with its coding, read once for each row."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, select

from ledger_core.canonical import read_row
from ledger_core.facts.sheet import SHEETS
from ledger_core.policy.buckets import SUSPENSE
from ledger_core.policy.coding import CODE, OWNER, RULE, SPLIT
from ledger_core.policy.footing import FOOTING
from ledger_core.store import log
from ledger_core.store.tables import BODIES

_ROWS = BODIES["reference"].c
_REMEMBERED = 65536  # clauses kept: as many as there are services in a big city


class Grounds:
    """Sentences from evidence. Nothing is decided again here."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.sentence = lru_cache(maxsize=_REMEMBERED)(self._sentence)

    def _sentence(self, reason: str, ref: str, service: str, code: str) -> str:
        """Why a charge of this service, with this customer code printed, was coded for `reason` by row `ref`."""
        fact, _, line = ref.partition(".")
        if reason == FOOTING:
            return "The bill's total is off by it, and two people accepted that."
        if reason == SUSPENSE or not (fact.isdecimal() and line.isdecimal()):
            return "No owner, printed code or rule claims it." if reason == SUSPENSE else f"Coded as {reason}."
        return f"{self._clause(reason, int(fact), int(line), service or 'The account', code)}."

    def _clause(self, reason: str, fact: int, line: int, service: str, code: str) -> str:
        row: Any = self._connection.execute(
            select(BODIES["reference"]).where(_ROWS.fact == fact, _ROWS.line == line)
        ).one_or_none()
        if row is None:
            return f"Coded as {reason} by row {fact}.{line}"
        loaded = log.fact(self._connection, fact)
        sheet = loaded.content["sheet"]
        cells = dict(zip(SHEETS[sheet].key, read_row(row.key.encode()), strict=True)) | read_row(row.value.encode())[0]
        department, rule = cells.get("department", ""), cells.get("rule", "")
        words = {
            OWNER: f"{service} belonged to department {department} on the day that decides",
            CODE: f"The customer code {code}, printed on the bill, stands for department {department}",
            RULE: f"No owner and no printed code claims it, and rule {rule} gives it to department {department}",
            SPLIT: f"Rule {rule} gives {cells.get('percent', '')} percent of it to department {department}"
            if rule
            else f"{service} changed owners within the days of service, and is split by days",
        }.get(reason, f"Coded as {reason}")
        day = f"{loaded.recorded:%Y-%m-%d}"
        return f"{words} (row {fact}.{line} of the sheet {sheet}, loaded by {loaded.actor.person} on {day})"
