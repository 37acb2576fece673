"""The coder, coding on arrival: who is charged for each line of a bill, and the reference row that says so.

In this order: the owner of the service on the coding date; the customer code printed on the bill; a dated rule;
suspense. A line with an owner is never put in suspense for a code that nobody knows: it is billed to its owner and the
code is an exception (INV-21). An account string that is not valid on the bill's effective date sends the charge to
suspense (INV-11).

Coding date: the day on which a service billed in arrears ended, else the end of the bill's cycle. Kinds of service
that are split by days are shared among the owners of the days of service instead.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import date
from fractions import Fraction
from typing import NamedTuple, cast

import attrs

from ledger_core.facts.bill import Bill
from ledger_core.facts.charge import ChargeColumns, ChargeKind, Timing
from ledger_core.facts.chart import PLAIN, ChartTemplate
from ledger_core.facts.discrepancy import Discrepancy
from ledger_core.facts.reference import Reference
from ledger_core.policy.buckets import SUSPENSE, Bucket, Buckets, Payer
from ledger_core.policy.card_payments import CARD, CardPayments
from ledger_core.policy.coding import CODE, OWNER, PAYMENT, RULE, SPLIT, Coding
from ledger_core.policy.owners import Owners, keys_of
from ledger_core.policy.rules import CONDITIONS, Rule, Subject, rules_of
from ledger_core.policy.steps import day_of, starts_of

#: Version of this policy, part of the evidence of every coding.
VERSION = 1
_WHOLE = Fraction(1)
#: What contracts price. Taxes, fees, credits and the like have codes that no contract names.
_PRICED = frozenset({ChargeKind.RECURRING, ChargeKind.ONE_TIME, ChargeKind.USAGE, ChargeKind.EQUIPMENT})
_REMEMBERED = 200_000  # codings without an owner; beyond it they are worked out again


class _Shown(NamedTuple):
    """What rules look at in a charge, "" where no rule looks. A plain tuple: a million of them are compared."""

    sub_account: str
    service: str
    kind: str
    product: str
    text: str


class Coder:
    """Codes the charges of one bill by the reference data given. Pure: the same inputs give the same codings.

    `effective` is the date of the entry: account strings must be valid on it, and it is the coding date where the bill
    states none. `default_fund` pays where no vendor account
    row names a paying fund. `paying_fund` and `treatment` say what was found for the bill.
    """

    def __init__(
        self, reference: Reference, head: Bill, effective: date, default_fund: str, template: ChartTemplate = PLAIN
    ) -> None:
        self._reference = reference
        self._head = head
        self._cycle_end = head.period_to or head.bill_date
        self._effective = effective
        on = self._cycle_end or effective
        payer = _payer(reference, head, on, default_fund)
        self.paying_fund = payer.fund
        self.treatment = payer.treatment or "recover"
        self._buckets = Buckets(reference, payer, template, effective)
        self.suspense = Coding(SUSPENSE, "", ((self._buckets.suspense, _WHOLE),))
        self._parts: dict[Bucket, tuple[tuple[Bucket, Fraction], ...]] = {}
        self._owners = Owners(reference, head, self._buckets, self._owned)
        self._unowned: dict[tuple[str, str, _Shown], Coding] = {}
        self._rules = _RuleBook(reference, head.vendor)
        self._doubted: dict[tuple[Coding, str], Coding] = {}
        self._codes_or_rules = reference.holds("codes") or reference.holds("rules")
        self._products = _known(reference, "contracts", head, on)
        self._codes = _known(reference, "codes", head, on)
        self._card_payments = CardPayments(reference, on)
        self._payments: dict[str, Coding] = {}
        self._split_kinds = frozenset(
            row.key[0] for row in reference.all_in_force("service_kinds", on) if row.cell("split_by_days") == "yes"
        )

    def code_batch(self, columns: ChargeColumns) -> list[Coding]:
        """One coding a charge, in the order of the batch."""
        if not columns.count or not (self._owners.any or self._codes_or_rules or self._card_payments):
            return [self.suspense] * columns.count
        days = self._coding_days(columns)
        distinct = set(days)
        settled = self._owners.settled(min(distinct), max(distinct))
        services = _texts(columns, "service")
        found = list(map(settled.__getitem__, services))
        coded = cast("list[Coding]", found)  # true once the next statement has run
        if None in found:
            self._code_unsettled(columns, days, found)
        if self._split_kinds:
            self._split_by_days(columns, coded)
        self._doubt(columns, "product", self._products, coded)
        self._doubt(columns, "customer_code", self._codes, coded)
        if self._card_payments:
            self._recognise_payments(columns, coded)
        return coded

    def _coding_days(self, columns: ChargeColumns) -> Sequence[str]:
        """The coding date of each charge, as ISO texts."""
        ends = cast("Sequence[str | None]", columns.cells("service_to"))
        if self._cycle_end is None:
            fallback = self._effective.isoformat()
            return [end or fallback for end in ends]
        cycle_end = self._cycle_end.isoformat()
        if columns.timing == Timing.ARREARS:
            return [end or cycle_end for end in ends]
        if not isinstance(columns.timing, list):
            return [cycle_end] * columns.count
        timings = columns.cells("timing")
        return [
            (end or cycle_end) if timing == Timing.ARREARS else cycle_end
            for timing, end in zip(timings, ends, strict=True)
        ]

    def _code_unsettled(self, columns: ChargeColumns, days: Sequence[str], found: list[Coding | None]) -> None:
        """Fill what no single owner of the whole batch's days has decided."""
        services = _texts(columns, "service")
        other: list[int] = []
        over_time = self._owners.over_time
        for index in [index for index, coding in enumerate(found) if coding is None]:
            found[index] = over_time(services[index]).at(days[index])
            if found[index] is None:
                other.append(index)
        if other:
            self._code_unowned(columns, days, found, other)

    def _code_unowned(
        self, columns: ChargeColumns, days: Sequence[str], found: list[Coding | None], indexes: Sequence[int]
    ) -> None:
        """By the code printed, else by rule, else suspense; charges that show the same are worked out once."""
        if not self._codes_or_rules:
            for index in indexes:
                found[index] = self.suspense
            return
        nothing = [""] * columns.count
        shown = [_texts(columns, name) if self._rules.looks_at(name) else nothing for name in _Shown._fields]
        codes, known = _texts(columns, "customer_code"), self._unowned
        below, services, kinds, products, texts = shown
        for index in indexes:
            key = (
                days[index],
                codes[index],
                _Shown(below[index], services[index], kinds[index], products[index], texts[index]),
            )
            coding = known.get(key)
            if coding is None:
                if len(known) >= _REMEMBERED:
                    known.clear()
                coding = known[key] = self._without_owner(*key)
            found[index] = coding

    def _owned(self, service: str, ref: str, bucket: Bucket | Discrepancy) -> Coding:
        if isinstance(bucket, Bucket):
            return Coding(OWNER, ref, self._whole(bucket))
        return self._one(OWNER, ref, bucket, f"service {service or '(the account)'}")

    def _whole(self, bucket: Bucket) -> tuple[tuple[Bucket, Fraction], ...]:
        parts = self._parts.get(bucket)
        if parts is None:
            parts = self._parts[bucket] = ((bucket, _WHOLE),)
        return parts

    def _without_owner(self, day: str, code: str, shown: _Shown) -> Coding:
        return self._by_code(day, code) or self._by_rule(day, shown) or self.suspense

    def _by_code(self, day: str, code: str) -> Coding | None:
        if not code:
            return None
        on = day_of(day)
        for key in keys_of(self._head, code):
            row = self._reference.in_force("codes", key, on)
            if row is not None:
                bucket = self._buckets.of(row.cell("department"), row.cell("object"))
                return self._one(CODE, row.ref, bucket, f"customer code {code}")
        return None

    def _by_rule(self, day: str, shown: _Shown) -> Coding | None:
        below, service, kind, product, text = shown
        accounts = (self._head.account, below) if below else (self._head.account,)
        subject = Subject(self._head.vendor, accounts, service, kind, product, text)
        rule = next((rule for rule in self._rules.on(day) if rule.matches(subject)), None)
        if rule is None:
            return None
        placed = [
            (
                self._one(RULE, share.ref, self._buckets.of(share.department, share.object), f"rule {rule.name}"),
                share.weight,
            )
            for share in rule.shares
        ]
        return placed[0][0] if len(placed) == 1 else self._shared(placed)

    def _one(self, reason: str, ref: str, bucket: Bucket | Discrepancy, what: str) -> Coding:
        if isinstance(bucket, Discrepancy):
            return Coding(SUSPENSE, "", self.suspense.parts, _named(bucket, what))
        return Coding(reason, ref, self._whole(bucket))

    def _shared(self, placed: Iterable[tuple[Coding, Fraction]]) -> Coding:
        """A split among codings of one part each. Those of one bucket become one part; what cannot be placed lies in
        suspense, and the first thing wrong with it is the split's discrepancy.
        """
        weights: dict[Bucket, Fraction] = {}
        refs: dict[Bucket, str] = {}
        wrong: Discrepancy | None = None
        for coding, weight in placed:
            bucket = coding.parts[0][0]
            weights[bucket] = weights.get(bucket, Fraction(0)) + weight
            refs.setdefault(bucket, coding.ref)
            wrong = wrong or coding.discrepancy
        first = next((ref for ref in refs.values() if ref), "")
        reason = SPLIT if first else SUSPENSE
        return Coding(reason, first, tuple(weights.items()), wrong, tuple(refs.values()))

    def _split_by_days(self, columns: ChargeColumns, coded: list[Coding]) -> None:
        """Charges of a kind that is split by days belong to the owners of the days of service, day by day."""
        services, firsts, lasts = (_texts(columns, name) for name in ("service", "service_from", "service_to"))
        for index, kind in enumerate(_texts(columns, "service_kind")):
            first, last = firsts[index], lasts[index]
            if kind in self._split_kinds and first and first <= last:
                steps = self._owners.over_time(services[index])
                if not steps.constant(first, last):
                    coded[index] = self._day_parts(services[index], first, last)
                else:
                    coded[index] = steps.at(last) or coded[index]

    def _day_parts(self, service: str, first: str, last: str) -> Coding:
        steps = self._owners.over_time(service)
        inside = [start for start in steps.starts if first < start <= last]
        starts = [date.fromisoformat(start) for start in (first, *inside)]
        ends = [*starts[1:], date.fromordinal(date.fromisoformat(last).toordinal() + 1)]
        whole = (ends[-1] - starts[0]).days
        placed = [
            (steps.at(start.isoformat()) or self.suspense, Fraction((end - start).days, whole))
            for start, end in zip(starts, ends, strict=True)
        ]
        if len({coding.parts[0][0] for coding, _ in placed}) == 1:
            return placed[-1][0]  # two rows, one owner
        return self._shared(placed)

    def _recognise_payments(self, columns: ChargeColumns, coded: list[Coding]) -> None:
        """Lines of a card statement that pay a bill are not coded: they clear it."""
        kinds = columns.service_kind
        if kinds != CARD and not (isinstance(kinds, list) and CARD in kinds):
            return
        for index, (kind, text) in enumerate(zip(columns.cells("service_kind"), _texts(columns, "text"), strict=True)):
            paid = self._card_payments.found_in(text) if kind == CARD else None
            if paid is not None:
                coding = self._payments.get(paid.ref)
                if coding is None:
                    parts = self._whole(self._buckets.clearing)
                    coding = self._payments[paid.ref] = Coding(PAYMENT, paid.ref, parts)
                coded[index] = coding

    def _doubt(self, columns: ChargeColumns, column: str, known: frozenset[str], coded: list[Coding]) -> None:
        """Charges of owned services whose code nobody knows stay with the owner and become exceptions (INV-21)."""
        if not known:
            return
        cells = _texts(columns, column)
        doubtful = [index for index, cell in enumerate(cells) if cell and cell not in known]
        kinds = _texts(columns, "kind") if doubtful else []
        for index in doubtful:
            coding = coded[index]
            if coding.reason not in {OWNER, SPLIT} or coding.discrepancy is not None:
                continue
            if column == "customer_code" or kinds[index] in _PRICED:
                coded[index] = self._doubted_coding(coding, column, cells[index])

    def _doubted_coding(self, coding: Coding, column: str, cell: str) -> Coding:
        doubted = self._doubted.get((coding, cell))
        if doubted is None:
            if len(self._doubted) >= _REMEMBERED:
                self._doubted.clear()
            sheet = "contracts" if column == "product" else "codes"
            name = "charge code" if column == "product" else "customer code"
            found = Discrepancy(
                f"{name.replace(' ', '-')}-unknown",
                f"{name} {cell}",
                f"not in the sheet {sheet}; billed to the owner of the service",
                f"Load it in {sheet}, or dispute the charge.",
            )
            doubted = self._doubted[coding, cell] = attrs.evolve(coding, discrepancy=found)
        return doubted


