"""Who owns each service of a bill from day to day, as codings: asked once a service, answered once a charge."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from ledger_core.facts.bill import Bill
from ledger_core.facts.discrepancy import Discrepancy
from ledger_core.facts.reference import Reference, ReferenceRow
from ledger_core.policy.buckets import Bucket, Buckets
from ledger_core.policy.coding import Coding
from ledger_core.policy.steps import SINCE_EVER, Steps, day_of, starts_of

_NOBODY: Steps[Coding | None] = Steps([SINCE_EVER], [None])
_Shape = Steps[Bucket | Discrepancy | None]
_REMEMBERED = 200_000  # services; beyond it they are worked out again, so that memory does not grow with the bill


def keys_of(head: Bill, name: str) -> tuple[tuple[str, str, str], ...]:
    """The keys under which a sheet may know a service or code of this bill, the most specific first."""
    return tuple(
        dict.fromkeys((vendor, account, name) for vendor in (head.vendor, "") for account in (head.account, ""))
    )


class Settled(dict[str, "Coding | None"]):
    """The coding of each service whose owner is the same on all days of a window; None where a closer look is due."""

    def __init__(self, owners: Owners, first: str, last: str) -> None:
        super().__init__()
        self.first = first
        self.last = last
        self._owners = owners

    def __missing__(self, service: str) -> Coding | None:
        coding = self[service] = self._owners.throughout(service, self.first, self.last)
        return coding


class Owners:
    """The owners of the services of one bill. `owned` makes the coding of a service's row and bucket."""

    def __init__(
        self,
        reference: Reference,
        head: Bill,
        buckets: Buckets,
        owned: Callable[[str, str, Bucket | Discrepancy], Coding],
    ) -> None:
        self._histories = reference.histories("services")
        listed = reference.places("services")
        self._places = [key[:-1] for key in keys_of(head, "") if key[:-1] in listed]
        self._shapes: dict[tuple[date | None, date | None, str, str], _Shape] = {}
        self._buckets = buckets
        self._owned = owned
        self._steps: dict[str, Steps[Coding | None]] = {}
        self._settled: Settled | None = None

    @property
    def any(self) -> bool:
        """Whether anybody owns anything that this bill could name."""
        return bool(self._places)

    def settled(self, first: str, last: str) -> Settled:
        """Codings for a window of ISO days that covers these, both inclusive."""
        kept = self._settled
        if kept is not None and kept.first <= first and last <= kept.last and len(kept) < _REMEMBERED:
            return kept
        if kept is not None:
            first, last = min(first, kept.first), max(last, kept.last)
        self._settled = Settled(self, first, last)
        return self._settled

    def throughout(self, service: str, first: str, last: str) -> Coding | None:
        """The coding by owner where it is the same on all days from first to last, else None."""
        rows = self._rows(service)
        if len(rows) != 1:  # one row is the rule, and its steps need not be kept
            steps = self.over_time(service)
            return steps.at(last) if steps.constant(first, last) else None
        shape = self._shape(rows[0])
        place = shape.at(last) if shape.constant(first, last) else None
        return None if place is None else self._owned(service, rows[0].ref, place)

    def over_time(self, service: str) -> Steps[Coding | None]:
        """The coding by owner from day to day; None where nobody owns the service."""
        steps = self._steps.get(service)
        if steps is None:
            if len(self._steps) >= _REMEMBERED:
                self._steps.clear()
            steps = self._steps[service] = self._work_out(service)
        return steps

    def _rows(self, service: str) -> list[ReferenceRow]:
        """Every row that speaks of the service, the one that wins on a shared day first."""
        histories = self._histories
        return [
            version[0] for vendor, account in self._places for version in histories.get((vendor, account, service), ())
        ]

    def _work_out(self, service: str) -> Steps[Coding | None]:
        rows = self._rows(service)
        if not rows:
            return _NOBODY
        made = [self._of_one(service, row) for row in rows]
        if len(made) == 1:
            return made[0]
        starts: list[str] = []
        values: list[Coding | None] = []
        for start in sorted({start for steps in made for start in steps.starts}):
            on = day_of(start)
            # The first row that covers the day decides, even where its string is not valid then.
            winner = next((steps for row, steps in zip(rows, made, strict=True) if row.covers(on)), _NOBODY)
            coding = winner.at(start)
            if not starts or coding is not values[-1]:
                starts.append(start)
                values.append(coding)
        return Steps(starts, values)

    def _of_one(self, service: str, row: ReferenceRow) -> Steps[Coding | None]:
        shape = self._shape(row)
        codings = [None if place is None else self._owned(service, row.ref, place) for place in shape.values]
        return Steps(shape.starts, codings)

    def _shape(self, row: ReferenceRow) -> _Shape:
        """The bucket of a row on its days, None outside them. Rows of one owner and the same days share it."""
        department, account_object = row.value["department"], row.value.get("object", "")
        owner = (row.valid_from, row.valid_to, department, account_object)
        shape = self._shapes.get(owner)
        if shape is None:
            shape = self._shapes[owner] = _within(row, self._buckets.of(department, account_object))
        return shape


def _within(row: ReferenceRow, bucket: Bucket | Discrepancy) -> _Shape:
    starts = starts_of([(row.valid_from, row.valid_to)])
    return Steps(starts, [bucket if row.covers(day_of(start)) else None for start in starts])
