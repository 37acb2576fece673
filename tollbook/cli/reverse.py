"""`tollbook reverse`: take a posted bill back."""

from __future__ import annotations

import click

from ledger_core.engine.reversal import reverse
from ledger_core.money import fixed
from tollbook.cli.answer import console, document, json_option, print_json, site_of
from tollbook.cli.selection import reason_option


@click.command()
@click.argument("bill")
@reason_option
@json_option
@click.pass_context
def command(context: click.Context, bill: str, reason: str, as_json: bool) -> None:
    r"""Reverse BILL: its entry is negated line by line, in its own month or the first open one after it.

    Then its documents, or corrected ones, can be imported again.

    \b
      tollbook --site harbor reverse B-0f1e2d3c4b5a6978-0 --reason "billed to the wrong city"
    """
    site = site_of(context)
    with site.ledger().acting(site.signer()) as act:
        done = reverse(act, bill, reason, site.path("spool"))
    assert done.fact.effective is not None
    entries = [f"E{fact.sequence}" for fact in (done.undone, done.fact) if fact is not None]
    total = -done.bill.total
    if as_json:
        content = {
            "bill": bill,
            "entries": entries,
            "effective": done.fact.effective.isoformat(),
            "total": total,
            "currency": done.bill.currency,
        }
        print_json(document("reverse", done.fact.sequence, content))
        return
    amount = f"{fixed(total, done.bill.currency)} {done.bill.currency}"
    console().print(f"{bill} reversed: {amount} on {done.fact.effective}, in {', '.join(entries)}.", markup=False)
