"""The account summary: the one row that is the bill's first page, and what joins the other parts to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

import attrs

from importers.delimited import Row, refused
from importers.verizon_wireless.days import bill_period, cycle_day, due_day
from importers.verizon_wireless.parts import BALANCES, CAPTIONS, JOIN, USAGE_KINDS, Part
from ledger_core import Bill, Figure


@attrs.frozen
class Account:
    """The account summary: the head, what joins the parts, and every figure by its caption."""

    head: Bill
    key: tuple[str, ...]
    cycle: date
    figures: Mapping[str, Figure]


def read_account(part: Part) -> Account:
    """The one row of the account summary."""
    found = list(part.rows())
    if len(found) != 1:
        do = "Download each account's files by themselves."
        raise refused(part.document, None, f"there are {len(found)} accounts in it, not one", do)
    (row,) = found
    cycle = cycle_day(part, row)
    first, last = bill_period(part, row, cycle)
    wanted = (*BALANCES, *CAPTIONS, *(f"Usage Charges - {kind}" for kind in USAGE_KINDS), "Total Amount Due")
    where = part.locator(row)
    figures = {name: Figure(name, "bill", part.number_in(row, name), where) for name in wanted}
    for name in ("Total Current Charges", "Total Amount Due"):
        if not part.text(row, name):
            raise part.odd(row, name, "and the bill must state it")
    head = Bill(
        vendor="Verizon Wireless",
        account=part.text(row, "Account Number"),
        currency="USD",
        number=part.text(row, "Invoice Number"),
        bill_date=cycle,
        due_date=due_day(part, row),
        period_from=first,
        period_to=last,
    )
    if not head.account or not head.number:
        raise part.odd(row, "Invoice Number", "and the bill must name account and invoice")
    return Account(head, _key(part, row), cycle, figures)


def _key(part: Part, row: Row) -> tuple[str, ...]:
    return tuple(row.cells[part.columns[name]].strip() for name in JOIN)


def rows_of(part: Part, account: Account) -> Iterator[Row]:
    """The rows of a part, each proved to be of this bill."""
    for row in part.rows():
        if _key(part, row) != account.key:
            found = f"the row is of {' / '.join(_key(part, row))}, the bill is {' / '.join(account.key)}"
            raise refused(part.document, row.number, found, "Drop the four files of one month and account together.")
        yield row
