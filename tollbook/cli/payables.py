"""`tollbook payables`: what is owed to vendors, by how long it is past due."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import click

from ledger_core.facts.fact import instant_text
from ledger_core.money import fixed
from ledger_core.policy.aging import Age
from ledger_core.projections.aged_payables import Aged, aged
from ledger_core.projections.payables import Certified
from ledger_core.projections.today import day_at
from ledger_core.store import log
from tollbook.cli.answer import console, document, json_option, print_json, site_of, table

_AMOUNTS = (
    "payable",
    "held",
    "released",
    "certified",
    "exported",
    "in_transit",
    "paid",
    "open",
    "outstanding",
)


@click.command()
@click.option(
    "--as-of",
    "as_of",
    type=click.DateTime(["%Y-%m-%d"]),
    help="As it stood at the end of that day; without it as it stands now.",
)
@json_option
@click.pass_context
def command(context: click.Context, as_of: datetime | None, as_json: bool) -> None:
    r"""List what is owed and not settled, by days past due.

    Of each bill: what it made payable, what is held of it, what is released, certified, sent out, in transit (sent out
    and not read back as paid) and paid. `open` may be paid and nobody certified it yet; `outstanding` is what the
    vendor has not got. Credits are negative: they reduce the account's next payment.

    A late charge is foreseen only where an agreement that was loaded allows one; how much it would be, no sheet says.

    \b
      tollbook --site harbor payables
      tollbook --site harbor payables --as-of 2026-09-30
    """
    site = site_of(context)
    with site.ledger().reading() as connection:
        sequence = log.last_sequence(connection)
        today = as_of.date() if as_of else day_at(connection, site.ledger().clock())
        found = list(aged(connection, today, until=sequence, dated=as_of is not None))
        currency = log.fact(connection, 1).content["currency"]
    totals = _totals(found)
    if as_json:
        told = {"as_of": today.isoformat(), "currency": currency, "rows": [_content(one) for one in found]}
        print_json(document("payables", sequence, {**told, "ages": totals, "totals": _sums(found)}))
    else:
        _show(found, today, currency, totals)


def _totals(found: Sequence[Aged]) -> list[dict[str, Any]]:
    """Outstanding by age, every age named."""
    return [
        {"age": age.value, "outstanding": sum(one.item.outstanding for one in found if one.age is age)} for age in Age
    ]


def _sums(found: Sequence[Aged]) -> dict[str, int]:
    return {name: sum(_amounts(one)[name] for one in found) for name in _AMOUNTS}


def _amounts(one: Aged) -> dict[str, int]:
    item = one.item
    amounts = {name: getattr(item, name) for name in _AMOUNTS}
    amounts["payable"] = item.payable + item.card
    return amounts


def _content(one: Aged) -> dict[str, Any]:
    item = one.item
    return {
        "bill": item.bill.bill,
        "vendor": item.bill.vendor,
        "account": item.account,
        "number": item.invoice or None,
        "bill_date": item.bill.bill_date,
        "due": _iso(one.due),
        "days_past_due": one.days,
        "age": one.age.value,
        "paid_by": one.paid_by,
        "currency": item.bill.currency,
        **_amounts(one),
        "late_fees": one.late_fees,
        "claims": [_claim(claim) for claim in item.claims],
    }


def _claim(claim: Certified) -> dict[str, Any]:
    return {
        "claim": claim.claim,
        "amount": claim.amount,
        "digest": claim.digest,
        "certified_by": claim.person,
        "certified": instant_text(claim.recorded),
        "batch": claim.batch or None,
        "stands": claim.stands,
    }


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _show(found: Sequence[Aged], today: date, currency: str, totals: Sequence[dict[str, Any]]) -> None:
    out = console()
    if not found:
        out.print(f"Nothing is owed on {today}.")
        return
    names = ("bill", "vendor, account, number", "due", "age", *(name.replace("_", " ") for name in _AMOUNTS), "")
    rows = []
    for one in found:
        amounts = [fixed(amount, currency) for amount in _amounts(one).values()]
        words = " ".join(filter(None, (one.item.bill.vendor, one.item.account, one.item.invoice)))
        rows.append((one.item.bill.bill, words, _iso(one.due) or "", one.age.value, *amounts, _note(one)))
    out.print(table(f"Payables on {today}, {currency}", names, rows, right=range(4, 4 + len(_AMOUNTS))))
    for total in totals:
        out.print(f"{total['age']:>8}: {fixed(total['outstanding'], currency)} {currency}", markup=False)


def _note(one: Aged) -> str:
    """How it is paid where not by accounts payable, and a late charge where one is to be expected."""
    late = one.late_fees == "yes" and one.days is not None and one.days > 0 and one.item.outstanding > 0
    words = (one.paid_by if one.paid_by != "ap" else "", "late charge agreed" if late else "")
    return ", ".join(filter(None, words))
