"""Rows spelled as CSV arrive in PostgreSQL as they are, whatever their texts hold."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from ledger_core import canonical
from ledger_core.facts.body import PARTICULARS
from ledger_core.store import csv_copy
from ledger_core.store.database import Database
from ledger_core.store.rows import stored
from ledger_core.store.tables import METADATA

_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")) | st.sampled_from(
    [
        "",
        "null",
        "NULL",
        "\\",
        "\\.",
        "\n\\.\n",
        '"',
        '\\"',
        "]\n[",
        "\\n",
        "\\x41",
        "\x1f\x7f\b\f\n\r\t",
        ",",
        "{}",
        "é",
    ]
)
_ROWS = st.lists(st.tuples(_TEXT | st.none(), st.binary(min_size=32, max_size=32)), min_size=1, max_size=30)


def _kept(connection: Connection, rows: list[tuple[str | None, bytes]]) -> list[tuple[object, ...]]:
    lines = canonical.lines_bytes([(line, text) for line, (text, _) in enumerate(rows, 1)])
    csv_copy.add(connection, PARTICULARS, 7, lines, [salt for _, salt in rows])
    return list(stored(connection, PARTICULARS, 7))


def test_every_row_arrives_as_it_is(postgres_database: str) -> None:
    @settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
    @given(_ROWS)
    def arrives(rows: list[tuple[str | None, bytes]]) -> None:
        with Database(url=postgres_database).scratch() as connection:
            METADATA.create_all(connection)
            assert _kept(connection, rows) == [(line, *row) for line, row in enumerate(rows, 1)]

    arrives()


@given(st.lists(st.tuples(st.integers(-(2**53), 2**53), _TEXT | st.none()), min_size=1))
def test_each_row_is_one_line_of_csv_behind_its_fact(rows: list[tuple[int, str | None]]) -> None:
    written = csv_copy.csv_of(12, canonical.lines_bytes(rows))
    assert written.startswith(b"12,%d," % rows[0][0])
    assert written.count(b"\n") == len(rows) + sum(text.count("\n") for _, text in rows if text is not None)
