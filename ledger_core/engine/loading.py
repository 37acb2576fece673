"""Loading reference data: rows of a sheet that are new or changed become a dated fact, known ones record nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Sized
from typing import Protocol

import attrs

from ledger_core.engine.ledger import Act
from ledger_core.facts import catalogue
from ledger_core.facts.body import REFERENCE
from ledger_core.facts.fact import Fact
from ledger_core.facts.reference import Reference, ReferenceRow, key_text, value_text
from ledger_core.projections import reference
from ledger_core.store.door import Draft
from ledger_core.store.rows import FewRows


class Difference(Protocol):
    """What a sheet would change in what is known, and the rows to record for it (lines from 1)."""

    @property
    def added(self) -> Sized:
        """Versions that are new."""
        ...

    @property
    def changed(self) -> Sized:
        """Versions that are replaced."""
        ...

    @property
    def ended(self) -> Sized:
        """Known rows that stop holding."""
        ...

    @property
    def unchanged(self) -> Sized:
        """Versions that are known already."""
        ...

    @property
    def record(self) -> Sequence[ReferenceRow]:
        """What is to be recorded."""
        ...


@attrs.frozen
class Source:
    """The file that a sheet was read from. `sha256` of its bytes in hex; `file` its name, without folders."""

    sheet: str
    file: str
    sha256: str


def load(act: Act, source: Source, compare: Callable[[Reference], Difference]) -> tuple[Difference, Fact | None]:
    """Compare a sheet with what is known now and record the difference. None where there is nothing to record."""
    difference = compare(reference.known(act.connection, {source.sheet}))
    if not difference.record:
        return difference, None
    content = {
        "sheet": source.sheet,
        "file": source.file,
        "sha256": source.sha256,
        "added": len(difference.added),
        "changed": len(difference.changed),
        "ended": len(difference.ended),
        "unchanged": len(difference.unchanged),
    }
    rows = FewRows(REFERENCE, tuple(map(_stored, difference.record)))
    number = len(act.door.facts) + 1
    key = f"reference/{source.sheet}/{act.id}/{number}"
    draft = Draft(catalogue.REFERENCE_LOADED, key, content, act.id, based_on=act.door.last, rows=(rows,))
    return difference, act.record(draft)


def _stored(row: ReferenceRow) -> tuple[int, str, str | None, str | None, str]:
    """The row in the order of reference-v1."""
    first = row.valid_from.isoformat() if row.valid_from else None
    last = row.valid_to.isoformat() if row.valid_to else None
    return row.line, key_text(row), first, last, value_text(row)
