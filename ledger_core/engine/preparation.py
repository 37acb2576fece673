"""A bill on its way to the books: charges coded and sealed batch by batch, then one balanced entry.

Whole-cent bills are written in one pass while the importer still reads. A bill that states fractions of a cent is
rounded once over its postings, which needs all of it: its batches are gone through a second time.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import accumulate
from operator import attrgetter
from typing import Any

import attrs

from ledger_core.canonical import LARGEST_NUMBER
from ledger_core.engine.columns import Amounts, Gate, Remembered
from ledger_core.errors import InputRefused
from ledger_core.facts.body import CHARGES, PARTICULARS, POSTINGS, SHARES
from ledger_core.facts.charge import ChargeColumns, Locator
from ledger_core.facts.discrepancy import Discrepancy
from ledger_core.facts.entry import Book, Entry, EntryKind, Posting, Role
from ledger_core.money import EXACT, exact_sum, from_minor, places, plain, round_minor
from ledger_core.policy.allocation import allocate, round_to_total
from ledger_core.policy.buckets import Bucket
from ledger_core.policy.coder import Coder
from ledger_core.policy.coding import Coding
from ledger_core.policy.footing import FOOTING, footing_charge, footing_coding
from ledger_core.policy.rounding import RunningRounding
from ledger_core.store.rows import FewRows
from ledger_core.store.spool import Spool

_SPLIT_PLACES = 12  # digits to which a charge with fractions is split, exactly, by largest remainder
_CODINGS = 200_000  # whose postings are remembered: an owned service has a coding of its own
_REASON, _REF = attrgetter("reason"), attrgetter("ref")
_ROLES = {
    "coded": Role.COST,
    "suspense": Role.SUSPENSE,
    "retained": Role.RETAINED,
    "card": Role.CARD_CLEARING,
    FOOTING: Role.ROUNDING,
}


@attrs.frozen
class Terms:
    """How the bills of a vendor account are booked: paying fund, the credit side's role, and accounts by role.

    `own_department` is the one whose cost stays with the paying fund: it keeps what is nobody's ("" where none is).
    """

    paying_fund: str
    credit: Role
    accounts: Mapping[Role, str]
    own_department: str = ""

    def account(self, role: Role) -> str:
        """The site's account for a role; a site without a chart books under the role's own name."""
        return self.accounts.get(role, role.value)


@attrs.define(eq=False)
class _Slot:
    """One bucket of the entry: its posting's line, and what has gone into it."""

    line: int
    bucket: Bucket
    minor: int = 0
    exact: Decimal = Decimal(0)
    rounding: RunningRounding | None = None


@attrs.frozen
class Prepared:
    """A bill ready to be recorded. Amounts in minor units."""

    entry: Entry | None
    postings: FewRows
    charges: int
    total: int
    suspense: int
    exact_total: Decimal
    discrepancies: tuple[Discrepancy, ...]
    usage: tuple[FewRows, ...] = ()


