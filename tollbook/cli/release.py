"""`tollbook release`: what was held is right; it may be paid and charged back."""

from __future__ import annotations

import click

from tollbook.cli.answer import json_option, site_of
from tollbook.cli.asked import Asked
from tollbook.cli.hold import answer
from tollbook.cli.selection import reason_option


@click.command()
@click.argument("charges", nargs=-1, metavar="CHARGE...")
@click.option("--amount", help="Only so much of the one charge named, in major units.")
@click.option("--bill", help="All charges of a bill.")
@click.option("--service", help="With --bill: those of one service.")
@reason_option
@json_option
@click.pass_context
def command(
    context: click.Context,
    charges: tuple[str, ...],
    amount: str | None,
    bill: str | None,
    service: str | None,
    reason: str,
    as_json: bool,
) -> int:
    r"""Release what is held: it can be paid, and is charged back with its month, or with the first open one.

    A CHARGE is BILL:LINE, BILL:FIRST-LAST, or an item of the queue. What a dispute holds is released by what becomes of
    the dispute. More than is held is refused.

    \b
      tollbook --site harbor release H-0f1e2d3c4b5a6978 --reason "the new rate was agreed in May"
      tollbook --site harbor release --bill B-0f1e2d3c4b5a6978-0 --reason "no copy after all"
    """
    asked = Asked("release", reason, charges, bill, service, amount)
    return answer(site_of(context), asked, as_json=as_json)
