"""`tollbook charges`: every charge of the bills that stand, one JSON object a line."""

from __future__ import annotations

import os
import sys
from itertools import islice
from typing import Any

import click
import msgspec

from ledger_core.policy.periods import parse_period
from ledger_core.projections.charges import Asked, ChargeLine, charge_lines
from ledger_core.store import log
from tollbook.cli.answer import document, site_of

_AFTER_LOCATOR = ("vendor", "account", "number", "kind", "service", "product", "quantity", "unit", "rate", "exact",
                  "amount", "currency")  # fmt: skip


@click.command()
@click.option("--bill", help="Only the charges of this bill (B-...).")
@click.option(
    "--department", help='Only charges of which this department bears a part; "" is nobody: suspense, payments by card.'
)
@click.option("--period", metavar="MONTH", help="Only bills that are dated in this month (2026-08).")
@click.option("--service", help="Only this line, circuit, device or resource, as the bill names it.")
@click.option("--limit", type=click.IntRange(min=0), help="At most so many.")
@click.option("--json", "as_json", is_flag=True, help="Accepted; the answer is JSON lines with it and without.")
@click.pass_context
def command(
    context: click.Context,
    bill: str | None,
    department: str | None,
    period: str | None,
    service: str | None,
    limit: int | None,
    as_json: bool,
) -> None:
    r"""Charges as JSON lines: where each was read, what it is for, and who bears which part of it.

    The shares of a charge sum to its amount. Charges of reversed bills are left out. Memory stays flat, however long
    the bills are.

    \b
      tollbook --site harbor charges --service 206-555-0101
      tollbook --site harbor charges --department "" --limit 10
    """
    del as_json
    asked = Asked(bill, department, None if period is None else str(parse_period(period, "--period")), service)
    with site_of(context).ledger().reading() as connection:
        sequence, encode = log.last_sequence(connection), msgspec.json.Encoder().encode
        try:
            for line in islice(charge_lines(connection, asked, until=sequence), limit):
                sys.stdout.write(encode(_content(line, sequence)).decode() + "\n")
            sys.stdout.flush()
        except BrokenPipeError:
            # Whoever reads (head, less) has seen enough. What is still buffered goes nowhere.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _content(line: ChargeLine, sequence: int) -> dict[str, Any]:
    content: dict[str, Any] = {"charge": line.charge, "bill": line.bill, "locator": line.locator._asdict()}
    content |= {name: getattr(line, name) for name in _AFTER_LOCATOR}
    content |= {"from": line.service_from, "to": line.service_to}
    return document("charges", sequence, content | {"shares": [share._asdict() for share in line.shares]})
