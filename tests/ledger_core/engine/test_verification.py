"""`verify` finds and names whatever is not as it was sealed, on either store, and finds nothing else."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import attrs
import pytest
import sqlalchemy
from sqlalchemy import Connection, text

from ledger_core.engine.checkpoint import note, read_checkpoint
from ledger_core.engine.destruction import Destruction, destroy
from ledger_core.engine.ledger import READINGS, Ledger
from ledger_core.engine.verification import verification
from ledger_core.engine.verification.difference import Destroyed, Difference
from ledger_core.engine.verification.verification import Checked, Request, Verified, verify
from ledger_core.errors import InputRefused, NotEnrolled, Unknown
from ledger_core.facts import catalogue
from ledger_core.facts.fact import digest_of, read_fact
from ledger_core.signature import PersonalKey
from ledger_core.store import log
from ledger_core.store.database import Database
from ledger_core.store.door import Draft
from ledger_core.store.tables import LOG, SEALED
from tests.ledger_core.books import INTAKE, MARIA, NOTARY, Books, Hours, books, charge, filled_in


@pytest.fixture
def kept(some_books: Books) -> Books:
    """Books with every kind of row: two bills (one split, one of fractions of a cent), a reversal, a closed month, and
    particulars of one line destroyed."""
    filled_in(some_books)
    return some_books


def verified(kept: Books, **more: Any) -> Verified:
    return verify(Request(kept.ledger.database, kept.archive, **more))


@contextmanager
def tampering(database: Database) -> Iterator[Connection]:
    """Somebody with the keys to the store itself, who lifts the guards and puts them back afterwards."""
    if database.file is not None:
        raw = sqlite3.connect(database.file, isolation_level=None)
        guards = raw.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in guards:
            raw.execute(f"DROP TRIGGER {name}")
        raw.close()
        engine = sqlalchemy.create_engine(f"sqlite:///{database.file}", poolclass=sqlalchemy.NullPool)
        with engine.begin() as connection:
            yield connection
            for _, statement in guards:
                connection.exec_driver_sql(statement)
    else:
        assert database.url is not None
        engine = sqlalchemy.create_engine(database.url, poolclass=sqlalchemy.NullPool)
        with engine.begin() as connection:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
            yield connection


def change(kept: Books, statement: str, **values: Any) -> None:
    with tampering(kept.ledger.database) as connection:
        assert connection.execute(text(statement), values).rowcount != 0


def test_untouched_books_verify_and_say_what_was_looked_at(kept: Books) -> None:
    found = verified(kept)
    assert found.differences == ()
    assert found.ok
    assert found.checked == Checked(
        facts=11, entries=3, postings=11, charges=6, shares=4, files=2, readings=len(READINGS)
    )
    with kept.ledger.reading() as connection:
        assert found.head == log.head(connection)


def test_a_second_process_finds_the_same(kept: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    """Large ledgers are shared between two processes; the answer does not depend on it."""
    change(kept, "UPDATE particulars SET text = 'x' WHERE fact = 6 AND line = 1")
    alone = verified(kept)
    monkeypatch.setattr(verification, "_LARGE", 1)
    assert verified(kept) == alone
    assert [difference.kind for difference in alone.differences] == ["particulars"]


# --- any value of any table ------------------------------------------------------------------------------------------

_CELLS = [(table.name, column.name) for table in SEALED for column in table.columns]


def _other(value: Any) -> Any:
    if value is None:
        return "x"
    if isinstance(value, int):
        return value + 1000
    if isinstance(value, str):
        return value + "x"
    return bytes(value[:-1]) + bytes([value[-1] ^ 1])


@pytest.mark.parametrize(("table", "column"), _CELLS, ids=[f"{table}.{column}" for table, column in _CELLS])
def test_any_changed_cell_is_found_and_its_table_named(
    tmp_path_factory: pytest.TempPathFactory, table: str, column: str
) -> None:
    kept = filled(tmp_path_factory)
    shape = next(shape for shape in SEALED if shape.name == table)
    with kept.ledger.reading() as connection:
        row = connection.execute(shape.select().order_by(*shape.primary_key.columns).offset(1)).first()
        row = row or connection.execute(shape.select()).one()
    keys = " AND ".join(f'"{key.name}" = :k{key.name}' for key in shape.primary_key.columns)
    value = getattr(row, column)
    changed = 7 if value is None and isinstance(shape.c[column].type, sqlalchemy.Integer) else _other(value)
    with tampering(kept.ledger.database) as connection:
        statement = text(f'UPDATE {table} SET "{column}" = :v WHERE {keys}')  # noqa: S608 - names of ours
        connection.execute(
            statement, {"v": changed} | {f"k{k.name}": getattr(row, k.name) for k in shape.primary_key.columns}
        )
    named = {difference.kind for difference in verified(kept).differences}
    # A fact's own bytes are known by the signature over them, a destroyed leaf by the body that it belongs to.
    assert named & {
        table,
        *{"log.signature": {"signature"}, "destroyed.leaf": {"particulars"}}.get(f"{table}.{column}", ()),
    }


@pytest.mark.parametrize("table", [table.name for table in SEALED])
def test_any_missing_row_is_found_and_its_table_named(tmp_path_factory: pytest.TempPathFactory, table: str) -> None:
    kept = filled(tmp_path_factory)
    order = "sequence" if table == "log" else "fact, line"
    kept_database = kept.ledger.database
    with tampering(kept_database) as connection:
        key = connection.exec_driver_sql(f"SELECT {order} FROM {table} ORDER BY {order} DESC").first()  # noqa: S608
        assert key is not None
        where = " AND ".join(f"{name.strip()} = {value}" for name, value in zip(order.split(","), key, strict=True))
        connection.exec_driver_sql(f"DELETE FROM {table} WHERE {where}")  # noqa: S608
    found = verified(kept)
    if table == "log":  # a cut tail is what a head kept elsewhere finds; here the readings are ahead of it
        assert {difference.kind for difference in found.differences} >= {"destroyed", "reading"}
    else:
        assert table in {difference.kind for difference in found.differences}


def filled(tmp_path_factory: pytest.TempPathFactory) -> Books:
    """Full books on SQLite, copied from one set for every test that spoils them."""
    template = tmp_path_factory.getbasetemp() / "full-books"
    if not template.exists():
        template.mkdir()
        made = books(Database(template / "ledger.db"), template)
        filled_in(made)
        with sqlite3.connect(template / "ledger.db") as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    folder = tmp_path_factory.mktemp("books")
    (folder / "ledger.db").write_bytes((template / "ledger.db").read_bytes())
    (folder / "archive").symlink_to(template / "archive")
    return books_at(folder)


def books_at(folder: Path) -> Books:
    return Books(Ledger(Database(folder / "ledger.db"), Hours()), folder)


_DEEDS: dict[str, tuple[str, str]] = {
    "an amount of a charge": ("UPDATE charges SET amount = 1 WHERE fact = 6 AND line = 2", "charges"),
    "an amount that is no number": ("UPDATE charges SET amount = NULL WHERE fact = 6 AND line = 2", "charges"),
    "two departments swapped": (
        ("UPDATE postings SET department = CASE department WHEN 'Parks' THEN 'Police' ELSE 'Parks' END "
        "WHERE fact = 6 AND department IN ('Parks', 'Police')"),
        "postings",
    ),
    "a free text": ("UPDATE particulars SET text = 'x' WHERE fact = 6 AND line = 1", "particulars"),
    "a salt": ("UPDATE particulars SET salt = text::bytea WHERE fact = 6 AND line = 1", "particulars"),
    "a reference row": ("UPDATE reference SET valid_to = '2026-01-01' WHERE fact = 2", "reference"),
    "a share": ("UPDATE shares SET amount = amount + 1 WHERE fact = 6 AND line = 1", "shares"),
    "an effective date": ("UPDATE postings SET effective = '2026-07-01' WHERE fact = 6", "postings"),
    "a row moved to another fact": ("UPDATE charges SET fact = 9, line = 77 WHERE fact = 6 AND line = 4", "charges"),
    "rows of no fact": ("INSERT INTO postings (fact, line, amount) VALUES (99, 1, 0)", "postings"),
    "rows of a fact without such rows": ("INSERT INTO shares (fact, line, amount) VALUES (1, 1, 0)", "shares"),
    "a line slipped into an old bill": (
        "INSERT INTO charges (fact, line, amount, posting) VALUES (6, 5, 100, 1)", "charges",
    ),
    "a reading's figure": ("UPDATE bills SET total = 1 WHERE fact = 6", "reading"),
    "a reading's row": ("DELETE FROM documents WHERE received = 5", "reading"),
    "a row too many in a reading": ("INSERT INTO periods VALUES ('2027-01', 'closed', 3)", "reading"),
    "how far a reading has read": ("UPDATE readings SET sequence = 2 WHERE name = 'bills'", "reading"),
    "the version of a reading": ("UPDATE readings SET version = 2 WHERE name = 'bills'", "reading"),
    "a column of the log": ("UPDATE log SET effective = '2026-01-01' WHERE sequence = 6", "log"),
    "the key of a fact": ("UPDATE log SET key = 'x' WHERE sequence = 6", "log"),
    "two facts swapped": (
        "UPDATE log SET sequence = CASE sequence WHEN 2 THEN -3 ELSE -2 END WHERE sequence IN (2, 3)", "log",
    ),
    "a gap in the log": ("UPDATE log SET sequence = 20 WHERE sequence = 11", "log"),
}  # fmt: skip


@pytest.mark.parametrize("deed", _DEEDS)
def test_what_was_done_behind_the_guards_is_found(kept: Books, deed: str) -> None:
    statement, kind = _DEEDS[deed]
    if kept.ledger.database.embedded:
        statement = statement.replace("::bytea", "")
        statement = statement.replace("salt = text", "salt = x'00'")
    change(kept, statement)
    found = verified(kept)
    assert not found.ok
    assert kind in {difference.kind for difference in found.differences}


def test_a_difference_names_bill_table_and_lines(kept: Books) -> None:
    with kept.ledger.reading() as connection:
        bill = read_fact(bytes(connection.execute(LOG.select().where(LOG.c.sequence == 6)).one().fact)).content["bill"]
    change(kept, "DELETE FROM charges WHERE fact = 6 AND line = 2")
    change(kept, "INSERT INTO charges (fact, line, amount, posting) VALUES (6, 9, 1001, 2)")
    (difference,) = verified(kept).differences
    assert (difference.kind, difference.id) == ("charges", bill)
    assert difference.where == "fact 6, charges, missing line 2; extra line 9"
    assert difference.expected.startswith("4 rows, root ")


def test_books_that_do_not_add_up_are_named_by_posting(kept: Books) -> None:
    """Rows that were sealed as they are, but whose parts do not sum to their posting (INV-27), and an entry that does
    not balance (INV-01): the seal holds, the arithmetic does not."""
    change(kept, "UPDATE postings SET amount = amount + 5 WHERE fact = 6 AND line = 1")
    found = {(difference.kind, difference.where): difference for difference in verified(kept).differences}
    posting = found["entry", "fact 6, posting 1"]
    assert int(posting.found) - int(posting.expected) == 5
    assert found["entry", "fact 6, USD, fund 001, basis A, actual"].found == "5"


def test_another_signature_is_found(kept: Books) -> None:
    with kept.ledger.reading() as connection:
        row = connection.execute(LOG.select().where(LOG.c.sequence == 6)).one()
    forged = PersonalKey("maria", b"f" * 32).sign(bytes(row.digest))
    change(kept, "UPDATE log SET signature = :forged WHERE sequence = 6", forged=forged)
    (difference,) = verified(kept).differences
    assert (difference.kind, difference.id, difference.expected) == ("signature", "6", "service-intake's")


def test_a_fact_rewritten_with_its_digest_lacks_the_signature(kept: Books) -> None:
    with kept.ledger.reading() as connection:
        row = connection.execute(LOG.select().where(LOG.c.sequence == 6)).one()
    written = bytes(row.fact).replace(b"Union Tel", b"Onion Tel")
    assert written != bytes(row.fact)
    change(
        kept,
        "UPDATE log SET fact = :fact, digest = :digest WHERE sequence = 6",
        fact=written,
        digest=digest_of(written),
    )
    assert [difference.kind for difference in verified(kept).differences] == ["signature"]


def test_a_fact_of_somebody_never_enrolled_is_found(kept: Books) -> None:
    stranger = PersonalKey("maria", b"f" * 32)
    with kept.ledger.reading() as connection:
        row = connection.execute(LOG.select().where(LOG.c.sequence == 11)).one()
    written = attrs.evolve(read_fact(bytes(row.fact)), actor=stranger.actor).written()
    digest = digest_of(written)
    change(
        kept, "UPDATE log SET fact = :fact, digest = :digest, signature = :signature WHERE sequence = 11",
        fact=written, digest=digest, signature=stranger.sign(digest),
    )  # fmt: skip
    (difference,) = verified(kept).differences
    assert (difference.kind, difference.expected) == ("signature", "a key enrolled before")


def test_bytes_that_are_no_fact_are_found(kept: Books) -> None:
    change(kept, "UPDATE log SET fact = :fact WHERE sequence = 8", fact=b"{}")
    found = verified(kept)
    assert ("log", "8") in {(difference.kind, difference.id) for difference in found.differences}
    assert found.checked.readings == 0  # a log that differs has nothing to fold


# --- the schema ------------------------------------------------------------------------------------------------------

_SQLITE_SCHEMA = [
    ("DROP TRIGGER charges_no_update", "trigger charges_no_update"),
    ("DROP TRIGGER log_no_rewrite", "trigger log_no_rewrite"),
    ("CREATE TRIGGER sly AFTER INSERT ON bills BEGIN DELETE FROM bills; END", "trigger sly"),
    ("CREATE TABLE more (x)", "table more"),
    ("DROP VIEW attribution", "view attribution"),
    ("CREATE INDEX more ON bills (total)", "index more"),
    ("DROP INDEX postings_by_account", "index postings_by_account"),
    ("ALTER TABLE charges ADD COLUMN more TEXT", "table charges"),
    ("ALTER TABLE charges RENAME COLUMN reason TO cause", "table charges"),
]


@pytest.mark.parametrize(("statement", "name"), _SQLITE_SCHEMA)
def test_a_changed_schema_of_the_embedded_store_is_named(
    tmp_path_factory: pytest.TempPathFactory, statement: str, name: str
) -> None:
    kept = filled(tmp_path_factory)
    with sqlite3.connect(kept.folder / "ledger.db") as connection:
        connection.execute(statement)
    assert name in {difference.id for difference in verified(kept).differences if difference.kind == "schema"}


def test_a_guard_that_was_rewritten_is_named(tmp_path_factory: pytest.TempPathFactory) -> None:
    kept = filled(tmp_path_factory)
    with sqlite3.connect(kept.folder / "ledger.db") as connection:
        connection.execute("DROP TRIGGER log_no_delete")
        connection.execute(
            "CREATE TRIGGER log_no_delete BEFORE DELETE ON log WHEN 0 BEGIN SELECT RAISE(ABORT, ''); END"
        )
    (difference,) = verified(kept).differences
    assert difference.id == "trigger log_no_delete"
    assert "WHEN 0" in difference.found
    assert "append-only" in difference.expected


def test_an_index_that_lies_is_found(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Balances are answered from an index alone: one that was emptied while its table stayed would hide every one."""
    kept = filled(tmp_path_factory)
    with sqlite3.connect(kept.folder / "ledger.db", isolation_level=None) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        (sql,) = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'postings_by_account'").fetchone()
        connection.execute(
            "UPDATE sqlite_master SET sql = ? || ' WHERE amount > 1500' WHERE name = 'postings_by_account'", (sql,)
        )
    with sqlite3.connect(kept.folder / "ledger.db", isolation_level=None) as connection:
        connection.execute("REINDEX postings_by_account")
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("UPDATE sqlite_master SET sql = ? WHERE name = 'postings_by_account'", (sql,))
    found = {(difference.kind, difference.id) for difference in verified(kept).differences}
    assert ("schema", "table postings") in found


