"""Services that are paid for and hardly used, or not at all, for months."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from statistics import median

import attrs

from ledger_core import ChargeKind, CheckedBill, Examination, Grounds, Line, Objection, Usage, exact_sum, plain

ZERO, LOW = "zero-use", "low-use"
#: Months of which a bill must have said what was used, this one included.
_CYCLES = 3
#: How many earlier months are looked at: those of a year tell a season from a line that nobody needs.
_LOOKED_AT = 12
#: Nothing at all in every month that is known.
_NEVER = 85
#: Nothing for half a year, although it was used before.
_NOT_ANY_MORE = 60
_HALF_A_YEAR = 6
#: Next to nothing beside others with the same plan.
_HARDLY = 60
#: "Next to nothing": less than so many parts of a hundred of what the middle one of its peers uses, of every unit.
_LOW_PERCENT = 3
_PEERS = 5  # others with the same plan that are needed to say what is usual

Month = Mapping[str, Sequence[Usage]]


@attrs.frozen
class Idle:
    """Looks at services of which every one of the last bills says what they used.

    A service that a bill says nothing of is not taken to be unused. At stake is what the service costs a month.
    """

    name: str = "idle"
    version: str = "1"
    codes: tuple[str, ...] = (ZERO, LOW)

    def open(self, bill: CheckedBill, grounds: Grounds) -> Examination | None:
        """Where this bill and enough of the earlier ones say what was used."""
        if not bill.payable:
            return None
        now = grounds.past.usage(bill)
        if not now:
            return None
        months: list[Month] = [now]
        for earlier in grounds.past.earlier()[:_LOOKED_AT]:
            used = grounds.past.usage(earlier)
            if not used:
                break
            months.append(used)
        return _Idle(months) if len(months) >= _CYCLES else None


class _Idle:
    def __init__(self, months: Sequence[Month]) -> None:
        self._months = months
        self._lines: dict[str, Line] = {}  # of each service, its dearest recurring line
        self._peers: dict[tuple[str, str], list[Decimal]] = defaultdict(list)

    def look(self, lines: Sequence[Line]) -> Iterable[Objection]:
        """What each service pays for."""
        now = self._months[0]
        for line in lines:
            if line.kind != ChargeKind.RECURRING or line.amount <= 0 or line.service not in now:
                continue
            known = self._lines.get(line.service)
            if known is None or line.amount > known.amount:
                self._lines[line.service] = line
        return ()

    def end(self) -> Iterator[Objection]:
        """Services without use, then those with next to none."""
        for line in self._lines.values():
            for unit, quantity in _summed(self._months[0][line.service]).items():
                self._peers[line.product, unit].append(quantity)
        for line in self._lines.values():
            history = self._history(line.service)
            if len(history) < _CYCLES:
                continue
            idle = next((at for at, used in enumerate(history) if any(used.values())), len(history))
            if idle == len(history):
                yield self._zero(line, len(history), _NEVER)
            elif idle >= _HALF_A_YEAR:
                yield self._zero(line, idle, _NOT_ANY_MORE)
            elif idle == 0 and (shown := self._hardly(line, history)):
                yield self._low(line, shown)

    def _history(self, service: str) -> list[dict[str, Decimal]]:
        """What the service used of each unit, this month first, as far back as every bill says it."""
        found = []
        for month in self._months:
            if service not in month:
                break
            found.append(_summed(month[service]))
        return found

    def _hardly(self, line: Line, history: Sequence[Mapping[str, Decimal]]) -> tuple[tuple[str, str], ...]:
        """The evidence that a service uses next to nothing, "" for one that does not, or has too few peers."""
        shown = []
        for unit in sorted(history[0]):
            peers = self._peers[line.product, unit]
            middle = median(sorted(peers)) if len(peers) > _PEERS else Decimal(0)
            if not middle:
                continue
            most = max(used.get(unit, Decimal(0)) for used in history[:_CYCLES])
            if 100 * most >= _LOW_PERCENT * middle:
                return ()
            shown.append((unit, f"at most {plain(most)} a month; others with {line.product} use {plain(middle)}"))
        return tuple(shown)

    def _zero(self, line: Line, months: int, confidence: int) -> Objection:
        return Objection(
            ZERO,
            line,
            line.amount,
            confidence,
            line.service,
            f"{line.service} used nothing for {months} months",
            "Ask who has it; end it, or waive it with a reason.",
            (("months without use", str(months)), ("costs a month", line.product or line.kind)),
        )

    def _low(self, line: Line, shown: tuple[tuple[str, str], ...]) -> Objection:
        return Objection(
            LOW,
            line,
            line.amount,
            _HARDLY,
            line.service,
            f"{line.service} is hardly used for {_CYCLES} months",
            "Ask who has it; end it, take a smaller plan, or waive it with a reason.",
            shown,
        )


def _summed(used: Sequence[Usage]) -> dict[str, Decimal]:
    found: dict[str, list[Decimal]] = defaultdict(list)
    for one in used:
        found[one.unit].append(one.quantity)
    return {unit: exact_sum(quantities) for unit, quantities in found.items()}
