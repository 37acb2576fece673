"""Arithmetic verified, for each fact with an entry: it balances, and its postings are the sums of charges' parts.

INV-01: debits equal credits per currency, fund, basis and book. INV-27: the parts of a charge sum to its amount, and
the parts that stand in a posting sum to the posting.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import attrs

from ledger_core.engine.verification.bodies import Rows
from ledger_core.engine.verification.difference import Difference
from ledger_core.engine.verification.log import LogRead, Sealed
from ledger_core.facts import catalogue
from ledger_core.facts.body import CHARGES, POSTINGS, SHARES, BodyFormat
from ledger_core.facts.entry import COST_ROLES

#: The cells of each body that `Sums` looks at, in its order.
CELLS: dict[BodyFormat, tuple[str, ...]] = {
    CHARGES: ("line", "amount", "posting"),
    SHARES: ("charge_fact", "charge_line", "posting", "amount"),
    POSTINGS: ("line", "role", "amount", "effective", "currency", "fund", "basis", "book"),
}


@attrs.define
class Sums:
    """The running sums of one fact. Rows are shown in the order charges, shares, postings; then `differences`."""

    fact: Sealed
    read: LogRead
    charges: int = 0
    total: int | None = None
    _parts: dict[int | None, int] = attrs.field(factory=lambda: defaultdict(int))
    _split: dict[int, int] = attrs.field(factory=dict)
    _moved: dict[tuple[int, int], int] = attrs.field(factory=lambda: defaultdict(int))
    _postings: Rows = attrs.field(factory=list)

    def see_charges(self, rows: Rows) -> None:
        """Charges coded whole carry their posting; the others wait for their shares."""
        parts = self._parts
        for _, amount, posting in rows:
            parts[posting] += amount
        if None in parts:
            self._split |= {line: amount for line, amount, posting in rows if posting is None}
        self.charges += len(rows)

    def see_shares(self, rows: Rows) -> None:
        """Parts of charges of this fact, and of earlier ones."""
        self._whole_sum()
        for fact, line, posting, amount in rows:
            self._parts[posting] += amount
            if fact:
                self._moved[fact, line] += amount
            else:
                self._split[line] = self._split.get(line, 0) - amount

    def _whole_sum(self) -> None:
        """The total of the charges, taken before any share is added to the parts."""
        if self.total is None:
            self.total = sum(self._parts.values())

    def see_postings(self, rows: Rows) -> None:
        """The entry's postings: few."""
        self._postings += rows

    def differences(self) -> Iterator[Difference]:
        """What does not add up, once every row was seen."""
        self._whole_sum()
        yield from self._balance()
        yield from self._dates()
        if self.fact.body(CHARGES.name) or self.fact.body(SHARES.name):
            yield from self._carried()
            yield from self._whole()
        if self.fact.kind == catalogue.BILL_POSTED:
            yield from self._bill()

    def _balance(self) -> Iterator[Difference]:
        sums: dict[tuple[Any, ...], int] = defaultdict(int)
        for _, _, amount, _, *bucket in self._postings:
            sums[tuple(bucket)] += amount
        for (currency, fund, basis, book), gap in sorted(sums.items()):
            if gap:
                yield self._differs("entry", f"{currency}, fund {fund}, basis {basis}, {book}", 0, gap)

    def _dates(self) -> Iterator[Difference]:
        for line, _, _, effective, *_ in self._postings:
            if effective != self.fact.effective:
                yield self._differs("entry", f"posting {line}, effective", self.fact.effective, effective)

    def _carried(self) -> Iterator[Difference]:
        """Each posting of cost is the sum of what it carries, and nothing hangs on a posting that is not there."""
        parts = {line: amount for line, amount in self._parts.items() if line is not None}
        for line, role, amount, *_ in self._postings:
            carried = parts.pop(line, 0 if role in COST_ROLES else None)
            if carried is not None and carried != amount:
                yield self._differs("entry", f"posting {line}", carried, amount)
        for line, amount in sorted(parts.items()):
            yield self._differs("entry", f"posting {line}", f"a posting of {amount}", "nothing")

    def _whole(self) -> Iterator[Difference]:
        for line, gap in sorted(self._split.items()):
            if gap:
                yield self._differs("shares", f"charge {line}, amount less shares", 0, gap)
        for (fact, line), amount in sorted(self._moved.items()):
            charges = self.read.facts[fact].body(CHARGES.name) if fact in self.read.facts else None
            if charges is None or fact >= self.fact.sequence or not 1 <= line <= charges.count:
                yield self._differs("shares", f"charge {line} of fact {fact}", "an earlier charge", "none")
            elif amount and self.fact.content.get("entry") != "reversal":
                yield self._differs("shares", f"charge {line} of fact {fact}, moved", 0, amount)

    def _bill(self) -> Iterator[Difference]:
        content = self.fact.content
        if int(content["total"]) != self.total:
            yield self._differs("bill", "total", content["total"], self.total)
        if content["charges"] != self.charges:
            yield self._differs("bill", "charges", content["charges"], self.charges)

    def _differs(self, kind: str, where: str, expected: object, found: object) -> Difference:
        return Difference(kind, self.fact.id, f"fact {self.fact.sequence}, {where}", str(expected), str(found))
