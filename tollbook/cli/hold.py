"""`tollbook hold`: keep charges from being paid and charged back until it is known whether they are right."""

from __future__ import annotations

import click

from ledger_core.facts import catalogue
from ledger_core.money import fixed
from ledger_core.store import log
from tollbook.cli.answer import console, document, json_option, print_json, site_of
from tollbook.cli.asked import Asked
from tollbook.cli.carrying import Carrying, say_prepared
from tollbook.cli.selection import reason_option
from tollbook.site import Site


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
    asked = Asked("hold", reason, charges, bill, service, amount)
    return answer(site_of(context), asked, as_json=as_json)


def answer(site: Site, asked: Asked, *, as_json: bool) -> int:
    """Hold or release, and say what came of it. 1 where nothing was there to be held or released."""
    with site.ledger().acting(site.signer()) as act:
        done = Carrying(act, site).decide(asked)
        currency, sequence = log.fact(act.connection, 1).content["currency"], act.door.last
    entries = [f"E{fact.sequence}" for fact in done.facts if fact.kind == catalogue.ENTRY_POSTED]
    if as_json:
        content = {
            "entries": entries,
            "charges": done.charges,
            "unchanged": done.unchanged,
            "amount": done.amount,
            "currency": currency,
            "items": list(done.items),
            "prepared": done.prepared,
        }
        print_json(document(asked.decision, sequence, content))
    elif done.prepared:
        say_prepared(done)
    elif done.charges:
        word = "held" if asked.decision == "hold" else "released"
        lines = "1 charge" if done.charges == 1 else f"{done.charges} charges"
        said = f"{lines} {word}, {fixed(done.amount, currency)} {currency}, in {', '.join(entries)}."
        there = f" Of {done.unchanged} more there was nothing to do." if done.unchanged else ""
        console().print(said + there, markup=False)
    else:
        console().print("There was nothing to do.")
    return 0 if done.charges else 1
