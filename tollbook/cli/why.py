"""`tollbook why`: who bears a charge and why, in one sentence."""

from __future__ import annotations

import attrs
import click

from ledger_core.projections.evidence import why
from ledger_core.store import log
from tollbook.cli.answer import console, document, json_option, print_json, site_of


@click.command()
@click.argument("charge")
@json_option
@click.pass_context
def command(context: click.Context, charge: str, as_json: bool) -> None:
    r"""Say in one sentence who bears a charge and why, and show what was recorded about it.

    The answer is read from the evidence kept with the coding; nothing is worked out again.

    \b
      tollbook --site harbor why B-0f1e2d3c4b5a6978-1:7
    """
    with site_of(context).ledger().reading() as connection:
        sequence = log.last_sequence(connection)
        answer = why(connection, charge, until=sequence)
    if as_json:
        print_json(document("why", sequence, attrs.asdict(answer)))
        return
    out = console()
    out.print(answer.sentence, style="bold", markup=False)
    for ground in answer.because:
        out.print(f"  {ground.kind} {ground.ref}: {ground.text}", markup=False)
