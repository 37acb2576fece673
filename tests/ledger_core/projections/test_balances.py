"""Balances on two clocks."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import text

from ledger_core.projections.balances import DEFAULT, Balances, account_balance, balances
from ledger_core.projections.charges import Asked, charge_lines
from ledger_core.store.database import Database
from tests.ledger_core.books import Books, books, charge
from tests.ledger_core.small_month import SmallMonth

_BY = (
    DEFAULT,
    ("department",),
    ("object", "vendor"),
    ("vendor", "period"),
    ("account", "fund", "department", "object", "vendor", "period"),
    ("period",),
)


def _balances(books: Books, *by: str, until: int | None = None, as_of: date | None = None) -> Balances:
    with books.ledger.reading() as connection:
        return balances(connection, by or DEFAULT, until=books.size() if until is None else until, as_of=as_of)


def _by_department(found: Balances) -> dict[str | None, tuple[int | None, int | None]]:
    return {row.department: (row.attributed, row.charged) for row in found.rows}


def _everything_that_happens(month: SmallMonth) -> list[Callable[[], object]]:
    """A chargeback, corrections before and after it, a late bill, a reversal."""
    return [
        lambda: month.recode(3, "Police"),
        month.charge_back,
        lambda: month.recode(1, "Water"),
        lambda: month.recode(4, "Parks"),
        month.late_bill,
        lambda: month.books.reverse(month.entry),
        lambda: month.charge_back("2026-09"),
    ]


def test_the_books_sum_to_zero_in_every_fund(month: SmallMonth) -> None:
    """INV-08, by account and fund, before and after everything."""
    for happens in _everything_that_happens(month):
        happens()
        found = _balances(month.books)
        funds = {row.fund for row in found.rows}
        assert {"520", "410"} <= funds
        assert {fund: sum(row.balance for row in found.rows if row.fund == fund) for fund in funds} == dict.fromkeys(
            funds, 0
        )
        assert [(total.debit, total.credit) for total in found.totals] == [
            (total.debit, total.debit) for total in found.totals
        ]


def test_attributed_and_charged_are_shown_for_cost_alone(month: SmallMonth) -> None:
    assert {(row.attributed, row.charged) for row in _balances(month.books).rows} == {(None, None)}
    assert all(row.attributed is not None for row in _balances(month.books, "vendor").rows)


@pytest.mark.parametrize("by", [("department",), ("object",), ("vendor",), ("department", "period")])
def test_cost_sums_to_the_charges_of_the_bills_that_stand(month: SmallMonth, by: tuple[str, ...]) -> None:
    for happens in _everything_that_happens(month):
        happens()
        with month.books.ledger.reading() as connection:
            lines = charge_lines(connection, Asked(), until=month.books.size())
            total = sum(line.amount for line in lines)
        found = _balances(month.books, *by)
        assert sum(row.balance for row in found.rows) == total
        assert all(row.balance == (row.attributed or 0) + (row.charged or 0) for row in found.rows)


def test_what_no_department_bears_is_suspense(month: SmallMonth) -> None:
    assert _by_department(_balances(month.books, "department")) == {
        "": (2120, 0),
        "IT": (600, 0),
        "Parks": (2275, 0),
        "Police": (4846, 0),
        "Water": (3198, 0),
    }


def test_a_chargeback_turns_attributed_into_charged(month: SmallMonth) -> None:
    """What is kept, booked directly or in suspense stays attributed."""
    month.charge_back()
    assert _by_department(_balances(month.books, "department")) == {
        "": (2120, 0),
        "IT": (600, 0),
        "Parks": (0, 2275),
        "Police": (0, 4846),
        "Water": (2998, 200),
    }


def test_charged_is_what_the_chargebacks_posted(month: SmallMonth) -> None:
    """Two ways to the same figure: what runs saw, and the users' cost that they posted."""
    for happens in _everything_that_happens(month):
        happens()
    with month.books.ledger.reading() as connection:
        posted = connection.execute(
            text(
                "SELECT p.department, sum(p.amount) FROM postings p JOIN chargebacks c ON c.fact = p.fact "
                "WHERE p.role = 'cost' AND p.department <> '' GROUP BY p.department"
            )
        )
        by_department = {department: int(amount) for department, amount in posted if amount}
    shown = _by_department(_balances(month.books, "department"))
    assert {department: charged for department, (_, charged) in shown.items() if charged} == by_department


