"""Payments read back: what the payer's own system says it paid, posted as payable against cash, per fund.

A payment is named by vendor account, bill number and its own reference: the same one again is known and posts nothing.
What no claim covers is refused, row by row, with its reason (INV-43).
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import Any

import attrs
from sqlalchemy import Connection, select

from ledger_core.canonical import row_bytes
from ledger_core.engine.ledger import Act
from ledger_core.engine.preparation import posting_rows
from ledger_core.facts import catalogue
from ledger_core.facts.body import POSTINGS
from ledger_core.facts.discrepancy import Discrepancy
from ledger_core.facts.entry import Book, Entry, EntryKind, Posting, Role
from ledger_core.facts.fact import Fact
from ledger_core.money import fixed
from ledger_core.policy.allocation import allocate
from ledger_core.policy.periods import effective_date, parse_period
from ledger_core.projections import periods, reference, ways
from ledger_core.projections.bills import POSTED
from ledger_core.projections.payables import OWED, OpenItem, Payables
from ledger_core.store import log
from ledger_core.store.door import Draft
from ledger_core.store.rows import FewRows
from ledger_core.store.tables import BODIES

_SHOWN = 200  # characters of a vendor's name or number in a reason


class State(StrEnum):
    """What became of a row of a file of payments."""

    POSTED = "posted"
    KNOWN = "known"
    REFUSED = "refused"


@attrs.frozen
class Payment:
    """One row: `amount` (minor units, a refund negative) paid on a bill, on a day, under a reference (a warrant's or
    transfer's number), by a method as the payer names it. `row` counts the rows of the file from 1."""

    row: int
    vendor: str
    account: str
    number: str
    amount: int
    paid: date
    method: str
    reference: str

    @property
    def key(self) -> str:
        """The idempotency key of the entry that posts it."""
        named = row_bytes([self.vendor, self.account, self.number, self.reference])
        return f"entry/payment/{hashlib.sha256(named).hexdigest()[:32]}"


@attrs.frozen
class File:
    """The archived file that payments were read from."""

    sha256: str
    name: str
    size: int


@attrs.frozen
class Read:
    """What became of one payment: the bill it pays, the fact that posts it, or the problem."""

    payment: Payment
    state: State
    bill: str | None = None
    fact: Fact | None = None
    problem: Discrepancy | None = None


@attrs.frozen
class Loaded:
    """What a file of payments came to, row by row, and the fact that says so."""

    fact: Fact
    rows: tuple[Read, ...]


def load_payments(act: Act, payments: Sequence[Payment], file: File) -> Loaded:
    """Post the payments of a file and record what became of each row."""
    rows = tuple(_Paying(act).all(payments, file))
    counts = {state.value: sum(row.state is state for row in rows) for state in State}
    content = {
        "sha256": file.sha256,
        "name": file.name,
        "size": file.size,
        **counts,
        "refusals": [
            {"row": row.payment.row, "reference": row.payment.reference, **attrs.asdict(row.problem)}
            for row in rows
            if row.problem is not None
        ],
    }
    fact = act.record(Draft(catalogue.PAYMENTS_LOADED, f"payments/{file.sha256}/{act.id}", content, act.id))
    return Loaded(fact, rows)


def judged(connection: Connection, payments: Sequence[Payment]) -> list[Read]:
    """What would become of each row. Records nothing."""
    book = _Book(connection)
    found = []
    for payment in payments:
        verdict = book.judge(payment)
        if isinstance(verdict, OpenItem):
            book.take(verdict, payment)
            verdict = Read(payment, State.POSTED, verdict.bill.bill)
        found.append(verdict)
    return found


class _Book:
    """The open items that payments are laid against, with what this file has paid so far."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._payables = Payables(connection)
        self._accounts = reference.known(connection, {"vendor_accounts"})
        self._items: dict[tuple[str, str, str], OpenItem] = {}
        for item in self._payables.all():
            self._add(item)
        self._taken: dict[str, list[int]] = defaultdict(list)
        self._seen: dict[str, Payment] = {}

    def _add(self, item: OpenItem) -> None:
        """A bill is found by its number as the paper has it, or as its file has it; one that stands goes first."""
        for account, number in {(item.account, item.invoice), (item.bill.account, item.bill.number or "")}:
            key = (item.bill.vendor, account, number)
            if key not in self._items or item.bill.state == POSTED:
                self._items[key] = item

    def judge(self, payment: Payment) -> OpenItem | Read:
        """The item that it pays, or why it posts nothing."""
        if (known := self._known(payment)) is not None:
            return known
        item = self._items.get((payment.vendor, payment.account, payment.number))
        if item is None:
            return _refused(
                payment, code="bill-unknown", found=f"no bill {_named(payment)} owes anything", do="Correct the row."
            )
        if not payment.amount:
            return _refused(payment, code="payment-zero", found="it pays nothing", do="Leave the row out.")
        limit, paid = self._limit(item, payment.amount)
        if abs(paid + payment.amount) > abs(limit):
            return self._too_much(payment, item, limit, paid)
        return item

    def take(self, item: OpenItem, payment: Payment) -> None:
        """Remember what the file has paid already."""
        self._taken[item.bill.bill].append(payment.amount)
        self._seen[payment.key] = payment

    def _known(self, payment: Payment) -> Read | None:
        earlier = self._seen.get(payment.key)
        fact = log.fact_by_key(self._connection, payment.key) if earlier is None else None
        if earlier is None and fact is None:
            return None
        amount, paid = (earlier.amount, earlier.paid.isoformat()) if earlier else _posted_as(fact)
        if (amount, paid) == (payment.amount, payment.paid.isoformat()):
            return Read(payment, State.KNOWN, None if fact is None else fact.content["bill"], fact)
        currency = log.fact(self._connection, 1).content["currency"]
        where = f"E{fact.sequence}" if fact else f"row {earlier.row if earlier else 0}"
        found = f"{where} has {fixed(amount, currency)} of {paid} under reference {payment.reference}"
        return _refused(
            payment, code="payment-differs", found=found, do="Correct the row, or give it a reference of its own."
        )

    def _limit(self, item: OpenItem, amount: int) -> tuple[int, int]:
        """What may be paid of a bill in that direction, and what was. A vendor that draws the money itself does so
        before anybody certifies; of all others what was claimed is the limit."""
        ours = [claim.amount for claim in item.standing]
        paid = [payment.amount for payment in item.payments] + self._taken[item.bill.bill]
        if ways.of_bill(self._connection, item.bill, self._accounts) == ways.AUTOPAY:
            ours = [max(item.payable, 0), min(item.payable, 0)]
        sign = 1 if amount > 0 else -1
        return sum(one for one in ours if one * sign > 0), sum(one for one in paid if one * sign > 0)

    def _too_much(self, payment: Payment, item: OpenItem, limit: int, paid: int) -> Read:
        money = item.bill.currency
        found = (
            f"it pays {fixed(payment.amount, money)}, of bill {item.bill.bill} {fixed(limit, money)} was claimed"
            f" and {fixed(paid, money)} paid"
        )
        return _refused(
            payment, code="paid-beyond-claim", found=found, do="Certify the claim first, or correct the row."
        )


@attrs.define
class _Paying:
    """Posts the payments of one file."""

    act: Act
    _book: _Book = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self._book = _Book(self.act.connection)

    def all(self, payments: Sequence[Payment], file: File) -> Iterator[Read]:
        """Row by row."""
        for payment in payments:
            verdict = self._book.judge(payment)
            if isinstance(verdict, Read):
                yield verdict
                continue
            self._book.take(verdict, payment)
            yield Read(payment, State.POSTED, verdict.bill.bill, self._post(verdict, payment, file))

    def _post(self, item: OpenItem, payment: Payment, file: File) -> Fact:
        connection = self.act.connection
        closed = {parse_period(period) for period in periods.closed(connection)}
        day = effective_date(payment.paid, closed)
        words = " ".join(filter(None, (payment.vendor, payment.account, payment.number)))
        narrative = f"Payment {payment.reference} of {words}"
        entry = Entry(EntryKind.PAYMENT, day, tuple(self._postings(item, payment, day)), narrative)
        content: dict[str, Any] = {
            "entry": entry.kind.value,
            "narrative": narrative,
            "bill": item.bill.bill,
            "amount": payment.amount,
            "paid": payment.paid.isoformat(),
            "method": payment.method,
            "reference": payment.reference,
            "file": file.sha256,
            "row": payment.row,
        }
        rows = (FewRows(POSTINGS, tuple(posting_rows(entry))),)
        return self.act.record(
            Draft(catalogue.ENTRY_POSTED, payment.key, content, self.act.id, day, self.act.door.last, rows)
        )

    def _postings(self, item: OpenItem, payment: Payment, day: date) -> Iterator[Posting]:
        """Debit payable, credit cash, in each fund in proportion to what the bill made payable there (J2)."""
        owed = _owed(self.act.connection, item)
        cash = _cash_account(self.act.connection, day)
        shares = allocate(payment.amount, [abs(row.amount) for row in owed], [(row.fund, row.account) for row in owed])
        for row, amount in zip(owed, shares, strict=True):
            if amount:
                where = {"fund": row.fund, "currency": row.currency, "vendor": row.vendor, "book": Book.ACTUAL}
                yield Posting(account=row.account, role=Role(row.role), amount=amount, **where)
                yield Posting(account=cash, role=Role.CASH, amount=-amount, **where)


def _owed(connection: Connection, item: OpenItem) -> Sequence[Any]:
    """The bill's own postings of what is owed: one for each fund that pays."""
    table = BODIES["postings"]
    query = select(table).where(table.c.fact == item.bill.fact, table.c.role.in_(OWED))
    return connection.execute(query.where(table.c.book == Book.ACTUAL.value).order_by(table.c.line)).all()


def _cash_account(connection: Connection, on: date) -> str:
    """The site's account for cash; where its sheet names none, the role's own name, as for any role."""
    row = reference.known(connection, {"account_roles"}).in_force("account_roles", (Role.CASH.value,), on)
    return row.cell("account") if row else Role.CASH.value


def _posted_as(fact: Fact | None) -> tuple[int, str]:
    assert fact is not None
    content: Mapping[str, Any] = fact.content
    return content["amount"], content["paid"]


def _named(payment: Payment) -> str:
    return " ".join(filter(None, (payment.vendor, payment.account, payment.number)))[:_SHOWN]


def _refused(payment: Payment, *, code: str, found: str, do: str) -> Read:
    return Read(payment, State.REFUSED, problem=Discrepancy(code, f"row {payment.row}", found, do))
