"""`tollbook digest`: the morning's page, printed, kept as a mail file, or sent."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from ledger_core.errors import UsageRefused
from ledger_core.projections.reminders import Reminder
from tollbook.cli.answer import document, json_option, print_json, site_of
from tollbook.cli.clocks import day
from tollbook.digest.digest import Digest, digest
from tollbook.digest.letter import SHOWN, text
from tollbook.digest.mail import address, mail
from tollbook.digest.sending import PASSWORD, send
from tollbook.site import FILE, MailServer, Site
from tollbook.today import today
from tollbook.whole_file import write_whole

_NOBODY = "digest@localhost"  # who a mail file is from where no server is set


@click.command()
@click.option("--to", "to", multiple=True, metavar="ADDRESS", help="Who gets the mail; may stand several times.")
@click.option("--send", "sending", is_flag=True, help="Send it through the server of [mail] in tollbook.toml.")
@click.option("--eml", type=click.Path(path_type=Path, dir_okay=False), help="Write the mail to this file.")
@click.option("--since", metavar="DAY", help="What came from this day on; without it, since the last business day.")
@json_option
@click.pass_context
def command(
    context: click.Context, to: tuple[str, ...], sending: bool, eml: Path | None, since: str | None, as_json: bool
) -> None:
    r"""Say what came, what waits by money, what is late and which deadlines come: the morning's mail.

    It is printed, unless it is sent or written to a file. The server's password stands in TOLLBOOK_MAIL_PASSWORD and
    never in a file. Let a timer run it on business days.

    \b
      tollbook --site harbor digest
      tollbook --site harbor digest --to kim@harbor.example --eml morning.eml
      tollbook --site harbor digest --to kim@harbor.example --send
    """
    site = site_of(context)
    first = None if since is None else day(since, "--since")
    to = tuple(address(one, "--to") for one in to)
    server = _server(site, to) if sending else site.settings.mail
    with site.ledger().reading() as connection:
        found = digest(connection, today(connection, site), first)
    if eml is not None or sending:
        message = mail(found, server.sender if server else _NOBODY, to, site.clock())
        if eml is not None:
            write_whole(eml, message.as_bytes())
        if sending:
            assert server is not None
            send(message, server, os.environ.get(PASSWORD, ""))
    if as_json:
        print_json(document("digest", found.sequence, _content(found, to, sent=sending)))
    elif sending:
        click.echo(f"Sent to {', '.join(to)}.")
    elif eml is not None:
        click.echo(f"Written to {eml}.")
    else:
        click.echo(text(found), nl=False)


def _server(site: Site, to: Sequence[str]) -> MailServer:
    if not to:
        raise UsageRefused("--send", "nobody is named who gets the mail", "Name them with --to.")
    if site.settings.mail is None:
        raise UsageRefused(
            "--send", f"{FILE} has no [mail]", 'Write it there: host = "mail.city.example" and from = "...".'
        )
    return site.settings.mail


def _content(found: Digest, to: Sequence[str], *, sent: bool) -> dict[str, Any]:
    return {
        "today": found.today.isoformat(),
        "since": found.since.isoformat(),
        "to": list(to),
        "sent": sent,
        "came": [
            {name: getattr(bill, name) for name in ("bill", "vendor", "account", "number", "bill_date", "total")}
            | {"currency": bill.currency}
            for bill in found.came
        ],
        "refused": [{"name": one.name, "code": one.code} for one in found.refused],
        "waiting": [{"currency": currency, "amount": amount} for currency, amount in found.waiting()],
        "items": len(found.queue),
        "first": [
            {name: getattr(item, name) for name in ("item", "code", "bill", "amount", "currency", "owner", "text")}
            for item in found.queue[:SHOWN]
        ],
        "late": [_reminder(one) for one in found.late],
        "due": [_reminder(one) for one in found.due],
    }


def _reminder(one: Reminder) -> dict[str, Any]:
    named = {name: getattr(one, name) for name in ("what", "code", "vendor", "account", "bill", "amount", "currency")}
    return {"day": one.day.isoformat(), **named, "text": one.text}
