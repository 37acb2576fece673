"""`tollbook accept`: take exceptions as they are."""

from __future__ import annotations

import click

from ledger_core.engine.decision import accept
from tollbook.cli.answer import console, document, json_option, print_json, site_of
from tollbook.cli.selection import reason_option


@click.command()
@click.argument("items", nargs=-1, required=True, metavar="ITEM...")
@reason_option
@json_option
@click.pass_context
def command(context: click.Context, items: tuple[str, ...], reason: str, as_json: bool) -> None:
    r"""Accept items of the queue: they were looked at and are right, or cannot be helped. They leave the queue.
    Files that wait or were refused are dismissed; dropped again, they are read again.

    Lines in suspense are not accepted but coded.

    \b
      tollbook --site harbor accept X-0f1e2d3c4b5a6978 --reason "new plan, contract to follow"
    """
    site = site_of(context)
    with site.ledger().acting(site.signer()) as act:
        facts = accept(act, items, reason)
    if as_json:
        print_json(document("accept", facts[-1].sequence, {"items": list(items)}))
    else:
        console().print(f"{len(items)} accepted.", markup=False)
