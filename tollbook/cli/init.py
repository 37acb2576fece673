"""`tollbook init`: make a site."""

from __future__ import annotations

import os
from pathlib import Path

import click

from tollbook.cli.answer import console
from tollbook.keys import KeyRing
from tollbook.opening import Wanted, open_site
from tollbook.sheets.templates import Template
from tollbook.site import acting_user


@click.command()
@click.argument("folder", metavar="SITE", type=click.Path(path_type=Path, file_okay=False))
@click.option("--entity", default="City", show_default=True, help="The legal entity whose books these are.")
@click.option("--currency", default="USD", show_default=True, help="ISO 4217 code; one site keeps one currency.")
@click.option("--time-zone", default="UTC", show_default=True, help="IANA name, such as America/Los_Angeles.")
@click.option("--fiscal-year-start", type=click.IntRange(1, 12), default=1, show_default=True, help="First month.")
@click.option("--chart-template", default="", help="How account strings are written: 'fund:3 department:5 . object:5'.")
@click.option("--default-fund", default="520", show_default=True, help="The fund that pays where no sheet names one.")
@click.option("--two-people", is_flag=True, help="Preparer and approver must differ. Without it the books say one did.")
@click.option("--database", default="", help="A PostgreSQL URL instead of the embedded ledger.")
@click.option(
    "--template",
    type=click.Choice([one.value for one in Template]),
    default=Template.PLAIN.value,
    help="Whose sheets to lay out.",
)
def command(
    folder: Path,
    entity: str,
    currency: str,
    time_zone: str,
    fiscal_year_start: int,
    chart_template: str,
    default_fund: str,
    two_people: bool,
    database: str,
    template: str,
) -> None:
    r"""Make a site in the folder SITE: inbox, archive, ledger, and reference sheets to fill.

    Whoever runs it is enrolled first, with a signing key made now and kept in their own key folder.

    \b
      tollbook init harbor --entity "City of Harbor" --time-zone America/Los_Angeles
    """
    wanted = Wanted(
        folder=folder,
        person=os.environ.get("TOLLBOOK_ACTOR") or acting_user(),
        entity=entity,
        currency=currency,
        time_zone=time_zone,
        fiscal_year_start_month=fiscal_year_start,
        chart_template=chart_template,
        default_fund=default_fund,
        one_person=not two_people,
        database=database,
        template=Template(template),
    )
    site = open_site(wanted, KeyRing.of(os.environ))
    out = console()
    out.print(f"{entity} has a site in {site.folder}.")
    out.print(f"  {wanted.person} is enrolled; keys are in {site.keys.folder}.")
    out.print(f"  Fill the sheets in {site.path('reference')}, then: tollbook --site {folder} load departments ...")
    out.print(f"  Drop bills into {site.path('inbox')}, then: tollbook --site {folder} import {folder}/inbox")