def test_vacuum_and_statistics_are_not_tampering(tmp_path_factory: pytest.TempPathFactory) -> None:
    kept = filled(tmp_path_factory)
    connection = sqlite3.connect(kept.folder / "ledger.db", isolation_level=None)
    connection.execute("VACUUM")
    connection.execute("ANALYZE")
    connection.close()
    assert verified(kept).ok


_POSTGRES_SCHEMA = [
    ("DROP TRIGGER charges_no_update ON charges", "trigger charges_no_update"),
    ("ALTER TABLE log DISABLE TRIGGER log_no_delete", "trigger log_no_delete"),
    ("CREATE OR REPLACE FUNCTION tollbook_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$",
     "function tollbook_refuse()"),
    ("CREATE RULE sly AS ON INSERT TO bills DO INSTEAD NOTHING", "rule bills.sly"),
    ("CREATE TABLE more (x integer)", "table more"),
    (("CREATE OR REPLACE VIEW attribution AS SELECT fact, charge_fact, charge_line, posting, amount + 1 AS amount, "
     "reason, ref FROM (SELECT *, fact AS charge_fact, line AS charge_line FROM charges) c"), "view attribution"),
    ("ALTER TABLE postings ALTER COLUMN amount TYPE integer", "column postings.amount"),
    ("ALTER TABLE log ALTER COLUMN kind DROP NOT NULL", "column log.kind"),
    ("ALTER TABLE log DROP CONSTRAINT log_key_key", "constraint log.log_key_key"),
    ("DROP INDEX postings_by_account", "index postings_by_account"),
    ("GRANT UPDATE ON charges TO tollbook_writer", "charges to tollbook_writer"),
    ("GRANT TRUNCATE ON log TO PUBLIC", "log to PUBLIC"),
    ("ALTER TABLE charges ENABLE ROW LEVEL SECURITY", "table charges"),
]  # fmt: skip


