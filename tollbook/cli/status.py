"""`tollbook status`: the first screen of the morning."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import click

from ledger_core.money import fixed
from ledger_core.projections.overview import Overview, overview
from ledger_core.store import log
from tollbook.cli.answer import console, document, json_option, print_json, site_of
from tollbook.intake.confinement import Means, available_means

_COUNTS = ("documents", "bills", "charges", "entries", "postings")


@click.command()
@json_option
@click.pass_context
def command(context: click.Context, as_json: bool) -> None:
    r"""Say what the books hold, what waits, what was rejected, which months are open.

    Also says which means hold importers of strangers back on this machine.

    \b
      tollbook --site harbor status
    """
    with site_of(context).ledger().reading() as connection:
        entity = log.fact(connection, 1).content["entity"]
        found = overview(connection)
    limits = available_means()
    if as_json:
        print_json(document("status", found.head.size, _content(found, limits)))
        return
    out = console()
    for line in _words(entity, found, limits):
        out.print(line, markup=False)


def _content(found: Overview, limits: Sequence[Means]) -> dict[str, Any]:
    return {
        "head": {"size": found.head.size, "root": found.head.root.hex()},
        "counts": {name: getattr(found, name) for name in _COUNTS},
        "suspense": [{"currency": s.currency, "count": s.count, "amount": s.amount} for s in found.suspense],
        "waiting": [{"files": list(w.files), "missing": list(w.missing)} for w in found.waiting],
        "rejected": [{"path": path, "code": code} for path, code in found.rejected],
        "periods": [{"period": period, "state": state} for period, state in found.periods],
        "limits": sorted(
            ({"name": one.name, "holds": one.holds} for one in limits), key=lambda one: str(one["name"]).encode()
        ),
    }


def _words(entity: str, found: Overview, limits: Sequence[Means]) -> Iterator[str]:
    """The same in plain words: nothing is said of what is empty."""
    yield f"{entity}: {_many(found.bills, 'bill')} with {_many(found.charges, 'charge')} stand in the books,"
    yield f"from {_many(found.documents, 'document')}; {_many(found.entries, 'entry', 'entries')}."
    for suspense in found.suspense:
        amount = f"{fixed(suspense.amount, suspense.currency)} {suspense.currency}"
        yield f"In suspense: {_many(suspense.count, 'charge')}, {amount}. See: tollbook queue"
    for waiting in found.waiting:
        yield f"Waiting: {', '.join(waiting.files)} (missing: {', '.join(waiting.missing)})"
    for path, code in found.rejected:
        yield f"Rejected: {path} ({code}). The reason lies beside it in rejected/."
    if not (found.suspense or found.waiting or found.rejected):
        yield "Nothing waits, nothing was rejected, nothing lies in suspense."
    if found.periods:
        yield "Months: " + ", ".join(f"{period} {state}" for period, state in found.periods) + "."
    lacking = [f"{one.name} ({one.reason})" for one in limits if not one.holds]
    yield "Importers are held back by: " + ", ".join(one.name for one in limits if one.holds) + "."
    if lacking:
        yield "Not by: " + "; ".join(lacking) + "."
    yield f"Head: {_many(found.head.size, 'fact')}, root {found.head.root.hex()}"


def _many(count: int, one: str, more: str = "") -> str:
    return f"{count} {one if count == 1 else more or one + 's'}"
