"""The reading of coverage: which chargeback entry charged what a cost posting holds, if one did.

The rule of `months` says which run saw a posting first; here it is tied to the entry that the run made.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import attrs
from sqlalchemy import Connection

from ledger_core.facts.entry import Role
from ledger_core.facts.sheet import Treatment
from ledger_core.policy.periods import parse_period
from ledger_core.projections import chargebacks
from ledger_core.projections.attribution import Attributed, cost_postings
from ledger_core.projections.chargebacks import Charged
from ledger_core.projections.months import Months
from ledger_core.projections.treatments import Treatments


@attrs.define(eq=False)
class Coverage:
    """The chargebacks recorded up to sequence `until`, and dated up to `as_of` (inclusive) where that is given."""

    connection: Connection
    until: int
    as_of: date | None = None
    _months: Months = attrs.field(init=False)
    _treatments: Treatments = attrs.field(init=False)
    _entries: dict[tuple[str, int, str, str], Charged] = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self._months = Months(self.connection, self.until)
        self._treatments = Treatments(self.connection, self.until)
        self._entries = {
            (run.period, run.cut, run.department, run.currency): run
            for run in chargebacks.all_runs(self.connection)
            if run.fact <= self.until
        }

    def charged(self, posting: Attributed) -> bool:
        """Whether a run has charged this posting. Suspense, retained and direct cost never are."""
        return self._run(posting) is not None

    def entry_of(self, posting: Attributed) -> Charged | None:
        """The chargeback entry that charged this posting; None also where the department's costs cancelled out."""
        run = self._run(posting)
        return None if run is None else self._entries.get((*run, posting.department, posting.currency))

    def postings_of(self, entry: Charged) -> Iterator[Attributed]:
        """The cost postings that a chargeback entry charged, in order."""
        for posting in cost_postings(self.connection, until=min(entry.cut, self.until)):
            if posting.department == entry.department and self.entry_of(posting) == entry:
                yield posting

    def _run(self, posting: Attributed) -> tuple[str, int] | None:
        """Month and cut of the run that charged it. A run is dated on the last day of its month."""
        if posting.role != Role.COST or not posting.department:
            return None
        period, cut = self._months.first_run(posting.fact, posting.effective)
        if not period or (self.as_of is not None and parse_period(period).last_day > self.as_of):
            return None
        treatment = self._treatments.of_posting(posting.fact, posting.line, posting.department)
        return None if treatment == Treatment.DIRECT else (period, cut)
