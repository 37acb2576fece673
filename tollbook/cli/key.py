"""`tollbook key`: make and show personal signing keys."""

from __future__ import annotations

import base64
import os

import click

from ledger_core.signature import PersonalKey, fingerprint
from tollbook.cli.answer import console, json_option, print_json
from tollbook.keys import KeyRing
from tollbook.site import acting_user


@click.group()
def command() -> None:
    r"""Make and show personal signing keys. They lie in your own key folder, never in a site.

    \b
      tollbook key new
      tollbook key show
    """


@command.command("new")
@click.argument("person", required=False)
@json_option
def new(person: str | None, as_json: bool) -> None:
    r"""Make a key for PERSON, or for whoever runs this. An administrator enrols its public half.

    \b
      tollbook key new rosa
    """
    ring = KeyRing.of(os.environ)
    _show(ring.make(person or _whoever()), ring, as_json=as_json)


@command.command("show")
@click.argument("person", required=False)
@json_option
def show(person: str | None, as_json: bool) -> None:
    r"""Show the public key of PERSON, or of whoever runs this. The secret half is never shown.

    \b
      tollbook key show
    """
    ring = KeyRing.of(os.environ)
    _show(ring.key(person or _whoever()), ring, as_json=as_json)


def _whoever() -> str:
    return os.environ.get("TOLLBOOK_ACTOR") or acting_user()


def _show(key: PersonalKey, ring: KeyRing, *, as_json: bool) -> None:
    public = base64.b64encode(key.public).decode()
    if as_json:
        names = {"person": key.person, "key": fingerprint(key.public), "public": public}
        print_json({"format": "tollbook.key/1", "sequence": None, **names})  # keys are no part of any ledger
        return
    out = console()
    out.print(f"{key.person}: key {fingerprint(key.public)[:12]} in {ring.folder}", markup=False)
    out.print(f"public {public}", markup=False)
    out.print(f"An administrator enrols it: tollbook enrol {key.person} --key {public}", markup=False)
