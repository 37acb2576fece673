"""A backup is the whole site as it stood; what is restored from it is equal, on either store, or is said not to be."""

import io
import json
import os
import sqlite3
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy
from psycopg import sql

from ledger_core.engine.checkpoint import read_checkpoint
from ledger_core.engine.copying import copy_ledger
from ledger_core.engine.ledger import READINGS
from ledger_core.engine.verification.verification import Request, verify
from ledger_core.errors import AlreadyRecorded, InputRefused, LedgerUnavailable
from ledger_core.projections import readings
from ledger_core.store import log
from ledger_core.store.database import Database
from tests.ledger_core.books import INTAKE, NOTARY, charge
from tests.tollbook.kept_site import KeptSite, kept_site
from tollbook.backup import back_up, restore


@pytest.fixture
def kept(tmp_path: Path) -> KeptSite:
    return kept_site(tmp_path / "site", tmp_path / "keys")


def digests(database: Database) -> dict[str, str]:
    with database.reading() as connection:
        found = {reading.table.name: readings.digest(connection, reading.table) for reading in READINGS}
        return found | {"log": log.head(connection).root.hex()}


def test_a_restored_site_equals_what_was_backed_up(kept: KeptSite, tmp_path: Path) -> None:
    made = back_up(kept.site, tmp_path / "b.tar")
    restored = restore(tmp_path / "b.tar", tmp_path / "again")
    assert restored.verified.ok
    assert restored.head == made.head == restored.verified.head
    assert digests(restored.site.database) == digests(kept.site.database)
    assert restored.site.settings == kept.site.settings
    assert restored.site.intake().secret == INTAKE.secret


def test_a_restored_site_goes_on(kept: KeptSite, tmp_path: Path) -> None:
    back_up(kept.site, tmp_path / "b.tar")
    restored = restore(tmp_path / "b.tar", tmp_path / "again").site
    with restored.ledger().acting(restored.intake()) as act:
        assert act.door.last == kept.books.size()


@pytest.mark.parametrize("there", ["sqlite", "postgresql"])
@pytest.mark.parametrize("back", ["sqlite", "postgresql"])
def test_a_backup_of_either_store_restores_onto_either(
    tmp_path: Path, request: pytest.FixtureRequest, there: str, back: str
) -> None:
    source = request.getfixturevalue("postgres_database") if there == "postgresql" else ""
    target = request.getfixturevalue("other_postgres_database") if back == "postgresql" else ""
    kept = kept_site(tmp_path / "site", tmp_path / "keys", source)
    back_up(kept.site, tmp_path / "b.tar")
    restored = restore(tmp_path / "b.tar", tmp_path / "again", target)
    assert restored.verified.ok
    assert restored.site.settings.database == target
    assert digests(restored.site.database) == digests(kept.site.database)


