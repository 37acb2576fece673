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


def _at(body: BodyFormat, *names: str) -> tuple[int, ...]:
    return tuple(body.columns.index(name) for name in names)


_AMOUNT, _POSTING = _at(CHARGES, "amount", "posting")
_BALANCE = _at(POSTINGS, "currency", "fund", "basis", "book")
_LINE, _ROLE, _P_AMOUNT, _EFFECTIVE = _at(POSTINGS, "line", "role", "amount", "effective")
_OF_FACT, _OF_LINE, _S_POSTING, _S_AMOUNT = _at(SHARES, "charge_fact", "charge_line", "posting", "amount")


@attrs.define
class Sums:
    """The running sums of one fact. Rows are shown in the order charges, shares, postings; then `differences`."""

    fact: Sealed
    read: LogRead
    charges: int = 0
    total: int = 0
    _parts: dict[int | None, int] = attrs.field(factory=lambda: defaultdict(int))
    _split: dict[int, int] = attrs.field(factory=dict)
    _moved: dict[tuple[int, int], int] = attrs.field(factory=lambda: defaultdict(int))
    _postings: Rows = attrs.field(factory=list)

    def see_charges(self, rows: Rows) -> None:
        """Charges coded whole carry their posting; the others wait for their shares."""
        parts = self._parts
        for row in rows:
            parts[row[_POSTING]] += row[_AMOUNT]
        if None in parts:
            self._split |= {row[0]: row[_AMOUNT] for row in rows if row[_POSTING] is None}
        self.charges += len(rows)
        self.total += sum(row[_AMOUNT] for row in rows)

    def see_shares(self, rows: Rows) -> None:
        """Parts of charges of this fact, and of earlier ones."""
        for row in rows:
            self._parts[row[_S_POSTING]] += row[_S_AMOUNT]
            if row[_OF_FACT]:
                self._moved[row[_OF_FACT], row[_OF_LINE]] += row[_S_AMOUNT]
            else:
                self._split[row[_OF_LINE]] = self._split.get(row[_OF_LINE], 0) - row[_S_AMOUNT]

    def see_postings(self, rows: Rows) -> None:
        """The entry's postings: few."""
        self._postings += rows

    def differences(self) -> Iterator[Difference]:
        """What does not add up, once every row was seen."""
        yield from self._balance()
        yield from self._dates()
        if self.fact.body(CHARGES.name) or self.fact.body(SHARES.name):
            yield from self._carried()
            yield from self._whole()
        if self.fact.kind == catalogue.BILL_POSTED:
            yield from self._bill()

    def _balance(self) -> Iterator[Difference]:
        sums: dict[tuple[Any, ...], int] = defaultdict(int)
        for row in self._postings:
            sums[tuple(row[at] for at in _BALANCE)] += row[_P_AMOUNT]
        for (currency, fund, basis, book), gap in sorted(sums.items()):
            if gap:
                yield self._differs("entry", f"{currency}, fund {fund}, basis {basis}, {book}", 0, gap)

    def _dates(self) -> Iterator[Difference]:
        for row in self._postings:
            if row[_EFFECTIVE] != self.fact.effective:
                yield self._differs("entry", f"posting {row[_LINE]}, effective", self.fact.effective, row[_EFFECTIVE])

    def _carried(self) -> Iterator[Difference]:
        """Each posting of cost is the sum of what it carries, and nothing hangs on a posting that is not there."""
        parts = {line: amount for line, amount in self._parts.items() if line is not None}
        for row in self._postings:
            carried = parts.pop(row[_LINE], None if row[_ROLE] not in COST_ROLES else 0)
            if carried is not None and carried != row[_P_AMOUNT]:
                yield self._differs("entry", f"posting {row[_LINE]}", carried, row[_P_AMOUNT])
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
