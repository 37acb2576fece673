"""Rows go into either store and come out with the bytes that were sealed."""

import sqlite3
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger_core import canonical, tree
from ledger_core.engine.disputing import Claim, open_dispute
from ledger_core.engine.holding import Portion
from ledger_core.facts import catalogue
from ledger_core.facts.body import FORMATS, PARTICULARS, REFERENCE, SHARES, BodyFormat
from ledger_core.store import log
from ledger_core.store.door import Draft
from ledger_core.store.rows import (
    FewRows,
    batches,
    body_format,
    leaf_batches,
    plain_leaf_batches,
    salted,
    stored,
    stored_batches,
)
from tests.ledger_core.books import MARIA, Books, charge, filled_in
from tests.ledger_core.objecting import Always, examine

_texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
_cells = st.none() | st.integers(-(2**53), 2**53) | _texts


@given(st.lists(_cells, min_size=1, max_size=8))
def test_sqlite_spells_a_row_as_its_canonical_bytes(row: list[Any]) -> None:
    """Control characters, quotes, backslashes, any script, any whole number: byte for byte."""
    connection = sqlite3.connect(":memory:")
    marks = ", ".join("?" * len(row))
    (spelled,) = connection.execute(f"SELECT CAST(json_array({marks}) AS BLOB)", row).fetchone()
    connection.close()
    assert spelled == canonical.row_bytes(row)


@pytest.mark.parametrize("character", [chr(code) for code in [*range(1, 160), 0x2028, 0x2029, 0xFEFF, 0xFFFD, 0x1F9FE]])
def test_sqlite_spells_every_odd_character_as_it_is_sealed(character: str) -> None:
    connection = sqlite3.connect(":memory:")
    (spelled,) = connection.execute("SELECT CAST(json_array(?) AS BLOB)", (character,)).fetchone()
    connection.close()
    assert spelled == canonical.row_bytes([character])


@pytest.mark.parametrize("body", FORMATS.values(), ids=FORMATS)
def test_stored_rows_have_the_root_that_their_fact_commits_to(some_books: Books, body: BodyFormat) -> None:
    filled_in(some_books)
    with some_books.ledger.reading() as connection:
        posted = [fact.sequence for fact in log.facts(connection, [catalogue.BILL_POSTED])]
    examine(some_books, Always(), bills=posted)
    dispute(some_books)
    with some_books.ledger.reading() as connection:
        carrying = [fact for fact in log.facts(connection) if fact.body(body.name) is not None and fact.sequence != 8]
        assert carrying
        for fact in carrying:
            commitment = fact.body(body.name)
            assert commitment is not None
            for read in (leaf_batches, plain_leaf_batches):
                leaves = [leaf for hashes, _ in read(connection, body, fact.sequence) for leaf in hashes]
                assert (len(leaves), tree.root_of(leaves).hex()) == (commitment.count, commitment.root)


def dispute(kept: Books) -> None:
    """A bill with something in dispute."""
    judged = kept.receive([charge("12.00")], "9")
    with kept.ledger.acting(MARIA) as act:
        claim = Claim((Portion.of(judged.bill, 1, 200),), date(2026, 9, 2))
        open_dispute(act, claim, "The contract says 10.00", kept.folder / "spool")


def test_both_ways_of_hashing_show_the_cells_asked_for(some_books: Books) -> None:
    filled_in(some_books)
    cells = ("charge_line", "amount", "exact")
    with some_books.ledger.reading() as connection:
        fast = [rows for _, rows in leaf_batches(connection, SHARES, 6, cells)]
        plain = [rows for _, rows in plain_leaf_batches(connection, SHARES, 6, cells)]
    assert fast == plain
    assert sum(amount for rows in fast for _, amount, _ in rows) == 777


def test_many_rows_come_back_in_order_and_in_batches(some_books: Books) -> None:
    rows = tuple((line, f'["{line}"]', None, None, "[{}]") for line in range(1, 20_002))
    with some_books.ledger.acting(MARIA) as act:
        draft = Draft(catalogue.REFERENCE_LOADED, "many", {"sheet": "funds"}, act.id, rows=(FewRows(REFERENCE, rows),))
        fact = act.record(draft)
    with some_books.ledger.reading() as connection:
        assert tuple(stored(connection, REFERENCE, fact.sequence)) == rows
        sizes = [len(batch) for batch in stored_batches(connection, REFERENCE, fact.sequence)]
    assert sizes == [10_000, 10_000, 1]


def test_two_readers_of_one_snapshot_do_not_disturb_each_other(some_books: Books) -> None:
    filled_in(some_books)
    with some_books.ledger.reading() as connection:
        one, other = stored(connection, REFERENCE, 2), stored(connection, REFERENCE, 3)
        assert [row[0] for pair in zip(one, other, strict=True) for row in pair] == [1, 1, 2, 2]


def test_each_row_of_particulars_has_a_salt_of_its_own() -> None:
    rows = salted([(1, "a"), (2, "a"), (3, None)])
    assert [row[:-1] for row in rows] == [(1, "a"), (2, "a"), (3, None)]
    salts = {row[-1] for row in rows}
    assert len(salts) == 3
    assert {len(salt) for salt in salts} == {32}
    assert salted([]) == []


@given(st.integers(0, 50), st.integers(1, 9))
def test_batches_lose_nothing(count: int, size: int) -> None:
    rows = [(number,) for number in range(count)]
    cut = list(batches(rows, size))
    assert [row for batch in cut for row in batch] == rows
    assert all(0 < len(batch) <= size for batch in cut)


def test_a_body_is_found_by_its_name() -> None:
    assert body_format("particulars") is PARTICULARS
    with pytest.raises(KeyError):
        body_format("bills")
