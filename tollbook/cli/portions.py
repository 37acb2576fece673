"""What is named on the command line to be held, released or disputed: charges, parts of them, items of the queue."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import attrs
from sqlalchemy import Connection, select

from ledger_core.engine.decision import open_items
from ledger_core.engine.holding import Portion
from ledger_core.engine.recoding import Selection
from ledger_core.errors import UsageRefused
from ledger_core.money import parse_decimal, to_minor
from ledger_core.projections import bills
from ledger_core.projections.bills import PostedBill
from ledger_core.projections.exceptions import CHECK, SUSPENSE, ExceptionItem
from ledger_core.projections.suspense import suspense_lines
from ledger_core.store import log
from ledger_core.store.tables import BODIES
from tollbook.cli.selection import Chosen

_CHARGES = BODIES["charges"].c


@attrs.frozen
class Named:
    """Portions of charges, the queue's items that they come from, and the codes of what checks object to in them."""

    portions: tuple[Portion, ...]
    items: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()


def named_portions(
    connection: Connection, named: Chosen, queue: Sequence[ExceptionItem], amount: str | None = None
) -> Named:
    """What was named; `amount` (major units) is of the one charge named.

    Raises Unknown for an item that is not open, UsageRefused for one without charges and for an amount of several.
    """
    items = open_items(connection, named.items, queue) if named.items else []
    portions = [Portion(selection) for selection in named.selections]
    if amount is not None:
        if len(portions) != 1 or items:
            raise UsageRefused("--amount", "it is of several charges", "Name one charge beside it.")
        currency = log.fact(connection, 1).content["currency"]
        minor = to_minor(parse_decimal(amount, "--amount"), currency, "--amount")
        portions = [attrs.evolve(portions[0], amount=minor)]
    portions += [portion for item in items for portion in item_portions(connection, item)]
    codes = tuple(dict.fromkeys(item.code for item in items if item.kind == CHECK))
    return Named(tuple(portions), tuple(item.item for item in items), codes)


def item_portions(connection: Connection, item: ExceptionItem) -> Iterator[Portion]:
    """The charges of an item, each as far as it is in question. Raises UsageRefused where it has none."""
    bill = bills.named(connection, item.bill) if item.bill else None
    if bill is not None and item.kind == SUSPENSE:
        until = log.last_sequence(connection)
        for found in suspense_lines(connection, bill, until=until, service=item.service):
            yield Portion.of(bill.bill, found.line, found.amount or None)
        return
    if bill is None or not item.charges:
        raise UsageRefused(f"item {item.item}", "it is about no charges", "Name the charges, as BILL:LINE.")
    for line, stake in item.charges:
        yield _portion(connection, bill, line, stake, item.item)


def _portion(connection: Connection, bill: PostedBill, line: int, stake: int, item: str) -> Portion:
    """What is in question of a charge; all of it where that is not less. Line 0 is the bill itself."""
    if line == 0:
        if 0 < stake < bill.total:
            raise UsageRefused(f"item {item}", "it is about the bill, not its charges", "Name charges, as BILL:LINE.")
        return Portion(Selection(bill.bill))
    query = select(_CHARGES.amount).where(_CHARGES.fact == bill.fact, _CHARGES.line == line)
    amount = int(connection.execute(query).scalar_one())
    return Portion.of(bill.bill, line, stake if stake * amount > 0 and abs(stake) < abs(amount) else None)
