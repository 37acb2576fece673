"""`tollbook trace`: from a file's bytes to the postings and statements that carry them, and back."""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Iterator
from itertools import islice
from typing import Any

import attrs
import click

from ledger_core.money import fixed
from ledger_core.projections.trail import Path, TracedPosting, paths
from ledger_core.store import log
from tollbook.archive import Archive
from tollbook.cli.answer import console, document, json_option, site_of, table

_SHOWN = 20  # paths printed for people; JSON has them all
_EXCERPT = 200  # characters of the file shown to people


@click.command()
@click.argument("wanted", metavar="ID")
@json_option
@click.pass_context
def command(context: click.Context, wanted: str, as_json: bool) -> None:
    r"""Follow a charge to its postings and statements, or a posting, entry or place in a file to its charges.

    ID is a charge (B-...:7), a bill (B-...), an entry (E12), a posting (E12:3), or a document's SHA-256, alone or
    with a place in it.

    \b
      tollbook --site harbor trace B-0f1e2d3c4b5a6978-1:7
      tollbook --site harbor trace E12:3
      tollbook --site harbor trace SHA256:14
    """
    site = site_of(context)
    archive = Archive(site.path("archive"))
    with site.ledger().reading() as connection:
        sequence = log.last_sequence(connection)
        found = paths(connection, wanted, until=sequence)
        if as_json:
            _print_json(document("trace", sequence, {"id": wanted}), (_content(path, archive) for path in found))
        else:
            _show(found, archive)


def _print_json(opening: dict[str, Any], found: Iterator[dict[str, Any]]) -> None:
    """One document, written path by path: an entry may carry a million."""
    first = next(found, None)  # whatever fails, fails before anything is printed
    sys.stdout.write(_written(opening).removesuffix("}") + ',"paths":[' + ("" if first is None else _written(first)))
    for content in found:
        sys.stdout.write("," + _written(content))
    sys.stdout.write("]}\n")


def _written(content: dict[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def _content(path: Path, archive: Archive) -> dict[str, Any]:
    return {
        "document": attrs.asdict(path.document),
        "charge": path.charge,
        "raw": base64.b64encode(_raw(path, archive)).decode(),
        "postings": [attrs.asdict(posting) for posting in path.postings],
        "statements": [{"period": period, "department": department} for period, department in path.statements],
    }


def _raw(path: Path, archive: Archive) -> bytes:
    return archive.read(path.document.sha256, path.start, path.end)


def _excerpt(raw: bytes) -> str:
    """The beginning of what was read, where it is text; a workbook or a Parquet file is not."""
    if b"\0" in raw:
        return f"({len(raw)} bytes that are no text: look at the place named above)"
    return raw.decode("utf-8", "replace").strip()[:_EXCERPT]


def _cells(posting: TracedPosting) -> tuple[str, ...]:
    p = posting
    amounts = (fixed(amount, p.currency) for amount in (p.part, p.amount))
    return (p.posting, p.kind, p.effective, p.account, p.fund, p.department, p.object, *amounts)


def _show(found: Iterator[Path], archive: Archive) -> None:
    out = console()
    for path in islice(found, _SHOWN):
        source = path.document
        out.print(f"[bold]{path.charge}[/bold]")
        read = f"{source.name} ({source.sha256[:16]}), {path.place}, bytes {path.start} to {path.end}"
        out.print(f"{read}, read by {source.importer} {source.version}:", markup=False)
        out.print("  " + _excerpt(_raw(path, archive)), markup=False)
        rows = [_cells(p) for p in path.postings]
        names = ("posting", "kind", "dated", "account", "fund", "department", "object", "this charge", "whole posting")
        out.print(table("", names, rows, right=(7, 8)))
        for period, department in path.statements:
            out.print(f"On the statement of department {department} for {period}.", markup=False)
        out.print()
    if next(found, None) is not None:
        out.print(f"The first {_SHOWN}; --json has them all.")
