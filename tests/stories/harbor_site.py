"""The hand-worked city as a site: its sheets loaded and its bills taken in, the way a coordinator does it."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import attrs

from ledger_core.facts import catalogue
from ledger_core.facts.body import REFERENCE
from ledger_core.facts.reference import key_text, value_text
from ledger_core.store.door import Draft
from ledger_core.store.rows import FewRows
from tollbook.intake.intake import Intake
from tollbook.keys import KeyRing
from tollbook.opening import Wanted, open_site
from tollbook.sheets.reading import read_sheet
from tollbook.site import Site

HARBOR = Path(__file__).parent / "harbor"
PERSON = "rosa"
TEMPLATE = "fund:3 department:5 . object:5 . subobject:4"


@attrs.define
class Noon:
    """A clock that starts on the third of September 2026 and moves a second each time it is asked."""

    now: datetime = datetime(2026, 9, 3, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


def harbor_site(folder: Path, *, database: str = "", one_person: bool = True) -> Site:
    """A new site in `folder`/site with everything of August taken in. Keys lie in `folder`/keys."""
    wanted = Wanted(
        folder=folder / "site",
        person=PERSON,
        entity="City of Harbor",
        time_zone="America/Los_Angeles",
        chart_template=TEMPLATE,
        one_person=one_person,
        database=database,
        site="harbor",
    )
    site = open_site(wanted, KeyRing(folder / "keys"), Noon())
    for sheet in sorted((HARBOR / "reference").glob("*.csv")):
        load(site, sheet)
    shutil.copytree(HARBOR / "bills", folder / "bills")
    files = sorted(path for path in (folder / "bills").rglob("*") if path.is_file())
    with Intake(site) as intake:
        intake.take(files)
    return site


def load(site: Site, sheet: Path) -> None:
    """Load a reference sheet named like its kind."""
    rows = read_sheet(sheet, sheet.stem)
    body = tuple(
        (
            row.line,
            key_text(row),
            row.valid_from.isoformat() if row.valid_from else None,
            row.valid_to.isoformat() if row.valid_to else None,
            value_text(row),
        )
        for row in rows
    )
    with site.ledger().acting(site.signer(PERSON)) as act:
        act.record(
            Draft(
                catalogue.REFERENCE_LOADED,
                f"reference/{sheet.stem}/{act.id}",
                {"sheet": sheet.stem},
                act.id,
                rows=(FewRows(REFERENCE, body),),
            )
        )
