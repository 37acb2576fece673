"""Waiving by a rule: an item of the queue is accepted, and a dated row of the sheet `waivers` covers those to come."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from datetime import date
from decimal import Decimal

import attrs
from sqlalchemy import Connection, select

from ledger_core.engine.ledger import Act
from ledger_core.engine.loading import Source, load
from ledger_core.errors import UsageRefused
from ledger_core.facts.fact import Fact
from ledger_core.facts.reference import ReferenceRow, key_text, value_text
from ledger_core.money import plain, to_minor
from ledger_core.projections import bills, reference
from ledger_core.projections.exceptions import CHECK, ExceptionItem
from ledger_core.store.tables import BODIES
from tollbook.sheets.patch import preview

_SHEET = "waivers"
_MOST_LINES = 500  # lines whose product is looked up; more have one reason that is no product


@attrs.frozen
class Rule:
    """What is accepted from now on: under which name, up to how much at once (major units, None any), until which day
    (inclusive), and why."""

    name: str
    most: Decimal | None
    until: date
    reason: str


def waive(act: Act, item: ExceptionItem, rule: Rule) -> Fact:
    """Load the row that covers what the item is about: its code, account, and its service and product where they are
    one. It holds from the end of the item's cycle, so that the same on another bill of that month is covered too.

    Raises UsageRefused for an item that no check raised, a name that is taken, and a last day before the first;
    NotANumber for an amount below the smallest unit.
    """
    row = _row(act.connection, item, rule)
    known = reference.known(act.connection, {_SHEET})
    if known.history(_SHEET, row.key):
        raise UsageRefused(f"--rule {rule.name}", "a waiver of that name exists", "Choose another name.")
    written = f"{key_text(row)}{value_text(row)}{row.valid_from}{row.valid_to}".encode()
    source = Source(_SHEET, f"accept {item.item}", hashlib.sha256(written).hexdigest())
    _, fact = load(act, source, lambda now: preview(now, [row]))
    assert fact is not None, "a new name is always something to record"
    return fact


def _row(connection: Connection, item: ExceptionItem, rule: Rule) -> ReferenceRow:
    bill = bills.named(connection, item.bill) if item.kind == CHECK and item.bill else None
    if bill is None:
        raise UsageRefused(
            f"item {item.item}", "no check raised it", "A rule accepts what checks object to; leave --rule out."
        )
    day = date.fromisoformat(bill.period_to or bill.bill_date or bill.effective)
    if rule.until < day:
        raise UsageRefused(
            "--to", f"it lies before {day.isoformat()}, the end of the bill's cycle", "Name a later day."
        )
    if not rule.name.strip():
        raise UsageRefused("--rule", "it is empty", "Give the rule a name; it stands in the sheet waivers.")
    if rule.most is not None:
        to_minor(rule.most, bill.currency, "--most")
    cells = {
        "code": item.code,
        "vendor": bill.vendor,
        "account": bill.account,
        "service": item.service or "",
        "product": _product(connection, bill.fact, [line for line, _ in item.charges]),
        "most": "" if rule.most is None else plain(rule.most),
        "reason": rule.reason,
    }
    held = {name: text for name, text in cells.items() if text}
    return ReferenceRow(0, 1, _SHEET, (rule.name,), day, rule.until, held)


def _product(connection: Connection, fact: int, lines: Collection[int]) -> str:
    """The one product of these lines, "" where there are several or none. A `*` in it stands for itself nowhere: such a
    product is left out."""
    if not lines or len(lines) > _MOST_LINES:
        return ""
    charges = BODIES["charges"].c
    query = select(charges.product).where(charges.fact == fact, charges.line.in_(list(lines))).distinct()
    found = list(connection.execute(query).scalars())
    return found[0] if len(found) == 1 and "*" not in found[0] else ""
