"""Verizon Wireless raw data: four tab-separated files a month and account make one bill.

| part | holds | is used for |
|---|---|---|
| AccountSummary | one row: balances and the captions of the bill's first page | head, stated totals, the adjustment |
| Account & Wireless Summary | one row a line, and `N/A` for the account | what each line comes to and used |
| Acct & Wireless Charges Detail Summary Usage | every charge, and allowance rows that cost nothing | the charges |
| Wireless Usage Detail | every call | how much was used; it explains usage charges and posts nothing |

Each detail row with a cost is a charge. Adjustments, printed only in the account summary, are one more; so the charges
sum to Total Current Charges + Adjustments, while balance forward and payments never post.

Written: UTF-8 where the whole file is valid UTF-8, otherwise Windows-1252; no quoting; decimal point, no thousands
separators; an empty amount is zero; dates `Aug 16, 2026`, `09/08/26` (month first) and `07/21` or `Jul 17` without a
year, which is the last such day up to the bill cycle date. The files are in US dollars and do not say so.
"""

from __future__ import annotations

from importers.verizon_wireless.raw_data import VerizonWireless
from ledger_core import Importer, hookimpl

__all__ = ["VerizonWireless", "importers"]


@hookimpl
def importers() -> tuple[Importer, ...]:
    """Verizon Wireless raw data."""
    return (VerizonWireless(),)
