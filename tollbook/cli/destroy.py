"""`tollbook destroy`: let free texts go when a records schedule says so, and nothing that a legal hold keeps."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import click

from ledger_core.engine.retention import Kept, Schedule, carry_out, kept_before, order, ordered_destruction
from ledger_core.errors import UsageRefused
from ledger_core.facts.fact import Fact
from ledger_core.store import log
from ledger_core.store.door import forget_rewritten
from tollbook.cli.answer import console, document, json_option, many, print_json, site_of, table
from tollbook.site import Site
from tollbook.today import today


@click.command()
@click.option("--before", type=click.DateTime(["%Y-%m-%d"]), help="Bills dated before this day (exclusive).")
@click.option("--schedule", default="", help="The records schedule that orders it, such as 'GS2010-081 R2'.")
@click.option("--reason", default="", help="Why, in a sentence. The books keep it.")
@click.option("--order", "number", type=click.IntRange(min=1), help="Carry out what another administrator ordered.")
@click.option("--preview", is_flag=True, help="Show what would be destroyed, and what a hold keeps; record nothing.")
@json_option
@click.pass_context
def command(
    context: click.Context,
    before: datetime | None,
    schedule: str,
    reason: str,
    number: int | None,
    preview: bool,
    as_json: bool,
) -> None:
    r"""Destroy the particulars of old bills: names and free texts, never an amount. Nothing brings them back.

    The salted leaves stay, and the books verify as before. Bills under a hold of the sheet legal_holds are left out.
    Where two people are needed, one administrator orders and another carries it out. The archived files themselves
    are not touched: they have a retention of their own.

    \b
      tollbook --site harbor destroy --before 2020-01-01 --preview
      tollbook --site harbor destroy --before 2020-01-01 --schedule "GS2010-081 R2" --reason "six years have passed"
      tollbook --site harbor destroy --order 412
    """
    site = site_of(context)
    if (number is None) == (before is None):
        raise UsageRefused("--before, --order", "one of both is needed", "Name a day, or an order to carry out.")
    if preview and before is not None:
        _preview(site, before, as_json=as_json)
        return
    ordered, done = _do(site, number, before, schedule, reason)
    emptied = forget_rewritten(site.database) if done else True
    if as_json:
        _print(_position(ordered, done), ordered, done)
        return
    out = console()
    texts = sum(fact.content["count"] for fact in done)
    if done:
        out.print(f"Destroyed {many(texts, 'text')} of {many(len(done), 'bill')}, under order {ordered.sequence}.")
    else:
        out.print(
            f"Order {ordered.sequence}: {many(ordered.content['texts'], 'text')} of "
            f"{many(len(ordered.content['facts']), 'bill')}. Now another administrator runs: "
            f"tollbook destroy --order {ordered.sequence}"
        )
    if not emptied:
        out.print("Somebody is reading the ledger: its journal still holds the texts until the next act is recorded.")


def _do(site: Site, number: int | None, before: datetime | None, schedule: str, reason: str) -> tuple[Fact, list[Fact]]:
    """Order it, and carry it out at once where one person may; or carry out an order."""
    with site.ledger().acting(site.signer()) as act:
        day = today(act.connection, site)
        if before is None:
            assert number is not None
            ordered = ordered_destruction(act.connection, number)
            return ordered, carry_out(act, ordered, day)
        ordered = order(act, Schedule(before.date(), schedule, reason), day)
        return ordered, carry_out(act, ordered, day) if ordered.content["alone"] else []


def _position(ordered: Fact, done: Sequence[Fact]) -> int:
    """The last of these facts."""
    return max(fact.sequence for fact in (ordered, *done))


def _preview(site: Site, before: datetime, *, as_json: bool) -> None:
    with site.ledger().reading() as connection:
        found = kept_before(connection, before.date(), today(connection, site))
        sequence = log.last_sequence(connection)
    if as_json:
        content = {"preview": True, "order": None, "bills": list(map(_content, found)), "destroyed": []}
        print_json(document("destroy", sequence, content))
        return
    free = [one for one in found if not one.held]
    rows = [
        (one.bill, one.vendor, one.account, one.dated.isoformat(), str(one.texts), one.held or "goes") for one in found
    ]
    title = f"{many(sum(one.texts for one in free), 'text')} of {many(len(free), 'bill')} would be destroyed"
    console().print(table(title, ("bill", "vendor", "account", "dated", "texts", "held by"), rows, right=(4,)))


def _print(sequence: int, ordered: Fact, done: Sequence[Fact]) -> None:
    content = {
        "preview": False,
        "order": ordered.sequence,
        "bills": [],
        "destroyed": [{"fact": fact.content["fact"], "texts": fact.content["count"]} for fact in done],
    }
    print_json(document("destroy", sequence, content))


def _content(one: Kept) -> dict[str, Any]:
    return {
        "bill": one.bill,
        "vendor": one.vendor,
        "account": one.account,
        "dated": one.dated.isoformat(),
        "texts": one.texts,
        "held": one.held or None,
    }
