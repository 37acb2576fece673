"""`tollbook hold`: keep charges from being paid and charged back until it is known whether they are right."""

from __future__ import annotations

from collections.abc import Sequence

import click

from ledger_core.engine.decision import HOLD, decide
from ledger_core.engine.holding import Because, Withheld, hold
from ledger_core.money import fixed
from ledger_core.projections.exceptions import open_exceptions
from ledger_core.store import log
from tollbook.cli.answer import console, document, json_option, print_json, site_of
from tollbook.cli.portions import named_portions
from tollbook.cli.selection import chosen, reason_option
from tollbook.today import today


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
    r"""Hold charges, or parts of them: neither paid nor charged back until they are released. One act and one reason.

    A CHARGE is BILL:LINE, BILL:FIRST-LAST, or an item of the queue, of which what is in question is held. What was
    charged back already is given back by the next run. What is held waits in the queue until somebody releases or
    disputes it.

    \b
      tollbook --site harbor hold C-0f1e2d3c4b5a6978 --reason "asked Verizon about the rate"
      tollbook --site harbor hold B-0f1e2d3c4b5a6978-0:12 --amount 15.00 --reason "agreed at 25.00"
    """
    site = site_of(context)
    with site.ledger().acting(site.signer()) as act:
        queue = open_exceptions(act.connection, today(act.connection, site))
        named = named_portions(act.connection, chosen(charges, bill, service), queue, amount)
        done = hold(act, named.portions, Because(reason, items=named.items), site.path("spool"))
        if named.items and done.facts:
            decide(act, HOLD, named.items, reason)
        currency, sequence = log.fact(act.connection, 1).content["currency"], act.door.last
    return answer(done, named.items, currency, sequence, "hold", as_json=as_json)


def answer(done: Withheld, items: Sequence[str], currency: str, sequence: int, name: str, *, as_json: bool) -> int:
    """Say what came of a hold or release. 1 where nothing was there to be held or released."""
    entries = [f"E{fact.sequence}" for fact in done.facts]
    if as_json:
        content = {
            "entries": entries,
            "charges": done.charges,
            "unchanged": done.unchanged,
            "amount": done.amount,
            "currency": currency,
            "items": list(items),
        }
        print_json(document(name, sequence, content))
    elif done.charges:
        word = "held" if name == "hold" else "released"
        lines = "1 charge" if done.charges == 1 else f"{done.charges} charges"
        said = f"{lines} {word}, {fixed(done.amount, currency)} {currency}, in {', '.join(entries)}."
        there = f" Of {done.unchanged} more there was nothing to do." if done.unchanged else ""
        console().print(said + there, markup=False)
    else:
        console().print("There was nothing to do.")
    return 0 if done.charges else 1
