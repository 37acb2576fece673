"""Sites for tests: opened in a temporary folder, with keys of their own, and taken files in as a user would."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from tollbook.intake.folder import Folder, files_in
from tollbook.intake.intake import Intake
from tollbook.intake.outcome import FileOutcome
from tollbook.keys import KeyRing
from tollbook.opening import Wanted, open_site
from tollbook.site import Site


def new_site(folder: Path, currency: str = "USD", **wanted: object) -> Site:
    """A fresh site in `folder`/site, opened by `coordinator`; keys lie in `folder`/keys."""
    asked = Wanted(folder=folder / "site", person="coordinator", currency=currency, **wanted)  # type: ignore[arg-type]  # options by name
    return open_site(asked, KeyRing(folder / "keys"))


def take_in(site: Site, paths: Iterable[Path]) -> list[FileOutcome]:
    """Import files or folders, as `tollbook import` does."""
    with Intake(site) as intake:
        return intake.take(files_in(paths), Folder(site).mirror)
