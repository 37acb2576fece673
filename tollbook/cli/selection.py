"""Charges as people name them on the command line: one, a range, a bill, one service of it, an item of the queue."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction

import attrs
import click
from sqlalchemy import Connection

from ledger_core.engine.decision import open_items
from ledger_core.engine.recoding import Recoding, Selection, Target
from ledger_core.errors import UsageRefused
from ledger_core.money import exact_sum, parse_decimal
from ledger_core.projections.exceptions import SUSPENSE, ExceptionItem

_CHARGE = re.compile(r"(?P<bill>B-[0-9a-f]{16}-\d+(?:\.\d+)?):(?P<first>\d{1,12})(?:-(?P<last>\d{1,12}))?", re.ASCII)
_ITEM = re.compile(r"[A-Z]-[0-9a-f]{16}", re.ASCII)


@attrs.frozen
class Chosen:
    """What was named: charges by bill and line, and items of the queue whose lines lie in suspense."""

    selections: tuple[Selection, ...]
    items: tuple[str, ...]


def chosen(names: Sequence[str], bill: str | None, service: str | None) -> Chosen:
    """The charges and items named. Raises UsageRefused for what is neither, or where nothing is named."""
    selections, items = [], []
    for name in names:
        match = _CHARGE.fullmatch(name)
        if match is not None:
            first, last = int(match["first"]), int(match["last"] or match["first"])
            if last < first:
                raise UsageRefused(name, "the range ends before it begins", "Write it as BILL:3-7.")
            selections.append(Selection(match["bill"], ((first, last),)))
        elif _ITEM.fullmatch(name):
            items.append(name)
        else:
            raise UsageRefused(
                f"'{name[:80]}'", "it names no charge", "Write BILL:LINE, BILL:FIRST-LAST, or an item of the queue."
            )
    if service is not None and bill is None:
        raise UsageRefused("--service", "it needs --bill", "Name the bill too.")
    if bill is not None:
        selections.append(Selection(bill, None, service))
    if not selections and not items:
        raise UsageRefused("CHARGE", "nothing is named", "Name charges, items of the queue, or --bill.")
    return Chosen(tuple(selections), tuple(items))


def targets(department: str | None, account_object: str | None, split: Sequence[str]) -> tuple[Target, ...]:
    """Who is to bear it: one department, or several by percent ("01210=60"). Raises UsageRefused, NotANumber."""
    if not split:
        return () if department is None else (Target(department, account_object),)
    if department is not None:
        raise UsageRefused("--department", "it stands beside --split", "Use one of them.")
    shares = []
    for part in split:
        name, equals, percent = part.rpartition("=")
        if not equals or not name:
            raise UsageRefused("--split", f"'{part[:60]}' is not DEPARTMENT=PERCENT", "Write it as 01210=60.")
        shares.append((name, parse_decimal(percent, f"--split {name}")))
    total = exact_sum(percent for _, percent in shares)
    if total != 100 or any(percent <= 0 for _, percent in shares):
        raise UsageRefused("--split", f"the percents sum to {total}", "Make them positive and sum to 100.")
    if len({name for name, _ in shares}) != len(shares):
        raise UsageRefused("--split", "a department stands twice", "Name each once.")
    return tuple(Target(name, account_object, Fraction(percent)) for name, percent in shares)


def recodings(connection: Connection, named: Chosen, plan: Recoding, queue: Sequence[ExceptionItem]) -> list[Recoding]:
    """`plan` for the charges named, and for what the items named have in suspense. Raises Unknown, UsageRefused."""
    made = []
    if named.selections:
        made.append(attrs.evolve(plan, selections=named.selections))
    if named.items:
        found = open_items(connection, named.items, queue)
        other = [item.item for item in found if item.kind != SUSPENSE or item.bill is None]
        if other:
            raise UsageRefused(f"item {other[0]}", "it has no lines in suspense", "Accept it, or name its charges.")
        lines = tuple(Selection(str(item.bill), None, item.service) for item in found)
        made.append(attrs.evolve(plan, selections=lines, suspense_only=True, items=named.items))
    return made


reason_option = click.option("--reason", required=True, help="Why. The books keep it, for every line.")
