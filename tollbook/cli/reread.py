"""`tollbook reread`: reverse a bill and read its documents again."""

from __future__ import annotations

from collections.abc import Sequence

import click

from ledger_core.engine.reversal import Recoded, recoded_lines, reverse
from ledger_core.errors import AlreadyRecorded, InputRefused, LedgerRefused, Unknown
from ledger_core.projections import bills
from ledger_core.store import log
from tollbook.cli.answer import console, document, json_option, many, print_json, site_of
from tollbook.cli.imports import answer_of, show
from tollbook.cli.selection import reason_option
from tollbook.intake.again import documents_of, place_of
from tollbook.intake.folder import Folder
from tollbook.intake.intake import Intake
from tollbook.intake.outcome import exit_code

_NAMED = 10  # lines in a message; the others are counted


@click.command()
@click.argument("bill")
@click.option("--drop-recodings", is_flag=True, help="Let go what people recoded on the bill since it was posted.")
@reason_option
@json_option
@click.pass_context
def command(context: click.Context, bill: str, drop_recodings: bool, reason: str, as_json: bool) -> int:
    r"""Reverse BILL and post it again from its archived documents, as the importers and sheets of today read them.

    Where the documents cannot be read any more, or do not tie, nothing is reversed. What people recoded is not carried
    over, for a line may be another one in the new reading: without --drop-recodings such a bill is refused, and the
    lines are named.

    \b
      tollbook --site harbor reread B-0f1e2d3c4b5a6978-0 --reason "importer 1.2 reads credits"
    """
    site = site_of(context)
    with site.ledger().reading() as connection:
        posted = bills.named(connection, bill)
        if posted is None:
            raise Unknown(f"bill {bill[:80]}", "the ledger holds none of that name", "Take it from `tollbook charges`.")
        if posted.state != bills.POSTED:
            raise AlreadyRecorded(f"bill {bill}", "it is reversed already", "Import its documents again.")
        received = documents_of(connection, bill)
        dropped = recoded_lines(connection, posted)
    if dropped and not drop_recodings:
        raise _would_drop(bill, dropped)
    paths = [place_of(site, one) for one in received]
    with Intake(site) as intake:
        for problem in intake.trial(received, paths):
            raise InputRefused(problem.where, problem.found, f"{problem.do} Nothing was reversed.", code=problem.code)
        with site.ledger().acting(site.signer()) as act:
            reverse(act, bill, reason, site.path("spool"))
        outcomes = intake.again(received, paths)
    for outcome in outcomes:
        Folder(site).mirror(outcome)
    if as_json:
        with site.ledger().reading() as connection:
            print_json(document("reread", log.last_sequence(connection), answer_of(outcomes)))
    else:
        show(outcomes)
        for one in dropped:
            console().print(f"recoding dropped: {one.words}", markup=False)
    return exit_code(outcomes)


def _would_drop(bill: str, dropped: Sequence[Recoded]) -> LedgerRefused:
    told = [one.words for one in dropped[:_NAMED]]
    if len(dropped) > _NAMED:
        told.append(f"and {many(len(dropped) - _NAMED, 'more line', 'more lines')}")
    count = f"{many(len(dropped), 'line')} would lose what people recoded"
    do = "Say --drop-recodings, and code them again afterwards."
    refused = LedgerRefused(f"bill {bill}", f"{count}: {'; '.join(told)}", do, code="recoded")
    refused.lines = (f"{count}:", *told)
    return refused
