"""`tollbook assign`: say who is to look at items of the queue."""

from __future__ import annotations

import click

from tollbook.cli.answer import console, document, json_option, print_json, site_of
from tollbook.cli.asked import Asked
from tollbook.cli.carrying import Carrying, say_prepared


@click.command()
@click.argument("items", nargs=-1, required=True, metavar="ITEM...")
@click.option("--to", "person", required=True, help="Who is to look at them.")
@click.option("--reason", default="assigned", show_default=True, help="Why.")
@json_option
@click.pass_context
def command(context: click.Context, items: tuple[str, ...], person: str, reason: str, as_json: bool) -> None:
    r"""Give items of the queue to a person. They stay in the queue until they are coded or accepted.

    \b
      tollbook --site harbor assign S-0f1e2d3c4b5a6978 --to rosa
    """
    site = site_of(context)
    with site.ledger().acting(site.signer()) as act:
        done = Carrying(act, site).decide(Asked("assign", reason, items, owner=person))
        sequence = act.door.last
    if as_json:
        content = {"items": list(items), "owner": person, "prepared": done.prepared}
        print_json(document("assign", sequence, content))
    elif done.prepared:
        say_prepared(done)
    else:
        console().print(f"{len(items)} assigned to {person}.", markup=False)
