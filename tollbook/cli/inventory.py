"""`tollbook inventory`: what is in service on a day, and where inventory and bills differ."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import attrs
import click

from ledger_core.money import fixed
from ledger_core.projections.inventory import CYCLES, Difference, InService, inventory
from tollbook.cli.answer import console, document, json_option, print_json, site_of, table
from tollbook.cli.clocks import day, moment
from tollbook.today import today


@attrs.frozen
class _Asked:
    """Which services are asked for; "" is any."""

    vendor: str
    account: str
    service: str
    department: str

    def of(self, one: InService) -> bool:
        """Whether a service is among them."""
        return self.department in {"", one.department} and self._named(one)

    def about(self, one: Difference, services: frozenset[tuple[str, str, str]]) -> bool:
        """Whether a difference is about one of them."""
        named = not self.department or (one.vendor, one.account, one.service) in services
        return named and self._named(one)

    def _named(self, one: InService | Difference) -> bool:
        pairs = ((self.vendor, one.vendor), (self.account, one.account), (self.service, one.service))
        return all(wanted in {"", found} for wanted, found in pairs)


@click.command()
@click.option("--as-of", "as_of", metavar="DAY", help="What is in service on this day (2026-08-31); without it, today.")
@click.option("--known-at", "known_at", metavar="WHEN", help="Only what was recorded by then, as with balances.")
@click.option("--vendor", default="", help="Only services of this vendor.")
@click.option("--account", default="", help="Only services of this billing account.")
@click.option("--service", default="", help="Only this service.")
@click.option("--department", default="", help="Only services that belong to this department on that day.")
@click.option("--differences", is_flag=True, help="Show only where inventory and bills differ.")
@click.option(
    "--cycles",
    type=click.IntRange(1, 12),
    default=CYCLES,
    show_default=True,
    help="For how many cycles in a row a service may be on no bill before it is told.",
)
@json_option
@click.pass_context
def command(
    context: click.Context,
    /,
    as_of: str | None,
    known_at: str | None,
    differences: bool,
    cycles: int,
    as_json: bool,
    **asked: str,
) -> None:
    r"""List what is in service: lines, circuits, mobiles, devices, licences, cloud resources.

    With owner, place, plan, contract, equipment, first and last day, and what was last billed. What the sheets
    inventory and services say and what bills charge for is one list; where they differ, it says so.

    \b
      tollbook --site harbor inventory --department 01100
      tollbook --site harbor inventory --differences
      tollbook --site harbor inventory --service 220-555-0005 --as-of 2026-03-01
    """
    site = site_of(context)
    on = None if as_of is None else day(as_of, "--as-of")
    wanted = _Asked(**asked)
    with site.ledger().reading() as connection:
        known, sequence = moment(connection, known_at)
        found = inventory(connection, on or today(connection, site), sequence)
        services = [one for one in found.services() if wanted.of(one)]
        keys = frozenset((one.vendor, one.account, one.service) for one in services)
        differing = [one for one in found.differences(cycles) if wanted.about(one, keys)]
    if as_json:
        content = {
            "as_of": found.day.isoformat(),
            "known_at": known,
            "services": [] if differences else [_service(one) for one in services],
            "differences": [attrs.asdict(one) for one in differing],
        }
        print_json(document("inventory", sequence, content))
        return
    if not differences:
        _show(services, found.day)
    _show_differences(differing)


def _service(one: InService) -> dict[str, Any]:
    cells = {name: getattr(one, name) for name in ("vendor", "account", "service", "kind", "location", "plan")}
    billed = one.billed
    return {
        **cells,
        "contract": one.contract,
        "equipment": one.equipment,
        "from": _iso(one.start),
        "to": _iso(one.end),
        "department": one.department,
        "object": one.object,
        "listed": one.listed,
        "billed": billed
        and {
            "bill": billed.bill,
            "day": _iso(billed.day),
            "products": list(billed.products),
            "recurring": billed.recurring,
            "total": billed.total,
            "currency": billed.currency,
        },
    }


def _iso(on: date | None) -> str | None:
    return on.isoformat() if on else None


def _show(services: Sequence[InService], on: date) -> None:
    out = console()
    if not services:
        out.print("Nothing is in service that fits. Load the sheet inventory, or import bills.")
        return
    names = ("vendor", "account", "service", "kind", "department", "plan", "location", "equipment", "from", "to")
    rows = []
    for one in services:
        cells = [getattr(one, name) for name in names[:8]]
        billed = one.billed
        last = ("", "never") if billed is None else (fixed(billed.recurring, billed.currency), billed.day.isoformat())
        rows.append([*cells, _iso(one.start) or "", _iso(one.end) or "", *last])
    count = "1 service" if len(services) == 1 else f"{len(services)} services"
    out.print(table(f"In service on {on}: {count}", (*names, "monthly", "last billed"), rows, right=(10,)))


def _show_differences(differing: Sequence[Difference]) -> None:
    out = console()
    if not differing:
        out.print("Inventory and bills do not differ.")
        return
    names = ("vendor", "account", "service", "code", "monthly", "bill", "found")
    rows = [
        (one.vendor, one.account, one.service, one.code, fixed(one.amount, one.currency), one.bill or "", one.found)
        for one in differing
    ]
    count = "1 difference" if len(differing) == 1 else f"{len(differing)} differences"
    out.print(table(f"{count} between inventory and bills", names, rows, right=(4,)))
