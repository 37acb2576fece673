"""Taxes and surcharges: what the body is exempt from, and what is more than the law allows (domain: tax rules).

Rows of the sheet `taxes` name a tax as bills do. A tax that no row names is let pass. Where several jurisdictions levy
one name, the row of the service's own place counts, and without one the vendor is given the benefit of the highest.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction

import attrs

from ledger_core import (
    EXACT,
    CheckedBill,
    Examination,
    Grounds,
    Line,
    Objection,
    Reference,
    ReferenceRow,
    exact_sum,
    fixed,
)
from plugins.checks.amounts import cost, minor, rounded
from plugins.checks.dated import fits, rows_of_vendor

EXEMPT, EXCESSIVE, UNIVERSAL = "tax-exempt", "tax-excessive", "usf-excessive"
_TAXES = frozenset({"tax", "surcharge", "fee"})
#: What a tax may be levied on: everything that is neither a tax nor taken back.
_UNTAXED = frozenset({"tax", "surcharge", "credit", "adjustment", "late-fee", "rounding", "transfer"})
#: Interstate revenue is that of communications: equipment is none (47 CFR 54.712).
_NO_REVENUE = _UNTAXED | {"equipment", "fee"}
#: A certificate is on file and in date.
_CERTIFIED = 98
#: The sheet says exempt, and names no certificate that is in date.
_UNCERTIFIED = 80
#: The rate is the sheet's, the base is that of the bill: what is taxed beyond it, the bill does not say.
_RECOMPUTED = 90
_CENT = 1  # minor units by which a recomputed surcharge may be off (INV-54)


@attrs.frozen
class Taxes:
    """Looks at taxes and surcharges that the sheet `taxes` names for the vendor."""

    name: str = "taxes"
    version: str = "1"
    codes: tuple[str, ...] = (EXEMPT, EXCESSIVE, UNIVERSAL)

    def open(self, bill: CheckedBill, grounds: Grounds) -> Examination | None:
        """Where a row of the sheet is for the vendor, or for any."""
        day = bill.bill_date or bill.day
        rows = [row for row in rows_of_vendor(grounds.reference, "taxes", bill) if row.covers(day)]
        return _Taxes(bill, grounds.reference, rows) if rows else None


class _Taxes:
    def __init__(self, bill: CheckedBill, reference: Reference, rows: Sequence[ReferenceRow]) -> None:
        self._bill = bill
        self._reference = reference
        self._rows = sorted(rows, key=lambda row: (not row.cell("vendor"), row.cell("tax").count("*"), row.key))
        self._named: dict[str, list[ReferenceRow]] = {}
        self._taxed = _Base(bill.currency)
        self._revenue = _Base(bill.currency)
        self._factors: dict[str, Fraction] = {}
        self._pieces: dict[str, int] = defaultdict(int)
        self._levied: dict[tuple[str, str], list[tuple[Line, ReferenceRow]]] = defaultdict(list)

    def look(self, lines: Sequence[Line]) -> Iterator[Objection]:
        """Exempt taxes at once; what has to be recomputed waits for everything that it may be levied on."""
        for line in lines:
            if line.amount < 0 or (line.amount == 0 and line.exact is None):
                continue
            rows = self._naming(line.product) if line.kind in _TAXES else ()
            if not rows:
                if line.kind not in _UNTAXED:
                    self._count(line)
                continue
            row = self._of_place(rows, line.service)
            if row.cell("exempt") == "yes":
                yield self._exempt(line, row)
            elif row.cell("basis") and row.cell("rate"):
                self._levied[line.service, row.cell("tax")].append((line, row))

    def _count(self, line: Line) -> None:
        self._taxed.add(line)
        self._pieces[line.service] += 1
        if line.kind not in _NO_REVENUE:
            self._revenue.add(line)

    def end(self) -> Iterator[Objection]:
        """Taxes that come to more than their rate on what they may be levied on."""
        for (service, _), levied in self._levied.items():
            allowed, slack = self._allowed(service, levied)
            for line, row in levied:
                paid = cost(line, self._bill.currency)
                over = paid - max(allowed, Fraction(0))
                allowed -= paid
                if over > slack:
                    yield self._excessive(line, row, over, self._how(service, levied))

    def _naming(self, product: str) -> list[ReferenceRow]:
        """The rows that name a tax, those of the most exact name."""
        if product not in self._named:
            found = [row for row in self._rows if fits(row.cell("tax"), product)] if product else []
            self._named[product] = [row for row in found if row.cell("tax") == found[0].cell("tax")]
        return self._named[product]

    def _of_place(self, rows: Sequence[ReferenceRow], service: str) -> ReferenceRow:
        if len(rows) == 1:
            return rows[0]
        if place := self._place(service):
            for row in rows:
                if row.cell("jurisdiction") and row.cell("jurisdiction").casefold() in place:
                    return row
        return max(rows, key=lambda row: (row.cell("exempt") != "yes", Fraction(row.cell("rate") or "0")))

    def _place(self, service: str) -> str:
        for account in dict.fromkeys((self._bill.account, "")):
            row = self._reference.in_force("inventory", (self._bill.vendor, account, service), self._bill.day)
            if row is not None:
                return row.cell("location").casefold()
        return ""

    def _allowed(self, service: str, levied: Sequence[tuple[Line, ReferenceRow]]) -> tuple[Fraction, Fraction]:
        """The most that these lines may come to in minor units, and how far that may be off."""
        line, row = levied[0]
        factor = self._factor(row)
        if row.cell("basis") == "per-line":
            return factor * self._lines_taxed(service, levied), Fraction(0)
        if row.cell("basis") == "usf":
            return self._revenue.of(service) * factor, Fraction(_CENT)
        # A tax that is worked out line by line may be rounded up on each; one in fractions of a cent is not rounded.
        pieces = self._pieces[service] if service else len(self._pieces)
        slack = Fraction(1) if line.exact is not None else Fraction(max(1, pieces) + 1, 2)
        return self._taxed.of(service) * factor, slack

    def _factor(self, row: ReferenceRow) -> Fraction:
        """What a row makes of a minor unit that is taxed; of a line, in minor units."""
        factor = self._factors.get(row.ref)
        if factor is None:
            rate = Fraction(row.cell("rate"))
            if row.cell("basis") == "per-line":
                factor = minor(rate, self._bill.currency)
            else:
                share = Fraction(row.cell("share") or "100") if row.cell("basis") == "usf" else Fraction(100)
                factor = rate * share / 10_000
            self._factors[row.ref] = factor
        return factor

    def _how(self, service: str, levied: Sequence[tuple[Line, ReferenceRow]]) -> tuple[tuple[str, str], ...]:
        """How the most is worked out, for people."""
        row = levied[0][1]
        if row.cell("basis") == "per-line":
            return ("lines", str(self._lines_taxed(service, levied))), ("rate a line", row.cell("rate"))
        if row.cell("basis") == "usf":
            return (
                ("communications billed", self._shown(self._revenue.of(service))),
                ("interstate share", f"{row.cell('share') or 100} %"),
                ("contribution factor", f"{row.cell('rate')} %"),
            )
        return ("taxed", self._shown(self._taxed.of(service))), ("rate", f"{row.cell('rate')} %")

    def _lines_taxed(self, service: str, levied: Sequence[tuple[Line, ReferenceRow]]) -> int:
        """One service is one line, unless the bill counts more of them."""
        stated = max(int(Fraction(line.quantity)) if line.quantity else 1 for line, _ in levied)
        return max(1, stated) if service else max(stated, len([name for name in self._pieces if name]))

    def _exempt(self, line: Line, row: ReferenceRow) -> Objection:
        until = row.cell("certificate_to")
        certified = bool(row.cell("certificate")) and (not until or date.fromisoformat(until) >= self._bill.day)
        certificate = f"{row.cell('certificate') or 'none named'}{f', to {until}' if until else ''}"
        evidence = (*self._row(row), ("certificate", certificate))
        return Objection(
            EXEMPT,
            line,
            line.amount,
            _CERTIFIED if certified else _UNCERTIFIED,
            row.cell("tax"),
            f"{line.product} of {fixed(line.amount, self._bill.currency)} is billed; the body is exempt from it",
            "Dispute it and send the certificate." if certified else "Renew the certificate, then dispute it.",
            evidence,
        )

    def _excessive(self, line: Line, row: ReferenceRow, over: Fraction, how: tuple[tuple[str, str], ...]) -> Objection:
        universal = row.cell("basis") == "usf"
        stake = max(1, rounded(over))
        currency = self._bill.currency
        return Objection(
            UNIVERSAL if universal else EXCESSIVE,
            line,
            min(stake, line.amount),
            _RECOMPUTED,
            row.cell("tax"),
            f"{line.product} of {fixed(line.amount, currency)} for {line.service or 'the account'} is"
            f" {fixed(stake, currency)} more than {'may be passed through' if universal else 'the tax comes to'}",
            "Dispute what is more, or load the rate that holds.",
            (*self._row(row), *how, ("at most", fixed(line.amount - stake, currency))),
        )

    def _row(self, row: ReferenceRow) -> tuple[tuple[str, str], ...]:
        levied_by = " ".join(filter(None, (row.cell("authority"), row.cell("jurisdiction"))))
        return ("tax", f"{row.cell('tax')}{f', {levied_by}' if levied_by else ''}"), ("tax row", row.ref)

    def _shown(self, amount: Fraction) -> str:
        return fixed(rounded(amount), self._bill.currency)


class _Base:
    """What a tax is levied on, by service, in exact minor units. Whole ones are added as such: they are nearly all."""

    def __init__(self, currency: str) -> None:
        self._currency = currency
        self._whole: dict[str, int] = defaultdict(int)
        self._exact: dict[str, Decimal] = {}

    def add(self, line: Line) -> None:
        """Count a line in."""
        if line.exact is None:
            self._whole[line.service] += line.amount
        else:
            known = self._exact.get(line.service, Decimal(0))
            self._exact[line.service] = EXACT.add(known, Decimal(line.exact))

    def of(self, service: str) -> Fraction:
        """What a service's tax is levied on; a tax of the account itself, on everything."""
        if service:
            return self._whole[service] + self._major(self._exact.get(service, Decimal(0)))
        return sum(self._whole.values()) + self._major(exact_sum(self._exact.values()))

    def _major(self, amount: Decimal) -> Fraction:
        return minor(Fraction(amount), self._currency)
