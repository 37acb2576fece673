"""The reading of coverage: which chargeback charged what a cost posting holds, if any did.

A run for a month charges a department everything that was recorded up to its cut and is dated up to the end of that
month, and that no earlier run charged. So the first run that could see a posting is the one that charged it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date

import attrs
from sqlalchemy import Connection, select

from ledger_core.facts.entry import Role
from ledger_core.facts.sheet import Treatment
from ledger_core.projections.attribution import Attributed, cost_postings
from ledger_core.projections.chargebacks import CHARGEBACKS, Charged
from ledger_core.projections.treatments import Treatments
from ledger_core.store.tables import LOG


@attrs.define(eq=False)
class Coverage:
    """The chargebacks recorded up to sequence `until`, and dated up to `as_of` (inclusive) where that is given."""

    connection: Connection
    until: int
    as_of: date | None = None
    _runs: dict[tuple[str, str], list[Charged]] = attrs.field(init=False)
    _treatments: Treatments | None = attrs.field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        query = (
            select(CHARGEBACKS)
            .join(LOG, LOG.c.sequence == CHARGEBACKS.c.fact)
            .where(CHARGEBACKS.c.fact <= self.until)
            .order_by(CHARGEBACKS.c.fact)
        )
        if self.as_of is not None:
            query = query.where(LOG.c.effective <= self.as_of.isoformat())
        self._runs = defaultdict(list)
        for row in self.connection.execute(query):
            run = Charged(*row)
            self._runs[run.department, run.currency].append(run)

    def run_of(self, posting: Attributed) -> Charged | None:
        """The chargeback that charged this posting. None: not yet, or never (suspense, retained, direct)."""
        if posting.role != Role.COST or not posting.department:
            return None
        for run in self._runs.get((posting.department, posting.currency), ()):
            if posting.fact <= run.cut and posting.effective[:7] <= run.period:
                return None if self._direct(posting) else run
        return None

    def postings_of(self, run: Charged) -> Iterator[Attributed]:
        """The cost postings that a chargeback charged, in order."""
        for posting in cost_postings(self.connection, until=min(run.cut, self.until)):
            if posting.department == run.department and self.run_of(posting) == run:
                yield posting

    def _direct(self, posting: Attributed) -> bool:
        if self._treatments is None:  # most questions never meet a charged posting
            self._treatments = Treatments(self.connection, self.until)
        treatment = self._treatments.of_posting(posting.fact, posting.line, posting.department)
        return treatment == Treatment.DIRECT
