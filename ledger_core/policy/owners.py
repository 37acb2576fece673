"""Who owns each service of a bill from day to day, as codings: asked once a service, answered once a charge."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from ledger_core.facts.bill import Bill
from ledger_core.facts.discrepancy import Discrepancy
from ledger_core.facts.reference import Reference, ReferenceRow
from ledger_core.policy.buckets import Bucket, Buckets
from ledger_core.policy.steps import SINCE_EVER, Steps, day_of, starts_of

if TYPE_CHECKING:
    from ledger_core.policy.coding import Coding

_NOBODY: Steps[Coding | None] = Steps([SINCE_EVER], [None])
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
        steps = self._owners.over_time(service)
        coding = self[service] = steps.at(self.last) if steps.constant(self.first, self.last) else None
        return coding


class Owners:
    """The owners of the services of one bill. `owned` makes the coding of an owner's row and bucket."""

    def __init__(
        self,
        reference: Reference,
        head: Bill,
        buckets: Buckets,
        owned: Callable[[str, ReferenceRow, Bucket | Discrepancy], Coding],
    ) -> None:
        self._reference = reference
        self._head = head
        self._buckets = buckets
        self._owned = owned
        self._steps: dict[str, Steps[Coding | None]] = {}
        self._settled: Settled | None = None

    def settled(self, first: str, last: str) -> Settled:
        """Codings for a window of ISO days that covers these, both inclusive."""
        kept = self._settled
        if kept is not None and kept.first <= first and last <= kept.last and len(kept) < _REMEMBERED:
            return kept
        if kept is not None:
            first, last = min(first, kept.first), max(last, kept.last)
        self._settled = Settled(self, first, last)
        return self._settled

    def over_time(self, service: str) -> Steps[Coding | None]:
        """The coding by owner from day to day; None where nobody owns the service."""
        steps = self._steps.get(service)
        if steps is None:
            if len(self._steps) >= _REMEMBERED:
                self._steps.clear()
            steps = self._steps[service] = self._work_out(service)
        return steps

    def _work_out(self, service: str) -> Steps[Coding | None]:
        history = self._reference.history
        rows = [version[0] for key in keys_of(self._head, service) for version in history("services", key)]
        if not rows:
            return _NOBODY
        starts: list[str] = []
        values: list[Coding | None] = []
        made: dict[tuple[ReferenceRow, Bucket | Discrepancy], Coding] = {}
        for start in self._starts(rows):
            on = day_of(start)
            row = next((row for row in rows if row.covers(on)), None)
            coding = None
            if row is not None:
                bucket = self._bucket(row).at(start)
                coding = made.get((row, bucket))
                if coding is None:
                    coding = made[row, bucket] = self._owned(service, row, bucket)
            if not starts or coding is not values[-1]:
                starts.append(start)
                values.append(coding)
        return Steps(starts, values)

    def _starts(self, rows: list[ReferenceRow]) -> Iterable[str]:
        """The days on which the owner, or what its department and string stand for, may change."""
        starts = set(starts_of((row.valid_from, row.valid_to) for row in rows))
        for row in rows:
            starts.update(self._bucket(row).starts)
        return sorted(starts)

    def _bucket(self, row: ReferenceRow) -> Steps[Bucket | Discrepancy]:
        return self._buckets.over_time(row.value["department"], row.value.get("object", ""))
