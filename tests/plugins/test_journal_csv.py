"""The journal: a row a posting, exact to the byte, balanced in every fund, and safe in a spreadsheet."""

import csv
import io
from collections import defaultdict
from decimal import Decimal

import attrs
from hypothesis import given
from hypothesis import strategies as st

from ledger_core import ExportEntry, ExportLine
from plugins.journal_csv import JournalCsv
from tests.plugins.entries import CHARGEBACK, line

_HEAD = (
    "journal_id,line,fund,dept,project,grant,object,debit,credit,description,trace_id,account,string,partner,date,"
    "currency"
)
_BEFORE, _WORDS, _DAY = "CB-2026-08-04010-1", '"Chargeback 2026-08, department 04010"', "2026-08-31,USD"
_EXPECTED = f"""{_HEAD}
{_BEFORE},1,001,,,,64220,,37.47,{_WORDS},E30:1,64000,,,{_DAY}
{_BEFORE},2,001,,,,,37.47,,{_WORDS},E30:2,13100,,410,{_DAY}
{_BEFORE},3,410,04010,P7,,64220,37.47,,{_WORDS},E30:3,64000,41004010.64220.0100,,{_DAY}
{_BEFORE},4,410,,,,,,37.47,{_WORDS},E30:4,23100,,001,{_DAY}
"""


def written(*entries: ExportEntry) -> str:
    return b"".join(JournalCsv().write("J0001", entries)).decode()


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_a_chargeback_is_written_to_the_byte() -> None:
    assert written(CHARGEBACK) == _EXPECTED.replace("\n", "\r\n")


def test_a_line_has_a_debit_or_a_credit_and_never_a_sign() -> None:
    for row in read(written(CHARGEBACK)):
        assert bool(row["debit"]) != bool(row["credit"])
        assert not (row["debit"] + row["credit"]).startswith("-")


@given(st.lists(st.tuples(st.sampled_from(["001", "410", "520"]), st.integers(1, 10**12)), min_size=1, max_size=30))
def test_the_file_balances_where_the_entry_does(moves: list[tuple[str, int]]) -> None:
    """INV-65: what is read back per fund is what was to be written."""
    lines: list[ExportLine] = []
    for fund, amount in moves:
        lines += [line(len(lines) + 1, amount, fund=fund), line(len(lines) + 2, -amount, fund=fund)]
    entry = attrs.evolve(CHARGEBACK, lines=tuple(lines))
    sums: dict[str, Decimal] = defaultdict(Decimal)
    rows = read(written(entry))
    for row in rows:
        sums[row["fund"]] += Decimal(row["debit"] or 0) - Decimal(row["credit"] or 0)
    assert len(rows) == len(lines)
    assert set(sums.values()) == {Decimal(0)}


@given(st.text(max_size=40))
def test_no_narrative_is_a_formula_or_breaks_the_row(text: str) -> None:
    rows = read(written(attrs.evolve(CHARGEBACK, narrative=text)))
    assert len(rows) == len(CHARGEBACK.lines)
    assert not any(row["description"].startswith(("=", "+", "-", "@")) for row in rows)


def test_leading_zeros_are_kept() -> None:
    assert read(written(CHARGEBACK))[2]["dept"] == "04010"


def test_an_empty_batch_is_a_header() -> None:
    assert written() == _HEAD + "\r\n"
