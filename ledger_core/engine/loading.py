"""Loading reference data: rows of a sheet that are new or changed become a dated fact, known ones record nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Sized
from datetime import date
from typing import Protocol

import attrs

from ledger_core.engine.ledger import Act
from ledger_core.errors import ServicesWouldEnd, SheetRefused
from ledger_core.facts import catalogue
from ledger_core.facts.body import REFERENCE
from ledger_core.facts.fact import Fact
from ledger_core.facts.reference import Reference, ReferenceRow, key_text, value_text
from ledger_core.facts.sheet import SHEETS
from ledger_core.policy.ending import ending
from ledger_core.policy.overlap import Overlap, overlaps
from ledger_core.projections import reference
from ledger_core.projections.today import day_at
from ledger_core.store.door import Draft
from ledger_core.store.rows import FewRows

_SHOWN = 10  # overlaps in a message; the others are counted


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


def load(
    act: Act, source: Source, compare: Callable[[Reference], Difference], may_end: int = 0
) -> tuple[Difference, Fact | None]:
    """Compare a sheet with what is known now and record the difference. None where there is nothing to record.

    Raises what `judge` raises; the day is that of the act.
    """
    known = reference.known(act.connection, {source.sheet})
    difference = compare(known)
    judge(known, source, difference, day_at(act.connection, act.door.clock()), may_end)
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


def judge(known: Reference, source: Source, difference: Difference, today: date, may_end: int = 0) -> None:
    """Refuse what a load must not do to what is known.

    Raises SheetRefused where rows of one agreement would hold on the same day, naming both of each, and
    ServicesWouldEnd where half or more of the services in force `today` would end and `may_end` is not their number.
    """
    found = list(overlaps(known, difference.record))
    if found:
        more = f" ({len(found) - _SHOWN} more)" if len(found) > _SHOWN else ""
        told = "; ".join(map(_overlap_words, found[:_SHOWN]))
        do = "Load the earlier row again with a last day before the later one begins. Nothing was loaded."
        raise SheetRefused(source.file, f"{told}{more}", do)
    ends = ending(known, difference.record, today)
    if ends.drastic and ends.ended != may_end:
        raise ServicesWouldEnd(source.file, ends.ended, ends.in_force)


def _overlap_words(overlap: Overlap) -> str:
    earlier, later = _row_words(overlap.earlier), _row_words(overlap.later)
    named = zip(SHEETS[overlap.later.sheet].key, overlap.later.key, strict=True)
    key = ", ".join(f"{column} {cell or '(any)'}" for column, cell in named)
    return f"for {key} two rows hold from {overlap.later.valid_from} on: {earlier}, and {later}"


def _row_words(row: ReferenceRow) -> str:
    cells = ", ".join(f"{column} {cell}" for column, cell in row.value.items())
    where = f"row {row.ref} in the books" if row.fact else "a row of this sheet"
    return f"{where} ({row.valid_from or '...'} to {row.valid_to or '...'}: {cells})"


def _stored(row: ReferenceRow) -> tuple[int, str, str | None, str | None, str]:
    """The row in the order of reference-v1."""
    first = row.valid_from.isoformat() if row.valid_from else None
    last = row.valid_to.isoformat() if row.valid_to else None
    return row.line, key_text(row), first, last, value_text(row)
