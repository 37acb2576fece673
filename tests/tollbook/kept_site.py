"""A site with a few bills in its books, made without importers: for tests of verification, proofs and backups."""

from __future__ import annotations

import base64
from pathlib import Path

import attrs

from ledger_core.facts.charge import ChargeKind
from ledger_core.signature import PersonalKey
from ledger_core.store.database import Database
from tests.ledger_core.books import INTAKE, MARIA, NOTARY, Books, books, charge, owned
from tollbook.keys import KeyRing
from tollbook.site import FILE, FOLDERS, Site, find_site, notary_name


@attrs.frozen
class KeptSite:
    """The site, its books, and the id of a bill of four charges in them."""

    site: Site
    books: Books
    bill: str


def kept_site(folder: Path, keys: Path, database: str = "") -> KeptSite:
    """A site in `folder`, with the keys of its people and notary in `keys`; `database` is a PostgreSQL URL."""
    for name in FOLDERS:
        (folder / name).mkdir(parents=True)
    (folder / FILE).write_text(f'database = "{database}"\n' if database else "settle_seconds = 7\n", "utf-8")
    _write_key(folder / "services", INTAKE.person, INTAKE)
    _write_key(keys, MARIA.person, MARIA)
    _write_key(keys, notary_name("harbor"), NOTARY)
    kept = books(Database(url=database) if database else Database(folder / "ledger.db"), folder)
    owned(kept)
    lines = ["29.95", "10.01", "7.77", "1.00"]
    charges = [charge(exact, f"206555010{line}", line=line) for line, exact in enumerate(lines)]
    charges[2] = attrs.evolve(charges[2], kind=ChargeKind.USAGE)
    bill = kept.receive(charges).bill
    kept.close("2026-08")
    return KeptSite(attrs.evolve(find_site(folder), keys=KeyRing(keys)), kept, bill)


def _write_key(folder: Path, name: str, key: PersonalKey) -> None:
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.key").write_text(f"tollbook-key-1 {base64.b64encode(key.secret).decode()}\n", "ascii")
