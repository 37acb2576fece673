"""`tollbook reconcile`: what a vendor says is due, beside what our books make of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from ledger_core.errors import Unknown
from ledger_core.money import fixed
from ledger_core.projections.payables import OpenItem
from ledger_core.projections.vendor_accounts import Reconciliation, hint, reconciliations
from ledger_core.store import log
from tollbook.cli.answer import console, document, json_option, print_json, site_of, table


@click.command()
@click.argument("vendor", required=False)
@click.argument("account", required=False)
@json_option
@click.pass_context
def command(context: click.Context, vendor: str | None, account: str | None, as_json: bool) -> int:
    r"""Reconcile vendor accounts: all, those of VENDOR, or one ACCOUNT of it, which is then shown bill by bill.

    The total due on the last bill is our open items, plus what is held, plus payments in transit (made by us and not on
    that bill yet), plus what nobody can explain. That is zero, or exit 1; once payments are read back it is an
    exception of the queue too.

    \b
      tollbook --site harbor reconcile
      tollbook --site harbor reconcile "Union Tel" 100-200
    """
    site = site_of(context)
    with site.ledger().reading() as connection:
        sequence = log.last_sequence(connection)
        found = [
            one
            for one in reconciliations(connection, sequence)
            if vendor in {None, one.last.vendor} and account in {None, one.last.account}
        ]
    if vendor is not None and not found:
        words = " ".join(filter(None, (vendor[:80], (account or "")[:80])))
        raise Unknown(f"vendor account {words}", "no bill of it stands", "Take its names from `tollbook payables`.")
    if as_json:
        print_json(document("reconcile", sequence, {"accounts": [_content(one) for one in found]}))
    else:
        _show(found, in_detail=account is not None)
    return 1 if any(one.unexplained for one in found) else 0


def _content(one: Reconciliation) -> dict[str, Any]:
    return {
        "vendor": one.last.vendor,
        "account": one.last.account,
        "currency": one.last.currency,
        "bill": one.last.bill,
        "number": one.last.number,
        "bill_date": one.last.bill_date,
        "stated": one.stated,
        "carried": one.carried,
        "open": one.open,
        "held": one.held,
        "in_transit": one.paid_lately,
        "unexplained": one.unexplained,
        "sent": one.sent,
        "items": [_item(item) for item in one.items if item.outstanding or item.held],
        "payments": [
            {
                "entry": f"E{paid.fact}",
                "bill": paid.bill,
                "amount": paid.amount,
                "paid": paid.paid.isoformat(),
                "reference": paid.reference,
            }
            for paid in one.in_transit
        ],
    }


def _item(item: OpenItem) -> dict[str, Any]:
    return {
        "bill": item.bill.bill,
        "number": item.invoice or None,
        "bill_date": item.bill.bill_date,
        "payable": item.payable + item.card,
        "held": item.held,
        "paid": item.paid,
        "outstanding": item.outstanding,
    }


def _show(found: Sequence[Reconciliation], *, in_detail: bool) -> None:
    out = console()
    if not found:
        out.print("No bill stands in the books yet.")
        return
    names = ("vendor, account", "last bill", "stated", "open", "held", "in transit", "unexplained", "")
    out.print(table("Vendor accounts", names, [_row(one) for one in found], right=range(2, 7)))
    for one in found if in_detail else ():
        rows = [_item_row(item) for item in one.items if item.outstanding or item.held]
        if rows:
            columns = ("bill", "number", "date", "payable", "held", "paid", "outstanding")
            out.print(table("Open items", columns, rows, right=range(3, 7)))
        for paid in one.in_transit:
            money = fixed(paid.amount, one.last.currency)
            out.print(
                f"in transit: {money} of {paid.bill}, {paid.reference} of {paid.paid}, E{paid.fact}", markup=False
            )
    for one in found:
        if one.unexplained:
            out.print(f"{one.last.vendor} {one.last.account}: {hint(one)}", markup=False)


def _row(one: Reconciliation) -> tuple[str, ...]:
    money = one.last.currency
    amounts = (one.stated, one.open, one.held, one.paid_lately, one.unexplained)
    figures = ["-" if amount is None else fixed(amount, money) for amount in amounts]
    last = " ".join(filter(None, (one.last.number, one.last.bill_date)))
    return (f"{one.last.vendor} {one.last.account}", last or one.last.bill, *figures, money)


def _item_row(item: OpenItem) -> tuple[str, ...]:
    figures = (item.payable + item.card, item.held, item.paid, item.outstanding)
    amounts = (fixed(amount, item.bill.currency) for amount in figures)
    return (item.bill.bill, item.invoice, item.bill.bill_date or "", *amounts)
