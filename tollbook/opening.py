"""Making a site: its folders, `tollbook.toml`, keys, the ledger, a default fund, and reference sheets to fill."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import attrs

from ledger_core.engine.ledger import Ledger, Opening, create
from ledger_core.errors import AlreadyRecorded
from ledger_core.money import places
from ledger_core.store.database import Database
from tollbook.keys import KeyRing
from tollbook.site import FILE, FOLDERS, INTAKE, Settings, Site, notary_name, service_keys

_TOML = """# Where things are. Whatever decides an amount, a date or an approval is a dated fact in the ledger, not here.

# A PostgreSQL URL; without it the ledger is the file ledger.db in this folder.
{database}
# Seconds for which a dropped file must stay unchanged before it is taken in.
# settle_seconds = 5

# Let importers run where the kernel offers no confinement. `tollbook status` says which means hold.
# allow_unconfined = false

# Let documents that their sender marks as tests post.
# allow_test_documents = false
"""


@attrs.frozen
class Wanted:
    """What `init` is asked for. Empty `person` is whoever runs the program."""

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


def open_site(wanted: Wanted, keys: KeyRing, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> Site:
    """A new site. Raises AlreadyRecorded where there is one already, NotANumber for a bad currency."""
    folder = wanted.folder
    if (folder / FILE).exists():
        raise AlreadyRecorded(str(folder), "it is a site already", "Choose another folder.")
    places(wanted.currency)
    for name in FOLDERS:
        (folder / name).mkdir(parents=True, exist_ok=True)
    log = wanted.site or f"{folder.resolve().name}-{secrets.token_hex(4)}"
    site = Site(folder.resolve(), Settings(database=wanted.database), keys)
    _open_ledger(wanted, site.database, log, keys, clock)
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
        chart_template=wanted.chart_template,
        default_fund=wanted.default_fund,
        one_person=wanted.one_person,
    )
    return create(database, clock, opening)