class _RuleBook:
    """The rules of one vendor by day."""

    def __init__(self, reference: Reference, vendor: str) -> None:
        self._reference = reference
        self._vendor = vendor
        rows = reference.versions("rules")
        self._starts = starts_of((row.valid_from, row.valid_to) for row in rows)
        looked_at = [name for name in CONDITIONS if any(row.cell(name) for row in rows)]
        self._columns = frozenset("sub_account" if name == "account" else name for name in looked_at)
        self._found: dict[str, list[Rule]] = {}

    def looks_at(self, column: str) -> bool:
        """Whether any rule, whenever valid, has a condition on that column of the charges."""
        return column in self._columns

    def on(self, day: str) -> list[Rule]:
        """The rules in force on an ISO day that may concern the vendor, in the order in which they are asked."""
        start = self._starts[bisect_right(self._starts, day) - 1]
        rules = self._found.get(start)
        if rules is None:
            rows = self._reference.all_in_force("rules", day_of(start))
            rules = self._found[start] = [rule for rule in rules_of(rows) if rule.concerns(self._vendor)]
        return rules


def _payer(reference: Reference, head: Bill, on: date, default_fund: str) -> Payer:
    """The vendor account's row, or the vendor's row without an account, says who pays."""
    for account in (head.account, ""):
        row = reference.in_force("vendor_accounts", (head.vendor, account), on)
        if row is not None:
            return Payer(row.cell("paying_fund") or default_fund, row.cell("treatment"))
    return Payer(default_fund)


def _known(reference: Reference, sheet: str, head: Bill, on: date) -> frozenset[str]:
    """What a sheet lists for the bill's vendor and account on a day: products or codes; empty where it lists none."""
    return frozenset(
        row.key[2]
        for vendor in {head.vendor, ""}
        for row in reference.with_cell(sheet, "vendor", vendor)
        if row.key[1] in {head.account, ""} and row.covers(on)
    )


def _named(wrong: Discrepancy, what: str) -> Discrepancy:
    """The discrepancy of a string, told of the service, code or rule that leads to it."""
    return attrs.evolve(wrong, where=what, found=f"{wrong.where} is {wrong.found}")


def _texts(columns: ChargeColumns, name: str) -> list[str]:
    """A column of texts, absent ones "" (only where a cell may be None is it copied)."""
    cells = columns.cells(name)
    if name in {"text", "service_from", "service_to"}:
        return [cast("str", cell) or "" for cell in cells]
    return cast("list[str]", cells)
