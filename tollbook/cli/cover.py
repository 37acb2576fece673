"""`tollbook cover`: type in from the paper what a bill's file does not state."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import click

from ledger_core.engine.cover import Paper, cover_posted, enter_cover
from ledger_core.engine.reception import COVER_PLACE, Judged, Verdict
from ledger_core.errors import InputRefused, LedgerRefused, UsageRefused
from ledger_core.money import EXACT, parse_decimal, places
from ledger_core.policy.controls import figure_text
from ledger_core.projections import bills
from ledger_core.projections.bills import PostedBill
from ledger_core.store import log
from tollbook.cli.answer import console, document, json_option, print_json, site_of
from tollbook.cli.imports import answer_of, show
from tollbook.cli.selection import reason_option
from tollbook.intake.again import documents_of, place_of
from tollbook.intake.folder import Folder
from tollbook.intake.intake import Intake
from tollbook.intake.outcome import FileOutcome, exit_code
from tollbook.site import Site


@click.command()
@click.argument("name", metavar="BILL-OR-SHA256")
@click.option("--total", required=True, help="The bill's total on the paper: current charges, adjustments and credits.")
@click.option("--number", help="The bill's number, where the file has none.")
@click.option("--date", "day", type=click.DateTime(["%Y-%m-%d"]), help="The bill's date, where the file has none.")
@click.option("--account", help="The vendor account, where the file has none.")
@reason_option
@json_option
@click.pass_context
def command(
    context: click.Context,
    name: str,
    total: str,
    number: str | None,
    day: datetime | None,
    account: str | None,
    reason: str,
    as_json: bool,
) -> int:
    r"""Enter the cover of a bill that states no total: only then is it posted, or may it be paid.

    The total must be that of the file's lines. Whoever enters it is not who approves it, where two people are needed.

    \b
      tollbook --site harbor cover 0f1e2d3c4b5a6978 --total 118.20 --date 2026-08-28 --reason "paper in folder 12"
    """
    site = site_of(context)
    paper = Paper(parse_decimal(total, "--total"), number, day.date() if day else None, account)
    with site.ledger().reading() as connection:
        posted = bills.named(connection, name)
    if posted is not None:
        return _cover_posted(site, posted, paper, reason, as_json=as_json)
    outcomes = _cover_waiting(site, name, paper, reason)
    if as_json:
        with site.ledger().reading() as connection:
            print_json(document("cover", log.last_sequence(connection), answer_of(outcomes)))
    else:
        show(outcomes)
    return exit_code(outcomes)


def _cover_posted(site: Site, posted: PostedBill, paper: Paper, reason: str, *, as_json: bool) -> int:
    with site.ledger().acting(site.signer()) as act:
        fact = cover_posted(act, posted, paper, reason)
    if as_json:
        print_json(document("cover", fact.sequence, {"files": [], "counts": {}, "bill": posted.bill}))
    else:
        console().print(f"{posted.bill} has its cover and may be paid.", markup=False)
    return 0


def _cover_waiting(site: Site, name: str, paper: Paper, reason: str) -> Sequence[FileOutcome]:
    """Judge the document, enter the cover of the bill that waits, and judge it again."""
    with site.ledger().reading() as connection:
        received = documents_of(connection, name)
    paths = [place_of(site, one) for one in received]
    with Intake(site) as intake:
        first = intake.again(received, paths)
        bill = _waiting(name, [bill for outcome in first for bill in outcome.bills])
        _require_total(bill, paper)
        with site.ledger().acting(site.signer()) as act:
            enter_cover(act, bill.origin.bill, received[0].sha256, paper, reason)
        outcomes = intake.again(received, paths)
    for outcome in outcomes:
        Folder(site).mirror(outcome)
    return outcomes


def _waiting(name: str, judged: Sequence[Judged]) -> Judged:
    """The bill that the cover is for. Raises LedgerRefused where none waits, UsageRefused where several do."""
    found = [bill for bill in judged if _lacks_total(bill)]
    named = [bill for bill in found if bill.origin.bill == name] or found
    if not named:
        raise LedgerRefused(
            f"'{name[:80]}'", "no bill in it waits for a cover", "See `tollbook queue`.", code="no-wait"
        )
    if len(named) > 1:
        ids = ", ".join(bill.origin.bill for bill in named)
        raise UsageRefused(f"'{name[:80]}'", f"several bills in it wait: {ids}", "Name one of them.")
    return named[0]


def _lacks_total(bill: Judged) -> bool:
    total = bill.controls[0] if bill.controls else None
    if total is None or bill.verdict not in {Verdict.WAITING, Verdict.REJECTED}:
        return False
    return total.stated is None or (total.locator is not None and total.locator.place == COVER_PLACE)


def _require_total(bill: Judged, paper: Paper) -> None:
    """Refuse a total that the file's lines do not make, before anything is recorded."""
    own = bill.controls[0]
    gap = EXACT.subtract(paper.total, own.computed)
    if abs(gap) > own.tolerance:
        paper_says, lines_make, missing = (
            figure_text(value, places(bill.head.currency)) for value in (paper.total, own.computed, gap)
        )
        found = f"the paper states {paper_says}, the lines make {lines_make}, gap {missing}"
        raise InputRefused(
            f"bill {bill.origin.bill}", found, "Check the total; ask the vendor for a corrected bill.", code="gap"
        )
