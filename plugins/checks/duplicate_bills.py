"""The same bill twice: under another number, from another file format, with the vendor's name spelled otherwise."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from hashlib import blake2b

import attrs

from ledger_core import CheckedBill, Examination, Grounds, Line, Objection, PastBill, fixed
from plugins.checks.dated import length, shared

CODE = "duplicate-bill"
_SIGNS = re.compile(r"[^0-9a-z]+")
#: Equal line by line, for the same account and days.
_SAME_ACCOUNT = 96
#: Equal line by line; the account is spelled otherwise, or not stated.
_OTHER_ACCOUNT = 85
_NEAR = 21  # days between the dates of two bills that may be one, where no period is stated


@attrs.frozen
class DuplicateBills:
    """Looks for a bill that was posted before, comes to the same total for the same days, and has the same amounts for
    the same services, in whatever order. Telephone numbers and accounts are compared without their signs.

    A fixed monthly price comes to the same total every month: other days make another bill.
    """

    name: str = "duplicate-bills"
    version: str = "1"
    codes: tuple[str, ...] = (CODE,)

    def open(self, bill: CheckedBill, grounds: Grounds) -> Examination | None:
        """Where another bill comes to the same total for the same days."""
        if not bill.total:
            return None
        alike = [other for other in grounds.past.alike() if _same_days(bill, other)]
        return _Same(bill, grounds, alike) if alike else None


class _Same:
    def __init__(self, bill: CheckedBill, grounds: Grounds, alike: Sequence[PastBill]) -> None:
        self._bill = bill
        self._past = grounds.past
        self._alike = alike
        self._print = _Print()

    def look(self, lines: Sequence[Line]) -> Iterable[Objection]:
        """Take the bill's fingerprint."""
        self._print.add(lines)
        return ()

    def end(self) -> Iterator[Objection]:
        """The first of the others with the same fingerprint."""
        for other in self._alike:
            theirs = _Print()
            theirs.add(self._past.lines(other))
            if theirs == self._print:
                yield self._objection(other)
                return

    def _objection(self, other: PastBill) -> Objection:
        bill = self._bill
        same = _plain(bill.vendor) == _plain(other.vendor) and _plain(bill.account) == _plain(other.account)
        amount = fixed(bill.total, bill.currency)
        return Objection(
            CODE,
            None,
            abs(bill.total),
            _SAME_ACCOUNT if same else _OTHER_ACCOUNT,
            other.bill,
            f"all its charges, {amount}, stand on bill {other.number or other.bill} of {other.vendor} already",
            "Pay only one of them: dispute this one, or reverse it.",
            (
                ("the other bill", other.bill),
                ("its number", other.number or "none"),
                ("its account", f"{other.vendor} {other.account}".strip()),
                ("its dates", _shown(other)),
                ("total of both", amount),
            ),
        )


@attrs.define
class _Print:
    """What two bills have in common if they are one: so many charges of such amounts for such services, in any order.
    Memory does not grow with the bill."""

    count: int = 0
    total: int = 0

    def add(self, lines: Iterable[Line]) -> None:
        """Count lines in. Those that cost nothing are left out: formats differ in whether they print them."""
        for line in lines:
            if line.amount:
                self.count += 1
                cells = f"{_plain(line.service)}\x1f{line.amount}".encode()
                self.total += int.from_bytes(blake2b(cells, digest_size=16).digest())


def _plain(text: str) -> str:
    return _SIGNS.sub("", text.casefold())


def _same_days(bill: CheckedBill, other: PastBill) -> bool:
    """Whether both may be for the same days: their periods share most of them; without periods, dates are near."""
    mine, theirs = (bill.period_from, bill.period_to), (other.period_from, other.period_to)
    if mine[0] and mine[1] and theirs[0] and theirs[1]:
        both = shared(mine[0], mine[1], *theirs)
        return 4 * both >= 3 * max(length(mine[0], mine[1]), length(theirs[0], theirs[1]))
    one, another = bill.bill_date or bill.period_to, other.bill_date or other.period_to
    return one is not None and another is not None and abs((one - another).days) <= _NEAR


def _shown(other: PastBill) -> str:
    days: list[date] = [day for day in (other.bill_date, other.period_from, other.period_to) if day]
    return ", ".join(day.isoformat() for day in days) or "none"
