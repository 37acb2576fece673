"""Loading: a sheet becomes a dated fact of what is new in it; the same sheet again records nothing."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import attrs
import pytest

from ledger_core.engine.loading import Source, load
from ledger_core.facts.fact import Fact
from ledger_core.facts.reference import Reference, ReferenceRow
from ledger_core.projections import reference
from ledger_core.store.database import Database
from tests.ledger_core.books import MARIA, Books, books

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
