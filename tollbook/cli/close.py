"""`tollbook close`: nothing posts into a month any more."""

from __future__ import annotations

import click

from ledger_core.engine.closing import close
from ledger_core.policy.periods import parse_period
from ledger_core.store import log
from tollbook.cli.answer import console, document, json_option, print_json, site_of
from tollbook.heads import signed
from tollbook.whole_file import write_whole


@click.command()
@click.argument("period", metavar="PERIOD")
@json_option
@click.pass_context
def command(context: click.Context, period: str, as_json: bool) -> None:
    r"""Close PERIOD (2026-08). What is unresolved is said, and stands in the certificate; it does not stop the close.

    Late bills and corrections of a closed month land in the first open one. The signed head after the close is
    written to exports/: kept elsewhere, it shows later whether anything was rewritten (`tollbook verify --against`).

    \b
      tollbook --site harbor close 2026-08
    """
    site = site_of(context)
    month = parse_period(period, "PERIOD")
    closed = close(site.ledger(), month, site.signer())
    content = closed.fact.content
    with site.ledger().reading() as connection:
        checkpoint = signed(site, log.head(connection, closed.fact.sequence))
    if checkpoint is not None:
        write_whole(site.path("exports") / f"closed-{month}-{content['generation']}.head", checkpoint.encode())
    if as_json:
        told = {name: content[name] for name in ("period", "head", "funds", "unresolved")}
        print_json(document("close", closed.fact.sequence, {**told, "checkpoint": checkpoint}))
    else:
        out = console()
        for item in closed.unresolved:
            out.print(f"unresolved: {item.where}: {item.found}. {item.do}", markup=False)
        out.print(f"{month} is closed. Head before it: {content['head']['size']} {content['head']['root']}")
        if checkpoint is None:
            out.print("The notary's key is not here: the head after it is not signed.")
        else:
            out.print(
                f"Give the signed head to somebody who keeps it: exports/closed-{month}-{content['generation']}.head"
            )
