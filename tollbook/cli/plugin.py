"""`tollbook plugin`: the extensions that this machine and this site have."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import entry_points
from typing import Any

import click

from ledger_core.contracts.hooks import GROUP, TRUSTED_GROUP
from ledger_core.store import log
from tollbook import extensions
from tollbook.cli.answer import console, document, json_option, many, print_json, site_of, table
from tollbook.site import Site


@click.group()
def command() -> None:
    r"""Look at extensions: readers of vendors' formats and the like.

    \b
      tollbook --site harbor plugin list
    """


@command.command("list")
@json_option
@click.pass_context
def listed(context: click.Context, as_json: bool) -> None:
    r"""List installed extensions and those in the site's extensions/, by what they declare: none of them is run.

    \b
      tollbook --site harbor plugin list
    """
    site = site_of(context)
    found = [*_installed(), *_in_site(site)]
    if as_json:
        with site.ledger().reading() as connection:
            print_json(document("plugins", log.last_sequence(connection), {"plugins": found}))
        return
    rows = [
        (
            one["name"],
            one["origin"],
            one["version"] or "",
            one["where"],
            "in this process" if one["trusted"] else "confined",
        )
        for one in found
    ]
    console().print(table(many(len(found), "extension"), ("name", "from", "version", "where", "runs"), rows))


def _installed() -> Iterator[dict[str, Any]]:
    points = [*entry_points(group=GROUP), *entry_points(group=TRUSTED_GROUP)]
    for point in sorted(points, key=lambda point: (point.name, point.group)):
        package = point.dist
        yield {
            "name": point.name,
            "origin": package.name if package else "installed",
            "version": package.version if package else None,
            "where": point.value,
            "trusted": point.group == TRUSTED_GROUP,
        }


def _in_site(site: Site) -> Iterator[dict[str, Any]]:
    for source in extensions.in_folder(site.path("extensions")):
        yield {
            "name": source.name,
            "origin": "site",
            "version": None,
            "where": f"extensions/{source.name}.py",
            "trusted": False,
        }
