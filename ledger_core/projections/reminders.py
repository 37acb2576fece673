"""Reminders: bills that are late, and deadlines that come or have passed while something is left to do."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import date

import attrs

from ledger_core.money import fixed
from ledger_core.projections.bills import PostedBill
from ledger_core.projections.expected_bills import DatedBill, ExpectedBill, ExpectedBills, State

_FIND_IT = "Look among refused files, then ask the vendor."
#: What a reminder is about, beside the names of deadlines.
BILL, SERVICES = "bill", "services"


@attrs.frozen
class Work:
    """What is left to decide of a bill: how many items of the queue, and how many of them object to what it charges;
    the money at stake in each, in minor units."""

    items: int = 0
    amount: int = 0
    objections: int = 0
    objected: int = 0


@attrs.frozen
class Reminder:
    """Something that is to be done by `day` (inclusive), and has not been.

    `what` is "bill" for one that has not come, "services" for those (`lines` of them) that no bill charges for, else
    the deadline: validation, verification, dispute or payment. `code` says whether its day is near or has passed.
    `amount` is at stake, in minor units. Where it does not ask for anybody, it is told and not raised.
    """

    what: str
    code: str
    vendor: str
    account: str
    bill: str | None
    key: tuple[str, ...]
    day: date
    amount: int
    currency: str
    text: str
    asks: bool = True
    lines: int = 0


@attrs.frozen
class Undone:
    """What is not done yet. `work` by bill; `unexamined` bills no check has seen; `unclaimed` says how much of a bill
    may be paid and is not certified, None on a site that certifies no claims."""

    work: Mapping[str, Work]
    unexamined: Collection[str]
    unclaimed: Callable[[PostedBill], int] | None


def reminders(register: ExpectedBills, undone: Undone, currency: str) -> list[Reminder]:
    """Everything that is late, near its day or past it as of the register's day: the earliest day first."""
    found = [
        *(_missing(row, currency) for row in register.overdue()),
        *(one for dated in register.dated() for one in _of_bill(register, dated, undone)),
    ]
    return sorted(found, key=lambda one: (one.day, one.what, one.key))


def _missing(row: tuple[ExpectedBill, ...], currency: str) -> Reminder:
    """Cycles in a row of one account, in one reminder: they have one cause."""
    first = row[0]
    months = str(first.cycle) if len(row) == 1 else f"{first.cycle} to {row[-1].cycle}"
    last = first.last
    before = f"the last one is of {last.bill_date or last.period_to}" if last else "none ever came"
    accrued = " Its cost is accrued." if all(one.state is State.ACCRUED for one in row) else ""
    return Reminder(
        what=BILL,
        code="bill-missing",
        vendor=first.vendor,
        account=first.account,
        bill=None,
        key=(first.vendor, first.account, str(first.cycle)),
        day=first.late_after or first.cycle.last_day,
        amount=sum(one.last.total for one in row if one.last),
        currency=last.currency if last else currency,
        text=f"{first.vendor} {first.account} has no bill of {months} in the books; {before}.{accrued} {_FIND_IT}",
    )


def _of_bill(register: ExpectedBills, dated: DatedBill, undone: Undone) -> Iterator[Reminder]:
    soon = register.working.add(register.today, register.limits.warning_days)
    for what, day in dated.deadlines.named():
        if day > soon:
            continue
        left = _LEFT[what](dated, undone)
        if left is None or (day < register.today and not left.asks):
            continue
        yield _reminder(register, dated.bill, what, day, left)


@attrs.frozen
class _Left:
    """What is left to do until a deadline: the money in it, and words for it and for what to do."""

    amount: int
    found: str
    do: str
    asks: bool = True


def _validation(dated: DatedBill, undone: Undone) -> _Left | None:
    if dated.bill.bill not in undone.unexamined:
        return None
    return _Left(dated.bill.total, f"it came on {dated.received} and no check has examined it", "Have it examined.")


def _verification(dated: DatedBill, undone: Undone) -> _Left | None:
    work = undone.work.get(dated.bill.bill)
    if work is None or not work.items:
        return None
    return _Left(work.amount, f"{_many(work.items, 'item')} of it in the queue", "Decide what is in the queue.")


def _dispute(dated: DatedBill, undone: Undone) -> _Left | None:
    work = undone.work.get(dated.bill.bill)
    if work is None or not work.objections:
        return None
    found = f"{_many(work.objections, 'objection')} to it not decided"
    return _Left(work.objected, found, "Dispute what is wrong, or accept it.")


def _payment(dated: DatedBill, undone: Undone) -> _Left | None:
    bill = dated.bill
    if undone.unclaimed is None:
        amount = bill.total
        return _Left(amount, f"it comes to {_money(bill, amount)}", "See that it is paid.", asks=False)
    amount = undone.unclaimed(bill)
    if amount <= 0:
        return None
    return _Left(amount, f"{_money(bill, amount)} of it is not certified", "Certify what may be paid.")


_LEFT: Mapping[str, Callable[[DatedBill, Undone], _Left | None]] = {
    "validation": _validation,
    "verification": _verification,
    "dispute": _dispute,
    "payment": _payment,
}


def _reminder(register: ExpectedBills, bill: PostedBill, what: str, day: date, left: _Left) -> Reminder:
    named = " ".join(part for part in (bill.vendor, bill.number or bill.account) if part) or bill.bill
    passed = day < register.today
    days = register.working.between(register.today, day)
    when = f"passed on {day}" if passed else f"is today, {day}" if day == register.today else f"is {day}"
    count = "" if passed or days < 1 else f" ({_many(days, 'business day')} from now)"
    return Reminder(
        what=what,
        code="deadline-passed" if passed else "deadline-near",
        vendor=bill.vendor,
        account=bill.account,
        bill=bill.bill,
        key=(bill.bill, what, "passed" if passed else "near"),
        day=day,
        amount=left.amount,
        currency=bill.currency,
        text=f"{named}: the day for its {what} {when}{count}; {left.found}. {left.do}",
        asks=left.asks,
    )


def _money(bill: PostedBill, amount: int) -> str:
    return f"{fixed(amount, bill.currency)} {bill.currency}"


def _many(count: int, one: str) -> str:
    return f"{count} {one if count == 1 else one + 's'}"
