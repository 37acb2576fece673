"""`tollbook credits`: what the credits on bills follow, and what a person says of those that are not certain."""

from __future__ import annotations

from typing import Any

import click

from ledger_core.engine.crediting import Homed, confirm, refuse
from ledger_core.engine.ledger import Act
from ledger_core.errors import Unknown
from ledger_core.money import fixed
from ledger_core.projections.credits import OPEN, Credit, all_credits, credit_named, waiting
from ledger_core.projections.waiting_credits import CandidateWords, item_of
from ledger_core.store import log
from tollbook.cli.answer import console, document, json_option, print_json, site_of, table
from tollbook.cli.selection import reason_option

_NAMES = ("credit", "item", "amount", "outcome", "follows, or may follow")


@click.group(invoke_without_command=True)
@click.pass_context
def command(context: click.Context) -> None:
    r"""Say what the credits on bills give back. Without a word: list those that wait for a person.

    A credit goes to whoever bore the charge that it gives back, even where the line has moved since. What is certain is
    recorded as bills come in, and recurring credits are coded like charges.

    \b
      tollbook --site harbor credits
      tollbook --site harbor credits confirm G-0f1e2d3c4b5a6978 --with B-0f1e2d3c4b5a6978-0:12
      tollbook --site harbor credits refuse G-0f1e2d3c4b5a6978 --reason "a goodwill credit"
    """
    if context.invoked_subcommand is None:
        context.invoke(list_)


@command.command("list")
@click.option("--all", "everything", is_flag=True, help="Those that wait for nobody too.")
@click.option("--bill", help="Those of one bill.")
@json_option
@click.pass_context
def list_(context: click.Context, everything: bool = False, bill: str | None = None, as_json: bool = False) -> None:
    r"""List the credits that wait for a person, each with what it may follow, the likeliest first.

    With --all also those that follow something and those that were placed; recurring ones are never listed.

    \b
      tollbook --site harbor credits list --all --bill B-0f1e2d3c4b5a6978-0
    """
    with site_of(context).ledger().reading() as connection:
        sequence = log.last_sequence(connection)
        found = all_credits(connection, sequence) if everything else waiting(connection, sequence)
        found = [credit for credit in found if bill in {None, credit.bill.bill}]
        open_ones = {credit.name for credit in waiting(connection, sequence)}
        words = CandidateWords(connection, [row for credit in found for row in credit.rows])
    if as_json:
        listed = [_content(words, credit, waits=credit.name in open_ones) for credit in found]
        print_json(document("credits", sequence, {"credits": listed}))
        return
    rows = [_row(words, credit, waits=credit.name in open_ones) for credit in found]
    if not rows:
        console().print("No credit waits for anybody." if not everything else "There are no credits.")
        return
    console().print(table("1 credit" if len(rows) == 1 else f"{len(rows)} credits", _NAMES, rows, right=(2,)))


@command.command("confirm")
@click.argument("credit", metavar="CREDIT")
@click.option("--with", "follows", multiple=True, metavar="CHARGE|DISPUTE", help="What it gives back; may be repeated.")
@click.option("--reason", default="confirmed", show_default=True, help="Why. The books keep it.")
@json_option
@click.pass_context
def confirm_(context: click.Context, credit: str, follows: tuple[str, ...], reason: str, as_json: bool) -> None:
    r"""Have CREDIT follow what it gives back: charges of the same account, or a dispute.

    CREDIT is an item of the queue, or the credit's own charge (BILL:LINE). Without --with it follows its one candidate.
    Tax that is credited beside it goes along. It is coded by the split of the charge, as that stands; where the month
    is charged already, the next run corrects it. What the dispute held of it is released.

    \b
      tollbook --site harbor credits confirm G-0f1e2d3c4b5a6978
      tollbook --site harbor credits confirm G-0f1e2d3c4b5a6978 --with DSP-0f1e2d3c4b5a6978 --reason "their letter"
    """
    site = site_of(context)
    with site.ledger().acting(site.signer()) as act:
        done = confirm(act, _found(act, credit), follows, reason, site.path("spool"))
        _answer(act, done, as_json=as_json)


@command.command("refuse")
@click.argument("credit", metavar="CREDIT")
@reason_option
@json_option
@click.pass_context
def refuse_(context: click.Context, credit: str, reason: str, as_json: bool) -> None:
    r"""Say that CREDIT follows none of what was proposed.

    It goes to the owner on the days that it credits; one of the whole account is shared by what it is a discount on;
    else it lies in suspense.

    \b
      tollbook --site harbor credits refuse G-0f1e2d3c4b5a6978 --reason "a goodwill credit"
    """
    site = site_of(context)
    with site.ledger().acting(site.signer()) as act:
        done = refuse(act, _found(act, credit), reason, site.path("spool"))
        _answer(act, done, as_json=as_json)


def _found(act: Act, name: str) -> Credit:
    """The credit of an item that waits, or of a charge's name. Raises Unknown."""
    if ":" in name:
        return credit_named(act.connection, name, act.door.last)
    for credit in waiting(act.connection, act.door.last):
        if item_of(credit) == name:
            return credit
    raise Unknown(f"item {name[:40]}", "no credit of that name waits", "Take it from `tollbook credits`.")


def _answer(act: Act, done: Homed, *, as_json: bool) -> None:
    lines = {verdict.credit.place for verdict in done.verdicts}
    found = [credit for credit in all_credits(act.connection, act.door.last) if credit.place in lines]
    words = CandidateWords(act.connection, [row for credit in found for row in credit.rows])
    entries = [] if done.entry is None else [f"E{done.entry.sequence}"]
    if as_json:
        listed = [_content(words, credit, waits=credit.outcome in OPEN) for credit in found]
        print_json(document("credits", act.door.last, {"credits": listed, "entries": entries}))
        return
    for credit in found:
        said = "; ".join(_follows(words, credit))
        console().print(f"{credit.name} {_money(credit)}, {credit.outcome}: {said}", markup=False)
    console().print(f"Recoded in {', '.join(entries)}." if entries else "It was there already.", markup=False)


def _content(words: CandidateWords, credit: Credit, *, waits: bool) -> dict[str, Any]:
    return {
        "credit": credit.name,
        "item": item_of(credit) if waits else None,
        "bill": credit.bill.bill,
        "vendor": credit.bill.vendor,
        "account": credit.bill.account,
        "service": credit.service,
        "product": credit.product,
        "amount": credit.amount,
        "currency": credit.bill.currency,
        "outcome": credit.outcome,
        "code": credit.rows[0].code,
        "decided": credit.decided,
        "follows": [
            {
                "charge": words.name(row),
                "dispute": row.dispute or None,
                "amount": row.amount,
                "score": row.score,
                "reason": row.reason,
            }
            for row in credit.rows
        ],
    }


def _row(words: CandidateWords, credit: Credit, *, waits: bool) -> tuple[str, ...]:
    return (
        credit.name, item_of(credit) if waits else "", _money(credit), credit.outcome,
        "; ".join(_follows(words, credit)),
    )  # fmt: skip


def _follows(words: CandidateWords, credit: Credit) -> list[str]:
    """What it follows or may follow, in words; else where it went."""
    rows = [row for row in credit.rows if row.dispute or row.charge_fact]
    return list(dict.fromkeys(map(words.of, rows))) or [credit.rows[0].reason]


def _money(credit: Credit) -> str:
    return f"{fixed(credit.amount, credit.bill.currency)} {credit.bill.currency}"
