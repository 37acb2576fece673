"""`tollbook work`: take decisions made in a worksheet back into the books."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import Any

import click

from ledger_core.engine.crediting import confirm, refuse
from ledger_core.engine.decision import accept, assign
from ledger_core.engine.ledger import Act
from ledger_core.engine.recoding import Recoding, Selection, Target, recode
from ledger_core.facts.fact import Fact
from ledger_core.money import EXACT, fixed, plain
from ledger_core.projections.credits import OPEN as WAITING
from ledger_core.projections.credits import credit_named, name_of
from ledger_core.projections.exceptions import ExceptionItem, open_exceptions
from ledger_core.store import log
from tollbook.cli.answer import console, document, json_option, many, print_json, site_of
from tollbook.cli.choices import choices
from tollbook.cli.portions import withhold
from tollbook.site import Site
from tollbook.today import today
from tollbook.worksheet.columns import Decided
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
        facts: list[Fact] = []
    else:
        decisions, facts, sequence = _record(site, file)
    if as_json:
        entries = [fact.sequence for fact in facts]
        shown = [_content(one) for one in decisions]
        print_json(document("work", sequence, {"dry_run": dry_run, "decisions": shown, "facts": entries}))
        return
    out = console()
    for line in _words(decisions, facts, dry_run=dry_run):
        out.print(line, markup=False)


def _record(site: Site, file: Path) -> tuple[list[Decision], list[Fact], int]:
    """Read and record inside one act, so that nothing can be decided in between."""
    with site.ledger().acting(site.signer()) as act:
        departments = choices(act.connection, site).departments
        queue = open_exceptions(act.connection, today(act.connection, site))
        decisions = read_worksheet(file, queue, departments)
        facts = [fact for group in _groups(decisions) for fact in _decide(act, group, site)]
        return decisions, facts, act.door.last


def _groups(decisions: Sequence[Decision]) -> Iterator[list[Decision]]:
    """Rows that were decided alike, together, each group where its first row stands."""
    order: dict[Any, int] = {}
    for decision in decisions:
        order.setdefault(decision.alike, len(order))
    arranged = sorted(decisions, key=lambda one: order[one.alike])
    for _, group in groupby(arranged, key=lambda one: order[one.alike]):
        yield list(group)


def _decide(act: Act, group: Sequence[Decision], site: Site) -> Sequence[Fact]:
    first, items = group[0], tuple(one.item.item for one in group)
    waiting = [one.item for one in group]
    if first.decided is Decided.ACCEPT:
        return accept(act, items, first.reason, waiting)
    if first.decided is Decided.ASSIGN:
        return [assign(act, items, first.owner, first.reason, waiting)]
    if first.decided in {Decided.HOLD, Decided.DISPUTE}:
        return withhold(act, waiting, first.reason, site, disputed=first.decided is Decided.DISPUTE)
    if first.decided in {Decided.CONFIRM, Decided.REFUSE}:
        return [fact for item in waiting for fact in _credited(act, item, first, site)]
    lines = tuple(Selection(str(one.item.bill), None, one.item.service) for one in group)
    retained = first.decided is Decided.RETAIN
    plan = Recoding(lines, first.targets, retained=retained, suspense_only=True, items=items)
    return recode(act, plan, first.reason, site.path("spool")).facts


def _credited(act: Act, item: ExceptionItem, decision: Decision, site: Site) -> Sequence[Fact]:
    """A credit follows what the item's text names first, or nothing of it. Tax that went along before is done."""
    credit = credit_named(act.connection, str(item.charge), act.door.last)
    if credit.outcome not in WAITING:
        return ()
    if decision.decided is Decided.REFUSE:
        done = refuse(act, credit, decision.reason, site.path("spool"))
    else:
        first = next(row for row in credit.rows if row.dispute or row.charge_fact)
        follows = first.dispute or name_of(act.connection, first.charge)
        done = confirm(act, credit, [follows], decision.reason, site.path("spool"))
    return [fact for fact in (done.fact, done.entry) if fact is not None]


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


def _words(decisions: Sequence[Decision], facts: Sequence[Fact], *, dry_run: bool) -> Iterator[str]:
    for one in decisions:
        amount = f"{fixed(one.item.amount, one.item.currency)} {one.item.currency}"
        yield f"  {one.item.item}  {amount}  {one.decided}{_to_whom(one)}: {one.reason}"
    if not decisions:
        yield "No row holds a decision."
    elif dry_run:
        yield f"{many(len(decisions), 'decision')} would be recorded."
    else:
        yield f"{many(len(decisions), 'decision')} recorded, in {', '.join(f'fact {fact.sequence}' for fact in facts)}."


def _to_whom(one: Decision) -> str:
    shares = ", ".join(
        f"{target.department} {_percent(target)}%" + (f" {target.object}" if target.object else "")
        for target in one.targets
    )
    named = one.owner or shares
    return f" to {named}" if named else ""