@pytest.mark.parametrize(("statement", "name"), _POSTGRES_SCHEMA, ids=[name for _, name in _POSTGRES_SCHEMA])
def test_a_changed_schema_of_the_server_store_is_named(
    postgres_database: str, tmp_path: Path, statement: str, name: str
) -> None:
    kept = books(Database(url=postgres_database), tmp_path)
    assert verified(kept).ok
    engine = sqlalchemy.create_engine(postgres_database, poolclass=sqlalchemy.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql(statement)
    assert name in {difference.id for difference in verified(kept).differences if difference.kind == "schema"}


def test_a_file_that_is_no_database_any_more_is_a_difference(tmp_path_factory: pytest.TempPathFactory) -> None:
    kept = filled(tmp_path_factory)
    file = kept.folder / "ledger.db"
    content = bytearray(file.read_bytes())
    content[4096 : 4096 * 40] = b"\xff" * (4096 * 39)
    file.write_bytes(content)
    assert {"ledger"} <= {difference.kind for difference in verified(kept).differences}


# --- the archive -----------------------------------------------------------------------------------------------------


def _cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1])


def _changed(file: Path) -> None:
    file.write_bytes(b"X" + file.read_bytes()[1:])


def _removed(file: Path) -> None:
    file.unlink()


@pytest.mark.parametrize("spoil", [_cut, _changed, _removed])
def test_a_spoiled_archive_file_is_named(kept: Books, spoil: Callable[[Path], None]) -> None:
    file = min(path for path in kept.archive.rglob("*") if path.is_file())
    spoil(file)
    (difference,) = verified(kept).differences
    assert (difference.kind, difference.id) == ("file", file.name)


