"""Rows of a FOCUS export as bills: issuer, account, currency, billing period and invoice tell them apart."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import attrs

from importers.focus.cells import day, shared
from importers.focus.charges import charges
from importers.focus.rows import INVOICE, OPTIONAL, Rows
from ledger_core import Bill, BillEnded, BillStarted, Charged, DocumentRefused, Record, Totals

_KEY = ("InvoiceIssuerName", "BillingAccountId", "BillingCurrency", "BillingPeriodStart", "BillingPeriodEnd", INVOICE)
_MOST_BILLS = 10_000  # of one document
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
_EXPORT = "Export the file again from the provider."


@attrs.frozen
class _Ledger:
    """The bills met so far: by head, by the texts that led to it, and how many charges each has."""

    heads: dict[Bill, int]
    known: dict[tuple[str | None, ...], int]
    counts: list[int]


def bills(name: str, stretches: Iterable[Rows]) -> Iterator[Record]:
    """The bills of a document, numbered as they are met; rows of several may be mixed.

    A bill is issuer, account, currency, billing period and, where the column exists, invoice. Raises DocumentRefused
    naming the row that cannot be read.
    """
    met = _Ledger({}, {}, [])
    for rows in stretches:
        provisional = INVOICE in rows.columns
        whole = _completed(rows)
        for key, part in _by_bill(whole):
            bill = met.known.get(key)
            if bill is None:
                head = _head(name, part, provisional=provisional)
                bill = met.heads.setdefault(head, len(met.counts))
                met.known[key] = bill
                if bill == len(met.counts):
                    _check_bills(name, part, bill)
                    met.counts.append(0)
                    yield BillStarted(bill, head)
            met.counts[bill] += len(part.numbers)
            yield Charged(bill, charges(name, part))
    if not met.counts:
        raise DocumentRefused(name, "a header and no rows", _EXPORT, code="no-lines")
    for bill, count in enumerate(met.counts):
        yield BillEnded(bill, Totals(count))


def _check_bills(name: str, rows: Rows, bill: int) -> None:
    if bill >= _MOST_BILLS:
        raise rows.refused(name, 0, f"more than {_MOST_BILLS} bills in one file", "Export one file for each month.")


def _completed(rows: Rows) -> Rows:
    """With the columns that the file lacks, empty."""
    import pyarrow as pa

    empty = pa.nulls(len(rows.numbers), pa.string())
    return attrs.evolve(rows, columns={**dict.fromkeys(OPTIONAL, empty), **rows.columns})


def _by_bill(rows: Rows) -> Iterator[tuple[tuple[str | None, ...], Rows]]:
    """The rows of each bill, in the order of the file."""
    if all(shared(rows.columns[column]) for column in _KEY):
        yield tuple(rows.columns[column][0].as_py() for column in _KEY), rows
        return
    groups: dict[tuple[str | None, ...], list[int]] = {}
    for index, key in enumerate(zip(*(rows.columns[column].to_pylist() for column in _KEY), strict=True)):
        groups.setdefault(key, []).append(index)
    for key, indices in groups.items():
        yield key, rows.take(indices)


def _head(name: str, rows: Rows, *, provisional: bool) -> Bill:
    """The bill of these rows, which share their key. An empty InvoiceId means that there is no invoice yet (1.2)."""
    issuer, account, currency = (_stated(name, rows, column) for column in _KEY[:3])
    if not _CURRENCY.fullmatch(currency):
        found = f"BillingCurrency: '{currency[:20]}' is not a three-letter code"
        raise rows.refused(name, 0, found, "Use the ISO 4217 code, such as USD.")
    for column in _KEY[3:5]:
        _stated(name, rows, column)
    starts = day(name, rows, "BillingPeriodStart", 0)
    ends = day(name, rows, "BillingPeriodEnd", 0, end=True)
    assert starts is not None, "a stated cell has a date"
    assert ends is not None, "a stated cell has a date"
    if ends < starts:
        raise rows.refused(name, 0, f"the billing period ends on {ends}, before it starts on {starts}", _EXPORT)
    invoice = rows.columns[INVOICE][0].as_py()
    return Bill(
        vendor=issuer,
        account=account,
        currency=currency,
        number=invoice,
        period_from=starts,
        period_to=ends,
        provisional=provisional and invoice is None,
    )


def _stated(name: str, rows: Rows, column: str) -> str:
    text: str | None = rows.columns[column][0].as_py()
    if text is None:
        raise rows.refused(name, 0, f"{column} is empty", _EXPORT)
    return text
