"""Making a site: its folders, `tollbook.toml`, keys, the ledger, a default fund, and reference sheets to fill."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path

import attrs

from ledger_core.engine.ledger import Ledger, Opening, create
from ledger_core.engine.loading import Source, load
from ledger_core.errors import AlreadyRecorded
from ledger_core.money import places
from ledger_core.signature import PersonalKey
from ledger_core.store.database import Database
from tollbook.keys import KeyRing
from tollbook.sheets.patch import preview
from tollbook.sheets.templates import CHART_TEMPLATES, Template, first_rows, write_templates
from tollbook.site import FILE, FOLDERS, INTAKE, Settings, Site, notary_name, service_keys, system_clock

_TOML = """# Where things are. Whatever decides an amount, a date or an approval is a dated fact in the ledger.

# A PostgreSQL URL; without it the ledger is the file ledger.db in this folder.
{database}
# Seconds for which a dropped file must stay unchanged before it is taken in.
# settle_seconds = 5

# Let importers run where the kernel offers no confinement. `tollbook status` says which means hold.
# allow_unconfined = false

# Let documents that their sender marks as tests post.
# allow_test_documents = false

# What an importer may take for one document: seconds, and mebibytes of memory.
# plugin_seconds = 600
# plugin_memory_mb = 1024

# The server through which `tollbook digest --send` goes. Its password stands in TOLLBOOK_MAIL_PASSWORD, never here.
# [mail]
# host = "mail.city.example"
# port = 587
# from = "tollbook@city.example"
# user = ""
# starttls = true
"""


@attrs.frozen
class Wanted:
    """What `init` is asked for. `template` lays out the sheets, and says how account strings are written where
    `chart_template` does not."""

    folder: Path
    person: str
    entity: str = "City"
    currency: str = "USD"
    time_zone: str = "UTC"
    fiscal_year_start_month: int = 1
    chart_template: str = ""
    default_fund: str = "520"
    one_person: bool = True
    database: str = ""
    site: str = ""
    template: Template = Template.PLAIN


def open_site(wanted: Wanted, keys: KeyRing, clock: Callable[[], datetime] = system_clock) -> Site:
    """A new site. Raises AlreadyRecorded where there is one already, NotANumber for a bad currency."""
    folder = wanted.folder
    if (folder / FILE).exists():
        raise AlreadyRecorded(str(folder), "it is a site already", "Choose another folder.")
    places(wanted.currency)
    for name in FOLDERS:
        (folder / name).mkdir(parents=True, exist_ok=True)
    log = wanted.site or f"{folder.resolve().name}-{secrets.token_hex(4)}"
    site = Site(folder.resolve(), Settings(database=wanted.database), keys, clock)
    ledger = _open_ledger(wanted, site.database, log, keys, clock)
    _load_first_rows(wanted, ledger, keys.key(wanted.person))
    write_templates(site.path("reference"), wanted.template)
    line = f'database = "{wanted.database}"' if wanted.database else '# database = "postgresql+psycopg://..."'
    (folder / FILE).write_text(_TOML.format(database=line), "utf-8")
    return site


def _open_ledger(wanted: Wanted, database: Database, log: str, keys: KeyRing, clock: Callable[[], datetime]) -> Ledger:
    services = service_keys(wanted.folder)
    opening = Opening(
        site=log,
        entity=wanted.entity,
        currency=wanted.currency,
        time_zone=wanted.time_zone,
        first=keys.key_or_new(wanted.person),
        notary=keys.key_or_new(notary_name(log)).public,
        services=(services.key_or_new(INTAKE),),
        fiscal_year_start_month=wanted.fiscal_year_start_month,
        chart_template=wanted.chart_template or _chart_template(wanted.template),
        default_fund=wanted.default_fund,
        one_person=wanted.one_person,
    )
    return create(database, clock, opening)


def _chart_template(template: Template) -> str:
    """A plain site keeps the plain way of writing strings, which needs no fact."""
    return "" if template is Template.PLAIN else CHART_TEMPLATES[template]


def _load_first_rows(wanted: Wanted, ledger: Ledger, signer: PersonalKey) -> None:
    """A fund that pays and an account for every role, so that an import into a bare site works."""
    with ledger.acting(signer) as act:
        for sheet, rows in first_rows(wanted.template).items():
            named = [attrs.evolve(row, key=(wanted.default_fund,)) for row in rows] if sheet == "funds" else rows
            load(act, Source(sheet, f"template {wanted.template}", ""), partial(preview, rows=named))
