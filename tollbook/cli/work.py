"""`tollbook work`: take decisions made in a worksheet back into the books."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import Any

import click

from ledger_core.engine.recoding import Target
from ledger_core.money import EXACT, fixed, plain
from ledger_core.projections.exceptions import open_exceptions
from ledger_core.store import log
from tollbook.cli.answer import console, document, json_option, many, print_json, site_of
from tollbook.cli.asked import Asked
from tollbook.cli.carrying import Carrying, Done
from tollbook.cli.choices import choices
from tollbook.site import Site
from tollbook.today import today
from tollbook.worksheet.reading import Decision, read_worksheet


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Show what would be recorded and record nothing.")
@json_option
@click.pass_context
def command(context: click.Context, file: Path, dry_run: bool, as_json: bool) -> None:
    r"""Record the decisions in FILE, a workbook that `tollbook queue --xlsx` wrote. All of them in one act, or none.

    Rows without a decision stay in the queue. A locked cell that was changed, or an item that was decided meanwhile,
    refuses the file, with every such cell named.

    \b
      tollbook --site harbor queue --xlsx monday.xlsx
      tollbook --site harbor work monday.xlsx --dry-run
      tollbook --site harbor work monday.xlsx
    """
    site = site_of(context)
    if dry_run:
        with site.ledger().reading() as connection:
            queue = open_exceptions(connection, today(connection, site))
            decisions = read_worksheet(file, queue, choices(connection, site).departments)
            sequence = log.last_sequence(connection)
        done: list[Done] = []
    else:
        decisions, done, sequence = _record(site, file)
    facts = [fact.sequence for one in done for fact in one.facts]
    prepared = [one.prepared for one in done if one.prepared]
    if as_json:
        shown = [_content(one) for one in decisions]
        content = {"dry_run": dry_run, "decisions": shown, "facts": facts, "prepared": prepared}
        print_json(document("work", sequence, content))
        return
    out = console()
    for line in _words(decisions, facts, prepared, dry_run=dry_run):
        out.print(line, markup=False)


def _record(site: Site, file: Path) -> tuple[list[Decision], list[Done], int]:
    """Read and record inside one act, so that nothing can be decided in between."""
    with site.ledger().acting(site.signer()) as act:
        departments = choices(act.connection, site).departments
        queue = open_exceptions(act.connection, today(act.connection, site))
        decisions = read_worksheet(file, queue, departments)
        carrying = Carrying(act, site, queue)
        done = [carrying.decide(_asked(group)) for group in _groups(decisions)]
        return decisions, done, act.door.last


def _groups(decisions: Sequence[Decision]) -> Iterator[list[Decision]]:
    """Rows that were decided alike, together, each group where its first row stands."""
    order: dict[Any, int] = {}
    for decision in decisions:
        order.setdefault(decision.alike, len(order))
    arranged = sorted(decisions, key=lambda one: order[one.alike])
    for _, group in groupby(arranged, key=lambda one: order[one.alike]):
        yield list(group)


def _asked(group: Sequence[Decision]) -> Asked:
    """The rows of one decision as a command would say them."""
    first = group[0]
    return Asked(
        first.decided.value,
        first.reason,
        tuple(one.item.item for one in group),
        object=first.targets[0].object if first.targets else None,
        split=tuple(f"{target.department}={_percent(target)}" for target in first.targets),
        owner=first.owner or None,
    )


def _content(one: Decision) -> dict[str, Any]:
    shares = [
        {"department": target.department, "object": target.object, "percent": _percent(target)}
        for target in one.targets
    ]
    return {
        "item": one.item.item,
        "decision": one.decided.value,
        "shares": shares,
        "owner": one.owner or None,
        "reason": one.reason,
        "amount": one.item.amount,
        "currency": one.item.currency,
    }


def _percent(target: Target) -> str:
    """The weight as the percent that was typed."""
    return plain(EXACT.divide(Decimal(target.weight.numerator), Decimal(target.weight.denominator)))


def _words(
    decisions: Sequence[Decision], facts: Sequence[int], prepared: Sequence[str], *, dry_run: bool
) -> Iterator[str]:
    for one in decisions:
        amount = f"{fixed(one.item.amount, one.item.currency)} {one.item.currency}"
        yield f"  {one.item.item}  {amount}  {one.decided}{_to_whom(one)}: {one.reason}"
    if not decisions:
        yield "No row holds a decision."
    elif dry_run:
        yield f"{many(len(decisions), 'decision')} would be recorded."
    elif facts:
        yield f"{many(len(decisions), 'decision')} recorded, in {_named(facts)}."
    if prepared:
        yield f"Prepared as {', '.join(prepared)}. Another person decides: tollbook decide {' '.join(prepared)}"


def _named(facts: Sequence[int]) -> str:
    """Facts in words: "fact 7", "facts 7 to 9", "facts 7, 9"."""
    if len(facts) == 1:
        return f"fact {facts[0]}"
    if list(facts) == list(range(facts[0], facts[-1] + 1)):
        return f"facts {facts[0]} to {facts[-1]}"
    return f"facts {', '.join(str(fact) for fact in facts)}"


def _to_whom(one: Decision) -> str:
    shares = ", ".join(
        f"{target.department} {_percent(target)}%" + (f" {target.object}" if target.object else "")
        for target in one.targets
    )
    named = one.owner or shares
    return f" to {named}" if named else ""
