"""`tollbook code`: say who bears charges."""

from __future__ import annotations

import click

from tollbook.cli.answer import json_option, site_of
from tollbook.cli.asked import Asked
from tollbook.cli.recoded import record
from tollbook.cli.selection import reason_option


@click.command()
@click.argument("charges", nargs=-1, metavar="CHARGE...")
@click.option("--department", help="The department that bears the cost.")
@click.option("--object", "account_object", help="Object of cost, with a sub-object after a point; else it stays.")
@click.option("--split", multiple=True, metavar="DEPARTMENT=PERCENT", help="Several departments; percents sum to 100.")
@click.option("--bill", help="All charges of a bill.")
@click.option("--service", help="With --bill: those of one service.")
@click.option("--suspense", is_flag=True, help="Only what lies in suspense.")
@reason_option
@json_option
@click.pass_context
def command(
    context: click.Context,
    charges: tuple[str, ...],
    department: str | None,
    account_object: str | None,
    split: tuple[str, ...],
    bill: str | None,
    service: str | None,
    suspense: bool,
    reason: str,
    as_json: bool,
) -> int:
    r"""Code charges to a department, or split them among several. One act and one reason, however many lines.

    A CHARGE is BILL:LINE, BILL:FIRST-LAST, or a suspense item of the queue. Nothing in a closed month is touched: the
    entry then stands in the first open one. What was charged back already is corrected on the next statement.

    \b
      tollbook --site harbor code S-0f1e2d3c4b5a6978 --department 01210 --object 64210 --reason "Police front desk"
      tollbook --site harbor code --bill B-0f1e2d3c4b5a6978-0 --service 2065550105 --split 01210=60 --split 01320=40
        --reason "shared phone"
    """
    asked = Asked(
        "code",
        reason,
        charges,
        bill,
        service,
        department=department,
        object=account_object,
        split=split,
        suspense=suspense,
    )
    return record(site_of(context), asked, as_json=as_json)
