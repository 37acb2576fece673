"""`tollbook assign`: say who is to look at items of the queue."""

from __future__ import annotations

import click

from ledger_core.engine.decision import assign
from ledger_core.projections.exceptions import open_exceptions
from tollbook.cli.answer import console, document, json_option, print_json, site_of
from tollbook.today import today


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
        queue = open_exceptions(act.connection, today(act.connection, site))
        fact = assign(act, items, person, reason, queue)
    if as_json:
        print_json(document("assign", fact.sequence, {"items": list(items), "owner": person}))
    else:
        console().print(f"{len(items)} assigned to {person}.", markup=False)
