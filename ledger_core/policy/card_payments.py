"""Card lines that pay a bill: where a vendor account is paid by card, its line on the card statement is no second cost.

The bill itself credits card clearing instead of payable; the card line debits card clearing, and the two meet there.
A line counts as such a payment when it names both the vendor and the account. A line that names only one of them stays
a cost, is coded like any other, and shows when the clearing account does not come to zero.
"""

from __future__ import annotations

from datetime import date

import attrs

from ledger_core.facts.reference import Reference

#: The kind of service of a line on a card statement.
CARD = "card"


@attrs.frozen
class CardPaid:
    """A vendor account that is paid by card, and the row that says so. Names are casefolded."""

    vendor: str
    account: str
    ref: str

    def is_named_in(self, text: str) -> bool:
        """Whether a casefolded text names both vendor and account."""
        return self.vendor in text and self.account in text


class CardPayments:
    """The vendor accounts paid by card on a day."""

    def __init__(self, reference: Reference, on: date) -> None:
        rows = reference.all_in_force("vendor_accounts", on)
        self._paid = tuple(
            CardPaid(row.key[0].casefold(), row.key[1].casefold(), row.ref)
            for row in rows
            if row.cell("paid_by") == CARD and all(row.key)
        )

    def __bool__(self) -> bool:
        return bool(self._paid)

    def found_in(self, text: str) -> CardPaid | None:
        """The account whose bill a card line with this text pays, if it names one."""
        folded = text.casefold()
        return next((paid for paid in self._paid if paid.is_named_in(folded)), None)
