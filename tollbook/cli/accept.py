"""`tollbook accept`: take exceptions as they are, once or by a dated rule."""

from __future__ import annotations

from datetime import datetime

import click

from ledger_core.facts import catalogue
from tollbook.cli.answer import console, document, json_option, print_json, site_of
from tollbook.cli.asked import Asked, day_text
from tollbook.cli.carrying import Carrying, rule_of, say_prepared
from tollbook.cli.selection import reason_option


@click.command()
@click.argument("items", nargs=-1, required=True, metavar="ITEM...")
@reason_option
@click.option("--rule", help="Accept the like from now on too: the name of a row of the sheet waivers.")
@click.option("--most", help="With --rule: the largest amount that is waived at once; else any.")
@click.option("--to", "until", type=click.DateTime(["%Y-%m-%d"]), help="With --rule: its last day.")
@json_option
@click.pass_context
def command(
    context: click.Context,
    items: tuple[str, ...],
    reason: str,
    rule: str | None,
    most: str | None,
    until: datetime | None,
    as_json: bool,
) -> None:
    r"""Accept items of the queue: they were looked at and are right, or cannot be helped. They leave the queue.
    Files that wait or were refused are dismissed; dropped again, they are read again.

    With --rule, what a check objects to is accepted on later bills too, until a last day: of the same code, account,
    service and product. Such objections are recorded as waived, with the row that waives them.

    Lines in suspense are not accepted but coded.

    \b
      tollbook --site harbor accept X-0f1e2d3c4b5a6978 --reason "new plan, contract to follow"
      tollbook --site harbor accept C-0f1e2d3c4b5a6978 --rule pool-lines --most 40 --to 2027-05-31 \
        --reason "the pools open in June"
    """
    asked = Asked("accept", reason, items, rule=rule, most=most, until=day_text(until))
    rule_of(asked)
    site = site_of(context)
    with site.ledger().acting(site.signer()) as act:
        done = Carrying(act, site).decide(asked)
        sequence = act.door.last
    if as_json:
        print_json(document("accept", sequence, {"items": list(items), "waiver": rule, "prepared": done.prepared}))
    elif done.prepared:
        say_prepared(done)
    else:
        console().print(f"{len(items)} accepted.", markup=False)
        for fact in done.facts:
            if fact.kind == catalogue.REFERENCE_LOADED:
                said = f"Waiver {rule} holds until {asked.until}, recorded as fact {fact.sequence}."
                console().print(said, markup=False)
