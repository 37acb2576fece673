"""The same charge twice: on one bill, or on two bills for days that both pay for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from hashlib import blake2b

import attrs

from ledger_core import ChargeKind, CheckedBill, Examination, Grounds, Line, Objection, PastBill, fixed
from plugins.checks.dated import length, shared
from plugins.checks.orders import BUYS, ENDS, STARTS, Orders

CODE = "duplicate-line"
#: Kinds of which two equal charges for one service are more likely a mistake than two events.
_KINDS = frozenset({ChargeKind.RECURRING.value, ChargeKind.ONE_TIME.value, ChargeKind.EQUIPMENT.value})
#: Everything is equal, free text included: in bills of real vendors nearly always a mistake, rarely two of a thing
#: that the vendor lists one by one.
_SAME_BILL = 90
#: Another bill, the same service, product and amount, and days that both pay for.
_OTHER_BILL = 85
_MOST_BILLS = 12  # overlapping bills that are compared
_REACH_BACK = 3  # earlier bills in which charges for earlier days are looked for


@attrs.frozen
class DuplicateLines:
    """Looks for twins among the priced lines of services. Lines of the account itself are left alone: two of them may
    be for two things that the bill does not name. So is what states no total, a cloud cost export: its rows repeat."""

    name: str = "duplicate-lines"
    version: str = "1"
    codes: tuple[str, ...] = (CODE,)

    def open(self, bill: CheckedBill, grounds: Grounds) -> Examination | None:
        """Any bill that states a total."""
        return _Twins(bill, grounds) if bill.payable else None


class _Twins:
    def __init__(self, bill: CheckedBill, grounds: Grounds) -> None:
        self._bill = bill
        self._past = grounds.past
        self._orders = Orders(grounds.reference, bill)
        self._seen: dict[bytes, int] = {}  # digests: a bill may have a million lines
        self._copies: dict[bytes, int] = {}
        self._overlapping: Sequence[PastBill] | None = None
        self._last: Sequence[PastBill] | None = None
        self._back: list[Line] = []  # lines that pay for days which another bill may have charged

    def look(self, lines: Sequence[Line]) -> Iterator[Objection]:
        """The second and later of equal lines."""
        for line in lines:
            if line.amount <= 0 or line.kind not in _KINDS or not line.service:
                continue
            digest = _digest(line)
            known = self._seen.setdefault(digest, line.line)
            if known != line.line:
                copies = self._copies[digest] = self._copies.get(digest, 1) + 1
                if not self._ordered(line, copies):
                    yield self._twin(line, known)
            elif self._reaches_back(line):
                self._back.append(line)

    def end(self) -> Iterable[Objection]:
        """Lines for days that earlier bills charged already."""
        if not self._back:
            return
        waiting: dict[tuple[str, str, str, int], list[Line]] = {}
        for line in self._back:
            waiting.setdefault((line.service, line.product, line.kind, line.amount), []).append(line)
        services = {line.service for line in self._back}
        for other in self._others(before=self._last is not None):
            for earlier in self._past.lines(other, services):
                key = (earlier.service, earlier.product, earlier.kind, earlier.amount)
                for line in waiting.get(key, ()):
                    if self._same_days(line, earlier, other):
                        yield self._again(line, earlier, other)
                        waiting[key] = [one for one in waiting[key] if one.line != line.line]
                        break

    def _ordered(self, line: Line, copies: int) -> bool:
        """Whether as many orders explain a thing that is bought once: two moves of a jack cost the same twice."""
        if line.kind == ChargeKind.RECURRING:
            return False
        days = self._bill.days_of(line) or (self._bill.day, self._bill.day)
        return len(self._orders.explaining(line.service, line.product, STARTS | BUYS | ENDS, days[1])) >= copies

    def _reaches_back(self, line: Line) -> bool:
        """Whether an earlier bill of the account may have charged these days."""
        own = self._bill.days_of(line)
        if own is None:
            return False
        before = self._bill.period_from is not None and own[0] < self._bill.period_from
        return any(_halves(own, (other.period_from, other.period_to)) for other in self._others(before=before))

    def _others(self, *, before: bool) -> Sequence[PastBill]:
        """Bills whose period overlaps this one's; for lines that reach back behind it, the last bills too."""
        if self._overlapping is None:
            first, last = self._bill.period_from or self._bill.day, self._bill.period_to or self._bill.day
            self._overlapping = self._past.overlapping(first, last)[:_MOST_BILLS]
        if before and self._last is None:
            known = {other.fact for other in self._overlapping}
            self._last = [
                other
                for other in self._past.earlier()[:_REACH_BACK]
                if other.fact < self._bill.fact and other.fact not in known
            ]
        return [*self._overlapping, *(self._last or ())] if before else self._overlapping

    def _same_days(self, line: Line, earlier: Line, other: PastBill) -> bool:
        mine, theirs = self._bill.days_of(line), _days_on(earlier, other)
        return mine is not None and theirs is not None and _halves(mine, theirs)

    def _twin(self, line: Line, first: int) -> Objection:
        amount = fixed(line.amount, self._bill.currency)
        return Objection(
            CODE,
            line,
            line.amount,
            _SAME_BILL,
            f"{line.service} {line.product}".strip(),
            f"{line.product or 'the same charge'} of {amount} for {line.service} stands on line {first} already",
            "Accept it if both are real; otherwise dispute the second.",
            (("first", f"line {first}"), ("again", f"line {line.line}"), ("amount", amount)),
        )

    def _again(self, line: Line, earlier: Line, other: PastBill) -> Objection:
        amount = fixed(line.amount, self._bill.currency)
        theirs = _days_on(earlier, other)
        assert theirs is not None
        days = " to ".join(day.isoformat() for day in theirs)
        return Objection(
            CODE,
            line,
            line.amount,
            _OTHER_BILL,
            f"{line.service} {line.product}".strip(),
            f"{line.product or 'the same charge'} of {amount} for {line.service} was charged for {days} on bill"
            f" {other.number or other.bill} already",
            "Accept it if both are real; otherwise dispute the second.",
            (("first", f"{other.bill}:{earlier.line}"), ("its days", days), ("amount", amount)),
        )


def _halves(mine: tuple[date, date], theirs: tuple[date | None, date | None]) -> bool:
    """Whether two spans share half of the shorter one's days at least: one month's period and the next often share the
    day between them, which says nothing."""
    first, last = theirs
    shorter = min(length(*mine), length(first, last)) if first and last else length(*mine)
    return 2 * shared(*mine, first, last) >= shorter


def _days_on(line: Line, bill: PastBill) -> tuple[date, date] | None:
    first, last = line.service_from, line.service_to
    if first or last:
        ends = date.fromisoformat(first or last or ""), date.fromisoformat(last or first or "")
        return min(ends), max(ends)
    return (bill.period_from, bill.period_to) if bill.period_from and bill.period_to else None


def _digest(line: Line) -> bytes:
    """Equal for lines that are alike in everything but their place."""
    alike = (
        f"{line.service}\x1f{line.product}\x1f{line.kind}\x1f{line.quantity}\x1f{line.rate}\x1f{line.amount}\x1f"
        f"{line.exact}\x1f{line.service_from}\x1f{line.service_to}\x1f{line.sub_account}\x1f{line.text}"
    )
    return blake2b(alike.encode(), digest_size=12).digest()
