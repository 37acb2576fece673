"""`tollbook reopen`: a closed month takes entries again."""

from __future__ import annotations

import click

from ledger_core.engine.closing import reopen
from ledger_core.policy.periods import parse_period
from tollbook.cli.answer import console, document, json_option, print_json, site_of


@click.command()
@click.argument("period", metavar="PERIOD")
@click.option("--reason", required=True, help="Why; it stands in the books.")
@json_option
@click.pass_context
def command(context: click.Context, period: str, reason: str, as_json: bool) -> None:
    r"""Open a closed PERIOD again. Where two people are needed, whoever closed it does not reopen it alone.

    \b
      tollbook --site harbor reopen 2026-08 --reason "The carrier's August bill came in October"
    """
    site = site_of(context)
    month = parse_period(period, "PERIOD")
    fact = reopen(site.ledger(), month, reason, site.signer())
    if as_json:
        told = {name: fact.content[name] for name in ("period", "reason", "closed_by", "alone")}
        print_json(document("reopen", fact.sequence, told))
    else:
        console().print(f"{month} is open again. Close it when the matter is settled: tollbook close {month}")
