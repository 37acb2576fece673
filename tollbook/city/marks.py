"""What a check of the bills should say, service by service and bill by bill; nothing of it stands in any file."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from decimal import Decimal

import attrs

from tollbook.city.bills import Bill
from tollbook.city.charging import lines_of, lines_of_service
from tollbook.city.city import Account, Case, City, Medium, Service, Tale, Verdict
from tollbook.city.drops import Copy, Drop, drops
from tollbook.city.lines import Line, scenes
from tollbook.city.mobile import late_fee
from tollbook.city.rates import change_ordinal, changing
from tollbook.city.services import services_of
from tollbook.city.tales import FOREIGN, LATE_BILL, RENUMBERED

_WHOLE = {Copy.RENUMBERED: RENUMBERED, Copy.FOREIGN: FOREIGN}


@attrs.frozen
class Marked:
    """Lines of one service in one bill that one thing is to be said of; no lines and no service: the bill itself.

    `landed` is the month whose inbox holds the bill, `file` its place there. `stake` is in major units.
    """

    tale: Tale
    verdict: Verdict
    bill: Bill
    landed: str
    file: str
    service: str
    lines: tuple[Line, ...]
    stake: Decimal


def marked(city: City) -> Iterator[Marked]:
    """Everything in the bills that are taken in: those refused, and second copies, are not checked."""
    drawn = {account: services_of(city, account) for account in city.accounts}
    for month in city.calendar.all():
        for drop in drops(city, month):
            if drop.copy in _WHOLE:
                yield _whole(city, drop, str(month), _WHOLE[drop.copy], Verdict.PLANTED)
            elif drop.case is Case.LATE_BILL:
                yield _whole(city, drop, str(month), LATE_BILL, Verdict.INNOCENT)
            if drop.copy is Copy.FIRST:
                yield from _inside(city, drop, str(month), drawn[drop.bill.account])


def _whole(city: City, drop: Drop, landed: str, tale: Tale, verdict: Verdict) -> Marked:
    total = sum((line.amount for line in lines_of(city, drop.bill)), Decimal(0))
    stake = total if verdict is Verdict.PLANTED else Decimal(0)
    return Marked(tale, verdict, drop.bill, landed, drop.path, "", (), stake)


def _inside(city: City, drop: Drop, landed: str, services: tuple[Service, ...]) -> Iterator[Marked]:
    """What is said of each service, one row for each tale."""
    found: dict[tuple[str, str, Verdict], list[Line]] = defaultdict(list)
    for line in _drawn(city, drop.bill, services):
        if line.mark is not None:
            name = line.service.name if line.service else ""
            found[name, line.mark.tale.name, line.mark.verdict].append(line)
    for (service, _, verdict), lines in found.items():
        mark = lines[0].mark
        assert mark is not None, "only marked lines were kept"
        stake = sum((line.mark.stake for line in lines if line.mark), Decimal(0))
        yield Marked(mark.tale, verdict, drop.bill, landed, drop.path, service, tuple(lines), stake)


def _drawn(city: City, bill: Bill, services: tuple[Service, ...]) -> Iterable[Line]:
    """The lines that may be marked."""
    for scene in scenes(city, bill, services):
        if _looked_at(city, bill, scene.n, scene.service):
            yield from lines_of_service(scene)
    if bill.account.medium is Medium.MOBILE and (fee := late_fee(city, bill)):
        yield fee


def _looked_at(city: City, bill: Bill, n: int, service: Service) -> bool:
    if service.tale is not None:
        return True
    if bill.account.medium is Medium.CLOUD:
        return False
    return n == 1 or not service.owners or _near_change(city, bill.account, bill)


def _near_change(city: City, account: Account, bill: Bill) -> bool:
    near = city.calendar.ordinal(bill.month) - change_ordinal(city)
    return near in (-1, 0) and bool(changing(account))
