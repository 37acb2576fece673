"""`tollbook expected`: the register of expected bills, account by cycle, with the deadlines of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Any

import click

from ledger_core.money import fixed
from ledger_core.policy.deadlines import Deadlines
from ledger_core.policy.periods import parse_period
from ledger_core.projections.arrivals import expected_bills
from ledger_core.projections.expected_bills import DatedBill, ExpectedBill, State
from ledger_core.store import log
from tollbook.cli.answer import console, document, json_option, print_json, site_of, table
from tollbook.cli.clocks import day
from tollbook.today import today


@click.command()
@click.argument("period", required=False)
@click.option("--as-of", "as_of", metavar="DAY", help="As of this day (2026-08-31); without it, of today.")
@json_option
@click.pass_context
def command(context: click.Context, period: str | None, as_of: str | None, as_json: bool) -> None:
    r"""List the bills that are expected, each in exactly one state: expected, received, late, accrued, closed.

    One line for each vendor account and cycle, with the days by which its bill is to be paid, validated, verified and
    disputed. Of the cycle that ends in PERIOD; without it, of the month that runs, and whatever is late.

    \b
      tollbook --site harbor expected
      tollbook --site harbor expected 2026-08
    """
    site = site_of(context)
    month = None if period is None else parse_period(period, "PERIOD")
    asked = None if as_of is None else day(as_of, "--as-of")
    with site.ledger().reading() as connection:
        sequence = log.last_sequence(connection)
        currency = log.fact(connection, 1).content["currency"]
        register = expected_bills(connection, asked or today(connection, site))
        rows = list(register.open() if month is None else register.of(month))
    if as_json:
        content = {"as_of": register.today.isoformat(), "period": period, **_content(rows, currency)}
        print_json(document("expected", sequence, content))
        return
    _show(rows, register.today, currency)


def _content(rows: Sequence[ExpectedBill], currency: str) -> dict[str, Any]:
    counts = Counter(row.state for row in rows)
    return {
        "rows": [
            {
                "vendor": row.vendor,
                "account": row.account,
                "period": str(row.cycle),
                "state": row.state.value,
                "ends": _iso(row.ends),
                "late_after": _iso(row.late_after),
                **_days(row.deadlines),
                "amount": row.amount,
                "currency": currency,
                "last": row.last and {"bill": row.last.bill, "bill_date": row.last.bill_date, "total": row.last.total},
                "closed_on": _iso(row.until),
                "bills": [_bill(one) for one in row.bills],
            }
            for row in rows
        ],
        "counts": {state.value: counts[state] for state in State},
    }


def _bill(one: DatedBill) -> dict[str, Any]:
    named = {"bill": one.bill.bill, "number": one.bill.number, "bill_date": one.bill.bill_date}
    return {**named, "received": _iso(one.received), "total": one.bill.total, **_days(one.deadlines)}


def _days(limits: Deadlines) -> dict[str, str | None]:
    return {
        "due": _iso(limits.due),
        "pay_by": _iso(limits.pay_by),
        "validate_by": _iso(limits.validate_by),
        "verify_by": _iso(limits.verify_by),
        "dispute_by": _iso(limits.dispute_by),
    }


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _show(rows: Sequence[ExpectedBill], on: date, currency: str) -> None:
    out = console()
    if not rows:
        out.print("No bill is expected. Give vendor accounts a cycle_day in the sheet vendor_accounts.")
        return
    names = ("vendor", "account", "cycle", "state", "amount", "ends", "due", "verify by", "dispute by")
    cells = [
        (
            row.vendor,
            row.account,
            str(row.cycle),
            row.state.value if row.state is not State.CLOSED else f"closed {row.until}",
            "" if row.amount is None else fixed(row.amount, currency),
            *(_iso(day) or "" for day in (row.ends, row.deadlines.due, row.deadlines.verify_by)),
            _iso(row.deadlines.dispute_by) or "",
        )
        for row in rows
    ]
    counts = Counter(row.state for row in rows)
    told = ", ".join(f"{counts[state]} {state.value}" for state in State if counts[state])
    out.print(table(f"Bills as of {on}: {told}", names, cells, right=(4,)))
