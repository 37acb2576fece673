"""`tollbook status`: the first screen of the morning."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import attrs
import click

from ledger_core.money import fixed
from ledger_core.projections.exceptions import queue_and_agenda
from ledger_core.projections.overview import FailedExtension, Overview, overview
from ledger_core.projections.reminders import BILL, Reminder
from ledger_core.store import log
from tollbook import extensions
from tollbook.cli.answer import console, document, json_option, many, print_json, site_of
from tollbook.intake.confinement import Means, available_means
from tollbook.site import Site
from tollbook.today import today

_COUNTS = ("documents", "bills", "charges", "entries", "postings")
_NAMED = 5  # names in a line; the others are counted


@click.command()
@json_option
@click.pass_context
def command(context: click.Context, as_json: bool) -> None:
    r"""Say what the books hold, what waits, what was rejected, what is late or due, which months are open.

    Also says which means hold importers of strangers back on this machine.

    \b
      tollbook --site harbor status
    """
    site = site_of(context)
    with site.ledger().reading() as connection:
        entity = log.fact(connection, 1).content["entity"]
        found = overview(connection)
        found = attrs.evolve(found, failed=_still_there(site, found.failed))
        _, agenda = queue_and_agenda(connection, today(connection, site))
    limits = available_means()
    if as_json:
        print_json(document("status", found.head.size, _content(found, limits, agenda)))
        return
    out = console()
    for line in _words(entity, found, limits, agenda):
        out.print(line, markup=False)


def _content(found: Overview, limits: Sequence[Means], agenda: Sequence[Reminder]) -> dict[str, Any]:
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
        "due": [
            {
                "day": one.day.isoformat(),
                "what": one.what,
                "code": one.code,
                "vendor": one.vendor,
                "account": one.account,
                "bill": one.bill,
                "amount": one.amount,
                "currency": one.currency,
            }
            for one in agenda
        ],
        "failed": [
            {"extension": one.name, "files": one.files, "file": one.file, "code": one.code, "found": one.found}
            for one in found.failed
        ],
    }


def _still_there(site: Site, failed: Sequence[FailedExtension]) -> tuple[FailedExtension, ...]:
    """Those that nobody removed or changed since."""
    files = {file.stem: file for file in site.path("extensions").glob("*.py")}
    installed = {source.name for source in extensions.installed()}
    return tuple(
        one
        for one in failed
        if one.name in installed or (one.name in files and files[one.name].stat().st_mtime < one.recorded.timestamp())
    )


def _words(entity: str, found: Overview, limits: Sequence[Means], agenda: Sequence[Reminder]) -> Iterator[str]:
    """The same in plain words: nothing is said of what is empty."""
    yield f"{entity}: {many(found.bills, 'bill')} with {many(found.charges, 'charge')} stand in the books,"
    yield f"from {many(found.documents, 'document')}; {many(found.entries, 'entry', 'entries')}."
    for suspense in found.suspense:
        amount = f"{fixed(suspense.amount, suspense.currency)} {suspense.currency}"
        yield f"In suspense: {many(suspense.count, 'charge')}, {amount}. See: tollbook queue"
    for waiting in found.waiting:
        yield f"Waiting: {', '.join(waiting.files)} (missing: {', '.join(waiting.missing)})"
    for path, code in found.rejected:
        yield f"Rejected: {path} ({code}). The reason lies beside it in rejected/."
    if not (found.suspense or found.waiting or found.rejected):
        yield "Nothing waits, nothing was rejected, nothing lies in suspense."
    for one in found.failed:
        asked = f"{many(one.files, 'file')}, last on {one.file}"
        yield f"Failed: extension {one.name} ({one.code}: {one.found}) on {asked}. Others read what it failed on."
    yield from due_words(agenda)
    if found.periods:
        yield "Months: " + ", ".join(f"{period} {state}" for period, state in found.periods) + "."
    lacking = [f"{one.name} ({one.reason})" for one in limits if not one.holds]
    yield "Importers are held back by: " + ", ".join(one.name for one in limits if one.holds) + "."
    if lacking:
        yield "Not by: " + "; ".join(lacking) + "."
    yield f"Head: {many(found.head.size, 'fact')}, root {found.head.root.hex()}"


def due_words(agenda: Sequence[Reminder]) -> Iterator[str]:
    """What is late, what has passed and what comes, in a line each; the first few of them named."""
    late = [one for one in agenda if one.what == BILL]
    passed = [one for one in agenda if one.code == "deadline-passed"]
    near = [one for one in agenda if one.code == "deadline-near"]
    if late:
        named = _few([f"{one.vendor} {one.account}" for one in late])
        yield f"Late: {many(len(late), 'account')} without the expected bill ({named}). See: tollbook expected"
    if passed:
        named = _few([f"{one.what} of {one.vendor} {one.account} {one.day}" for one in passed])
        yield f"Overdue: {many(len(passed), 'deadline')} ({named}). See: tollbook queue"
    if near:
        named = _few([f"{one.day} {one.what} of {one.vendor} {one.account}" for one in near])
        yield f"Due soon: {many(len(near), 'deadline')} ({named})."


def _few(names: Sequence[str]) -> str:
    return ", ".join((*names[:_NAMED], *(["..."] if len(names) > _NAMED else [])))