def test_a_correction_after_the_run_waits_for_the_next_one(month: SmallMonth) -> None:
    month.charge_back()
    month.recode(1, "Water")
    shown = _by_department(_balances(month.books, "department"))
    assert (shown["Police"], shown["Water"]) == ((-4250, 4846), (2998 + 4250, 200))
    month.charge_back("2026-09")
    shown = _by_department(_balances(month.books, "department"))
    assert (shown["Police"], shown["Water"]) == ((0, 596), (2998, 4450))


def test_rows_saved_at_a_sequence_equal_those_known_at_it_asked_later(month: SmallMonth) -> None:
    saved: dict[int, list[Balances]] = {}
    for happens in _everything_that_happens(month):
        saved[month.books.size()] = [_balances(month.books, *by) for by in _BY]
        happens()
    later = {until: [_balances(month.books, *by, until=until) for by in _BY] for until in saved}
    assert len({str(found) for found in saved.values()}) == len(saved)  # every act changed something
    assert later == saved


def test_as_of_a_day_only_what_is_dated_up_to_it_counts(month: SmallMonth) -> None:
    month.charge_back()
    assert _balances(month.books, as_of=date(2026, 8, 27)) == Balances((), ())
    assert _by_department(_balances(month.books, "department", as_of=date(2026, 8, 28)))["Police"] == (4846, 0)
    assert _by_department(_balances(month.books, "department", as_of=date(2026, 8, 31)))["Police"] == (0, 4846)
    assert _balances(month.books, as_of=date(2026, 8, 31)) == _balances(month.books)


def test_rows_are_sorted_bytewise_and_dimensions_not_asked_for_are_none(month: SmallMonth) -> None:
    found = _balances(month.books, "vendor", "department")
    keys = [((row.department or "").encode(), (row.vendor or "").encode()) for row in found.rows]
    assert keys == sorted(keys)
    assert {(row.account, row.fund, row.object, row.period) for row in found.rows} == {(None,) * 4}


def test_an_account_alone_equals_its_rows(month: SmallMonth) -> None:
    for happens in _everything_that_happens(month):
        happens()
    for until in range(1, month.books.size() + 1):
        for as_of in (None, date(2026, 8, 28), date(2026, 8, 31)):
            rows = _balances(month.books, "account", until=until, as_of=as_of).rows
            with month.books.ledger.reading() as connection:
                alone = {
                    row.account: account_balance(connection, row.account or "", until=until, as_of=as_of)
                    for row in rows
                }
            assert alone == {row.account: row.balance for row in rows}


def test_a_string_of_an_account_equals_its_row(month: SmallMonth) -> None:
    """Named from the left: account and fund, or down to department and object."""
    until = month.books.size()
    buckets = _balances(month.books, "account", "fund", "department", "object").rows
    accounts = _balances(month.books, "account", "fund").rows
    strings = [((row.account, row.fund, row.department, row.object), row.balance) for row in buckets]
    strings += [((row.account, row.fund, None, None), row.balance) for row in accounts]
    with month.books.ledger.reading() as connection:
        for string, balance in strings:
            named = [name for name in string if name is not None]
            assert account_balance(connection, *named, until=until) == balance


def test_an_account_is_read_from_the_covering_index_alone(tmp_path: Path) -> None:
    """SQLite says so itself; PostgreSQL decides by the size of the table."""
    made = books(Database(tmp_path / "ledger.db"), tmp_path)
    made.receive([charge("1.00")])
    with made.ledger.reading() as connection:
        seen: list[str] = []
        connection.connection.dbapi_connection.set_trace_callback(seen.append)  # type: ignore[union-attr]  # sqlite3's own
        assert account_balance(connection, "suspense", until=made.size()) == 100
        connection.connection.dbapi_connection.set_trace_callback(None)  # type: ignore[union-attr]  # as above
        (query,) = seen
        plan = " ".join(row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}"))
    assert "USING COVERING INDEX postings_by_account (account=?" in plan
