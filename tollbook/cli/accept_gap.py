"""`tollbook accept-gap`: two people accept that a bill's total is off by a cent."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import click

from ledger_core.engine.footing import GapAccepted, accept_gap
from ledger_core.engine.reception import Judged
from ledger_core.errors import LedgerRefused, UsageRefused
from ledger_core.policy.footing import untied
from ledger_core.store import log
from tollbook.cli.answer import console, document, json_option, print_json, site_of
from tollbook.cli.imports import answer_of, show
from tollbook.cli.selection import reason_option
from tollbook.intake.again import documents_of, place_of
from tollbook.intake.folder import Folder
from tollbook.intake.intake import Intake
from tollbook.intake.outcome import FileOutcome, exit_code
from tollbook.site import Site


@attrs.frozen
class _Done:
    """One acceptance, and what became of the document after it."""

    bill: str
    accepted: GapAccepted
    outcomes: tuple[FileOutcome, ...]


@click.command()
@click.argument("name", metavar="DOCUMENT")
@reason_option
@json_option
@click.pass_context
def command(context: click.Context, name: str, reason: str, as_json: bool) -> int:
    r"""Accept that the total of a refused bill is not what its lines make. DOCUMENT is its SHA-256, the first digits of
    it, or the bill's id.

    Two different people accept the same figures; with the second the bill is taken in, and the gap is a line of its
    own. How much may be accepted is the row `gap` of the sheet limits; without one nothing is.

    \b
      tollbook --site harbor accept-gap 0f1e2d3c4b5a6978 --reason "the vendor rounds its tax once more"
    """
    site = site_of(context)
    done = _accept(site, name, reason)
    if as_json:
        told = {
            "bill": done.bill,
            "fact": done.accepted.fact.sequence,
            "accepted_by": list(done.accepted.people),
            "complete": done.accepted.complete,
        }
        with site.ledger().reading() as connection:
            print_json(document("accept-gap", log.last_sequence(connection), told | answer_of(done.outcomes)))
    else:
        _show(done)
    return exit_code(done.outcomes) if done.accepted.complete else 1


def _accept(site: Site, name: str, reason: str) -> _Done:
    """Judge the document, accept the gap of the bill in it, and where both have accepted, judge it again."""
    with site.ledger().reading() as connection:
        received = documents_of(connection, name)
    paths = [place_of(site, one) for one in received]
    with Intake(site) as intake:
        first = intake.again(received, paths)
        bill = _off(name, [bill for outcome in first for bill in outcome.bills])
        with site.ledger().acting(site.signer()) as act:
            accepted = accept_gap(act, bill, reason)
        outcomes = tuple(intake.again(received, paths)) if accepted.complete else ()
    for outcome in outcomes:
        Folder(site).mirror(outcome)
    return _Done(bill.origin.bill, accepted, outcomes)


def _off(name: str, judged: Sequence[Judged]) -> Judged:
    """The bill whose totals do not tie. Raises LedgerRefused where none is, UsageRefused where several are."""
    found = [bill for bill in judged if untied(bill.controls)]
    named = [bill for bill in found if bill.origin.bill == name] or found
    if not named:
        raise LedgerRefused(
            f"'{name[:80]}'", "no bill in it was refused for its totals", "See `tollbook queue`.", code="no-gap"
        )
    if len(named) > 1:
        ids = ", ".join(bill.origin.bill for bill in named)
        raise UsageRefused(f"'{name[:80]}'", f"several bills in it are off: {ids}", "Name one of them.")
    return named[0]


def _show(done: _Done) -> None:
    people = " and ".join(done.accepted.people)
    if done.accepted.complete:
        console().print(f"{people} have accepted the gap of {done.bill}.", markup=False)
        show(done.outcomes)
    else:
        console().print(
            f"{people} has accepted the gap of {done.bill}. Another person must accept it too.", markup=False
        )
