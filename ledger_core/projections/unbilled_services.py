"""Services that the inventory has and no bill charges for: somebody may pay for them elsewhere, or nobody has them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date

from sqlalchemy import Connection

from ledger_core.facts import catalogue
from ledger_core.projections.inventory import CYCLES, inventory
from ledger_core.projections.reminders import SERVICES, Reminder
from ledger_core.store import log

_DO = "End it in the inventory, or ask the vendor where it is billed."
_NAMED = 5  # services in a text; the others are counted


def unbilled_services(connection: Connection, today: date) -> Iterator[Reminder]:
    """One reminder for each account of which services are on no bill of the last cycles. No money is at stake in it."""
    loads = log.facts(connection, [catalogue.REFERENCE_LOADED])
    if all(fact.content["sheet"] != "inventory" for fact in loads):
        return
    accounts: dict[tuple[str, str], list[str]] = defaultdict(list)
    for one in inventory(connection, today).unbilled():
        accounts[one.vendor, one.account].append(one.service)
    currency = log.fact(connection, 1).content["currency"]
    for (vendor, account), services in sorted(accounts.items()):
        services.sort()
        named = ", ".join((*services[:_NAMED], *(["..."] if services[_NAMED:] else [])))
        many = f"{len(services)} services in the inventory are" if services[1:] else "1 service in the inventory is"
        where = " ".join(part for part in (vendor, account) if part)
        yield Reminder(
            what=SERVICES,
            code="not-billed",
            vendor=vendor,
            account=account,
            bill=None,
            key=(vendor, account, *services),
            day=today,
            amount=0,
            currency=currency,
            text=f"{where}: {many} on no bill of the last {CYCLES} cycles ({named}). {_DO}",
            lines=len(services),
        )
