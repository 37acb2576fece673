"""`tollbook approve`: a second person approves a month's chargebacks."""

from __future__ import annotations

import click

from ledger_core.engine.closing import approve
from ledger_core.policy.periods import parse_period
from tollbook.cli.answer import console, document, json_option, last_sequence, print_json, site_of


@click.command()
@click.argument("period", metavar="PERIOD")
@json_option
@click.pass_context
def command(context: click.Context, period: str, as_json: bool) -> None:
    r"""Approve the chargebacks of PERIOD (2026-08) that nobody approved yet; then their journal can be sent.

    Whoever ran the chargeback does not approve it, except on a site that was made for one person.

    \b
      tollbook --site harbor approve 2026-08
    """
    site = site_of(context)
    month = parse_period(period, "PERIOD")
    fact = approve(site.ledger(), month, site.signer())
    entries = [] if fact is None else [f"E{sequence}" for sequence in fact.content["entries"]]
    if as_json:
        sequence = last_sequence(site) if fact is None else fact.sequence
        print_json(document("approve", sequence, {"period": str(month), "entries": entries}))
    elif entries:
        console().print(f"Approved {', '.join(entries)} of {month}.", markup=False)
    else:
        console().print(f"Nothing of {month} waits for approval.")
