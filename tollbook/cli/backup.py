"""`tollbook backup`: the whole site in one file, while others work."""

from __future__ import annotations

from pathlib import Path

import click

from tollbook.backup import back_up
from tollbook.cli.answer import console, document, json_option, many, print_json, site_of


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@json_option
@click.pass_context
def command(context: click.Context, file: Path, as_json: bool) -> None:
    r"""Write a backup of the site: ledger, archive, settings, service keys. It restores onto either store.

    The signing keys of people and the notary are not in it; they were never in the site.

    \b
      tollbook --site harbor backup /mnt/safe/harbor-2026-09-01.tar
    """
    made = back_up(site_of(context), file)
    head = {"size": made.head.size, "root": made.head.root.hex()}
    if as_json:
        content = {"path": str(made.file), "head": head, "checkpoint": made.checkpoint, "files": made.files}
        print_json(document("backup", made.head.size, content))
        return
    out = console()
    out.print(f"Backed up {many(made.files, 'file')} into {made.file}.", markup=False)
    if made.checkpoint is None:
        out.print("The notary's key is not here, so the head in it is not signed.")
    out.print(f"head {made.head.size}:{made.head.root.hex()}", markup=False)
