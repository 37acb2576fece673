"""`tollbook enrol`: say whose a key is, and what its holder may record."""

from __future__ import annotations

import click

from ledger_core.engine.enrolment import ROLES, enrol, public_key
from ledger_core.signature import fingerprint
from tollbook.cli.answer import console, document, json_option, print_json, site_of


@click.command()
@click.argument("person")
@click.option("--key", required=True, help="The public key that `tollbook key show` prints on that person's machine.")
@click.option("--role", "roles", multiple=True, default=("coordinator",), type=click.Choice(ROLES), show_default=True)
@json_option
@click.pass_context
def command(context: click.Context, person: str, key: str, roles: tuple[str, ...], as_json: bool) -> None:
    r"""Enrol PERSON with a public key and roles. Only an administrator can.

    A coordinator loads, codes and decides; an accountant also certifies and closes; an administrator enrols; an auditor and a
    service record nothing that changes what is owed by whom.

    \b
      tollbook --site harbor enrol rosa --key 3q2+7w...= --role coordinator --role accountant
    """
    site = site_of(context)
    public = public_key(key)
    with site.ledger().acting(site.signer()) as act:
        fact = enrol(act, person, public, roles)
    if as_json:
        content = {"person": person, "key": fingerprint(public), "roles": list(roles)}
        print_json(document("enrol", fact.sequence, content))
    else:
        console().print(f"{person} is enrolled as {', '.join(roles)}, key {fingerprint(public)[:12]}.", markup=False)
