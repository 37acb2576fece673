"""`tollbook restore`: a site from a backup, proved equal to what was backed up."""

from __future__ import annotations

from pathlib import Path

import attrs
import click

from tollbook.backup import restore
from tollbook.cli.answer import console, document, json_option, print_json
from tollbook.cli.verify import words


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.argument("folder", metavar="SITE", type=click.Path(path_type=Path, file_okay=False))
@click.option("--database", default="", help="A PostgreSQL URL to restore the ledger into.")
@json_option
def command(file: Path, folder: Path, database: str, as_json: bool) -> int:
    r"""Restore a backup into the new folder SITE, verify it, and hold it against the head in the backup.

    Exits with 5 if anything differs from what was backed up.

    \b
      tollbook restore /mnt/safe/harbor-2026-09-01.tar harbor-again
    """
    restored = restore(file, folder, database)
    found = restored.verified
    if as_json:
        content = {
            "ok": found.ok,
            "head": {"size": restored.head.size, "root": restored.head.root.hex()},
            "differences": [attrs.asdict(difference) for difference in restored.differences],
        }
        print_json(document("restore", found.head.size, content))
    else:
        for line in words(found):
            console().print(line, markup=False)
        verdict = "equals" if found.ok else "differs from"
        console().print(f"{restored.site.folder} {verdict} what was backed up.", markup=False)
    return 0 if found.ok else 5