def test_swapped_archive_files_are_both_named(kept: Books) -> None:
    one, other = (path for path in kept.archive.rglob("*") if path.is_file())
    content = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(content)
    assert {difference.id for difference in verified(kept).differences} == {one.name, other.name}


def test_a_file_that_no_fact_names_is_no_difference(kept: Books) -> None:
    """A crash between archiving and recording leaves one; it is taken in again, not accused."""
    (kept.archive / "ff").mkdir(exist_ok=True)
    (kept.archive / "ff" / ("f" * 64)).write_bytes(b"left over")
    assert verified(kept).ok


# --- particulars: same, differs, destroyed ---------------------------------------------------------------------------


def test_destroyed_particulars_are_said_to_be_so_and_the_books_verify(kept: Books) -> None:
    assert verified(kept).destroyed == (Destroyed(fact=8, under=11, count=1),)
    with kept.ledger.acting(MARIA) as act:
        fact = destroy(act, Destruction(6, "GS2010-001", "retention is over"))
    assert fact.content["lines"] == [[1, 4]]
    found = verified(kept)
    assert found.ok
    assert found.destroyed == (Destroyed(fact=6, under=12, count=4), Destroyed(fact=8, under=11, count=1))
    with kept.ledger.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM particulars WHERE fact = 6").scalar_one() == 0


