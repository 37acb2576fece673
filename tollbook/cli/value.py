"""`tollbook value`: what looking at bills has brought."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import click

from ledger_core.money import fixed
from ledger_core.policy.periods import parse_period
from ledger_core.projections.value import Kind, Tie, Value, value_book
from ledger_core.store import log
from tollbook.cli.answer import console, document, json_option, print_json, site_of, table


@click.command()
@click.option("--from", "first", metavar="PERIOD", help="First month, as 2026-08.")
@click.option("--to", "last", metavar="PERIOD", help="Last month, inclusive.")
@click.option("--vendor", help="What one vendor billed.")
@json_option
@click.pass_context
def command(context: click.Context, first: str | None, last: str | None, vendor: str | None, as_json: bool) -> int:
    r"""Show the value book: avoided, recovered, pending and lost money by month and vendor, each with its proof.

    Avoided was withheld and conceded, and never paid. Recovered was paid and came back, by a dispute or by a credit
    that follows its charge. Pending is what may still come back, in the month in which the dispute was opened. Lost was
    refused or has expired; withdrawn is what we gave up ourselves. The amounts of a dispute sum to it, or the exit code
    is 1.

    \b
      tollbook --site harbor value
      tollbook --site harbor value --from 2026-07 --to 2026-12 --vendor "Union Tel"
    """
    since = str(parse_period(first, "--from")) if first else ""
    until = str(parse_period(last, "--to")) if last else "9999-12"
    with site_of(context).ledger().reading() as connection:
        sequence = log.last_sequence(connection)
        book = value_book(connection, sequence)
    values = [one for one in book.values if since <= one.month <= until and vendor in {None, one.vendor}]
    if as_json:
        print_json(document("value", sequence, _content(values, book.ties)))
    else:
        _show(values)
    return 0 if all(tie.holds for tie in book.ties) else 1


def _totals(values: Sequence[Value]) -> list[tuple[str, str, str, dict[Kind, int]]]:
    """By month, vendor and currency the sum of each kind."""
    sums: dict[tuple[str, str, str], dict[Kind, int]] = defaultdict(lambda: dict.fromkeys(Kind, 0))
    for one in values:
        sums[one.month, one.vendor, one.currency][one.kind] += one.amount
    return [(*key, found) for key, found in sorted(sums.items())]


def _content(values: Sequence[Value], ties: Sequence[Tie]) -> dict[str, Any]:
    return {
        "totals": [
            {"month": month, "vendor": vendor, **{kind.value: found[kind] for kind in Kind}, "currency": currency}
            for month, vendor, currency, found in _totals(values)
        ],
        "values": [
            {
                "month": one.month,
                "vendor": one.vendor,
                "account": one.account,
                "kind": one.kind.value,
                "amount": one.amount,
                "currency": one.currency,
                "dispute": one.dispute,
                "bill": one.bill,
                "facts": list(one.facts),
                "credit": one.credit,
                "charges": list(one.charges),
                "payments": list(one.payments),
                "reason": one.reason,
            }
            for one in values
        ],
        "disputes": [
            {
                "dispute": tie.dispute,
                "amount": tie.amount,
                **{kind.value: tie.sums[kind] for kind in Kind},
                "currency": tie.currency,
                "holds": tie.holds,
            }
            for tie in ties
        ],
    }


def _show(values: Sequence[Value]) -> None:
    out = console()
    if not values:
        out.print("Nothing is disputed, and no credit follows a charge.")
        return
    names = ("month", "vendor", *Kind, "")
    rows = [
        (month, vendor, *(fixed(found[kind], currency) for kind in Kind), currency)
        for month, vendor, currency, found in _totals(values)
    ]
    out.print(table("The value book", names, rows, right=tuple(range(2, 2 + len(Kind)))))
    proofs = [
        (one.month, one.kind, f"{fixed(one.amount, one.currency)} {one.currency}", one.dispute or "", one.bill,
         one.credit or "", ", ".join(map(str, one.facts)), one.reason)
        for one in values
    ]  # fmt: skip
    headers = ("month", "", "amount", "dispute", "bill", "credited by", "facts", "why")
    out.print(table("Each with its proof", headers, proofs, right=(2,)))
