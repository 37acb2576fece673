"""`tollbook balances`: what stands where, on two clocks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from typing import Any

import attrs
import click
from sqlalchemy import Connection

from ledger_core.errors import UsageRefused
from ledger_core.facts.fact import instant_text
from ledger_core.money import fixed
from ledger_core.projections.balances import DEFAULT, DIMENSIONS, Balance, Balances, balances
from ledger_core.store import log
from tollbook.cli.answer import console, document, json_option, print_json, site_of, table

_NUMBER = re.compile(r"\d{1,15}", re.ASCII)


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
    day = None if as_of is None else _day(as_of, "--as-of")
    dimensions = _dimensions(by)
    with site.ledger().reading() as connection:
        known, sequence = _moment(connection, known_at)
        found = balances(connection, dimensions, until=sequence, as_of=day)
    if as_json:
        content = {"as_of": day.isoformat() if day else None, "known_at": known, "by": list(dimensions)}
        print_json(document("balances", sequence, content | attrs.asdict(found)))
    else:
        _show(found, dimensions, sequence)


def _dimensions(text: str) -> tuple[str, ...]:
    names = {name.strip() for name in text.split(",")}
    if unknown := names - set(DIMENSIONS):
        found = f"'{min(unknown)}' is no dimension"
        raise UsageRefused("--by", found, f"Choose among {', '.join(DIMENSIONS)}, comma-separated.")
    return tuple(name for name in DIMENSIONS if name in names)


def _moment(connection: Connection, text: str | None) -> tuple[int | str | None, int]:
    """What was asked for as `known_at`, and the log position that it means."""
    last = log.last_sequence(connection)
    if text is None:
        return None, last
    if _NUMBER.fullmatch(text):
        if int(text) > last:
            raise UsageRefused("--known-at", f"the log ends at {last}, before {text}", "Name a position it has.")
        return int(text), int(text)
    moment = _instant(text)
    return instant_text(moment), log.sequence_at(connection, moment)


def _instant(text: str) -> datetime:
    try:
        if len(text) == len("2026-09-01"):
            return datetime.combine(date.fromisoformat(text), time.max, UTC)
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return moment
    except (ValueError, OverflowError):
        pass
    found = f"'{text[:40]}' is neither a log position nor a moment"
    raise UsageRefused("--known-at", found, "Write 57, 2026-09-01T12:00:00Z or 2026-09-01.")


def _day(text: str, option: str) -> date:
    try:
        if len(text) == len("2026-08-31"):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise UsageRefused(option, f"'{text[:40]}' is not a day", "Write it as 2026-08-31.")


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
