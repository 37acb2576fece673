"""`tollbook accept`: take exceptions as they are, once or by a dated rule."""

from __future__ import annotations

from datetime import datetime

import click

from ledger_core.engine.decision import accept, open_items
from ledger_core.errors import UsageRefused
from ledger_core.money import parse_decimal
from ledger_core.projections.exceptions import open_exceptions
from tollbook.cli.answer import console, document, json_option, print_json, site_of
from tollbook.cli.selection import reason_option
from tollbook.today import today
from tollbook.waiving import Rule, waive


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
    site = site_of(context)
    dated = _rule(rule, most, until, reason, len(items))
    with site.ledger().acting(site.signer()) as act:
        queue = open_exceptions(act.connection, today(act.connection, site))
        waived = waive(act, open_items(act.connection, items, queue)[0], dated) if dated else None
        facts = accept(act, items, reason, queue)
    if as_json:
        content = {"items": list(items), "waiver": dated.name if dated else None}
        print_json(document("accept", facts[-1].sequence, content))
        return
    console().print(f"{len(items)} accepted.", markup=False)
    if dated is not None and waived is not None:
        said = f"Waiver {dated.name} holds until {dated.until.isoformat()}, recorded as fact {waived.sequence}."
        console().print(said, markup=False)


def _rule(name: str | None, most: str | None, until: datetime | None, reason: str, items: int) -> Rule | None:
    """The rule that the options say. Raises UsageRefused, NotANumber."""
    if name is None:
        if most is not None or until is not None:
            raise UsageRefused("--most, --to", "they need --rule", "Name the rule, or leave them out.")
        return None
    if until is None:
        raise UsageRefused("--rule", "it has no last day", "Say with --to until when it holds; it can be renewed.")
    if items != 1:
        raise UsageRefused("--rule", f"{items} items are named", "Make one rule of one item at a time.")
    amount = None if most is None else parse_decimal(most, "--most")
    if amount is not None and amount < 0:
        raise UsageRefused("--most", "it is below zero", "Name an amount.")
    return Rule(name, amount, until.date(), reason)