@attrs.define
class Preparation:
    """One bill, fed with its batches in order. The spool receives rows ready for the ledger."""

    where: str
    vendor: str
    currency: str
    effective: date
    coder: Coder
    terms: Terms
    spool: Spool
    fractional: bool = False
    charges: int = 0
    _gate: Gate = attrs.field(init=False)
    _slots: dict[tuple[str, ...], _Slot] = attrs.field(factory=dict)
    _whole: Remembered = attrs.field(init=False)
    _counted: Counter[Coding] = attrs.field(factory=Counter)
    _minor: array[int] = attrs.field(factory=lambda: array("q"))
    _exact: list[Decimal] = attrs.field(factory=list)
    _shares: int = 0
    _weight: int = 0
    _running: Sequence[Decimal] | Sequence[int] = ()
    _footing: tuple[ChargeColumns, Coding] | None = None

    def __attrs_post_init__(self) -> None:
        self._gate = Gate(self.where, self.currency)
        self._whole = Remembered(self._posting_of, _CODINGS)

    # --- first pass ---------------------------------------------------------------------------------------------

    def feed(self, batch: ChargeColumns) -> None:
        """Take the next charges. Raises InputRefused for what a ledger cannot keep."""
        columns, amounts = self._gate.admitted(batch), self._gate.amounts(batch)
        self._take(columns, amounts, self.coder.code_batch(columns))

    def foot(self, gap: Decimal, at: Locator, ref: str) -> None:
        """Let the footing difference that two people accepted be the bill's last charge: `gap` in major units, read
        where the stated figure stands. `ref` is the fact that accepted it."""
        assert self._footing is None, "a bill has one footing difference"
        columns = self._gate.admitted(footing_charge(gap, at))
        coding = footing_coding(self.terms.own_department, self.terms.paying_fund, ref)
        self._footing = (columns, coding)
        self._take(columns, self._gate.amounts(columns), [coding])

    def _take(self, columns: ChargeColumns, amounts: Amounts, codings: list[Coding]) -> None:
        self._weigh(amounts)
        self._counted.update(codings)
        if amounts.minor is None and not self.fractional:
            self._become_fractional()
        if self.fractional:
            self._sum_exact(codings, self._as_exact(amounts))
        else:
            assert amounts.minor is not None
            self._place(columns, codings, amounts.minor, exact=None)
            self._minor.extend(amounts.minor)
        self.charges += columns.count

    def _weigh(self, amounts: Amounts) -> None:
        """No sum of any of these charges leaves the whole numbers that both stores keep."""
        if amounts.exact is None:
            self._weight += sum(map(abs, amounts.minor or ()))
        else:
            major = exact_sum(map(abs, amounts.exact))
            self._weight += int(EXACT.scaleb(major, places(self.currency))) + 1
        if self._weight > LARGEST_NUMBER:
            raise InputRefused(
                self.where, "its charges add up to more than a ledger can hold", "Ask for the bill in parts."
            )

    def _become_fractional(self) -> None:
        """From here on only exact sums are kept; rows are written in the second pass."""
        self.fractional = True
        self._exact = [from_minor(minor, self.currency) for minor in self._minor]
        for slot in self._slots.values():
            slot.exact = from_minor(slot.minor, self.currency)
        self._shares = 0
        self.spool.clear()

    def _as_exact(self, amounts: Amounts) -> list[Decimal]:
        if amounts.exact is not None:
            return amounts.exact
        return [from_minor(minor, self.currency) for minor in amounts.minor or ()]

    def _sum_exact(self, codings: list[Coding], exact: list[Decimal]) -> None:
        postings = list(map(self._whole.__getitem__, codings))
        slots, add = list(self._slots.values()), EXACT.add
        for coding, posting, amount in zip(codings, postings, exact, strict=True):
            if posting is not None:
                slots[posting - 1].exact = add(slots[posting - 1].exact, amount)
                continue
            for slot, part in self._parts(coding, amount):
                slot.exact = add(slot.exact, part)
        self._exact.extend(exact)

    # --- totals -------------------------------------------------------------------------------------------------

    @property
    def exact_total(self) -> Decimal:
        """The exact sum of all charges so far, in major units."""
        return exact_sum(self._exact) if self.fractional else from_minor(sum(self._minor), self.currency)

    def sum_of_lines(self, first: int, last: int) -> Decimal:
        """The exact sum of an inclusive range of lines, in major units, in one step however long the range is.

        Raises InputRefused for lines that the bill does not have.
        """
        if not 1 <= first <= last <= self.charges:
            raise InputRefused(
                self.where,
                f"the importer speaks of lines {first} to {last} of {self.charges}",
                "Report it to the importer's author.",
            )
        if self.fractional:
            if len(self._running) <= self.charges:
                self._running = list(accumulate(self._exact, EXACT.add, initial=Decimal(0)))
            return EXACT.subtract(Decimal(self._running[last]), Decimal(self._running[first - 1]))
        if len(self._running) <= self.charges:
            self._running = array("q", accumulate(self._minor, initial=0))
        return from_minor(int(self._running[last] - self._running[first - 1]), self.currency)

    @property
    def slack(self) -> Decimal:
        """How far a stated total may be from the exact sum: half a minor unit where charges hold fractions."""
        return EXACT.scaleb(Decimal("0.5"), -places(self.currency)) if self.fractional else Decimal(0)

    # --- end ----------------------------------------------------------------------------------------------------

    def finish(self, stated: Decimal | None, again: Iterable[ChargeColumns]) -> Prepared:
        """The entry, once every total ties. `stated` is the bill's own total; `again` are the batches once more."""
        exact_total = self.exact_total
        total = round_minor(exact_total if stated is None else stated, self.currency)
        if self.fractional:
            self._round_once(total)
            self._second_pass(again)
        entry = self._entry(total)
        rows = FewRows(POSTINGS, tuple(_posting_rows(entry, self._slots)))
        suspense = sum(slot.minor for slot in self._slots.values() if slot.bucket.state == "suspense")
        return Prepared(entry, rows, self.charges, total, suspense, exact_total, tuple(self._discrepancies()))

    def _round_once(self, total: int) -> None:
        slots = list(self._slots.values())
        if not slots:
            return
        rounded = round_to_total([slot.exact for slot in slots], total, self.currency, list(self._slots))
        for slot, minor in zip(slots, rounded, strict=True):
            slot.rounding = RunningRounding(EXACT.scaleb(slot.exact, places(self.currency)), minor)
            slot.minor = 0

    def _second_pass(self, again: Iterable[ChargeColumns]) -> None:
        self.charges = 0
        for batch in again:
            columns = self._gate.admitted(batch)
            self._place_again(columns, self.coder.code_batch(columns))
        if self._footing is not None:
            columns, coding = self._footing
            self._place_again(columns, [coding])

    def _place_again(self, columns: ChargeColumns, codings: list[Coding]) -> None:
        amounts = self._exact[self.charges : self.charges + columns.count]
        self._place(columns, codings, None, exact=amounts)
        self.charges += columns.count

    # --- rows ---------------------------------------------------------------------------------------------------

    def _place(
        self, columns: ChargeColumns, codings: list[Coding], minor: list[int] | None, *, exact: list[Decimal] | None
    ) -> None:
        """Write the rows of one batch, and add their amounts to the buckets."""
        first = self.charges + 1
        exact_texts: list[str | None] = []
        postings: list[int | None] = list(map(self._whole.__getitem__, codings))
        if exact is not None:
            minor, exact_texts, shares = self._round_all(first, codings, postings, exact)
        else:
            assert minor is not None
            shares = self._add_whole(first, codings, postings, minor)
        evidence = [postings, list(map(_REASON, codings)), list(map(_REF, codings))]
        charges = _charge_columns(first, columns, minor, exact_texts or None, evidence)
        self.spool.add_columns(CHARGES, charges, columns.count)
        self.spool.add(SHARES, shares)
        self._keep_texts(first, columns)

    def _keep_texts(self, first: int, columns: ChargeColumns) -> None:
        texts = columns.text
        lines = range(first, first + columns.count)
        if not isinstance(texts, list) or None not in texts:
            if texts is not None:
                self.spool.add_columns(PARTICULARS, [lines, texts], columns.count)
            return
        self.spool.add(PARTICULARS, [row for row in zip(lines, texts, strict=True) if row[1] is not None])

    def _add_whole(
        self, first: int, codings: list[Coding], postings: list[int | None], minor: list[int]
    ) -> list[tuple[Any, ...]]:
        """Add whole minor units to the buckets; the shares of charges that are split."""
        shares: list[tuple[Any, ...]] = []
        lines = range(first, first + len(minor))
        sums = [0] * (len(self._slots) + 1)  # by the lines of postings, which begin with 1
        for line, coding, posting, amount in zip(lines, codings, postings, minor, strict=True):
            if posting is not None:
                sums[posting] += amount
                continue
            keys = list(range(len(coding.parts)))
            parts = allocate(amount, [weight for _, weight in coding.parts], keys)
            for (bucket, _), part, ref in zip(coding.parts, parts, coding.refs, strict=True):
                slot = self._slot(bucket)
                slot.minor += part
                shares.append(self._share(line, slot, (part, None), (coding.reason, ref)))
        for slot, amount in zip(self._slots.values(), sums[1:], strict=True):
            slot.minor += amount
        return shares

    def _round_all(
        self, first: int, codings: list[Coding], postings: list[int | None], exact: list[Decimal]
    ) -> tuple[list[int], list[str | None], list[tuple[Any, ...]]]:
        """The minor units of charges that may hold fractions, the exact text of those that do, and the shares."""
        slots, digits = list(self._slots.values()), places(self.currency)
        minor: list[int] = []
        texts: list[str | None] = []
        shares: list[tuple[Any, ...]] = []
        lines = range(first, first + len(exact))
        for line, coding, posting, amount in zip(lines, codings, postings, exact, strict=True):
            scaled = EXACT.scaleb(amount, digits)
            if posting is None:
                given = self._rounded(coding, amount, line, shares)
            else:
                slot = slots[posting - 1]
                assert slot.rounding is not None
                given = slot.rounding.next(scaled)
                slot.minor += given
            minor.append(given)
            texts.append(None if scaled == given else plain(amount))
        return minor, texts, shares

    def _rounded(self, coding: Coding, exact: Decimal, line: int, shares: list[tuple[Any, ...]]) -> int:
        """The minor units of one split charge: what its buckets' running roundings give it."""
        total = 0
        for (slot, part), ref in zip(self._parts(coding, exact), coding.refs, strict=True):
            assert slot.rounding is not None
            minor = slot.rounding.next(EXACT.scaleb(part, places(self.currency)))
            slot.minor += minor
            total += minor
            shares.append(self._share(line, slot, (minor, plain(part)), (coding.reason, ref)))
        return total

    def _parts(self, coding: Coding, exact: Decimal) -> Iterator[tuple[_Slot, Decimal]]:
        """The parts of a split charge, exactly."""
        _, _, exponent = exact.as_tuple()
        assert isinstance(exponent, int)
        shift = max(_SPLIT_PLACES, -exponent)
        keys = list(range(len(coding.parts)))
        parts = allocate(int(EXACT.scaleb(exact, shift)), [weight for _, weight in coding.parts], keys)
        for (bucket, _), part in zip(coding.parts, parts, strict=True):
            yield self._slot(bucket), EXACT.scaleb(Decimal(part), -shift)

    def _share(
        self, line: int, slot: _Slot, amounts: tuple[int, str | None], evidence: tuple[str, str]
    ) -> tuple[Any, ...]:
        self._shares += 1
        return (self._shares, 0, line, slot.line, *amounts, *evidence)

    def _slot(self, bucket: Bucket) -> _Slot:
        key = (bucket.state, bucket.department, bucket.object, bucket.billed, bucket.fund)
        slot = self._slots.get(key)
        if slot is None:
            slot = self._slots[key] = _Slot(len(self._slots) + 1, bucket)
        return slot

    def _posting_of(self, coding: Coding) -> int | None:
        """The line of the posting that carries charges of this coding whole, None for a split."""
        lines = [self._slot(bucket).line for bucket, _ in coding.parts]
        return lines[0] if len(lines) == 1 else None

    # --- entry --------------------------------------------------------------------------------------------------

    def _entry(self, total: int) -> Entry | None:
        postings = [self._posting(slot) for slot in self._slots.values()]
        if total:
            postings.append(
                Posting(
                    account=self.terms.account(self.terms.credit),
                    role=self.terms.credit,
                    fund=self.terms.paying_fund,
                    amount=-total,
                    currency=self.currency,
                    vendor=self.vendor,
                )
            )
        return Entry(EntryKind.BILL, self.effective, tuple(postings)) if postings else None

    def _posting(self, slot: _Slot) -> Posting:
        bucket = slot.bucket
        role = _ROLES[bucket.state]
        return Posting(
            account=self.terms.account(role),
            role=role,
            fund=self.terms.paying_fund,
            amount=slot.minor,
            currency=self.currency,
            department=bucket.department,
            object=bucket.object,
            vendor=self.vendor,
            booked=".".join(part for part in (self.terms.paying_fund, bucket.object) if part),
            billed=bucket.billed,
            book=Book.ACTUAL if slot.minor else Book.MEMO,
        )

    def _discrepancies(self) -> Iterator[Discrepancy]:
        """What coding found odd, one for each cause, with the number of lines."""
        causes: dict[tuple[str, str, str], tuple[Discrepancy, int]] = {}
        for coding, count in self._counted.items():
            found = coding.discrepancy
            if found is not None:
                cause = (found.code, found.where, found.found)
                causes[cause] = (found, causes.get(cause, (found, 0))[1] + count)
        for found, count in causes.values():
            yield attrs.evolve(found, found=f"{found.found} ({count} lines)" if count > 1 else found.found)


