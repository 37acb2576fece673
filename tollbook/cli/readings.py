"""`tollbook readings`: the rebuildable readings of the log, how far each has read, and its digest."""

from __future__ import annotations

import click
from sqlalchemy import select

from ledger_core.engine.ledger import READINGS
from ledger_core.projections import readings
from ledger_core.store import log
from tollbook.cli.answer import console, document, json_option, print_json, site_of, table


@click.command()
@click.option("--rebuild", is_flag=True, help="Drop every reading and fold the whole log into them again.")
@json_option
@click.pass_context
def command(context: click.Context, rebuild: bool, as_json: bool) -> None:
    r"""List the readings. Their digests are equal after a rebuild, and on either store.

    \b
      tollbook --site harbor readings --rebuild
    """
    site = site_of(context)
    if rebuild:
        with site.ledger().acting(site.signer()) as act:
            readings.rebuild(act.connection, READINGS)
    with site.ledger().reading() as connection:
        followed = {row.name: row for row in connection.execute(select(readings.READINGS))}
        rows = [
            {
                "name": name,
                "version": followed[name].version if name in followed else None,
                "sequence": followed[name].sequence if name in followed else None,
                "digest": readings.digest(connection, reading.table),
            }
            for name, reading in sorted((reading.table.name, reading) for reading in READINGS)
        ]
        size = log.last_sequence(connection)
    if as_json:
        print_json(document("readings", size, {"readings": rows}))
        return
    shown = [[str(row["name"]), str(row["version"]), str(row["sequence"]), str(row["digest"])] for row in rows]
    console().print(table("Readings", ("reading", "version", "read to", "digest"), shown, right=(1, 2)))
