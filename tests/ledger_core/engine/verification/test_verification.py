"""`verify` finds and names whatever is not as it was sealed, on either store, and finds nothing else."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import attrs
import pytest
import sqlalchemy
from sqlalchemy import Connection, text

from ledger_core.engine.ledger import READINGS
from ledger_core.engine.verification import verification
from ledger_core.engine.verification.difference import Difference
from ledger_core.engine.verification.verification import Checked
from ledger_core.facts import catalogue
from ledger_core.facts.fact import digest_of, read_fact
from ledger_core.signature import PersonalKey
from ledger_core.store import log
from ledger_core.store.door import Draft
from ledger_core.store.tables import LOG, SEALED
from tests.ledger_core.books import MARIA, Books, charge
from tests.ledger_core.engine.verification.spoiling import change, filled, tampering, verified, with_rows


def test_untouched_books_verify_and_say_what_was_looked_at(kept: Books) -> None:
    found = verified(kept)
    assert found.differences == ()
    assert found.ok
    assert found.checked == Checked(
        facts=12, entries=3, postings=11, charges=7, shares=4, files=2, readings=len(READINGS)
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
    kept = with_rows(filled(tmp_path_factory), table)
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
    kept = with_rows(filled(tmp_path_factory), table)
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


# --- the deep look ---------------------------------------------------------------------------------------------------


def test_what_the_deep_look_finds_is_a_difference_like_any_other(kept: Books) -> None:
    found = Difference("charges", "B-1", "line 3, amount", "777", "778")

    def deep(connection: Connection) -> Iterator[Difference]:
        assert log.last_sequence(connection) == 12
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