def test_particulars_are_destroyed_once(kept: Books) -> None:
    with pytest.raises(Unknown, match="none of them"), kept.ledger.acting(MARIA) as act:
        destroy(act, Destruction(8, "GS2010-001", lines=[1]))


def test_only_an_administrator_destroys(kept: Books) -> None:
    with pytest.raises(NotEnrolled, match="administrator"), kept.ledger.acting(INTAKE) as act:
        destroy(act, Destruction(6, "GS2010-001"))
    assert verified(kept).ok


def test_particulars_cannot_simply_be_deleted(kept: Books) -> None:
    with (
        pytest.raises(sqlalchemy.exc.DBAPIError, match="append-only"),
        kept.ledger.acting(MARIA) as act,
    ):
        act.connection.execute(text("DELETE FROM particulars WHERE fact = 6"))


def test_particulars_deleted_behind_the_guards_are_found(kept: Books) -> None:
    change(kept, "DELETE FROM particulars WHERE fact = 6 AND line = 2")
    (difference,) = verified(kept).differences
    assert (difference.kind, difference.where) == ("particulars", "fact 6, particulars")


def test_a_leaf_put_there_without_a_fact_does_not_pass_for_destruction(kept: Books) -> None:
    """The guard lets a row go once its leaf is kept, so whoever writes to the file can destroy; not without a trace."""
    with kept.ledger.reading() as connection:
        leaf = connection.exec_driver_sql("SELECT leaf FROM destroyed").scalar_one()
    with tampering(kept.ledger.database) as connection:
        connection.execute(text("INSERT INTO destroyed VALUES (6, 2, :leaf, 12)"), {"leaf": leaf})
        connection.execute(text("DELETE FROM particulars WHERE fact = 6 AND line = 2"))
    kinds = {difference.kind for difference in verified(kept).differences}
    assert kinds == {"destroyed", "particulars"}


