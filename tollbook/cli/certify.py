"""`tollbook certify`: the auditing officer certifies claims; only then are they sent to be paid."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import click

from ledger_core.engine.certifying import Proposal, certify, certify_ready, proposal, proposals
from ledger_core.errors import UsageRefused
from ledger_core.facts.fact import Fact
from ledger_core.money import fixed
from ledger_core.policy.claims import Claim, line_content, nothing_to_claim
from ledger_core.policy.periods import Period, parse_period
from ledger_core.store import log
from tollbook.cli.answer import console, document, json_option, print_json, site_of, table
from tollbook.site import Site


@click.command()
@click.argument("bills", nargs=-1, metavar="BILL...")
@click.option("--all-ready", is_flag=True, help="Every bill of which something may be paid and nothing hinders it.")
@click.option("--period", metavar="PERIOD", help="With --all-ready: only bills of this month (2026-08).")
@click.option("--digest", metavar="DIGEST", help="Certify only the claim that was shown with this digest.")
@click.option("--dry-run", is_flag=True, help="Show the claims and record nothing.")
@json_option
@click.pass_context
def command(
    context: click.Context,
    bills: tuple[str, ...],
    all_ready: bool,
    period: str | None,
    digest: str | None,
    dry_run: bool,
    as_json: bool,
) -> int:
    r"""Certify what may be paid of each BILL: its total, less what is held, less what was claimed before.

    The goods have been furnished, the services rendered or the labor performed as described; the claim is a just, due
    and unpaid obligation, and you are authorized to certify it (RCW 42.24.080). Whoever recoded, held or covered a
    bill does not certify it, except on a site that was made for one person.

    What is certified is the digest of the claim. Look first, then certify what you saw; if anything of it changed in
    between, nothing is recorded. Exit 1 where, of --all-ready, something may not be certified yet.

    \b
      tollbook --site harbor certify --all-ready --period 2026-08 --dry-run
      tollbook --site harbor certify B-0f1e2d3c4b5a6978-0 --digest 8c1f20aa93b46e07
      tollbook --site harbor certify --all-ready --period 2026-08
    """
    _require(bills, period, digest, all_ready=all_ready)
    site = site_of(context)
    month = None if period is None else parse_period(period, "--period")
    found, facts, sequence = _certified(site, bills, month, digest, all_ready=all_ready, dry_run=dry_run)
    waits = [one for one in found if _hindered(one)]
    if as_json:
        claims = [_content(one.claim, facts.get(one.claim.bill), one) for one in found if not _hindered(one)]
        told = {"dry_run": dry_run, "claims": claims, "waiting": [_waiting(one) for one in waits]}
        print_json(document("certify", sequence, told))
    else:
        _show(found, facts, dry_run=dry_run)
    return 1 if waits else 0


def _require(bills: Sequence[str], period: str | None, digest: str | None, *, all_ready: bool) -> None:
    if bool(bills) == all_ready:
        raise UsageRefused("BILL", "name bills, or say --all-ready", "Take bills from `tollbook payables`.")
    if period is not None and not all_ready:
        raise UsageRefused("--period", "the bills are named", "Leave it out, or say --all-ready.")
    if digest is not None and len(bills) != 1:
        raise UsageRefused("--digest", "it is the digest of one claim", "Name one bill.")
    if len(set(bills)) != len(bills):
        raise UsageRefused("BILL", "one is named twice", "Name each once.")


def _certified(
    site: Site, bills: Sequence[str], month: Period | None, digest: str | None, *, all_ready: bool, dry_run: bool
) -> tuple[list[Proposal], dict[str, Fact], int]:
    """What may be claimed, the facts that certify it, by bill, and the log position."""
    signer = site.signer()
    person = signer.actor.person
    if dry_run:
        with site.ledger().reading() as connection:
            named = [proposal(connection, bill, person) for bill in bills]
            found = proposals(connection, month, person) if all_ready else named
            return found, {}, log.last_sequence(connection)
    with site.ledger().acting(signer) as act:
        if not all_ready:
            found = [proposal(act.connection, bill, person) for bill in bills]
            facts = {bill: certify(act, bill, digest) for bill in bills}
        else:
            done = certify_ready(act, month)
            found = [one for one, _ in done]
            facts = {one.claim.bill: fact for one, fact in done if fact is not None}
        return found, facts, act.door.last


def _hindered(one: Proposal) -> bool:
    return bool(one.hindrances) or not one.claim.amount


def _reasons(one: Proposal) -> Iterator[dict[str, Any]]:
    claim = one.claim
    if not claim.amount:
        found = nothing_to_claim(claim.bill, claim.payable, claim.held, claim.currency)
        yield {"code": found.code, "where": found.where, "found": found.found, "do": found.do}
    for found in one.hindrances:
        yield {"code": found.code, "where": found.where, "found": found.found, "do": found.do}


def _content(claim: Claim, fact: Fact | None, one: Proposal) -> dict[str, Any]:
    lines = [line_content(line) for line in claim.lines]
    return {
        "claim": claim.id,
        "bill": claim.bill,
        "number": claim.number,
        "vendor": claim.vendor,
        "account": claim.account,
        "invoice": claim.invoice or None,
        "currency": claim.currency,
        "payable": claim.payable,
        "held": claim.held,
        "before": claim.before,
        "amount": claim.amount,
        "digest": claim.digest,
        "lines": lines,
        "statement": one.statement,
        "fact": None if fact is None else fact.sequence,
    }


def _waiting(one: Proposal) -> dict[str, Any]:
    claim = one.claim
    amount = {"bill": claim.bill, "vendor": claim.vendor, "account": claim.account, "amount": claim.amount}
    return {**amount, "currency": claim.currency, "problems": list(_reasons(one))}


def _show(found: Sequence[Proposal], facts: dict[str, Fact], *, dry_run: bool) -> None:
    out = console()
    ready = [one for one in found if not _hindered(one)]
    if ready:
        said = "would be certified" if dry_run else "certified"
        count = "1 claim" if len(ready) == 1 else f"{len(ready)} claims"
        out.print(table(f"{count} {said}", *_table(ready), right=(3, 4, 5)))
        for statement in dict.fromkeys(one.statement for one in ready):
            out.print(f"Certified: {statement}" if facts else f"To be certified: {statement}", markup=False)
    for one in found:
        for reason in _reasons(one):
            out.print(f"waits: {reason['where']}: {reason['found']}. {reason['do']}", markup=False)
    if not found:
        out.print("Nothing waits to be certified.")


def _table(ready: Sequence[Proposal]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    rows: list[tuple[str, ...]] = [
        (
            one.claim.bill,
            " ".join(filter(None, (one.claim.vendor, one.claim.account, one.claim.invoice))),
            one.claim.digest[:16],
            fixed(one.claim.payable, one.claim.currency),
            fixed(one.claim.held, one.claim.currency),
            f"{fixed(one.claim.amount, one.claim.currency)} {one.claim.currency}",
        )
        for one in ready
    ]
    return ("bill", "vendor, account, number", "digest", "payable", "held", "claim"), rows
