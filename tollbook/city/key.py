"""The answer key: which oddities and errors stand where. Written only where it is asked for, never into a site."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path

import attrs

from tollbook.city.bills import Bill, bill_of
from tollbook.city.catalogue import LEASED_OBJECT
from tollbook.city.city import Account, Case, City, Medium
from tollbook.city.drops import drops, path_of
from tollbook.city.marks import Marked, marked
from tollbook.city.services import change_day, services_of


def _texts(cells: Iterable[str]) -> tuple[str, ...]:
    return tuple(cells)


@attrs.frozen
class Planted:
    """One oddity: its kind, the month it lands in, the file (or folder) and bill that hold it, and the service if one.

    `text` says in a sentence what is odd. A missing bill names the file that never comes.

    A row with a `code` is about the checks of bills: the code of the objection, `also` those that say the same in
    other words. `verdict` is planted (an error), innocent (it only looks like one) or either (nothing is counted).
    `products` and `amounts` are of the lines it is about, in the vendor's codes or else in its words; `stake` is what
    the city pays too much with them. Amounts are in minor units, with what a vendor writes below a cent after a point.
    `start` is the first day of the bill's cycle.
    """

    case: str
    month: str
    file: str
    vendor: str
    account: str
    bill: str
    service: str
    text: str
    start: str = ""
    code: str = ""
    verdict: str = ""
    also: tuple[str, ...] = attrs.field(default=(), converter=_texts)
    products: tuple[str, ...] = attrs.field(default=(), converter=_texts)
    amounts: tuple[str, ...] = attrs.field(default=(), converter=_texts)
    stake: str = ""


def answer_key(city: City) -> list[Planted]:
    """Every planted oddity, and everything that the checks of bills should say or should not, sorted by kind and place.

    Of bill lines only those that something is to be said of are drawn.
    """
    return sorted([*oddities(city), *map(_judged, marked(city))], key=attrs.astuple)


def oddities(city: City) -> list[Planted]:
    """Every planted oddity of a whole bill, an owner, a string. No bill line is drawn for it."""
    found = [*_landings(city)]
    for account in city.accounts:
        for case in account.cases:
            found.extend(_of_account(city, account, case))
    return sorted(found, key=attrs.astuple)


def write_key(city: City, path: Path) -> None:
    """The answer key as JSON, one object for each oddity."""
    rows = [attrs.asdict(planted) for planted in answer_key(city)]
    path.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


_LANDING_TEXT = {
    Case.DUPLICATE_BILL: "the same bytes under another name",
    Case.SECOND_COPY: "the same charges, sent again under a new time and control number",
    Case.REVISION: "the same bill number, one charge dearer",
    Case.TOTALS_OFF: "the stated total is 90.00 more than the charges",
    Case.LATE_BILL: "dated in the month before",
    Case.RENUMBERED: "the same charges under another number",
    Case.FOREIGN: "the same bill in another currency",
}


#: For each other case: which service of the account (None: the bill itself), months by ordinal (none: all), and why.
_INSIDE: dict[Case, tuple[int | None, tuple[int, ...], str]] = {
    Case.DUPLICATE_LINE: (1, (2,), "the monthly charge stands twice"),
    Case.NET_CREDIT: (None, (2,), "the bill comes to -41.37"),
    Case.BALANCE_ADJUSTMENT: (None, (3,), "an adjustment of -35.55 in the balance section"),
    Case.MISSING_BILL: (None, (3,), "this bill never comes"),
    Case.OWNER_CHANGES: (0, (2,), "has another owner from {day}, inside the cycle"),
    Case.UNKNOWN_SERVICE: (-1, (), "in no sheet, and no code printed"),
    Case.EXPIRED_STRING: (1, (2, 3), "account string {string} ended on {end}"),
    Case.CARD_PAID: (None, (), "paid in full on the card statement of the month"),
    Case.SUB_CENT: (None, (), "amounts below a cent"),
}


def _landings(city: City) -> Iterator[Planted]:
    for month in city.calendar.all():
        for drop in drops(city, month):
            if drop.case:
                yield _planted(drop.case, drop.bill, _LANDING_TEXT[drop.case], month=str(month), file=drop.path)


def _of_account(city: City, account: Account, case: Case) -> Iterator[Planted]:
    """The oddities inside bills, and those that are an absence."""
    if case in _LANDING_TEXT:
        return
    which, months, text = _INSIDE[case]
    service = services_of(city, account)[which].name if which is not None else ""
    day = change_day(city, account) if case is Case.OWNER_CHANGES else None
    told = text.format(day=day, string=city.expiring.string(LEASED_OBJECT), end=city.calendar.first.last)
    for ordinal, month in enumerate(city.calendar.all(), start=1):
        if not months or ordinal in months:
            yield _planted(case, bill_of(account, month), told, service=service)


def _judged(found: Marked) -> Planted:
    """A row about the checks of bills."""
    lines = found.lines
    coded = found.bill.account.medium is not Medium.MOBILE
    return Planted(
        case=found.tale.name,
        month=found.landed,
        file=found.file,
        vendor=found.bill.account.vendor,
        account=found.bill.account.number,
        bill=found.bill.number,
        service=found.service,
        text=f"{found.tale.name.replace('-', ' ')}: {found.tale.code}",
        start=str(found.bill.first),
        code=found.tale.code,
        verdict=found.verdict.value,
        also=found.tale.also,
        products=tuple(line.product if coded and line.product else line.text for line in lines),
        amounts=tuple(_minor(line.amount) for line in lines),
        stake=_minor(found.stake),
    )


def _minor(amount: Decimal) -> str:
    """Minor units, without trailing zeros."""
    text = f"{amount.scaleb(2):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _planted(case: Case, bill: Bill, text: str, *, month: str = "", file: str = "", service: str = "") -> Planted:
    return Planted(
        case=case.value,
        month=month or str(bill.month),
        file=file or path_of(bill),
        vendor=bill.account.vendor,
        account=bill.account.number,
        bill=bill.number,
        service=service,
        text=text,
    )
