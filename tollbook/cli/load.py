"""`tollbook load`: reference sheets become dated facts, shown first as what they add, change and end."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import attrs
import click
from sqlalchemy import Connection

from ledger_core.engine.loading import Source, judge, load
from ledger_core.errors import ServicesWouldEnd, SheetRefused, UsageRefused
from ledger_core.facts.chart import PLAIN, parse_template
from ledger_core.facts.reference import ReferenceRow
from ledger_core.facts.sheet import SHEETS
from ledger_core.projections import reference
from ledger_core.projections.today import day_at
from ledger_core.store import log
from tollbook.archive import digest
from tollbook.cli.answer import console, document, json_option, print_json, site_of
from tollbook.sheets.coding_sheet import Listed, expand
from tollbook.sheets.patch import Patch, preview
from tollbook.sheets.reading import read_sheet
from tollbook.sheets.templates import is_example
from tollbook.site import Site

_CODING_SHEET = "coding_sheet"
_PAYMENTS = "payments"
_SHOWN = 15  # rows of each sort; the rest are counted


@attrs.frozen
class _Read:
    """One sheet of a file, with what it would do, and the fact that recorded it, if one did."""

    sheet: str
    patch: Patch
    fact: int | None = None


@click.command()
@click.argument("kind", type=click.Choice(sorted([*SHEETS, _PAYMENTS])), metavar="KIND")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Show what would change and record nothing.")
@click.option("--vendor", default="", help="For coding_sheet: whose bills the list is about; empty is any.")
@click.option("--account", default="", help="For coding_sheet: the vendor account; empty is any.")
@click.option("--from", "first", type=click.DateTime(["%Y-%m-%d"]), help="For coding_sheet: the first day it holds.")
@click.option(
    "--yes-end-services",
    "may_end",
    type=click.IntRange(min=0),
    default=0,
    metavar="N",
    help="Let the load end N services, where that is half or more of those in force.",
)
@json_option
@click.pass_context
def command(
    context: click.Context,
    kind: str,
    file: Path,
    dry_run: bool,
    vendor: str,
    account: str,
    first: datetime | None,
    may_end: int,
    as_json: bool,
) -> int:
    r"""Load the reference sheet FILE (CSV or XLSX) of the sort KIND.

    The kind `payments` is no reference data: it is what was paid, read back from accounts payable, the bank or a card,
    and each row is posted, known or refused (exit 3).

    Rows that are known already record nothing. Rows that the file does not hold stay as they are. Rates and terms that
    would overlap are refused; a load that would end half of the services in force asks first.

    \b
      tollbook --site harbor load departments harbor/reference/departments.csv --dry-run
      tollbook --site harbor load coding_sheet phones.xlsx --vendor "Union Tel" --from 2026-01-01
      tollbook --site harbor load payments september-warrants.csv
    """
    site = site_of(context)
    if kind == _PAYMENTS:
        from tollbook.cli.payments import take_payments

        return take_payments(site, file, dry_run=dry_run, as_json=as_json)
    listed = Listed(vendor, account, first.date() if first else None)
    if kind != _CODING_SHEET and listed != Listed():
        raise UsageRefused("--vendor, --account, --from", f"a sheet of {kind} says it itself", "Leave the option out.")
    with site.ledger().reading() as connection:
        rows = _rows(file, kind, log.fact(connection, 1).content["currency"])
        sheets = _sheets(connection, kind, rows, listed, file)
        found = [_Read(name, preview(reference.known(connection, {name}), part)) for name, part in sheets]
        today = day_at(connection, site.ledger().clock())
    if dry_run and as_json:
        _judge(site, file, found, today, may_end)
    elif not dry_run:
        found = _record(site, file, sheets, may_end)
    with site.ledger().reading() as connection:
        sequence = log.last_sequence(connection)
    if as_json:
        print_json(document("load", sequence, {"dry_run": dry_run, "sheets": [_content(one) for one in found]}))
        return 0
    out = console()
    for one in found:
        for line in _words(one, dry_run=dry_run):
            out.print(line, markup=False)
    if dry_run:
        _judge(site, file, found, today, may_end)
    return 0


def _judge(site: Site, file: Path, found: Sequence[_Read], today: date, may_end: int) -> None:
    """Refuse in a rehearsal what the load itself would refuse."""
    with site.ledger().reading() as connection:
        for one in found:
            known = reference.known(connection, {one.sheet})
            judge(known, Source(one.sheet, file.name, ""), one.patch, today, may_end)


def _rows(file: Path, kind: str, currency: str) -> list[ReferenceRow]:
    rows = read_sheet(file, kind, currency)
    if is_example(rows):
        raise SheetRefused(str(file), "it still holds the example row and nothing else", "Replace it with your own.")
    return rows


def _sheets(
    connection: Connection, kind: str, rows: list[ReferenceRow], listed: Listed, file: Path
) -> list[tuple[str, Sequence[ReferenceRow]]]:
    """The sheets that a file stands for: itself, or of a list of numbers and strings what it becomes."""
    if kind != _CODING_SHEET:
        return [(kind, rows)]
    written = log.fact(connection, 1).content["chart_template"]
    template = parse_template(written) if written else PLAIN
    known = reference.known(connection, {"departments", "billed_strings"})
    made = expand(rows, listed, template, known, file.name)
    all_sheets = (("departments", made.departments), ("billed_strings", made.billed_strings))
    return [*((name, part) for name, part in all_sheets if part), ("services", made.services)]


def _record(site: Site, file: Path, sheets: Sequence[tuple[str, Sequence[ReferenceRow]]], may_end: int) -> list[_Read]:
    """Load the sheets in one act. On a terminal a load that would end half of the services asks, and then goes on."""
    sha256 = digest(file)
    found = []
    try:
        with site.ledger().acting(site.signer()) as act:
            for name, rows in sheets:
                patch, fact = load(act, Source(name, file.name, sha256), partial(preview, rows=rows), may_end)
                assert isinstance(patch, Patch)
                found.append(_Read(name, patch, fact.sequence if fact else None))
    except ServicesWouldEnd as asked:
        if may_end or not (at_terminal() and _confirmed(asked)):
            raise
        return _record(site, file, sheets, asked.ended)
    return found


def at_terminal() -> bool:
    """Whether somebody sits there who can be asked."""
    return sys.stdin.isatty()


def _confirmed(asked: ServicesWouldEnd) -> bool:
    """Whether whoever sits at the terminal means it: the question goes beside the answer, on standard error."""
    return click.confirm(f"{asked.where}: {asked.found}. Do they end?", default=False, err=True)


def _content(one: _Read) -> dict[str, Any]:
    counts = {name: len(getattr(one.patch, name)) for name in ("added", "changed", "ended", "unchanged")}
    return {"sheet": one.sheet, **counts, "recorded": len(one.patch.record), "fact": one.fact}


def _words(one: _Read, *, dry_run: bool) -> Iterator[str]:
    """What is added (+), changed (~) and ends (-), then how many of each."""
    patch = one.patch
    yield from _few([f"  + {_row(row)}" for row in patch.added[: _SHOWN + 1]], len(patch.added))
    yield from _few(
        [f"  ~ {_row(c.before)} -> {_row(c.after)}" for c in patch.changed[: _SHOWN + 1]], len(patch.changed)
    )
    yield from _few([f"  - {_row(e.row)} ends {_day(e.last)}" for e in patch.ended[: _SHOWN + 1]], len(patch.ended))
    counts = f"{len(patch.added)} added, {len(patch.changed)} changed, {len(patch.ended)} ended"
    done = "would be recorded" if dry_run else f"recorded as fact {one.fact}" if one.fact else "nothing to record"
    yield f"{one.sheet}: {counts}, {len(patch.unchanged)} known already: {done}."


def _few(lines: list[str], count: int) -> Iterator[str]:
    yield from lines[:_SHOWN]
    if count > _SHOWN:
        yield f"    and {count - _SHOWN} more"


def _row(row: ReferenceRow) -> str:
    days = f"{row.valid_from or '...'} to {row.valid_to or '...'}" if SHEETS[row.sheet].dated else ""
    cells = ", ".join(f"{name} {cell}" for name, cell in row.value.items())
    return " ".join(part for part in (" / ".join(key or "(any)" for key in row.key), days, f"({cells})") if part)


def _day(last: date | None) -> str:
    return "altogether" if last is None else f"on {last}"