@pytest.fixture
def other_postgres_database(postgres_database: str) -> Iterator[str]:
    """A second empty database on the same server: a ledger takes a database whole."""
    server = sqlalchemy.make_url(postgres_database)
    name = f"{server.database}_again"
    host = str(server.query["host"])
    with psycopg.connect(host=host, user=server.username, dbname="postgres", autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        yield server.set(database=name).render_as_string(hide_password=False)
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def test_the_head_in_a_backup_is_signed_by_the_notary(kept: KeptSite, tmp_path: Path) -> None:
    made = back_up(kept.site, tmp_path / "b.tar")
    assert made.checkpoint is not None
    assert read_checkpoint(made.checkpoint).signed_with(NOTARY.public)


def test_without_the_notarys_key_the_head_is_kept_unsigned(kept: KeptSite, tmp_path: Path) -> None:
    (tmp_path / "keys" / "notary.harbor.key").unlink()
    assert back_up(kept.site, tmp_path / "b.tar").checkpoint is None
    assert restore(tmp_path / "b.tar", tmp_path / "again").verified.ok


def test_a_backup_holds_no_key_of_people_and_is_closed_to_others(kept: KeptSite, tmp_path: Path) -> None:
    back_up(kept.site, tmp_path / "b.tar")
    with tarfile.open(tmp_path / "b.tar") as tar:
        keys = {name for name in tar.getnames() if name.endswith(".key")}
    assert keys == {"services/service-intake.key"}
    assert (tmp_path / "b.tar").stat().st_mode & 0o077 == 0


def test_a_bill_posted_while_the_backup_is_written_is_in_it_whole_or_not_at_all(
    kept: KeptSite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The archive is listed from the copied ledger, so a document that came later is not asked for."""

    def slowly(source: Database, target: Database) -> Any:
        head = copy_ledger(source, target)
        kept.books.receive([charge("5.00")], "late")
        return head

    monkeypatch.setattr("tollbook.backup.copy_ledger", slowly)
    made = back_up(kept.site, tmp_path / "b.tar")
    assert made.head.size == kept.books.size() - 2
    assert restore(tmp_path / "b.tar", tmp_path / "again").verified.ok


def test_a_backup_is_never_overwritten(kept: KeptSite, tmp_path: Path) -> None:
    (tmp_path / "b.tar").write_bytes(b"an older one")
    with pytest.raises(AlreadyRecorded, match="never overwritten"):
        back_up(kept.site, tmp_path / "b.tar")
    assert (tmp_path / "b.tar").read_bytes() == b"an older one"


def test_a_backup_that_cannot_be_written_leaves_nothing(kept: KeptSite, tmp_path: Path) -> None:
    next(path for path in kept.books.archive.rglob("*") if path.is_file()).unlink()
    with pytest.raises(LedgerUnavailable, match="cannot be written"):
        back_up(kept.site, tmp_path / "b.tar")
    assert not list(tmp_path.glob("b.tar*"))
    assert not list(kept.site.folder.glob(".backup-*"))


def test_nothing_is_restored_over_a_site(kept: KeptSite, tmp_path: Path) -> None:
    back_up(kept.site, tmp_path / "b.tar")
    with pytest.raises(AlreadyRecorded, match="not empty"):
        restore(tmp_path / "b.tar", kept.site.folder)


# --- damage ----------------------------------------------------------------------------------------------------------


def _rewritten(file: Path, change: Callable[[dict[str, bytes]], None]) -> None:
    """The same tar with other contents."""
    with tarfile.open(file) as tar:
        contents = {}
        for member in tar:
            source = tar.extractfile(member)
            assert source is not None
            contents[member.name] = source.read()
    change(contents)
    with tarfile.open(file, "w") as tar:
        for name, content in contents.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))


def _other_ledger(contents: dict[str, bytes]) -> None:
    contents["ledger.db"] = contents["ledger.db"][:-1] + b"\x00\x01"


def _missing_document(contents: dict[str, bytes]) -> None:
    del contents[next(name for name in contents if name.startswith("archive/"))]


def _one_more(contents: dict[str, bytes]) -> None:
    contents["extensions/sly.py"] = b"print()"


def _climbing(contents: dict[str, bytes]) -> None:
    contents["../outside.txt"] = b"x"


def _no_manifest(contents: dict[str, bytes]) -> None:
    del contents["manifest.json"]


def _other_format(contents: dict[str, bytes]) -> None:
    contents["manifest.json"] = json.dumps({"format": "tollbook.backup/9"}).encode()


@pytest.mark.parametrize(
    "change", [_other_ledger, _missing_document, _one_more, _climbing, _no_manifest, _other_format]
)
def test_a_damaged_backup_is_refused(
    kept: KeptSite, tmp_path: Path, change: Callable[[dict[str, bytes]], None]
) -> None:
    back_up(kept.site, tmp_path / "b.tar")
    _rewritten(tmp_path / "b.tar", change)
    with pytest.raises(InputRefused, match="damaged") as refused:
        restore(tmp_path / "b.tar", tmp_path / "again")
    assert refused.value.code == "backup-damaged"
    assert not (tmp_path / "outside.txt").exists()


@pytest.mark.parametrize("content", [b"", b"no tar", b"\x00" * 10_240])
def test_a_file_that_is_no_backup_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "b.tar").write_bytes(content)
    with pytest.raises(InputRefused, match="damaged"):
        restore(tmp_path / "b.tar", tmp_path / "again")


def test_a_cut_backup_is_refused(kept: KeptSite, tmp_path: Path) -> None:
    back_up(kept.site, tmp_path / "b.tar")
    os.truncate(tmp_path / "b.tar", (tmp_path / "b.tar").stat().st_size * 2 // 3)
    with pytest.raises(InputRefused, match="damaged"):
        restore(tmp_path / "b.tar", tmp_path / "again")


def test_a_ledger_that_did_not_verify_does_not_verify_after_a_restore(kept: KeptSite, tmp_path: Path) -> None:
    """A backup copies what there is, and its restore says what is wrong with it."""
    with sqlite3.connect(kept.site.folder / "ledger.db") as connection:
        connection.execute("DROP TRIGGER charges_no_update")
        connection.execute("UPDATE charges SET amount = amount + 1 WHERE line = 1")
    assert not verify(Request(kept.site.database, kept.site.path("archive"))).ok
    back_up(kept.site, tmp_path / "b.tar")
    found = {difference.kind for difference in restore(tmp_path / "b.tar", tmp_path / "again").differences}
    assert found == {"schema", "charges", "entry", "bill"}


def test_a_manifest_with_another_head_shows_when_it_is_restored(kept: KeptSite, tmp_path: Path) -> None:
    def change(contents: dict[str, bytes]) -> None:
        manifest = json.loads(contents["manifest.json"])
        manifest["head"]["root"], manifest["checkpoint"] = "ab" * 32, None
        contents["manifest.json"] = json.dumps(manifest).encode()

    back_up(kept.site, tmp_path / "b.tar")
    _rewritten(tmp_path / "b.tar", change)
    found = restore(tmp_path / "b.tar", tmp_path / "again").differences
    assert {difference.kind for difference in found} == {"head"}
