"""Rows that would hold on the same day for one key, in sheets where what was agreed is ended and never overtaken."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

import attrs

from ledger_core.facts.reference import Reference, ReferenceRow
from ledger_core.facts.sheet import SHEETS


@attrs.frozen
class Overlap:
    """Two rows of one key: `later` begins on a day on which `earlier` still holds."""

    earlier: ReferenceRow
    later: ReferenceRow


def overlaps(known: Reference, loaded: Sequence[ReferenceRow]) -> Iterator[Overlap]:
    """What would overlap once `loaded` is recorded over what is known, by key and day. At least one of two is loaded.

    A row with the key and first day of a known one takes its place, so a row is ended by loading it again with a last
    day. Rows of sheets that are not exclusive never overlap.
    """
    by_key: dict[tuple[str, ...], dict[date | None, ReferenceRow]] = {}
    new = [row for row in loaded if SHEETS[row.sheet].exclusive]
    for row in new:
        if row.key not in by_key:
            history = known.history(row.sheet, row.key)
            by_key[row.key] = {version[0].valid_from: version[0] for version in history}
    for row in new:
        by_key[row.key][row.valid_from] = row
    fresh = set(map(id, new))
    for _, rows in sorted(by_key.items()):
        yield from _among(sorted(rows.values(), key=_first), fresh)


def _among(rows: Sequence[ReferenceRow], fresh: set[int]) -> Iterator[Overlap]:
    reaching = rows[0]  # of those before, the one that holds longest
    for row in rows[1:]:
        if _first(row) <= _last(reaching) and fresh.intersection({id(reaching), id(row)}):
            yield Overlap(reaching, row)
        if _last(row) > _last(reaching):
            reaching = row


def _first(row: ReferenceRow) -> date:
    return row.valid_from or date.min


def _last(row: ReferenceRow) -> date:
    return row.valid_to or date.max
