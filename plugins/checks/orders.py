"""Orders as checks ask them: what was ordered for a service, and whether it explains a charge, a start or an end."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, timedelta

import attrs

from ledger_core import CheckedBill, Reference, ReferenceRow, parse_decimal, to_minor
from plugins.checks.dated import fits, rows_of_account

#: Days between an order and its charge within which one explains the other: vendors bill work some cycles later, and
#: an order is now and then written down after the work.
BEFORE, AFTER = 120, 45
STARTS = frozenset({"install", "move", "add", "change"})
ENDS = frozenset({"disconnect"})
BUYS = frozenset({"equipment"})


@attrs.frozen
class Order:
    """One row of the sheet `orders`. `amount` is what it may cost once in minor units, None where it does not say."""

    row: ReferenceRow
    action: str
    service: str
    product: str
    amount: int | None
    ordered: date
    effective: date

    @property
    def number(self) -> str:
        """Its number."""
        return self.row.cell("order")

    def near(self, day: date) -> bool:
        """Whether a charge of that day may come from it."""
        first = min(self.ordered, self.effective) - timedelta(days=AFTER)
        return first <= day <= max(self.ordered, self.effective) + timedelta(days=BEFORE)


class Orders:
    """The orders of a bill's account, or of any account of its vendor.

    `any` and `equipment` say whether orders with the vendor are kept at all: what is not kept explains nothing.
    """

    def __init__(self, reference: Reference, bill: CheckedBill) -> None:
        self._by_service: dict[str, list[Order]] = {}
        self.any = bool(reference.with_cell("orders", "vendor", bill.vendor))
        bought = (row for action in BUYS for row in reference.with_cell("orders", "action", action))
        self.equipment = any(row.cell("vendor") == bill.vendor for row in bought)
        for row in rows_of_account(reference, "orders", bill):
            order = _order(row, bill.currency)
            self._by_service.setdefault(order.service, []).append(order)

    def of(self, service: str, actions: Collection[str]) -> Sequence[Order]:
        """The orders of these actions for a service, by number; those that name no service are for any."""
        found = [*self._by_service.get(service, ()), *(self._by_service.get("", ()) if service else ())]
        return sorted((order for order in found if order.action in actions), key=lambda order: order.row.key)

    def explaining(self, service: str, product: str, actions: Collection[str], day: date) -> list[Order]:
        """The orders that may stand behind a one-time charge of that day, those that name its product first."""
        found = [order for order in self.of(service, actions) if fits(order.product, product) and order.near(day)]
        return sorted(found, key=lambda order: (not order.product, order.row.key))


def _order(row: ReferenceRow, currency: str) -> Order:
    ordered = date.fromisoformat(row.cell("ordered"))
    effective = row.cell("effective")
    amount = row.cell("amount")
    return Order(
        row,
        row.cell("action"),
        row.cell("service"),
        row.cell("product"),
        to_minor(parse_decimal(amount), currency) if amount else None,
        ordered,
        date.fromisoformat(effective) if effective else ordered,
    )