def test_destroyed_particulars_that_come_back_are_found(kept: Books) -> None:
    change(kept, "INSERT INTO particulars VALUES (8, 1, 'Line 1', :salt)", salt=b"s" * 32)
    assert "particulars" in {difference.kind for difference in verified(kept).differences}


# --- heads kept elsewhere --------------------------------------------------------------------------------------------


def _head(kept: Books) -> str:
    with kept.ledger.reading() as connection:
        return note("harbor", log.head(connection), NOTARY)


def test_books_that_grew_still_stand_against_an_older_head(kept: Books) -> None:
    head = _head(kept)
    kept.close("2026-09")
    assert verified(kept, against=read_checkpoint(head)).ok
    with kept.ledger.reading() as connection:
        first = log.head(connection, 3)
    assert verified(kept, against=read_checkpoint(f"3:{first.root.hex()}")).ok


def test_an_old_copy_put_back_is_found(tmp_path_factory: pytest.TempPathFactory) -> None:
    kept = filled(tmp_path_factory)
    old = (kept.folder / "ledger.db").read_bytes()
    kept.close("2026-09")
    head = _head(kept)
    for name in ("ledger.db-wal", "ledger.db-shm"):
        (kept.folder / name).unlink(missing_ok=True)
    (kept.folder / "ledger.db").write_bytes(old)
    assert verified(kept).ok  # by itself it is a good ledger
    (difference,) = verified(kept, against=read_checkpoint(head)).differences
    assert (difference.kind, difference.expected, difference.found) == ("head", "12 facts", "11 facts")


