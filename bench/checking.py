"""Checking a month of a metropolitan city: about 152,000 lines of 28,000 services under 300 agreements."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import select

from bench.detection import percent, prepare
from bench.places import Workshop
from bench.process import Broken, Measured
from ledger_core.projections.bills import PostedBill
from ledger_core.projections.charges import standing_bills
from ledger_core.store import log
from ledger_core.store.database import Database
from ledger_core.store.tables import BODIES
from tollbook.city import Calendar, City, Month, Size, plan_city, write_month

METRO = Size("metro-month", 120, 210, 80, 115, 90, 4, 56_000, 2_000, 2, 2)
_MEGABYTE = 1_000_000
_SEED = 7


def measure(shop: Workshop, size: Size = METRO) -> dict[str, Any]:
    """Take two months in, and check the second one again; the first is its history. Raises Broken."""
    city = plan_city(size, _SEED, Calendar())
    site = shop.folder / f"city-{size.name}"
    prepare(shop, city, site)
    first, second = city.calendar.all()[:2]
    _take(shop, city, site, first)
    before = {bill.bill for bill in _bills(site)}
    taken = _take(shop, city, site, second)
    month = [bill for bill in _bills(site) if bill.bill not in before]
    checked = shop.tollbook(site, "check", *(bill.bill for bill in month), "--json")
    watched = shop.tollbook(site, "check", *(bill.bill for bill in month), "--json", watched=True)
    if checked.code not in (0, 1) or watched.code != checked.code:
        raise Broken(f"check ended with {checked.code}: {checked.output[:2000]}")
    return {
        "lines": sum(bill.charges for bill in month),
        "services": _services(site, month),
        "agreements": sum(1 for account in city.accounts if account.medium.value in ("mobile", "wireline")),
        "bills": len(month),
        "import_seconds": round(taken.wall, 2),
        "check_seconds": round(checked.wall, 2),
        "check_of_import_percent": percent(round(checked.wall * 1000), round(taken.wall * 1000)),
        "peak_pss_megabytes": round((watched.pss or 0) / _MEGABYTE),
    }


def _take(shop: Workshop, city: City, site: Path, month: Month) -> Measured:
    inbox = site.with_name(f"{site.name}-{month}")
    write_month(city, month, inbox)
    ended = shop.tollbook(site, "import", inbox, "--json")
    if ended.code not in (0, 1, 3):
        raise Broken(f"import ended with {ended.code}: {ended.output[:2000]}")
    return ended


def _bills(site: Path) -> list[PostedBill]:
    with Database(site / "ledger.db").reading() as connection:
        return standing_bills(connection, log.last_sequence(connection))


def _services(site: Path, month: list[PostedBill]) -> int:
    """How many services have a charge in these bills."""
    charges = BODIES["charges"].c
    query = select(charges.service).where(charges.fact.in_([bill.fact for bill in month])).distinct()
    with Database(site / "ledger.db").reading() as connection:
        return len([service for service in connection.execute(query).scalars() if service])
