"""`tollbook verify`: recompute everything in the books, and name what differs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import click

from ledger_core.engine.checkpoint import Checkpoint, read_checkpoint
from ledger_core.engine.verification.verification import Request, Verified, verify
from ledger_core.errors import InputRefused
from tollbook.cli.answer import console, document, json_option, print_json, site_of
from tollbook.rereading import Rereading

_SHOWN = 50  # differences in words; --json has them all


@click.command()
@click.option("--against", metavar="HEAD", help="A head kept elsewhere: its file, or SIZE:ROOT.")
@click.option("--deep", is_flag=True, help="Read the archive again through the importers, and code as known then.")
@json_option
@click.pass_context
def command(context: click.Context, against: str | None, deep: bool, as_json: bool) -> int:
    r"""Recompute the books from what was sealed: facts, signatures, rows, sums, readings, files, guards.

    Exits with 5 if and only if something differs. A past rewritten by whoever holds all keys, or an old copy put
    back, shows only against a head that was kept elsewhere.

    \b
      tollbook --site harbor verify
      tollbook --site harbor verify --against heads/2026-08.txt
      tollbook --site harbor verify --deep
    """
    site = site_of(context)
    kept = None if against is None else kept_head(against)
    with Rereading(site) as again:
        asked = Request(site.database, site.path("archive"), kept, again.differences if deep else None)
        found = verify(asked)
    if as_json:
        print_json(document("verify", found.head.size, _content(found)))
    else:
        if again.left_out:
            console().print(
                f"Bills not read again, as another version of the importer read them: {len(again.left_out)}."
            )
        for line in words(found):
            console().print(line, markup=False)
    return 0 if found.ok else 5


def kept_head(text: str) -> Checkpoint:
    """The head that a file holds or SIZE:ROOT spells. Raises InputRefused."""
    file = Path(text)
    try:
        written = file.read_text("utf-8") if file.is_file() else text
    except (OSError, UnicodeDecodeError) as unread:
        raise InputRefused(text, f"it cannot be read ({unread})", "Name a head's file, or SIZE:ROOT.") from unread
    return read_checkpoint(written, text)


def _content(found: Verified) -> dict[str, Any]:
    return {
        "ok": found.ok,
        "head": {"size": found.head.size, "root": found.head.root.hex()},
        "checked": attrs.asdict(found.checked),
        "differences": [attrs.asdict(difference) for difference in found.differences],
        "destroyed": [attrs.asdict(destroyed) for destroyed in found.destroyed],
    }


def words(found: Verified) -> Iterator[str]:
    """The result in words; the last line is the verdict, with the head to keep."""
    for difference in found.differences[:_SHOWN]:
        yield f"{difference.kind} {difference.id}: {difference.where}"
        yield f"  sealed: {difference.expected}"
        yield f"  found:  {difference.found}"
    if len(found.differences) > _SHOWN:
        yield f"... and {len(found.differences) - _SHOWN} more; --json has them all."
    for destroyed in found.destroyed:
        yield f"{destroyed.count} particulars of fact {destroyed.fact} were destroyed under fact {destroyed.under}."
    checked = ", ".join(f"{count:,} {name}" for name, count in attrs.asdict(found.checked).items())
    yield f"Checked {checked}."
    count = len(found.differences)
    verdict = "ok" if found.ok else f"{count} difference{'s' if count != 1 else ''}"
    yield f"verify: {verdict}, head {found.head.size}:{found.head.root.hex()}"
