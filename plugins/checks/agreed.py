"""What a vendor may charge: the rates of the sheet `contracts`, by product and days, and the agreement behind them."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Self

from ledger_core import CheckedBill, Reference, ReferenceRow
from plugins.checks.dated import covering


class Agreed:
    """The rates agreed with the vendor of a bill. Rates of the account stand before those of any account."""

    def __init__(self, reference: Reference, bill: CheckedBill) -> None:
        self._reference = reference
        self._bill = bill
        self._known: dict[tuple[str, date, date], ReferenceRow | None] = {}

    @classmethod
    def of(cls, reference: Reference, bill: CheckedBill) -> Self | None:
        """The vendor's rates; None where no contract with the vendor is known."""
        return cls(reference, bill) if reference.with_cell("contracts", "vendor", bill.vendor) else None

    def rate(self, product: str, first: date, last: date) -> ReferenceRow | None:
        """The row with the highest rate in force on some day from `first` to `last`.

        Where a rate changes in between, either may be right for some of the days, and the vendor is given the benefit.
        """
        key = (product, first, last)
        if key not in self._known:
            self._known[key] = self._found(*key) if product else None
        return self._known[key]

    def evidence(self, row: ReferenceRow) -> tuple[tuple[str, str], ...]:
        """What shows the rate: itself, its days, the agreement that grants it, and where it was loaded."""
        until = row.cell("to") or "further notice"
        shown = [
            ("agreed rate", f"{row.cell('rate')} {row.cell('unit')}".strip()),
            ("in force", f"{row.cell('from') or 'ever'} to {until}"),
            ("contract row", row.ref),
        ]
        if contract := row.cell("contract"):
            shown.append(("contract", contract))
            title = next((a.cell("title") for a in self._reference.with_cell("agreements", "contract", contract)), "")
            if title:
                shown.append(("agreement", title))
        return tuple(shown)

    def _found(self, product: str, first: date, last: date) -> ReferenceRow | None:
        for account in dict.fromkeys((self._bill.account, "")):
            versions = self._reference.history("contracts", (self._bill.vendor, account, product))
            rows = covering([version[0] for version in versions], first, last)
            if rows:
                return max(rows, key=rate_of)
        return None


def rate_of(row: ReferenceRow) -> Fraction:
    """The rate of a contract row in major units, exact."""
    return Fraction(row.cell("rate"))
