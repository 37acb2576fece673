"""`tollbook enrol`: say whose a key is, and what its holder may record."""

from __future__ import annotations

import click

from ledger_core.engine.enrolment import ROLES, enrol, public_key, withdraw
from ledger_core.errors import UsageRefused
from ledger_core.signature import fingerprint
from tollbook.cli.answer import console, document, json_option, many, print_json, site_of


@click.command()
@click.argument("person")
@click.option("--key", help="The public key that `tollbook key show` prints on that person's machine.")
@click.option("--role", "roles", multiple=True, default=("coordinator",), type=click.Choice(ROLES), show_default=True)
@click.option(
    "--withdraw", "reason", metavar="REASON", help="Withdraw the keys of PERSON, or the one of --key, for this reason."
)
@json_option
@click.pass_context
def command(
    context: click.Context, person: str, key: str | None, roles: tuple[str, ...], reason: str | None, as_json: bool
) -> None:
    r"""Enrol PERSON with a public key and roles, or withdraw the keys of who left. Only an administrator can.

    A coordinator loads, codes and decides; an accountant also certifies and closes; an administrator enrols; an
    auditor and a service record nothing that changes what is owed by whom. What an aide decides is prepared, and taken
    by a coordinator or accountant: see `tollbook decide`.

    \b
      tollbook --site harbor enrol rosa --key 3q2+7w...= --role coordinator --role accountant
      tollbook --site harbor enrol rosa --withdraw "Rosa has left"
    """
    site = site_of(context)
    if key is None and reason is None:
        raise UsageRefused("--key, --withdraw", "one of both is needed", "Enrol a key, or withdraw a person's keys.")
    if reason is not None:
        with site.ledger().acting(site.signer()) as act:
            fact = withdraw(act, person, reason, None if key is None else public_key(key))
        if as_json:
            print_json(document("enrol", fact.sequence, {"person": person, "key": None, "roles": []}))
        else:
            gone = many(len(fact.content["keys"]), "key")
            console().print(f"{gone} of {person} withdrawn. What was signed before stands.", markup=False)
        return
    public = public_key(key or "")
    with site.ledger().acting(site.signer()) as act:
        fact = enrol(act, person, public, roles)
    if as_json:
        content = {"person": person, "key": fingerprint(public), "roles": list(roles)}
        print_json(document("enrol", fact.sequence, content))
    else:
        console().print(f"{person} is enrolled as {', '.join(roles)}, key {fingerprint(public)[:12]}.", markup=False)
