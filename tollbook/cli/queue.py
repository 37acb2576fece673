"""`tollbook queue`: everything that needs a person, by money times confidence."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import attrs
import click

from ledger_core.money import fixed
from ledger_core.projections.exceptions import ExceptionItem, open_exceptions
from ledger_core.projections.prepared import by_item
from ledger_core.store import log
from tollbook.cli.answer import console, document, json_option, print_json, site_of, table
from tollbook.cli.choices import choices, now
from tollbook.today import today
from tollbook.worksheet.writing import write_worksheet

_KEYS = ("item", "kind", "code", "bill", "charge", "vendor", "amount", "currency", "owner", "due", "text",
         "confidence", "lines", "rank")  # fmt: skip


@click.command()
@click.option("--xlsx", type=click.Path(path_type=Path, dir_okay=False), help="Write a workbook to decide in.")
@json_option
@click.pass_context
def command(context: click.Context, xlsx: Path | None, as_json: bool) -> None:
    r"""List what needs a person: lines in suspense, what checks object to, exceptions on bills, files that wait or were
    refused. What is odd for one reason on a bill is one item.

    The most money times confidence comes first. Decide with `tollbook code`, `accept`, `retain`, `assign`, `hold` or
    `dispute open`, confirm a credit with `tollbook credits`, or decide in a workbook. What somebody has prepared for
    another person says so: see `tollbook decide`.

    \b
      tollbook --site harbor queue
      tollbook --site harbor accept X-0f1e2d3c4b5a6978 --reason "agreed by phone"
      tollbook --site harbor queue --xlsx monday.xlsx
    """
    site = site_of(context)
    with site.ledger().reading() as connection:
        sequence = log.last_sequence(connection)
        found, about = open_exceptions(connection, today(connection, site)), by_item(connection)
        items = [_telling(item, about.get(item.item, ())) for item in found]
        if xlsx is not None:
            write_worksheet(xlsx, items, choices(connection, site), now())
    if as_json:
        listed = [
            {**{key: getattr(item, key) for key in _KEYS}, "prepared": list(about.get(item.item, ()))} for item in found
        ]
        print_json(document("queue", sequence, {"items": listed}))
        return
    _show(items)
    if xlsx is not None:
        console().print(f"Decide in {xlsx}, then: tollbook work {xlsx}", markup=False)


def _telling(item: ExceptionItem, prepared: Sequence[str]) -> ExceptionItem:
    """The item, its text saying what is prepared about it."""
    return attrs.evolve(item, text=f"Prepared: {', '.join(prepared)}. {item.text}") if prepared else item


def _show(items: Sequence[ExceptionItem]) -> None:
    out = console()
    if not items:
        out.print("Nothing waits for anybody.")
        return
    names = ("item", "amount", "sure", "code", "owner", "due", "what to look at")
    rows = [
        (
            i.item,
            f"{fixed(i.amount, i.currency)} {i.currency}",
            f"{i.confidence}%",
            i.code,
            i.owner,
            i.due or "",
            i.text,
        )
        for i in items
    ]
    out.print(table(f"{len(items)} to look at, by money times confidence", names, rows, right=(1, 2)))
