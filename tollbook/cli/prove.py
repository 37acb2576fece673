"""`tollbook prove`: a proof that something stands in the books, and its check without them."""

from __future__ import annotations

import base64
import binascii
import json
from pathlib import Path

import click

from ledger_core.engine.proof import check_proof
from ledger_core.engine.proving import prove, prove_consistency
from ledger_core.errors import InputRefused, NotEnrolled, UsageRefused
from ledger_core.signature import PersonalKey
from ledger_core.store import log
from tollbook.cli.answer import console, document, json_option, print_json, site_of
from tollbook.site import Site


@click.command()
@click.argument("id", required=False)
@click.option(
    "--consistency", nargs=2, type=click.IntRange(1), metavar="M N", help="Prove that head N continues head M."
)
@click.option("--check", type=click.Path(path_type=Path), metavar="FILE", help="Check a bundle; needs no site.")
@click.option("--key", help="With --check: the notary's public key in base64, as you know it.")
@json_option
@click.pass_context
def command(
    context: click.Context,
    id: str | None,  # noqa: A002 - the contract's word
    consistency: tuple[int, int] | None,
    check: Path | None,
    key: str | None,
    as_json: bool,
) -> int:
    r"""Prove a charge, posting, entry, bill or fact against the signed head of the log.

    The bundle convinces whoever has only it and the notary's public key.

    \b
      tollbook --site harbor prove B-0123456789abcdef-1:12 --json > charge.proof
      tollbook prove --check charge.proof --key BASE64
      tollbook --site harbor prove --consistency 120 480
    """
    if [id, consistency, check].count(None) != 2:
        raise UsageRefused("prove", "it takes an ID, --consistency or --check", "Name one of them.")
    if check is not None:
        return _check(check, key)
    site = site_of(context)
    if consistency is not None:
        return _consistency(site, *consistency)
    assert id is not None
    with site.ledger().reading() as connection:
        proof = prove(connection, id, _notary(site))
    if as_json:
        print_json(document("prove", proof.outer.size, proof.document()))
        return 0
    out = console()
    out.print(f"{id} stands in fact {proof.outer.index + 1} of {proof.outer.size}.", markup=False)
    out.print(f"head {proof.outer.size}:{proof.outer.root.hex()}", markup=False)
    if proof.checkpoint is None:
        out.print("The notary's key is not here, so the head is not signed.")
    out.print("The bundle itself: --json.")
    return 0


def _notary(site: Site) -> PersonalKey | None:
    try:
        return site.notary()
    except NotEnrolled:
        return None


def _consistency(site: Site, old: int, new: int) -> int:
    with site.ledger().reading() as connection:
        path = [node.hex() for node in prove_consistency(connection, old, new)]
        heads = [{"size": size, "root": log.head(connection, size).root.hex()} for size in (old, new)]
        size = log.last_sequence(connection)
    print_json(document("consistency", size, {"path": path, "heads": heads}))
    return 0


def _check(file: Path, key: str | None) -> int:
    try:
        bundle = json.loads(file.read_text("utf-8"))
        public = base64.b64decode(key, validate=True) if key else None
    except (OSError, ValueError, binascii.Error) as wrong:
        raise InputRefused(
            str(file), f"it is no bundle, or the key no key ({wrong})", "Give both as they came."
        ) from wrong
    proved = check_proof(bundle, public)
    head = proved.head.head if proved.head else None
    said = f"under the signed head {head.size}:{head.root.hex()}" if head else "under no signed head"
    console().print(f"The proof holds, {said}.", markup=False)
    console().print(json.dumps(proved.row if proved.row is not None else proved.fact, ensure_ascii=False), markup=False)
    return 0
