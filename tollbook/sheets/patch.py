"""What a load would do to the reference data: a patch, shown before it is recorded. Nothing else is touched."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

import attrs

from ledger_core.facts.reference import Reference, ReferenceRow, Version
from ledger_core.facts.sheet import SHEETS


@attrs.frozen
class Change:
    """A version recorded anew with other cells or another last day."""

    before: ReferenceRow
    after: ReferenceRow


@attrs.frozen
class Ended:
    """A row that stops holding because of the load: `last` is its last day then, None where none is left."""

    row: ReferenceRow
    last: date | None


@attrs.frozen
class Patch:
    """The difference between what is known and a sheet.

    `added` versions are new, `changed` ones are replaced, `unchanged` ones are known already. `ended` says which known
    rows give way, whether they were recorded anew or are overtaken by an added one. Rows that the sheet does not
    mention stay as they are. `record` is what the load has to record: lines from 1, groups and histories whole.
    """

    added: tuple[ReferenceRow, ...]
    changed: tuple[Change, ...]
    ended: tuple[Ended, ...]
    unchanged: tuple[ReferenceRow, ...]
    record: tuple[ReferenceRow, ...]


def preview(reference: Reference, rows: Sequence[ReferenceRow]) -> Patch:
    """What loading these rows (of one sheet, not recorded yet) would do. Pure."""
    added: list[ReferenceRow] = []
    changed: list[Change] = []
    unchanged: list[ReferenceRow] = []
    touched: set[tuple[str, ...]] = set()
    for row in rows:
        before = _known(reference, row)
        if before is None:
            added.append(row)
        elif (before.valid_to, dict(before.value)) != (row.valid_to, dict(row.value)):
            changed.append(Change(before, row))
        else:
            unchanged.append(row)
            continue
        touched.add(_group(row))
    touched |= _shrunk_groups(reference, rows)
    # A history is recorded whole: if only the older version of an owner were recorded anew, it would be the latest
    # recording and win over the newer owner of the same sheet.
    recorded = [row for row in rows if _group(row) in touched]
    numbered = tuple(attrs.evolve(row, line=number) for number, row in enumerate(recorded, 1))
    ended = _ended(reference, numbered, touched)
    return Patch(tuple(added), tuple(changed), tuple(ended), tuple(unchanged), numbered)


def _group(row: ReferenceRow) -> tuple[str, ...]:
    """What is recorded together: all versions of a key, all rows of a rule."""
    return row.key if SHEETS[row.sheet].group is None else row.key[:1]


def _known(reference: Reference, row: ReferenceRow) -> ReferenceRow | None:
    """The same version as it is known: same key, same first day."""
    for version in reference.history(row.sheet, row.key):
        if version[0].valid_from == row.valid_from:
            return next((known for known in version if known.key == row.key), None)
    return None


def _shrunk_groups(reference: Reference, rows: Sequence[ReferenceRow]) -> set[tuple[str, ...]]:
    """Groups of which the sheet holds a version with fewer rows than are known: a rule that lost a department."""
    versions: dict[tuple[tuple[str, ...], date | None], int] = {}
    for row in rows:
        version = (_group(row), row.valid_from)
        versions[version] = versions.get(version, 0) + 1
    shrunk = set()
    for row in rows:
        count = versions[_group(row), row.valid_from]
        known = (v for v in reference.history(row.sheet, row.key) if v[0].valid_from == row.valid_from)
        if any(len(version) > count for version in known):
            shrunk.add(_group(row))
    return shrunk


def _ended(reference: Reference, record: Sequence[ReferenceRow], touched: Iterable[tuple[str, ...]]) -> list[Ended]:
    by_group: dict[tuple[str, ...], list[ReferenceRow]] = {group: [] for group in sorted(touched)}
    for row in record:
        by_group[_group(row)].append(row)
    ended: list[Ended] = []
    for group, rows in by_group.items():
        history = reference.history(rows[0].sheet, group)
        if history:
            ended.extend(_overtaken(history, rows))
    return sorted(ended, key=lambda end: (end.row.key, end.row.valid_from or date.min))


def _overtaken(history: Sequence[Version], rows: Sequence[ReferenceRow]) -> list[Ended]:
    """The known rows that hold on fewer days once `rows` are recorded after them."""
    known = [row for version in history for row in version]
    latest = 1 + max(row.fact for row in known)
    loaded = [attrs.evolve(row, fact=latest) for row in rows]
    before, after = Reference(known), Reference([*known, *loaded])
    days = _days([*known, *loaded])
    ended: list[Ended] = []
    for row in known:
        held = [day for day in days if before.in_force(row.sheet, row.key, day) is row]
        holding = [day for day in held if _same(after.in_force(row.sheet, row.key, day), row)]
        if len(holding) < len(held):
            ended.append(Ended(row, _last_day(holding, days)))
    return ended


def _same(after: ReferenceRow | None, row: ReferenceRow) -> bool:
    """Whether what holds says the same, by whichever recording."""
    return after is not None and (after.valid_from, dict(after.value)) == (row.valid_from, dict(row.value))


def _days(rows: Iterable[ReferenceRow]) -> list[date]:
    """The first days of all stretches on which nothing changes."""
    days = {date.min}
    for row in rows:
        days.add(row.valid_from or date.min)
        if row.valid_to is not None and row.valid_to < date.max:
            days.add(row.valid_to + timedelta(days=1))
    return sorted(days)


def _last_day(holding: Sequence[date], days: Sequence[date]) -> date | None:
    """The last day of the last stretch that still holds."""
    if not holding:
        return None
    following = [day for day in days if day > holding[-1]]
    return following[0] - timedelta(days=1) if following else date.max
