"""A service that suddenly costs more: this month beside its own history, by a measure that one odd month cannot bend.

The middle of its months (median) and the middle of their distances from it (MAD) say what is usual; what lies far
above, in money too, is told. A season that came a year ago as well is no surprise.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import attrs

from ledger_core import ChargeKind, CheckedBill, Examination, Grounds, Line, Objection, PastBill, fixed, places
from plugins.checks.agreed import Agreed
from plugins.checks.dated import Days

CODE = "variance"
_KINDS = (ChargeKind.RECURRING.value, ChargeKind.USAGE.value)
_CYCLES = 3  # earlier months that are needed to say what is usual
_LOOKED_AT = 13  # a year, and the same month of the year before
_MOST_LINES = 250_000  # lines of earlier bills that are summed; beyond it fewer months are looked at
#: Five standard deviations, which are 1.4826 MADs each where months scatter evenly: in thousandths of a MAD.
_FAR = 7_413
#: And by so much of what is usual, in percent, and so many major units: below, nobody would pick up the telephone.
_PERCENT, _MONEY = 25, 25
#: Many times what is usual is worth a look for less money.
_MANY, _LITTLE_MONEY = 10, 5
#: Usage that a service hardly ever had has no scatter of its own. It has to be twice what any service of the account
#: ever came to.
_TIMES = 2
#: History suggests it; no contract or order was asked.
_USUAL = 60
_NEVER_BEFORE = 65


@attrs.frozen
class Variance:
    """Looks at what each service costs, recurring and usage apart, where at least three earlier bills are known.

    Recurring charges that a contract prices are left to the rates; a change that an order or a contract row explains is
    theirs to judge.
    """

    name: str = "variance"
    version: str = "1"
    codes: tuple[str, ...] = (CODE,)

    def open(self, bill: CheckedBill, grounds: Grounds) -> Examination | None:
        """Where enough earlier bills of the account are known, of a size that can be summed."""
        chosen: list[PastBill] = []
        lines = 0
        for earlier in grounds.past.earlier()[:_LOOKED_AT]:
            lines += earlier.charges
            if lines > _MOST_LINES:
                break
            chosen.append(earlier)
        if len(chosen) < _CYCLES or bill.charges > _MOST_LINES:
            return None
        return _Variance(bill, grounds, chosen)


class _Sum(NamedTuple):
    """What a service costs this month: its lines and their sum in minor units."""

    amount: int
    lines: tuple[Line, ...]


class _Variance:
    def __init__(self, bill: CheckedBill, grounds: Grounds, earlier: Sequence[PastBill]) -> None:
        self._bill = bill
        self._agreed = Agreed.of(grounds.reference, bill)
        self._days = Days(bill)
        self._earlier = earlier
        self._past = grounds.past
        self._now: dict[tuple[str, str], list[Line]] = defaultdict(list)

    def look(self, lines: Sequence[Line]) -> Iterable[Objection]:
        """Gather by service."""
        for line in lines:
            if line.kind in _KINDS and line.amount > 0 and line.service:
                self._now[line.service, line.kind].append(line)
        return ()

    def end(self) -> Iterator[Objection]:
        """Services that cost far more than they used to."""
        history: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
        for one in self._past.sums(self._earlier, _KINDS):
            history[one.service, one.kind][one.bill] = one.amount
        seen = {service for service, _ in history}
        most = max((max(months.values()) for (_, kind), months in history.items() if kind == "usage"), default=0)
        for (service, kind), lines in self._now.items():
            if service not in seen:
                continue  # a new service has no history: whether it should be there is another check's
            amounts = [history[service, kind].get(bill.bill, 0) for bill in self._earlier]
            if kind == ChargeKind.RECURRING:
                yield from self._recurring(service, lines, [amount for amount in amounts if amount > 0])
            else:
                yield from self._usage(service, lines, amounts, most)

    def _recurring(self, service: str, lines: Sequence[Line], months: Sequence[int]) -> Iterator[Objection]:
        """Recurring charges that no contract prices; months before the service began do not count."""
        if len(months) < _CYCLES or any(self._priced(line) for line in lines):
            return
        total = sum(line.amount for line in lines)
        usual, limit = self._limit(months, total)
        if total > limit and not self._last_year(total, months):
            yield from self._spread(service, lines, total - usual, usual, _USUAL, months)

    def _usage(self, service: str, lines: Sequence[Line], months: Sequence[int], most: int) -> Iterator[Objection]:
        total = sum(line.amount for line in lines)
        usual, limit = self._limit(months, total)
        confidence = _USUAL
        if 2 * sum(1 for amount in months if amount) <= len(months):
            limit, confidence = max(limit, _TIMES * most), _NEVER_BEFORE
        if total > limit and not self._last_year(total, months):
            yield from self._spread(service, lines, total - usual, usual, confidence, months)

    def _limit(self, months: Sequence[int], total: int) -> tuple[int, int]:
        """What is usual, and up to where a month of `total` is nothing to speak of, in minor units."""
        usual = _middle(months)
        scatter = _middle([abs(amount - usual) for amount in months])
        money = _LITTLE_MONEY if usual and total > _MANY * usual else _MONEY
        money *= 10 ** places(self._bill.currency)
        return usual, usual + max(_FAR * scatter // 1000, usual * _PERCENT // 100, money)

    def _last_year(self, total: int, months: Sequence[int]) -> bool:
        """Whether the same month of the year before was as dear."""
        year = 12
        return len(months) >= year and 3 * max(months[year - 2 : year + 1]) >= 2 * total

    def _priced(self, line: Line) -> bool:
        return self._agreed is not None and self._agreed.rate(line.product, *self._days.of(line)) is not None

    def _spread(
        self,
        service: str,
        lines: Sequence[Line],
        stake: int,
        usual: int,
        confidence: int,
        months: Sequence[int],
    ) -> Iterator[Objection]:
        """What is too much lies on the dearest lines first."""
        currency = self._bill.currency
        total = fixed(sum(line.amount for line in lines), currency)
        kind = lines[0].kind
        shown = (
            ("this month", total),
            ("usual", f"{fixed(usual, currency)}, the middle of {len(months)} earlier bills"),
            ("earlier bills", ", ".join(fixed(amount, currency) for amount in months)),
        )
        found = f"{kind} of {service} comes to {total}; usual is {fixed(usual, currency)}"
        do = "Ask who used it; dispute it if nobody did."
        left = stake
        for line in sorted(lines, key=lambda line: (-line.amount, line.line)):
            part = min(left, line.amount)
            left -= part
            if part > 0:
                yield Objection(CODE, line, part, confidence, f"{service} {kind}", found, do, shown)


def _middle(amounts: Sequence[int]) -> int:
    """The median in whole minor units, the lower half of two."""
    ordered = sorted(amounts)
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) // 2
