"""`tollbook decide`: what one person prepared is taken, or refused, by another."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import click

from ledger_core.engine.seconding import refuse
from ledger_core.errors import UsageRefused
from ledger_core.facts.fact import Fact, instant_text
from ledger_core.money import fixed
from ledger_core.projections.prepared import Prepared, prepared_of, waiting
from ledger_core.store import log
from tollbook.cli.answer import console, document, json_option, print_json, site_of, table
from tollbook.cli.carrying import Carrying
from tollbook.site import Site

_SHOWN = 3  # names of what a decision is about that a table has room for


@click.command()
@click.argument("names", nargs=-1, metavar="[PREPARED]...")
@click.option("--refuse", "refused", is_flag=True, help="End it; nothing of it is done.")
@click.option("--reason", default="", help="Why; needed with --refuse.")
@json_option
@click.pass_context
def command(context: click.Context, names: tuple[str, ...], refused: bool, reason: str, as_json: bool) -> None:
    r"""List what is prepared for another person, or decide what is named: as a coordinator or accountant who did not
    prepare it. All that are named in one act, or none.

    What an aide decides is prepared and changes nothing. Where the sheet limits says yes to decide_by_two, so is
    everybody's accept, hold, release and dispute. What would come to something else by now than when it was prepared
    is not done: refuse it, and decide on what stands there now.

    \b
      tollbook --site harbor decide
      tollbook --site harbor decide P417 P418
      tollbook --site harbor decide P419 --refuse --reason "the rate is right"
    """
    site = site_of(context)
    if refused and not names:
        raise UsageRefused("--refuse", "nothing is named", "Name what is prepared, as P417.")
    if not names:
        _list(site, as_json=as_json)
        return
    ended, currency, sequence = _end(site, dict.fromkeys(names), reason, refused=refused)
    if as_json:
        shown = [_content(one, currency, fact) for one, fact in ended]
        print_json(document("decide", sequence, {"prepared": shown}))
        return
    for one, fact in ended:
        amount = f"{fixed(one.amount, currency)} {currency}"
        done = ", ".join(f"fact {number}" for number in fact.content["facts"])
        said = f"{one.decision}, {amount}, prepared by {one.person}: {fact.content['outcome']}"
        console().print(f"{one.name} {said}{f', in {done}' if done else ''}.", markup=False)


def _end(
    site: Site, names: Iterable[str], reason: str, *, refused: bool
) -> tuple[list[tuple[Prepared, Fact]], str, int]:
    """Take or refuse each that is named, in one act."""
    with site.ledger().acting(site.signer()) as act:
        ended = []
        for name in names:
            one = prepared_of(act.connection, name)
            fact = refuse(act, one, reason) if refused else Carrying(act, site).take(one, reason)
            ended.append((one, fact))
        return ended, log.fact(act.connection, 1).content["currency"], act.door.last


def _list(site: Site, *, as_json: bool) -> None:
    with site.ledger().reading() as connection:
        found, sequence = waiting(connection), log.last_sequence(connection)
        currency = log.fact(connection, 1).content["currency"]
    if as_json:
        print_json(document("decide", sequence, {"prepared": [_content(one, currency, None) for one in found]}))
    elif found:
        columns = ("prepared", "amount", "decision", "about", "by", "since", "reason")
        rows = [
            (
                one.name,
                f"{fixed(one.amount, currency)} {currency}",
                one.decision,
                _about(one),
                one.person,
                f"{one.since:%Y-%m-%d}",
                one.reason,
            )
            for one in found
        ]
        console().print(table(f"{len(found)} prepared, for another person to decide", columns, rows, right=(1,)))
    else:
        console().print("Nothing is prepared.")


def _about(one: Prepared) -> str:
    """The charges, items and whom it goes to, in few words."""
    said = one.arguments
    bill = [f"{said['bill']} {said['service'] or ''}".strip()] if said["bill"] else []
    names = [*said["named"], *bill]
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    whom = ", ".join(filter(None, [said["department"], *said["split"], said["owner"]]))
    return ", ".join(names[:_SHOWN]) + more + (f" to {whom}" if whom else "")


def _content(one: Prepared, currency: str, ended: Fact | None) -> dict[str, Any]:
    return {
        "prepared": one.name,
        "decision": one.decision,
        "by": one.person,
        "since": instant_text(one.since),
        "seen": one.seen,
        "items": list(one.items),
        "charges": one.charges,
        "amount": one.amount,
        "currency": currency,
        "reason": one.reason,
        "arguments": dict(one.arguments),
        "outcome": None if ended is None else ended.content["outcome"],
        "decided_by": None if ended is None else ended.actor.person,
        "facts": [] if ended is None else list(ended.content["facts"]),
    }
