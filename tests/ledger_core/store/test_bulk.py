"""Columns appended in bulk are the rows that they stand for, whichever of them are shared, equal or varying."""

import sqlite3

from hypothesis import given
from hypothesis import strategies as st

from ledger_core.store import bulk

_CELL = (
    st.none()
    | st.integers(-(2**53), 2**53)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
)


@st.composite
def _batches(draw: st.DrawFn) -> tuple[list[object], int]:
    """Columns of one batch: the first numbers the rows, others vary, are shared, or repeat another column."""
    count = draw(st.integers(1, 130))
    columns: list[object] = [range(1, count + 1)]
    for _ in range(draw(st.integers(0, 5))):
        if draw(st.booleans()):
            columns.append(draw(_CELL))
        elif draw(st.booleans()):
            columns.append(list(draw(st.sampled_from([c for c in columns if isinstance(c, list | range)]))))
        else:
            few = draw(st.lists(_CELL, min_size=1, max_size=4))
            columns.append([few[row % len(few)] for row in range(count)])
    return columns, count


@given(_batches())
def test_every_row_arrives_as_it_is(batch: tuple[list[object], int]) -> None:
    columns, count = batch
    connection = sqlite3.connect(":memory:")
    names = ", ".join(f"c{number}" for number in range(len(columns)))
    connection.execute(f"CREATE TABLE kept ({names})")

    bulk.append(connection, "kept", columns, count)

    found = connection.execute("SELECT * FROM kept ORDER BY c0").fetchall()
    assert found == list(bulk.rows_of(columns, count))
    connection.close()


@given(st.lists(st.tuples(st.integers(), st.text(), st.none()), min_size=1))
def test_rows_and_columns_are_the_same_thing(rows: list[tuple[object, ...]]) -> None:
    assert list(bulk.rows_of(bulk.columns_of(rows), len(rows))) == rows
