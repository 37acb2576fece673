"""`tollbook chargeback`: charge a month to the departments that it was for."""

from __future__ import annotations

import click

from ledger_core.engine.chargeback import Run, charge_back, preview
from ledger_core.money import fixed
from ledger_core.policy.periods import parse_period
from tollbook.cli.answer import console, document, json_option, print_json, site_of, table


@click.command()
@click.argument("period", metavar="PERIOD")
@click.option("--preview", "only_preview", is_flag=True, help="Work everything out and post nothing.")
@json_option
@click.pass_context
def command(context: click.Context, period: str, only_preview: bool, as_json: bool) -> int:
    r"""Charge PERIOD (2026-08) back: one entry for each department, and the proofs that nothing is left over.

    Everything dated up to the end of the month is charged that no run charged before, so that corrections of charged
    months land in the next one. Running it again posts only what is new.

    \b
      tollbook --site harbor chargeback 2026-08 --preview
      tollbook --site harbor chargeback 2026-08
    """
    site = site_of(context)
    month = parse_period(period, "PERIOD")
    run = preview(site.ledger(), month) if only_preview else charge_back(site.ledger(), month, site.signer())
    if as_json:
        content = {
            "period": str(run.period),
            "preview": run.preview,
            "proofs": [
                {"name": proof.name, "left": proof.left, "right": proof.right, "holds": proof.holds}
                for proof in sorted(run.proofs, key=lambda proof: proof.name.encode())
            ],
            "departments": [
                {
                    "department": charge.department,
                    "fund": charge.fund,
                    "currency": charge.currency,
                    "amount": charge.amount,
                    "previous": charge.previous,
                }
                for charge in run.departments
            ],
            "entries": [f"E{fact.sequence}" for fact in run.posted],
        }
        print_json(document("chargeback", run.cut + len(run.posted), content))
    else:
        _show(run)
    return 0 if run.holds else 1


def _show(run: Run) -> None:
    out = console()
    rows = [
        (
            charge.department,
            charge.fund,
            fixed(charge.amount, charge.currency),
            fixed(charge.previous, charge.currency),
            charge.currency,
        )
        for charge in run.departments
    ]
    title = f"Chargeback {run.period}" + (" (preview, nothing is posted)" if run.preview else "")
    out.print(table(title, ("department", "fund", "charged", "month before", ""), rows, right=(2, 3)))
    for proof in run.proofs:
        word, sign = ("ok  ", "=") if proof.holds else ("FAIL", "does not equal")
        currency = proof.name[-3:]
        sides = f"{fixed(proof.left, currency)} {sign} {fixed(proof.right, currency)}"
        out.print(f"  {word} {proof.name}: {sides}", markup=False)
    if run.preview:
        return
    if run.posted:
        journals = ", ".join(str(fact.content["journal"]) for fact in run.posted)
        out.print(f"Posted {journals}.", markup=False)
        out.print(f"Next: tollbook statement {run.period}")
    else:
        out.print("Nothing new to charge; nothing was posted.")
