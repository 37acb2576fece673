"""`tollbook reread`: reverse a bill and read its documents again."""

from __future__ import annotations

import click

from ledger_core.engine.reversal import reverse
from ledger_core.errors import AlreadyRecorded, InputRefused, Unknown
from ledger_core.projections import bills
from ledger_core.store import log
from tollbook.cli.answer import document, json_option, print_json, site_of
from tollbook.cli.imports import answer_of, show
from tollbook.cli.selection import reason_option
from tollbook.intake.again import documents_of, place_of
from tollbook.intake.folder import Folder
from tollbook.intake.intake import Intake
from tollbook.intake.outcome import exit_code


@click.command()
@click.argument("bill")
@reason_option
@json_option
@click.pass_context
def command(context: click.Context, bill: str, reason: str, as_json: bool) -> int:
    r"""Reverse BILL and post it again from its archived documents, as the importers and sheets of today read them.

    Where the documents cannot be read any more, or do not tie, nothing is reversed.

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
    return exit_code(outcomes)
