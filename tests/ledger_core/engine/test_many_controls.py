"""A bill that states a great many figures: its fact names the outstanding ones, a body holds them all."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ledger_core.engine.reception import Judged, Verdict
from ledger_core.engine.verification.verification import Request, verify
from ledger_core.facts.bill import Control, Figure, LineSum
from ledger_core.facts.body import CONTROLS
from ledger_core.facts.charge import Locator
from ledger_core.policy import controls
from ledger_core.store.rows import stored
from tests.ledger_core.books import Books, charge

_CHARGES = [charge(f"{line}.00", f"206555{line:04}", line=line) for line in range(1, 31)]


@pytest.fixture(autouse=True)
def _few_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(controls, "MANY", 20)


def _stated(line: int, more: str = "0", *, binding: bool = True) -> Control:
    figure = Figure("AMT 5", f"service 206555{line:04}", Decimal(line) + Decimal(more), Locator(str(line), line, 99))
    return Control(figure, LineSum(((line, line),)), binding)


def _received(books: Books, *odd: Control) -> Judged:
    return books.receive(_CHARGES, controls=[*(_stated(line) for line in range(1, 29)), *odd])


def test_all_figures_are_rows_and_the_fact_names_the_bills_own(some_books: Books) -> None:
    judged = _received(some_books)
    assert judged.fact is not None
    assert [control["scope"] for control in judged.fact.content["controls"]] == ["bill"]
    with some_books.ledger.reading() as connection:
        rows = list(stored(connection, CONTROLS, judged.fact.sequence))
    assert rows[0] == (1, "Total current charges", "bill", "465", "465", 1, 0, None, "9", 0, 1)
    assert rows[7] == (8, "AMT 5", "service 2065550007", "7", "7", 1, 0, None, "7", 7, 99)
    assert len(rows) == judged.figures == 29
    assert verify(Request(some_books.ledger.database, some_books.archive)).ok


def test_a_figure_that_differs_and_does_not_bind_is_named_in_the_fact(some_books: Books) -> None:
    judged = _received(some_books, _stated(29, "0.5", binding=False))
    assert judged.fact is not None
    assert [control["stated"] for control in judged.fact.content["controls"]] == ["465", "29.5"]
    assert [control.name for control in judged.controls] == ["Total current charges", "AMT 5"]


def test_one_gap_among_many_refuses_the_bill(some_books: Books) -> None:
    judged = _received(some_books, _stated(29, "0.01"))
    assert judged.verdict is Verdict.REJECTED
    (gap,) = judged.problems
    assert gap.found == "states 29.01, its lines make 29.00, gap 0.01"
    assert judged.fact is None


def test_as_many_as_a_fact_names_are_no_body(some_books: Books) -> None:
    fact = some_books.receive(_CHARGES, controls=[_stated(line) for line in range(1, 20)]).fact
    assert fact is not None
    assert len(fact.content["controls"]) == 20
    assert fact.body("controls") is None