def _charge_columns(
    first: int,
    columns: ChargeColumns,
    minor: list[int],
    exact: list[str | None] | None,
    evidence: list[list[Any]],
) -> list[Any]:
    """Columns in the order of charges-v1. `evidence` is posting, reason and reference row."""
    c = columns
    return [
        range(first, first + c.count),
        c.sub_account, c.service, c.service_kind, c.kind, c.product, c.customer_code,
        c.quantity, c.unit, c.rate, exact, c.effective_cost, minor,
        c.service_from, c.service_to, c.timing, c.document, c.member, c.place, c.start, c.end,
        *evidence,
    ]  # fmt: skip


def _posting_rows(entry: Entry | None, slots: Mapping[Any, _Slot]) -> Iterator[tuple[Any, ...]]:
    if entry is not None:
        assert [slot.line for slot in slots.values()] == list(range(1, len(slots) + 1))
        yield from posting_rows(entry)


def posting_rows(entry: Entry) -> Iterator[tuple[Any, ...]]:
    """Rows in the order of postings-v1, one a posting, from line 1."""
    effective = entry.effective.isoformat()
    for line, p in enumerate(entry.postings, 1):
        yield (
            line, p.account, p.role.value, p.fund, p.department, p.object, p.vendor, p.booked, p.billed, p.partner,
            p.basis, p.book.value, p.currency, p.amount, effective,
        )  # fmt: skip
