"""The reading of reference data: every row loaded up to a sequence, as the pure `Reference` that policy asks."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

import attrs
from sqlalchemy import Connection, select

from ledger_core.facts import catalogue
from ledger_core.facts.reference import Reference, ReferenceRow, read_reference
from ledger_core.store import log
from ledger_core.store.tables import BODIES


def known(connection: Connection, sheets: Collection[str] | None = None, until: int | None = None) -> Reference:
    """What was loaded up to and including sequence `until` (None: all), of some sheets or all."""
    rows: list[ReferenceRow] = []
    table = BODIES["reference"].c
    for fact in log.facts(connection, [catalogue.REFERENCE_LOADED], until=until):
        sheet = fact.content["sheet"]
        if sheets is not None and sheet not in sheets:
            continue
        query = select(table.line, table.key, table.valid_from, table.valid_to, table.value)
        for line, key, first, last, value in connection.execute(query.where(table.fact == fact.sequence)):
            days = (_day(first), _day(last))
            rows.append(read_reference((fact.sequence, line), sheet, key, days, value))
    return Reference(rows)


@attrs.define
class Latest:
    """Everything loaded into one ledger, read once a load: what is worked on together shares it."""

    _kept: tuple[int, Reference] | None = None

    def known(self, connection: Connection) -> Reference:
        """What was loaded up to the last load that `connection` sees."""
        load = last_load(connection)
        if self._kept is None or self._kept[0] != load:
            self._kept = (load, known(connection))
        return self._kept[1]


def last_load(connection: Connection) -> int:
    """The sequence of the last load: a judgement made on an earlier one is made again."""
    last = 0
    for fact in log.facts(connection, [catalogue.REFERENCE_LOADED]):
        last = fact.sequence
    return last


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
