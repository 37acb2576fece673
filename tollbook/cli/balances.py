"""`tollbook balances`: what stands where, on two clocks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
import click

from ledger_core.errors import UsageRefused
from ledger_core.money import fixed
from ledger_core.projections.balances import DEFAULT, DIMENSIONS, Balance, Balances, balances
from tollbook.cli.answer import console, document, json_option, print_json, site_of, table
from tollbook.cli.clocks import day, moment


@click.command()
@click.option("--as-of", "as_of", metavar="DAY", help="Only what is dated up to this day (2026-08-31), inclusive.")
@click.option(
    "--known-at",
    "known_at",
    metavar="WHEN",
    help="Only what was recorded by then: a log position (57), a moment (2026-09-01T12:00:00Z) or the end of a day.",
)
@click.option(
    "--by",
    "by",
    default=",".join(DEFAULT),
    show_default=True,
    metavar="DIMENSIONS",
    help=f"How to tell rows apart, comma-separated: {', '.join(DIMENSIONS)}.",
)
@json_option
@click.pass_context
def command(context: click.Context, as_of: str | None, known_at: str | None, by: str, as_json: bool) -> None:
    r"""Balances, as of a day and as known at a moment.

    By account and fund the books sum to zero. By department, object or vendor the cost of bills is shown: what is
    attributed (coded, not charged yet) and what is charged; the department without a name is suspense.

    \b
      tollbook --site harbor balances
      tollbook --site harbor balances --by department
      tollbook --site harbor balances --by vendor,object --as-of 2026-08-31 --known-at 57
    """
    site = site_of(context)
    on = None if as_of is None else day(as_of, "--as-of")
    dimensions = _dimensions(by)
    with site.ledger().reading() as connection:
        known, sequence = moment(connection, known_at)
        found = balances(connection, dimensions, until=sequence, as_of=on)
    if as_json:
        content = {"as_of": on.isoformat() if on else None, "known_at": known, "by": list(dimensions)}
        print_json(document("balances", sequence, content | attrs.asdict(found)))
    else:
        _show(found, dimensions, sequence)


def _dimensions(text: str) -> tuple[str, ...]:
    names = {name.strip() for name in text.split(",")}
    if unknown := names - set(DIMENSIONS):
        found = f"'{min(unknown)}' is no dimension"
        raise UsageRefused("--by", found, f"Choose among {', '.join(DIMENSIONS)}, comma-separated.")
    return tuple(name for name in DIMENSIONS if name in names)


def _show(found: Balances, dimensions: Sequence[str], sequence: int) -> None:
    cost = any(row.attributed is not None for row in found.rows)
    held = any(row.held for row in found.rows)
    told = (*(("attributed", "charged") if cost else ()), *(("held",) if held else ()))
    names = (*dimensions, "currency", "debit", "credit", "balance", *told)
    right = range(len(dimensions) + 1, len(names))
    rows = [_cells(row, names) for row in found.rows]
    out = console()
    out.print(table(f"Balances at log position {sequence}", names, rows, right=right))
    for currency in sorted({row.currency for row in found.rows}):
        total = sum(row.balance for row in found.rows if row.currency == currency)
        out.print(f"Sum {fixed(total, currency)} {currency}")
    if not found.rows:
        out.print("Nothing has been posted yet.")


def _cells(row: Balance, names: Sequence[str]) -> list[str]:
    cells: dict[str, Any] = attrs.asdict(row)
    if row.department == "":
        cells["department"] = "(suspense)"
    return [fixed(cells[name], row.currency) if isinstance(cells[name], int) else cells[name] or "" for name in names]
