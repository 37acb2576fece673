"""What the lines of an X12 811 used: metered items, usage details (USD) and single calls (TCD), summed by line."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import attrs

from importers.edi811.heading import decimal
from importers.edi811.interchange import Segment
from importers.edi811.levels import Context
from importers.edi811.lines import METERED, Loop, costed
from ledger_core import Usage, exact_sum

# The unit codes of X12 in words; other codes stay as they are.
_WORDS = {"MJ": "minutes", "03": "seconds", "HR": "hours"}


@attrs.define
class Used:
    """The sums so far, by line and unit.

    A metered item or a USD sums what calls itemise again: where a line has such sums of a unit, its calls only count
    as records, otherwise they are summed here.
    """

    _stated: dict[tuple[str, str], Decimal] = attrs.field(factory=dict)
    _called: dict[tuple[str, str], Decimal] = attrs.field(factory=dict)
    _calls: dict[tuple[str, str], int] = attrs.field(factory=dict)

    def add(self, name: str, loop: Loop, context: Context, *, subline: bool) -> None:
        """Take the use that one loop states; what costs nothing is used too. Raises DocumentRefused."""
        service = context.service
        if not service:
            return
        first = costed(loop, subline=subline)
        if first is not None:
            unit = loop.head.at(first + 1)
            if (unit in METERED or context.usage) and loop.head.at(first):
                _add(self._stated, service, unit, decimal(name, loop.head, first))
        for segment in loop.rest:
            if segment.id == "USD" and segment.at(6):
                _add(self._stated, service, segment.at(5), decimal(name, segment, 6))
            elif segment.id == "TCD":
                self._call(name, service, segment)

    def _call(self, name: str, service: str, segment: Segment) -> None:
        """TCD10 minutes, TCD11 seconds: together they are how long the call took."""
        for position, unit in ((10, "MJ"), (11, "03")):
            if segment.at(position):
                _add(self._called, service, unit, decimal(name, segment, position))
                self._calls[service, unit] = self._calls.get((service, unit), 0) + 1

    def usage(self) -> Iterator[Usage]:
        """What each line used, sorted by line and unit code."""
        for service, unit in sorted({*self._stated, *self._called}):
            quantity = self._stated.get((service, unit), self._called.get((service, unit), Decimal(0)))
            yield Usage(service, _WORDS.get(unit, unit), quantity, self._calls.get((service, unit), 0))


def _add(sums: dict[tuple[str, str], Decimal], service: str, unit: str, quantity: Decimal) -> None:
    sums[service, unit] = exact_sum((sums.get((service, unit), Decimal(0)), quantity))