def test_a_wholesale_rewrite_with_the_same_keys_is_found(tmp_path: Path) -> None:
    """Whoever holds every key can write other books that verify; they do not begin with the facts of a kept head."""
    for name in ("true", "false"):
        (tmp_path / name).mkdir()
    true = books(Database(tmp_path / "true" / "ledger.db"), tmp_path / "true")
    true.receive([charge("29.95")])
    head = _head(true)
    false = books(Database(tmp_path / "false" / "ledger.db"), tmp_path / "false")
    false.receive([charge("19.95")])
    assert verified(false).ok
    (difference,) = verified(false, against=read_checkpoint(head)).differences
    assert difference.where == "the first 3 facts"


def test_a_head_that_another_key_signed_is_found(kept: Books) -> None:
    with kept.ledger.reading() as connection:
        forged = note("harbor", log.head(connection), MARIA)
    (difference,) = verified(kept, against=read_checkpoint(forged)).differences
    assert difference.where == "the head's signature"


def test_a_head_of_another_log_is_found(kept: Books) -> None:
    with kept.ledger.reading() as connection:
        other = note("elsewhere", log.head(connection), NOTARY)
    (difference,) = verified(kept, against=read_checkpoint(other)).differences
    assert (difference.where, difference.found) == ("the log's name", "tollbook/harbor")


@pytest.mark.parametrize("written", ["", "7", "7:abc", "tollbook/harbor\n7\nAAAA\n\n\u2014 tollbook/harbor AAAA\n"])
def test_what_is_no_head_is_refused(written: str) -> None:
    with pytest.raises(InputRefused, match="neither a signed head nor SIZE:ROOT"):
        read_checkpoint(written, "head.txt")


# --- the deep look ---------------------------------------------------------------------------------------------------


def test_what_the_deep_look_finds_is_a_difference_like_any_other(kept: Books) -> None:
    found = Difference("charges", "B-1", "line 3, amount", "777", "778")

    def deep(connection: Connection) -> Iterator[Difference]:
        assert log.last_sequence(connection) == 11
        yield found

    assert verified(kept, deep=deep).differences == (found,)


def test_a_bill_of_a_document_that_never_came_is_found(some_books: Books) -> None:
    some_books.receive([charge("1.00")])
    with some_books.ledger.reading() as connection:
        content = dict(log.fact(connection, 3).content)
    content |= {"bill": "B-0000000000000000-1", "identity": "x", "documents": [{"sha256": "0" * 64}]}
    content |= {"total": 0, "charges": 0}
    with some_books.ledger.acting(MARIA) as act:
        act.record(Draft(catalogue.BILL_POSTED, "bill/x/1", content, act.id, effective=date(2026, 8, 28)))
    (difference,) = verified(some_books).differences
    assert (difference.id, difference.expected) == ("B-0000000000000000-1", "a document received")
