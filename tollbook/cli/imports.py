"""`tollbook import`: take files in once."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import click
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from ledger_core.engine.reception import Judged
from ledger_core.errors import UsageRefused
from ledger_core.money import fixed, plain
from ledger_core.policy.controls import Checked
from ledger_core.store import log
from tollbook.cli.answer import console, document, json_option, many, print_json, site_of
from tollbook.intake.folder import Folder, files_in
from tollbook.intake.intake import Intake
from tollbook.intake.outcome import FileOutcome, counts, exit_code
from tollbook.naming import encodable, shown
from tollbook.site import Site


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@json_option
@click.pass_context
def command(context: click.Context, paths: tuple[Path, ...], as_json: bool) -> int:
    r"""Take files, or all files of folders, in: keep, recognise, tie out, code and post them.

    A rejected file has its reason beside it in rejected/. The same file again posts nothing.

    \b
      tollbook --site harbor import harbor/inbox
    """
    site = site_of(context)
    for path in paths:
        if not os.path.lexists(path):
            raise UsageRefused(shown(path), "there is no such file or folder", "Name files or folders that exist.")
    files = files_in(paths)
    outcomes = _take(site, files, quiet=as_json)
    with site.ledger().reading() as connection:
        sequence = log.last_sequence(connection)
    if as_json:
        print_json(document("import", sequence, answer_of(outcomes)))
    else:
        show(outcomes)
    return exit_code(outcomes)


def _take(site: Site, files: list[Path], *, quiet: bool) -> list[FileOutcome]:
    folder = Folder(site)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console(), disable=quiet or not console().is_terminal, transient=True) as bars:
        all_files = bars.add_task("files", total=len(files))

        def reading(path: Path) -> Callable[[int], None]:
            lines = bars.add_task(escape(shown(path.name)), total=None)
            return lambda count: bars.advance(lines, count)

        def tell(outcome: FileOutcome) -> None:
            folder.mirror(outcome)
            bars.advance(all_files)

        with Intake(site, reading) as intake:
            return intake.take(files, tell)


def answer_of(outcomes: Sequence[FileOutcome]) -> dict[str, Any]:
    """What became of files, as the contract's document says it."""
    return {"files": [_file(outcome) for outcome in outcomes], "counts": counts(outcomes)}


def show(outcomes: Iterable[FileOutcome]) -> None:
    """What came, in plain words: a line a file, a line a bill, and every problem with its advice."""
    out = console()
    for outcome in outcomes:
        out.print(f"[bold]{outcome.verdict.value:9}[/bold] {escape(shown(outcome.path.name))}", highlight=False)
        for bill in outcome.bills:
            if bill.fact is not None:
                out.print(f"          {shown(_bill_line(bill))}", markup=False, highlight=False)
        for problem in outcome.all_problems:
            words = shown(f"{problem.code}: {problem.where}: {problem.found}")
            out.print(f"          {words}", markup=False, highlight=False)
            out.print(f"          -> {shown(problem.do)}", markup=False, highlight=False)
    summary = ", ".join(f"{count} {name}" for name, count in counts(list(outcomes)).items() if count)
    out.print(summary or "nothing to take in")


def _bill_line(bill: Judged) -> str:
    currency = bill.head.currency
    named = ", ".join(part for part in (bill.head.vendor, bill.head.number or bill.head.account) if part)
    line = f"{named or bill.bill}: {fixed(bill.total, currency)} {currency} in {many(bill.charges, 'charge')}"
    if bill.suspense:
        line += f", {fixed(bill.suspense, currency)} in suspense"
    if bill.objections:
        said = "1 objection" if bill.objections == 1 else f"{bill.objections} objections"
        line += f", {said}, {fixed(bill.in_question, currency)} in question"
    return line


def _file(outcome: FileOutcome) -> dict[str, Any]:
    return {
        "path": encodable(outcome.path),
        "sha256": outcome.sha256,
        "outcome": outcome.verdict.value,
        "importer": outcome.importer or None,
        "bills": [_bill(bill) for bill in outcome.bills],
        "problems": [{"code": p.code, "where": p.where, "found": p.found, "do": p.do} for p in outcome.all_problems],
    }


def _bill(bill: Judged) -> dict[str, Any]:
    posted = bill.fact is not None
    return {
        "bill": bill.bill or bill.origin.bill,
        "vendor": bill.head.vendor,
        "account": bill.head.account,
        "number": bill.head.number,
        "bill_date": bill.head.bill_date.isoformat() if bill.head.bill_date else None,
        "effective": bill.effective.isoformat() if bill.effective else None,
        "currency": bill.head.currency,
        "charges": bill.charges,
        "total": bill.total if posted else None,
        "suspense": bill.suspense if posted else None,
        "entry": f"E{bill.fact.sequence}" if bill.fact else None,
        "controls": [_control(control, bill) for control in bill.controls],
        "objections": bill.objections if posted else None,
        "in_question": bill.in_question if posted else None,
        "figures": bill.figures,
    }


def _control(control: Checked, bill: Judged) -> dict[str, Any]:
    at = control.locator
    return {
        "name": control.name,
        "scope": control.scope,
        "stated": None if control.stated is None else plain(control.stated),
        "computed": plain(control.computed),
        "locator": None
        if at is None
        else {
            "sha256": bill.origin.documents[at.document].sha256,
            "member": at.member,
            "kind": bill.head.place_kind,
            "place": at.place,
            "start": at.start,
            "end": at.end,
        },
    }
