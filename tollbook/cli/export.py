"""`tollbook export`: entries leave for the site's other systems, each by its one route."""

from __future__ import annotations

import json
from typing import Any

import click

from ledger_core.contracts.exporter import Exporter, Route
from ledger_core.engine.exporting import Export, Exported, export, export_again
from ledger_core.errors import UsageRefused
from ledger_core.facts.entry import EntryKind
from ledger_core.money import fixed
from ledger_core.policy.periods import parse_period
from ledger_core.projections import approvals
from ledger_core.projections.exports import Routed
from ledger_core.store import log
from ledger_core.store.log import Head
from tollbook import extensions
from tollbook.cli.answer import console, document, json_option, last_sequence, many, print_json, site_of, table
from tollbook.heads import signed
from tollbook.site import Site
from tollbook.whole_file import write_whole


@click.command()
@click.argument("route", metavar="journal|vouchers", type=click.Choice([route.value for route in Route]))
@click.argument("period", metavar="[PERIOD]", required=False)
@click.option("--format", "name", metavar="NAME", help="The exporter; needed where a route has several.")
@click.option("--again", "batch", metavar="BATCH", help="Write a batch that was sent once more, byte for byte.")
@json_option
@click.pass_context
def command(
    context: click.Context, route: str, period: str | None, name: str | None, batch: str | None, as_json: bool
) -> int:
    r"""Send what is ready: what is owed to vendors as vouchers, everything else as a journal that balances per fund.

    An entry leaves once. Beside the file lies a document with its line count, sums per fund, digest and the head of the
    ledger. What waits (for a cover, for an approval) is listed, and leaves with a later batch. An entry without a route
    is a fault: exit 1.

    \b
      tollbook --site harbor export journal 2026-08
      tollbook --site harbor export vouchers
      tollbook --site harbor export journal --again J0001
    """
    site = site_of(context)
    exporter = _exporter(Route(route), name)
    if batch is not None:
        if period is not None:
            raise UsageRefused("PERIOD", "a batch says itself what is in it", "Leave the period out beside --again.")
        done = Exported(export_again(site.ledger(), exporter, batch), (), ())
    else:
        month = None if period is None else parse_period(period, "PERIOD")
        done = export(site.ledger(), exporter, month, site.signer())
    if done.export is not None:
        _write(site, done.export)
    unapproved = _unapproved(site, done)
    if as_json:
        sequence = 0 if done.export is None else done.export.fact.sequence
        content = {**_content(site, route, done), "unapproved": unapproved}
        print_json(document("export", sequence or last_sequence(site), content))
    else:
        _show(site, route, done)
        for entry in unapproved:
            console().print(f"nobody approved: {entry}. On a site for one person it leaves all the same.", markup=False)
    return 1 if done.stray else 0


def _exporter(route: Route, name: str | None) -> Exporter:
    offered = {exporter.name: exporter for exporter in extensions.exporters(route)}
    if name is None and len(offered) == 1:
        return next(iter(offered.values()))
    if name is None or name not in offered:
        found = f"'{name}' is not an exporter of this route" if name else "which format is not said"
        raise UsageRefused("--format", found, f"Use one of: {', '.join(offered) or 'none is installed'}.")
    return offered[name]


def _write(site: Site, made: Export) -> None:
    """The file first: a companion without its file would promise too much."""
    folder = site.path("exports")
    write_whole(folder / made.name, made.content)
    companion = json.dumps(_companion(site, made), ensure_ascii=False, indent=1) + "\n"
    write_whole(folder / f"{made.name}.json", companion.encode())


def _companion(site: Site, made: Export) -> dict[str, Any]:
    """The document beside a file, and the signed head from before it was sent (null without the notary's key)."""
    head = made.fact.content["head"]
    return {**made.sidecar, "checkpoint": signed(site, Head(head["size"], bytes.fromhex(head["root"])))}


def _unapproved(site: Site, done: Exported) -> list[str]:
    """The chargebacks in a batch that nobody approved: on a site for two people they wait, on one for one person they
    leave, and this says so."""
    if done.export is None:
        return []
    with site.ledger().reading() as connection:
        approved = approvals.approved(connection)
        sent = [log.fact(connection, sequence) for sequence in done.export.fact.content["entries"]]
    left = [fact for fact in sent if fact.content["entry"] == EntryKind.CHARGEBACK and fact.sequence not in approved]
    return [f"E{fact.sequence}" for fact in left]


def _content(site: Site, route: str, done: Exported) -> dict[str, Any]:
    return {
        "target": route,
        "export": None if done.export is None else _companion(site, done.export),
        "waiting": [{"entry": routed.entry, "why": routed.why} for routed in done.waiting],
        "stray": [{"entry": routed.entry, "why": routed.why} for routed in done.stray],
    }


def _show(site: Site, route: str, done: Exported) -> None:
    out = console()
    if done.export is None:
        out.print(f"Nothing new to send as {route}.")
    else:
        made = done.export
        content = made.fact.content
        rows = [
            (row["fund"], fixed(row["debit"], row["currency"]), fixed(row["credit"], row["currency"]), row["currency"])
            for row in content["funds"]
        ]
        again = ", sent before, written again" if made.again else ""
        counts = f"{many(len(content['entries']), 'entry', 'entries')}, {many(content['lines'], 'line')}"
        title = f"Batch {made.batch}{again}: {counts}"
        out.print(table(title, ("fund", "debit", "credit", ""), rows, right=(1, 2)))
        out.print(f"{site.path('exports') / made.name}", markup=False)
        out.print(f"SHA-256 {content['sha256']}")
    for routed in done.waiting:
        out.print(f"waits: {routed.entry} ({_about(routed)}): {routed.why}", markup=False)
    for routed in done.stray:
        out.print(f"NO ROUTE: {routed.entry} ({_about(routed)}): {routed.why}", markup=False)


def _about(routed: Routed) -> str:
    content = routed.fact.content
    if "head" in content:
        head = content["head"]
        return " ".join(filter(None, (head["vendor"], head["account"], head["number"])))
    return str(content.get("journal") or content["entry"])
