"""A site: the folder with the inbox, the archive and the ledger, and the little file that says where things are.

`tollbook.toml` never decides an amount, a date or an approval: those are dated facts in the ledger.
"""

from __future__ import annotations

import importlib
import os
import tomllib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from getpass import getuser
from pathlib import Path
from typing import Any

import attrs
import cattrs
from cattrs.gen import make_dict_structure_fn, override

from ledger_core.engine.ledger import Ledger
from ledger_core.errors import SiteNotFound, UsageRefused
from ledger_core.facts.fact import Fact
from ledger_core.signature import PersonalKey
from ledger_core.store.database import Database
from tollbook.keys import KeyRing

FILE = "tollbook.toml"
FOLDERS = ("inbox", "done", "rejected", "archive", "extensions", "reference", "spool", "statements", "exports")
INTAKE = "service-intake"


@attrs.frozen
class MailServer:
    """The table `[mail]`: the SMTP server through which digests go, and the address `from` which. `user` is who signs
    in, the sender where it is empty; the password is never here. Without `starttls` nothing is encrypted."""

    host: str
    sender: str = ""
    port: int = 587
    user: str = ""
    starttls: bool = True

    def __attrs_post_init__(self) -> None:
        if not self.host or not 0 < self.port < 65536:  # ports end there
            raise ValueError(f"the server is {self.host}:{self.port}")


@attrs.frozen
class Settings:
    """What `tollbook.toml` may say. `database` is a PostgreSQL URL, empty for the embedded ledger. `settle_seconds` is
    how long a dropped file must stay unchanged. `allow_unconfined` lets importers run where the kernel offers no
    confinement; `allow_test_documents` lets documents marked as tests post. `plugin_seconds` and `plugin_memory_mb` (in
    MiB) are what an importer may take for one document. `mail` is the server for digests."""

    database: str = ""
    settle_seconds: int = 5
    allow_unconfined: bool = False
    allow_test_documents: bool = False
    plugin_seconds: int = 600
    plugin_memory_mb: int = 1024
    mail: MailServer | None = None

    def __attrs_post_init__(self) -> None:
        for name in ("settle_seconds", "plugin_seconds", "plugin_memory_mb"):
            if getattr(self, name) < (0 if name == "settle_seconds" else 1):
                raise ValueError(f"{name} is {getattr(self, name)}")


def system_clock() -> datetime:
    """What time it is, by the system."""
    return datetime.now(UTC)


@attrs.frozen
class Site:
    """A site's folder, opened, with the keys of who may act in it and the clock that everything in it goes by."""

    folder: Path
    settings: Settings
    keys: KeyRing
    clock: Callable[[], datetime] = system_clock

    def path(self, name: str) -> Path:
        """One of the site's folders."""
        assert name in FOLDERS, name
        return self.folder / name

    @property
    def database(self) -> Database:
        """Where the ledger is."""
        return Database(url=self.settings.database) if self.settings.database else Database(self.folder / "ledger.db")

    def ledger(self) -> Ledger:
        """The site's ledger."""
        return Ledger(self.database, self.clock, _tell)

    def signer(self, person: str | None = None) -> PersonalKey:
        """The key of whoever acts: the person named, TOLLBOOK_ACTOR, or the system's user. Raises NotEnrolled."""
        return self.keys.key(person or os.environ.get("TOLLBOOK_ACTOR") or acting_user())

    def notary(self) -> PersonalKey:
        """The key that signs heads at close, export and backup. Raises NotEnrolled where it is not at hand."""
        return self.keys.key(notary_name(self.ledger().site()))

    def intake(self) -> PersonalKey:
        """The key of the service that takes bills in; it lies in the site's own key folder."""
        return service_keys(self.folder).key(INTAKE)


def _tell(facts: Sequence[Fact]) -> None:
    """Tell the extensions of what was recorded. They are found only now: commands that only read need none."""
    importlib.import_module("tollbook.extensions").tell_recorded(facts)


def acting_user() -> str:
    """The name of the system's user who runs the program."""
    return getuser()


def service_keys(folder: Path) -> KeyRing:
    """The keys of the site's services. The notary's is kept with people's keys, off the site."""
    return KeyRing(folder / "services")


def notary_name(site: str) -> str:
    """The name under which the key that signs heads lies among people's keys, off the site. `site` is the log's."""
    return f"notary.{site}"


def find_site(folder: Path) -> Site:
    """The site in that folder. Raises SiteNotFound where there is none, UsageRefused for a faulty tollbook.toml."""
    file = folder / FILE
    try:
        written = file.read_text("utf-8")
    except (FileNotFoundError, NotADirectoryError):
        raise SiteNotFound(
            str(folder.resolve()), f"there is no {FILE}", "Name the site with --site, or make one with `tollbook init`."
        ) from None
    except (OSError, UnicodeDecodeError) as unread:
        raise UsageRefused(str(file), f"it cannot be read ({unread})", "Mend the file or its permissions.") from unread
    return Site(folder.resolve(), _settings(written, file), KeyRing.of(os.environ))


def _settings(written: str, file: Path) -> Settings:
    converter = cattrs.Converter(forbid_extra_keys=True, detailed_validation=True)
    for kind in (str, int, bool):  # "false" in quotes is a text, and no text is false
        converter.register_structure_hook(kind, _exactly(kind))
    mail = make_dict_structure_fn(MailServer, converter, _cattrs_forbid_extra_keys=True, sender=override(rename="from"))
    converter.register_structure_hook(MailServer, mail)
    try:
        read: dict[str, Any] = tomllib.loads(written)
        return converter.structure(read, Settings)
    except (tomllib.TOMLDecodeError, cattrs.BaseValidationError) as wrong:
        found = (
            "; ".join(cattrs.transform_error(wrong)) if isinstance(wrong, cattrs.BaseValidationError) else str(wrong)
        )
        raise UsageRefused(str(file), found, "Correct the line, or remove it to use the default.") from wrong


def _exactly(kind: type) -> Callable[[Any, Any], Any]:
    def check(value: Any, _: Any) -> Any:
        if type(value) is not kind:
            raise TypeError(f"{value!r} where a {kind.__name__} belongs")
        return value

    return check
