"""`tollbook retain`: keep cost with the fund that paid."""

from __future__ import annotations

import click

from tollbook.cli.answer import json_option, site_of
from tollbook.cli.asked import Asked
from tollbook.cli.recoded import record
from tollbook.cli.selection import reason_option


@click.command()
@click.argument("charges", nargs=-1, metavar="CHARGE...")
@click.option("--department", help="Whose own cost it is; else the paying fund's department that keeps its cost.")
@click.option("--object", "account_object", help="Object of cost; else it stays.")
@click.option("--bill", help="All charges of a bill.")
@click.option("--service", help="With --bill: those of one service.")
@reason_option
@json_option
@click.pass_context
def command(
    context: click.Context,
    charges: tuple[str, ...],
    department: str | None,
    account_object: str | None,
    bill: str | None,
    service: str | None,
    reason: str,
    as_json: bool,
) -> int:
    r"""Keep charges with the fund that paid them: they are never charged back, and the reason says why.

    \b
      tollbook --site harbor retain B-0f1e2d3c4b5a6978-0:7 --reason "spare line kept by IT"
    """
    asked = Asked("retain", reason, charges, bill, service, department=department, object=account_object)
    return record(site_of(context), asked, as_json=as_json)
