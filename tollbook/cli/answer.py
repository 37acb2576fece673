"""How a command answers: one JSON document for machines, plain words for people; colour only on a terminal."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ledger_core.store import log
from tollbook.site import Site, find_site

_PIPE_WIDTH = 240  # columns: what is read by a program or a file is never folded

json_option = click.option(
    "--json", "as_json", is_flag=True, help="One JSON document on standard output, nothing else."
)


def site_of(context: click.Context) -> Site:
    """The site that the command speaks of: --site, TOLLBOOK_SITE, the current folder. Raises SiteNotFound."""
    chosen: Path | None = context.find_root().obj
    return find_site(chosen or Path())


def last_sequence(site: Site) -> int:
    """The log position that an answer stands at which reads nothing but the end of the log."""
    with site.ledger().reading() as connection:
        return log.last_sequence(connection)


def document(name: str, sequence: int, content: Mapping[str, Any]) -> dict[str, Any]:
    """A contract document: its format first, then the log position it was read at."""
    return {"format": f"tollbook.{name}/1", "sequence": sequence, **content}


def print_json(content: Mapping[str, Any]) -> None:
    """The document on standard output, on one line, ended by a newline."""
    sys.stdout.write(json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n")


def console() -> Console:
    """Where words for people go: standard output, coloured only on a terminal; in a pipe wide enough to cut nothing."""
    if sys.stdout.isatty():
        return Console(highlight=False)
    return Console(highlight=False, soft_wrap=True, width=_PIPE_WIDTH)


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]], *, right: Sequence[int] = ()) -> Table:
    """A table for people; the columns numbered in `right` hold figures."""
    shown = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False, header_style="dim")
    for number, name in enumerate(columns):
        shown.add_column(name, justify="right" if number in right else "left", no_wrap=number in right)
    for row in rows:
        shown.add_row(*map(Text, row))  # as it is: a vendor's square brackets are no markup
    return shown


def many(count: int, one: str, more: str = "") -> str:
    """A count with its noun: "1 charge", "2 charges"; `more` is the plural where an s does not make it."""
    return f"{count} {one if count == 1 else more or one + 's'}"
