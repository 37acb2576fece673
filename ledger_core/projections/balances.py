"""The reading of balances on two clocks: as of an effective date, as known at a sequence, or both (INV-08).

A view over the postings: they are the buckets, and one index answers both clocks. By account and fund every posting
counts and the books sum to zero. By department, object or vendor the cost of bills is shown, each amount either
attributed (coded, not charged yet) or charged.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import date
from functools import partial
from typing import Any

import attrs
from sqlalchemy import ColumnElement, Connection, Select, bindparam, case, func, select

from ledger_core.facts.entry import Book
from ledger_core.projections.attribution import Attributed, cost_postings
from ledger_core.projections.coverage import Coverage
from ledger_core.store.tables import BODIES

#: What rows can be told apart by, in the order in which they are shown and sorted.
DIMENSIONS = ("account", "fund", "department", "object", "vendor", "period")
DEFAULT = ("account", "fund")
_COST = frozenset({"department", "object", "vendor"})

_POSTINGS = BODIES["postings"].c
_STRING = (_POSTINGS.account, _POSTINGS.fund, _POSTINGS.department, _POSTINGS.object)  # as the index is sorted


def _sum_of(length: int, *, dated: bool) -> Select[int]:
    """The sum of one account string, given as its first `length` dimensions; `dated` up to a day, else of all days."""
    conditions = [column == bindparam(column.name) for column in _STRING[:length]]
    if dated:  # to compare a text with every row costs a quarter of the time
        conditions.append(_POSTINGS.effective <= bindparam("as_of"))
    return select(func.coalesce(func.sum(_POSTINGS.amount), 0)).where(
        *conditions, _POSTINGS.fact <= bindparam("until"), _POSTINGS.book == Book.ACTUAL.value
    )


_SUMS = {
    (length, dated): _sum_of(length, dated=dated) for length in range(1, len(_STRING) + 1) for dated in (False, True)
}


@attrs.frozen
class Balance:
    """One row, in minor units: debits, credits (both positive) and debits less credits.

    Dimensions not asked for are None. `attributed` and `charged` sum to `balance`, `held` is what of the cost is held:
    not charged back, or given back by the next run. All three None where other than the cost of bills is shown.
    """

    account: str | None
    fund: str | None
    department: str | None
    object: str | None
    vendor: str | None
    period: str | None
    currency: str
    debit: int
    credit: int
    balance: int
    attributed: int | None
    charged: int | None
    held: int | None = None

    @property
    def sort_key(self) -> tuple[bytes, ...]:
        """Bytewise by the dimensions, then the currency."""
        return tuple((getattr(self, name) or "").encode() for name in (*DIMENSIONS, "currency"))


@attrs.frozen
class FundTotal:
    """Debits and credits of the postings shown, of one fund, in minor units."""

    currency: str
    fund: str
    debit: int
    credit: int


@attrs.frozen
class Balances:
    """The rows and the totals by fund, both sorted bytewise."""

    rows: tuple[Balance, ...]
    totals: tuple[FundTotal, ...]


def balances(
    connection: Connection, by: Collection[str] = DEFAULT, *, until: int, as_of: date | None = None
) -> Balances:
    """Balances by some of DIMENSIONS, as known at sequence `until`, as of a day (inclusive; None: all).

    Rows in which every amount is zero are left out.
    """
    assert set(by) <= set(DIMENSIONS), by
    found = _cost(connection, by, until, as_of) if _COST & set(by) else _books(connection, by, until, as_of)
    kept = [row for row in found if row.debit or row.credit or row.attributed or row.charged or row.held]
    return Balances(
        tuple(sorted(kept, key=lambda row: row.sort_key)),
        _totals(connection, until, as_of, cost=bool(_COST & set(by))),
    )


def account_balance(connection: Connection, *string: str, until: int, as_of: date | None = None) -> int:
    """Debits less credits in minor units of one account, or of a string of account, fund, department and object (any
    number of them from the left), out of the covering index alone."""
    names = (column.name for column in _STRING)
    asked: dict[str, str | int] = {"until": until, **dict(zip(names, string, strict=False))}
    if as_of is not None:
        asked["as_of"] = as_of.isoformat()
    return int(connection.execute(_SUMS[len(string), as_of is not None], asked).scalar_one())


# --- the books: every posting -----------------------------------------------------------------------------------


def _books(connection: Connection, by: Collection[str], until: int, as_of: date | None) -> Iterator[Balance]:
    columns: dict[str, ColumnElement[str]] = {
        "account": _POSTINGS.account,
        "fund": _POSTINGS.fund,
        "period": func.substr(_POSTINGS.effective, 1, 7),
    }
    wanted = [name for name in DIMENSIONS if name in by]
    query = _summed([columns[name] for name in wanted], until, as_of)
    for row in connection.execute(query):
        cells = tuple(row)
        shown = dict(zip(wanted, cells, strict=False))
        # PostgreSQL sums whole numbers as numeric; they are whole all the same.
        yield _row(shown, cells[-3], _Sum(int(cells[-2]), int(cells[-1])), cost=False)


def _summed(columns: list[ColumnElement[str]], until: int, as_of: date | None) -> Select[*tuple[Any, ...]]:
    amount = _POSTINGS.amount
    debit = func.coalesce(func.sum(case((amount > 0, amount), else_=0)), 0)
    credit = func.coalesce(func.sum(case((amount < 0, -amount), else_=0)), 0)
    query = (
        select(*columns, _POSTINGS.currency, debit, credit)
        .where(_POSTINGS.book == Book.ACTUAL.value, _POSTINGS.fact <= until)
        .group_by(*columns, _POSTINGS.currency)
    )
    return query if as_of is None else query.where(_POSTINGS.effective <= as_of.isoformat())


# --- the cost of bills ------------------------------------------------------------------------------------------


@attrs.define
class _Sum:
    debit: int = 0
    credit: int = 0
    charged: int = 0
    held: int = 0

    def add(self, amount: int, *, charged: bool, held: bool = False) -> None:
        if charged:
            self.charged += amount
        if held:
            self.held -= amount
        elif amount > 0:
            self.debit += amount
        else:
            self.credit -= amount


def _cost(connection: Connection, by: Collection[str], until: int, as_of: date | None) -> Iterator[Balance]:
    coverage = Coverage(connection, until, as_of)
    wanted = [name for name in DIMENSIONS if name in by]
    cells = [_cell(name) for name in wanted]
    sums: dict[tuple[str, ...], _Sum] = {}
    for posting in _cost_until(connection, until, as_of):
        key = (*(cell(posting) for cell in cells), posting.currency)
        sums.setdefault(key, _Sum()).add(posting.amount, charged=coverage.charged(posting), held=posting.held)
    for (*shown, currency), total in sums.items():
        yield _row(dict(zip(wanted, shown, strict=True)), currency, total)


def _cell(name: str) -> Callable[[Attributed], str]:
    if name == "period":
        return lambda posting: posting.effective[:7]
    return partial(_named, name=name)


def _named(posting: Attributed, name: str) -> str:
    return str(getattr(posting, name))


def _cost_until(connection: Connection, until: int, as_of: date | None) -> Iterable[Attributed]:
    found = cost_postings(connection, until=until)
    if as_of is None:
        return found
    last = as_of.isoformat()
    return (posting for posting in found if posting.effective <= last)


def _totals(connection: Connection, until: int, as_of: date | None, *, cost: bool) -> tuple[FundTotal, ...]:
    if not cost:
        rows = _books(connection, ("fund",), until, as_of)
        found = [FundTotal(row.currency, row.fund or "", row.debit, row.credit) for row in rows]
    else:
        sums: dict[tuple[str, str], _Sum] = {}
        for posting in _cost_until(connection, until, as_of):
            sums.setdefault((posting.currency, posting.fund), _Sum()).add(
                posting.amount, charged=False, held=posting.held
            )
        found = [FundTotal(*key, total.debit, total.credit) for key, total in sums.items()]
    kept = [total for total in found if total.debit or total.credit]
    return tuple(sorted(kept, key=lambda total: (total.currency.encode(), total.fund.encode())))


def _row(shown: dict[str, str], currency: str, total: _Sum, *, cost: bool = True) -> Balance:
    balance = total.debit - total.credit
    cells = {name: shown.get(name) for name in DIMENSIONS}
    return Balance(
        **cells,
        currency=currency,
        debit=total.debit,
        credit=total.credit,
        balance=balance,
        attributed=balance - total.charged if cost else None,
        charged=total.charged if cost else None,
        held=total.held if cost else None,
    )
