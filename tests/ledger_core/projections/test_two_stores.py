"""One behaviour: the same month gives the same answers on both stores."""

from pathlib import Path

from ledger_core.projections.balances import DIMENSIONS, balances
from ledger_core.projections.charges import Asked, charge_lines
from ledger_core.projections.evidence import why
from ledger_core.projections.exceptions import open_exceptions
from ledger_core.projections.overview import overview
from ledger_core.projections.trail import paths
from ledger_core.store.database import Database
from tests.ledger_core.books import books, charge
from tests.ledger_core.small_month import SmallMonth, small_month


def _answers(month: SmallMonth) -> list[object]:
    month.recode(3, "Police")
    month.charge_back()
    month.recode(1, "Water")
    month.recode(4, "Parks")
    month.books.document(b"never read", "late.csv")
    month.books.receive([charge("1.00", f"é{line}", line=line) for line in range(1, 30)], "long")
    with month.books.ledger.reading() as connection:
        until = month.books.size()
        state = overview(connection)
        return [
            *(balances(connection, (name,), until=until) for name in DIMENSIONS),
            list(charge_lines(connection, Asked(), until=until)),
            list(paths(connection, month.bill, until=until)),
            *(why(connection, f"{month.bill}:{line}", until=until) for line in range(1, 8)),
            open_exceptions(connection),
            # The root differs: every row of particulars has a salt of its own.
            (state.documents, state.bills, state.charges, state.entries, state.postings, state.suspense, state.periods),
        ]


def test_both_stores_answer_alike(tmp_path: Path, postgres_database: str) -> None:
    embedded = small_month(books(Database(tmp_path / "ledger.db"), tmp_path))
    (tmp_path / "server").mkdir()
    served = small_month(books(Database(url=postgres_database), tmp_path / "server"))
    assert _answers(embedded) == _answers(served)
