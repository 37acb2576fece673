"""What a charge is: what the sheet `charge_codes` says of its product, else what the bill's own kind says."""

from __future__ import annotations

from ledger_core import CheckedBill, Line, Reference, ReferenceRow
from plugins.checks.dated import fits, rows_of_vendor

INSTALL, TERMINATION, ONE_TIME = "install", "termination", "one-time"
EQUIPMENT, THIRD_PARTY, LATE_FEE = "equipment", "third-party", "late-fee"
#: Words with which vendors name fees that no sheet knows: the weaker evidence.
_INSTALLED = ("install", "activation", "setup fee", "set-up fee", "connection fee")
_TERMINATED = ("early termination", "termination fee", "cancellation fee", "disconnect fee")
_FEES = ("one-time", "fee", "recurring", "surcharge")
_REMEMBERED = 50_000
_STRANGER = ("third party", "third-party", "thirdparty")


class Classes:
    """The classes of one bill's charges. Each product is looked up once."""

    def __init__(self, reference: Reference, bill: CheckedBill) -> None:
        rows = [row for row in rows_of_vendor(reference, "charge_codes", bill) if row.covers(bill.day)]
        # A row of the vendor's own stands before one for any vendor, a whole code before one with `*`.
        self._rows = sorted(rows, key=lambda row: (not row.cell("vendor"), row.cell("product").count("*"), row.key))
        self._known: dict[str, ReferenceRow | None] = {}
        self._classes: dict[tuple[str, str], str] = {}

    def row(self, product: str) -> ReferenceRow | None:
        """The row that says what a product is, None where none does."""
        if product not in self._known:
            self._known[product] = next((row for row in self._rows if fits(row.cell("product"), product)), None)
        return self._known[product]

    def of(self, line: Line) -> str:
        """The class of a charge: the sheet's, else by the vendor's words, else the kind."""
        key = (line.product, line.kind)
        found = self._classes.get(key)
        if found is None:
            if len(self._classes) >= _REMEMBERED:
                self._classes.clear()
            found = self._classes[key] = self._class(line)
        return found

    def _class(self, line: Line) -> str:
        row = self.row(line.product) if self._rows and line.product else None
        if row is not None:
            return row.cell("class")
        if line.kind in _FEES:
            words = line.product.casefold()
            for named, of_class in ((_TERMINATED, TERMINATION), (_INSTALLED, INSTALL), (_STRANGER, THIRD_PARTY)):
                if any(word in words for word in named):
                    return of_class
        return line.kind

    def evidence(self, line: Line) -> tuple[tuple[str, str], ...]:
        """What says that the charge is of its class."""
        row = self.row(line.product) if line.product else None
        if row is None:
            return (("kind on the bill", line.kind),)
        return (("charge code", f"{row.cell('product')} is {row.cell('class')}"), ("charge code row", row.ref))
