"""A journal entry and its postings. An entry that does not balance cannot be built (INV-01, INV-02)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from enum import StrEnum

import attrs

from ledger_core.errors import Unbalanced
from ledger_core.money import fixed


class Role(StrEnum):
    """What an account is for. The site's sheet `account_roles` maps each to an account of its chart, by date."""

    COST = "cost"
    PAYABLE = "payable"
    HELD = "held"
    DISPUTED = "disputed"
    SUSPENSE = "suspense"
    DUE_FROM = "due_from"
    DUE_TO = "due_to"
    REVENUE = "revenue"
    ROUNDING = "rounding"
    PREPAID = "prepaid"
    RETAINED = "retained"
    CARD_CLEARING = "card_clearing"
    RECEIVABLE = "receivable"
    ACCRUED = "accrued"
    CASH = "cash"


#: Roles of the memo pair of a hold: what is disputed or looked into, and what is not paid because of that (INV-36).
HOLD_ROLES = frozenset({Role.DISPUTED, Role.HELD})

#: Roles that hold the cost of bills: by department, object and vendor their postings sum to the sum of the charges.
COST_ROLES = frozenset({Role.COST, Role.SUSPENSE, Role.RETAINED, Role.PREPAID, Role.ROUNDING})


class Book(StrEnum):
    """Which book a posting stands in. `memo` holds buckets that round to zero, and holds; it is never exported."""

    ACTUAL = "actual"
    ENCUMBRANCE = "encumbrance"
    BUDGET = "budget"
    MEMO = "memo"


class EntryKind(StrEnum):
    """Why an entry was made. One fact kind, `entry posted`, carries all but `bill`."""

    BILL = "bill"
    MANUAL = "manual"
    RECLASS = "reclass"
    REVERSAL = "reversal"
    CHARGEBACK = "chargeback"
    CORRECTION = "correction"
    ACCRUAL = "accrual"
    HOLD = "hold"
    RELEASE = "release"
    PAYMENT = "payment"


@attrs.frozen
class Posting:
    """One bucket of an entry: debit positive, credit negative, in minor units.

    `fund` is the balancing entity. `department` is who is billed ("" suspense or none), `object` the object of cost.
    `booked` is the chart string where the amount is booked, `billed` the one that will be charged; both as the site
    writes them, "" where none applies. `partner` is the other fund of a due-from or due-to, and in the memo pair of a
    hold the role of the cost that is held. `basis` is accrual ("A").
    """

    account: str
    role: Role
    fund: str
    amount: int
    currency: str
    department: str = ""
    object: str = ""
    vendor: str = ""
    booked: str = ""
    billed: str = ""
    partner: str = ""
    basis: str = "A"
    book: Book = Book.ACTUAL


def unbalanced(postings: Iterable[Posting]) -> dict[tuple[str, str, str, str], int]:
    """Debits less credits in minor units, by (currency, fund, basis, book), where they differ."""
    sums: dict[tuple[str, str, str, str], int] = defaultdict(int)
    for posting in postings:
        sums[posting.currency, posting.fund, posting.basis, posting.book] += posting.amount
    return {key: gap for key, gap in sorted(sums.items()) if gap}


@attrs.frozen
class Entry:
    """A balanced set of postings with one effective date. Raises Unbalanced when built wrong.

    `reverses` is the sequence of the entry that this one negates, line by line (INV-06).
    """

    kind: EntryKind
    effective: date
    postings: tuple[Posting, ...] = attrs.field()
    narrative: str = ""
    reverses: int | None = None

    @postings.validator
    def _balances(self, _: object, postings: tuple[Posting, ...]) -> None:
        for (currency, fund, basis, book), gap in unbalanced(postings).items():
            raise Unbalanced(
                f"entry {self.kind}, fund {fund}, {book} book, basis {basis}",
                f"debits less credits are {fixed(gap, currency)} {currency}",
                "This is a fault of the rule that made the entry; nothing was posted.",
            )
        actual = [posting for posting in postings if posting.book is not Book.MEMO]
        if len(actual) == 1 or any(posting.amount == 0 for posting in actual):
            raise Unbalanced(
                f"entry {self.kind}", "a lone or zero posting", "This is a fault of the rule; nothing was posted."
            )

    def reversed(self, effective: date, narrative: str, sequence: int) -> Entry:
        """The exact negation, line by line, same dimensions, dated `effective` (INV-06)."""
        negated = tuple(attrs.evolve(posting, amount=-posting.amount) for posting in self.postings)
        return Entry(EntryKind.REVERSAL, effective, negated, narrative, reverses=sequence)
