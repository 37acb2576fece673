"""Loading: a sheet becomes a dated fact of what is new in it; the same sheet again records nothing."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import attrs
import pytest

from ledger_core.engine.loading import Source, judge, load
from ledger_core.errors import ServicesWouldEnd, SheetRefused
from ledger_core.facts.fact import Fact
from ledger_core.facts.reference import Reference, ReferenceRow
from ledger_core.projections import reference
from ledger_core.store.database import Database
from tests.ledger_core.books import ACCOUNT, MARIA, VENDOR, Books, books, owned
from tests.ledger_core.policy.sheets_as_text import reference_of, rows_of

SOURCE = Source("funds", "funds.csv", "ab" * 32)


@attrs.frozen
class Plain:
    """A difference that knows new rows only."""

    added: Sequence[ReferenceRow]
    unchanged: Sequence[ReferenceRow]
    changed: Sequence[ReferenceRow] = ()
    ended: Sequence[ReferenceRow] = ()

    @property
    def record(self) -> Sequence[ReferenceRow]:
        return self.added


def fund(number: str, line: int = 1) -> ReferenceRow:
    return ReferenceRow(0, line, "funds", (number,), date(2026, 1, 1), None, {"name": f"Fund {number}"})


def loaded(kept: Books, *rows: ReferenceRow) -> Fact | None:
    def compare(known: Reference) -> Plain:
        new = [row for row in rows if known.in_force("funds", row.key, date(2026, 6, 1)) is None]
        return Plain(new, [row for row in rows if row not in new])

    with kept.ledger.acting(MARIA) as act:
        return load(act, SOURCE, compare)[1]


@pytest.fixture
def kept(database: Database, tmp_path: Path) -> Books:
    return books(database, tmp_path)


def test_a_sheet_is_known_from_its_fact_on(kept: Books) -> None:
    fact = loaded(kept, fund("001"), fund("520", 2))
    assert fact is not None
    assert fact.content == {
        "sheet": "funds", "file": "funds.csv", "sha256": "ab" * 32,
        "added": 2, "changed": 0, "ended": 0, "unchanged": 0,
    }  # fmt: skip
    with kept.ledger.reading() as connection:
        found = reference.known(connection).in_force("funds", ("520",), date(2026, 6, 1))
        before = reference.known(connection, until=fact.sequence - 1)
    assert found is not None
    assert (found.ref, found.cell("name")) == (f"{fact.sequence}.2", "Fund 520")
    assert not before.holds("funds")


def test_the_same_sheet_again_records_nothing(kept: Books) -> None:
    loaded(kept, fund("001"))
    size = kept.size()
    assert loaded(kept, fund("001")) is None
    assert kept.size() == size


def test_only_what_is_new_is_recorded(kept: Books) -> None:
    loaded(kept, fund("001"))
    fact = loaded(kept, fund("001"), fund("520"))
    assert fact is not None
    assert (fact.content["added"], fact.content["unchanged"]) == (1, 1)
    body = fact.body("reference")
    assert body is not None
    assert body.count == 1


class TestRefusals:
    """What a load must not do in silence, on either store. The clock of the books says September 2026."""

    def _load(self, kept: Books, text: str, may_end: int = 0) -> Fact | None:
        rows = rows_of(text, fact=-1)
        source = Source(rows[0].sheet, "new.csv", "")
        with kept.ledger.acting(MARIA) as act:
            return load(act, source, lambda _: Plain(rows, ()), may_end)[1]

    def test_a_rate_over_a_known_one_is_refused_and_both_rows_are_named(self, kept: Books) -> None:
        known = kept.load("contracts", [{"vendor": "C", "product": "A", "rate": "10", "from": "2026-01-01"}])
        size = kept.size()
        with pytest.raises(SheetRefused) as refused:
            self._load(kept, "= contracts\nvendor|account|product|rate|from\nC||A|11|2026-07-01")
        assert refused.value.found == (
            "for vendor C, account (any), product A two rows hold from 2026-07-01 on:"
            f" row {known.sequence}.1 in the books (2026-01-01 to ...: rate 10),"
            " and a row of this sheet (2026-07-01 to ...: rate 11)"
        )
        assert kept.size() == size

    def test_a_load_that_ends_half_of_the_services_does_nothing_unless_their_number_is_named(self, kept: Books) -> None:
        owned(kept)
        size = kept.size()
        ends = "= services\nvendor|account|service|department|object|to\n"
        ends += f"{VENDOR}|{ACCOUNT}|2065550100|Police|5420|2026-09-30"
        for wrong in (0, 2):
            with pytest.raises(ServicesWouldEnd, match="it would end 1 of the 2 services in force") as refused:
                self._load(kept, ends, wrong)
            assert (refused.value.ended, refused.value.in_force, refused.value.exit_code) == (1, 2, 3)
        assert kept.size() == size
        assert self._load(kept, ends, 1) is not None

    def test_the_message_shows_the_first_ten_overlaps_and_counts_the_others(self) -> None:
        head = "= contracts\nvendor|account|product|rate|from\n"
        known = reference_of(head + "\n".join(f"C||P{n}|1|2026-01-01" for n in range(12)))
        loaded = Plain(rows_of(head + "\n".join(f"C||P{n}|2|2026-02-01" for n in range(12)), fact=-1), ())
        with pytest.raises(SheetRefused, match=r"product P0 .*product P7 .*\(2 more\)"):
            judge(known, Source("contracts", "new.csv", ""), loaded, date(2026, 8, 1))
