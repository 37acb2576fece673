"""`tollbook check`: examine bills that are posted, again or for the first time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from ledger_core.engine.examining import Examined, Examiner
from ledger_core.errors import Unknown, UsageRefused
from ledger_core.money import fixed
from ledger_core.projections import bills
from ledger_core.projections.charges import standing_bills
from ledger_core.projections.checks import Raised, raised, unchecked
from ledger_core.store import log
from tollbook import extensions
from tollbook.cli.answer import console, document, json_option, print_json, site_of, table
from tollbook.site import Site


@click.command()
@click.argument("names", nargs=-1, metavar="[BILL...]")
@click.option("--all", "every", is_flag=True, help="Every bill that stands.")
@json_option
@click.pass_context
def command(context: click.Context, names: tuple[str, ...], every: bool, as_json: bool) -> int:
    r"""Let the checks look at posted bills, on what is known now: after contracts, an inventory or taxes were loaded.
    Without a name, the bills that were never examined.

    Every bill is examined as it is posted. What is objected to stands in the queue; what was accepted stays accepted
    as long as the lines and amounts in question are the same. Nothing is recorded where nothing has changed.

    \b
      tollbook --site harbor load contracts contracts.csv
      tollbook --site harbor check --all
      tollbook --site harbor queue
    """
    if every and names:
        raise UsageRefused("--all", "it stands beside named bills", "Use one of them.")
    site = site_of(context)
    posted = _chosen(site, names, every=every)
    examiner = Examiner(site.ledger(), site.signer(), extensions.checks())
    examined = examiner.examine([bill.fact for bill in posted])
    with site.ledger().reading() as connection:
        sequence = log.last_sequence(connection)
        currency = log.fact(connection, 1).content["currency"]
        found = list(raised(connection, posted))
    if as_json:
        print_json(document("check", sequence, _answer(examined, found, currency)))
    else:
        _show(examined, currency)
    return 1 if any(one.open for one in examined) else 0


def _chosen(site: Site, names: Sequence[str], *, every: bool) -> list[bills.PostedBill]:
    """The bills named, in order of posting. Raises Unknown for one that does not stand."""
    with site.ledger().reading() as connection:
        if not names and not every:
            return unchecked(connection)
        standing = {bill.bill: bill for bill in standing_bills(connection, log.last_sequence(connection))}
    if missing := [name for name in names if name not in standing]:
        raise Unknown(f"bill {missing[0][:80]}", "no bill of that name stands", "Take it from `tollbook charges`.")
    chosen = standing.values() if every else [standing[name] for name in dict.fromkeys(names)]
    return sorted(chosen, key=lambda bill: bill.fact)


def _answer(examined: Sequence[Examined], found: Sequence[Raised], currency: str) -> dict[str, Any]:
    return {
        "bills": [
            {
                "bill": one.bill,
                "open": one.open,
                "waived": one.waived,
                "amount": one.stake,
                "left_off": one.left_off,
                "recorded": None if one.fact is None else one.fact.sequence,
                "objections": [_objection(row) for row in found if row.bill == one.bill],
            }
            for one in examined
        ],
        "currency": currency,
    }


def _objection(row: Raised) -> dict[str, Any]:
    return {
        "code": row.code,
        "check": row.check,
        "charge": f"{row.bill}:{row.charge}" if row.charge else None,
        "service": row.service,
        "amount": row.stake,
        "confidence": row.confidence,
        "cause": row.cause,
        "waiver": row.waiver,
        "found": row.found,
        "do": row.do,
        "evidence": [{"name": name, "shows": shows} for name, shows in row.evidence],
    }


def _show(examined: Sequence[Examined], currency: str) -> None:
    out = console()
    if not examined:
        out.print("No bill waits to be examined. Name one, or use --all.")
        return
    rows = [(one.bill, str(one.open), f"{fixed(one.stake, currency)} {currency}", str(one.waived)) for one in examined]
    out.print(
        table(f"{len(examined)} examined", ("bill", "objections", "in question", "waived"), rows, right=(1, 2, 3))
    )
    if any(one.open for one in examined):
        out.print("See `tollbook queue`.")
