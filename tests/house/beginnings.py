"""What a page of the docs may begin with, made once a test run and copied: `<!-- begin with: NAME -->`.

| name | the page's folder holds |
|---|---|
| city | `harbor`, the site of a small synthetic city with its sheets loaded, and `bills/2026-07`, `bills/2026-08` |
| july | the same, with some bills of July (mobiles, a telephone bill, a cloud) taken in and charged back |
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Mapping
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from unittest.mock import patch

from tollbook.city import City, plan_city, write_month, write_reference
from tollbook.cli.program import program
from tollbook.keys import KeyRing
from tollbook.opening import Wanted, open_site

PERSON = "maria"
#: The day on which pages are read: July has been billed, and August has not.
TODAY = "2026-08-03"
_SEED = 1
_TAKEN_IN = ("242000373-00001 2026-07", "811_8005500011_20260701.edi", "focus-410000000017-2026-07.csv")
_TEMPLATE = "fund:3 department:5 . object:5 . subobject:4"


class Beginnings:
    """Beginnings in a folder of their own, each made when it is first asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def copy(self, name: str, to: Path) -> None:
        """Lay a beginning out in the folder `to`. KeyError for a name that is none."""
        made = self._folder / name
        self._folder.mkdir(exist_ok=True)
        with (self._folder / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # test processes share what one of them has made
            if not made.exists():
                {"city": self._city, "july": self._july}[name](made)
        shutil.copytree(made, to, dirs_exist_ok=True, symlinks=True)

    def _city(self, folder: Path) -> None:
        city = plan_city("tiny", seed=_SEED)
        wanted = Wanted(
            folder=folder / "harbor",
            person=PERSON,
            entity="City of Harbor",
            time_zone="America/Los_Angeles",
            chart_template=_TEMPLATE,
            site="harbor",
        )
        site = open_site(wanted, KeyRing(keys(folder)))
        for sheet in write_reference(city, site.path("reference")):
            _type(folder, "load", sheet.kind, str(site.path("reference") / sheet.name))
        self._write_bills(city, folder / "bills")

    def _july(self, folder: Path) -> None:
        self.copy("city", folder)
        bills = folder / "bills" / "2026-07"
        _type(folder, "import", *(str(bills / name) for name in _TAKEN_IN))
        _type(folder, "chargeback", "2026-07")

    @staticmethod
    def _write_bills(city: City, folder: Path) -> None:
        for month in city.calendar.all()[:2]:
            (folder / str(month)).mkdir(parents=True)
            write_month(city, month, folder / str(month))


def keys(folder: Path) -> Path:
    """Where the keys of a page's people lie."""
    return folder / "home" / ".config" / "tollbook" / "keys"


def _type(folder: Path, *words: str) -> None:
    """Run a command in this process, as the page's person."""
    variables: Mapping[str, str] = {"TOLLBOOK_KEYS": str(keys(folder)), "TOLLBOOK_ACTOR": PERSON}
    said = StringIO()
    with patch.dict(os.environ, variables), redirect_stdout(said):
        code = program.main(["--site", str(folder / "harbor"), *words], standalone_mode=False)
    assert code in {None, 0, 1}, said.getvalue()
