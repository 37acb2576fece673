"""An entry that moves parts of charges from bucket to bucket, as recodings and holds do, and what reversals undo."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import attrs

from ledger_core.engine.preparation import posting_rows
from ledger_core.engine.sharing import Shares
from ledger_core.facts.body import POSTINGS
from ledger_core.facts.entry import Book, Entry, EntryKind, Posting, Role
from ledger_core.money import EXACT, from_minor, plain
from ledger_core.projections.parts import Bucket, exact_amount
from ledger_core.store.rows import FewRows, Rows


@attrs.define(eq=False)
class _Slot:
    """One posting of the entry: its line, and the minor units that have gone into it."""

    line: int
    amount: int = 0


@attrs.define(eq=False)
class Move:
    """What one charge gains (plus) and loses (minus) by bucket: minor units, and the exact major units."""

    currency: str
    _minor: dict[Bucket, int] = attrs.field(factory=dict)
    _exact: dict[Bucket, Decimal] = attrs.field(factory=dict)

    def add(self, bucket: Bucket, amount: int, exact: str | None, sign: int = 1) -> None:
        """Add an amount to a bucket, or take it away with `sign` -1."""
        self._minor[bucket] = self._minor.get(bucket, 0) + sign * amount
        value = exact_amount(amount, exact, self.currency)
        self._exact[bucket] = EXACT.add(self._exact.get(bucket, Decimal(0)), value if sign > 0 else -value)

    def parts(self) -> list[tuple[Bucket, int, str | None]]:
        """What is not nothing, in the order in which buckets were first named."""
        return [
            (bucket, amount, self._text(amount, self._exact[bucket]))
            for bucket, amount in self._minor.items()
            if amount or self._exact[bucket]
        ]

    def _text(self, amount: int, exact: Decimal) -> str | None:
        return None if exact == from_minor(amount, self.currency) else plain(exact)


@attrs.define(eq=False)
class Moving:
    """The entry while it grows. Every posting holds parts of charges of one bill only, so that how the bill is charged
    on stays clear. With `memo` nothing of it stands in the actual book."""

    effective: date
    shares: Shares
    kind: EntryKind = EntryKind.RECLASS
    memo: bool = False
    _slots: dict[tuple[int, Bucket], _Slot] = attrs.field(factory=dict, init=False)

    def put(self, charge: tuple[int, int], bucket: Bucket, amount: int, exact: str | None) -> None:
        """Move `amount` minor units of a charge (fact, line) into a bucket, or out of it when negative."""
        slot = self._slots.get((charge[0], bucket))
        if slot is None:
            slot = self._slots[charge[0], bucket] = _Slot(len(self._slots) + 1)
        slot.amount += amount
        self.shares.add(charge, slot.line, amount, exact)

    def entry(self, narrative: str) -> Entry:
        """The balanced entry. Raises Unbalanced where what was put in does not sum to zero: our bug."""
        postings = tuple(self._posting(bucket, slot.amount) for (_, bucket), slot in self._slots.items())
        return Entry(self.kind, self.effective, postings, narrative)

    def rows(self, entry: Entry) -> tuple[Rows, ...]:
        """Postings and shares, ready to be recorded."""
        return (FewRows(POSTINGS, tuple(posting_rows(entry))), *self.shares.sealed())

    def _posting(self, bucket: Bucket, amount: int) -> Posting:
        book = Book.ACTUAL if amount and not self.memo else Book.MEMO
        return Posting(amount=amount, book=book, **{**bucket._asdict(), "role": Role(bucket.role)})
