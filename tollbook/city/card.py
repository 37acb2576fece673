"""Write the month's purchases as a municipal purchasing-card statement: tab-separated, with subtotals."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal

from tollbook.city.bills import Bill
from tollbook.city.city import City
from tollbook.city.purchases import Purchase, purchases_of

COLUMNS = (
    *("Division", "Batch-Transaction ID", "Transaction Date", "Card Posting Dt", "Merchant Name"),
    *("Transaction Amt.", "Trx Currency", "Original Amount", "Original Currency", "G/L Account"),
    *("G/L Account Description", "Cost Center / WBS Element / Order"),
    *("Cost Center / WBS Element / Order Description", "Merchant Type", "Merchant Type Description", "Purpose"),
)
_POSTED = "USD"


def statement(city: City, bill: Bill) -> Iterator[str]:
    """The file in pieces of text: header, each cost centre with its subtotal, grand total, two empty rows."""
    yield _row(COLUMNS)
    batch = bill.month.year * 12 + bill.month.number - 18_900
    count, whole = 0, _Sums()
    for department, purchases in purchases_of(city, bill):
        part = _Sums()
        for purchase in purchases:
            count += 1
            part.add(purchase)
            whole.add(purchase)
            yield _row(_purchase(purchase, f"{batch}-{count}", department.unit, department.name))
        yield from part.rows()
    yield from whole.rows()
    yield _row(("",) * len(COLUMNS)) * 2


class _Sums:
    """What was posted in all, and what was paid in each original currency."""

    def __init__(self) -> None:
        self._posted = Decimal(0)
        self._original: dict[str, Decimal] = defaultdict(Decimal)

    def add(self, purchase: Purchase) -> None:
        self._posted += purchase.amount
        self._original[purchase.currency] += purchase.original

    def rows(self) -> Iterator[str]:
        """The posted currency first; each other currency on a row of its own, for information."""
        own = self._original.get(_POSTED, Decimal(0))
        rest = ("",) * (len(COLUMNS) - 9)
        yield _row(("",) * 5 + (_comma(self._posted), _POSTED, _comma(own) if own else "", _POSTED, *rest))
        for currency in sorted(set(self._original) - {_POSTED}):
            yield _row(("",) * 7 + (_comma(self._original[currency]), currency, *rest))


def _purchase(purchase: Purchase, key: str, unit: str, department: str) -> tuple[str, ...]:
    shop = purchase.merchant
    return (
        department.upper(),
        key,
        purchase.bought.isoformat(),
        purchase.posted.isoformat(),
        shop.name,
        _comma(purchase.amount),
        _POSTED,
        _comma(purchase.original),
        purchase.currency,
        shop.ledger,
        shop.ledger_name,
        unit,
        department,
        shop.category,
        shop.category_name,
        purchase.purpose,
    )


def _comma(amount: Decimal) -> str:
    return f"{amount:,.2f}"


def _row(cells: tuple[str, ...]) -> str:
    """Cells that hold a comma are quoted, as a sheet program does; the separator is the tab nevertheless."""
    return "\t".join(f'"{cell}"' if "," in cell else cell for cell in cells) + "\r\n"
