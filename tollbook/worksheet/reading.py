"""Reading a worksheet back: every cell that was altered, every decision that cannot be followed, told at once."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import attrs

from ledger_core.engine.recoding import Target
from ledger_core.errors import NotANumber
from ledger_core.facts.discrepancy import Discrepancy
from ledger_core.money import exact_sum, parse_decimal, plain
from ledger_core.projections.credits import UNMATCHED
from ledger_core.projections.dispute_warnings import DISPUTE, HOLD
from ledger_core.projections.exceptions import SUSPENSE, ExceptionItem
from ledger_core.projections.waiting_credits import CODES, CREDIT
from tollbook.sheets.grid import Cell, Grid, Unreadable, headers_of, read_grid
from tollbook.sheets.reading import SheetProblems
from tollbook.worksheet.columns import COMPARED, HEADERS, OPEN, SHARES, Decided, cell_name, cell_text

_OF_CREDITS = frozenset({Decided.CONFIRM, Decided.REFUSE})
_CREDIT_WORDS = "Confirm, refuse, accept or assign it."


@attrs.frozen
class Decision:
    """What was decided about one item. `targets` bear it (code, retain), `owner` looks at it (assign)."""

    item: ExceptionItem
    decided: Decided
    reason: str
    targets: tuple[Target, ...] = ()
    owner: str = ""

    @property
    def alike(self) -> tuple[Decided, tuple[Target, ...], str, str]:
        """Equal for rows that are recorded together."""
        return self.decided, self.targets, self.owner, self.reason


@attrs.frozen
class _Row:
    """One row of the sheet: its number, and its cells by column."""

    number: int
    cells: Mapping[str, Cell]

    def text(self, column: str) -> str:
        """The cell as text; "" where it cannot be read as one, which is told elsewhere."""
        cell = self.cells.get(column, "")
        return cell if isinstance(cell, str) else ""


def read_worksheet(path: Path, items: Sequence[ExceptionItem], departments: Collection[str]) -> list[Decision]:
    """The decisions in a worksheet about items that are open now, in its order.

    `departments` are those that may be named; none of them: any. Raises SheetProblems with everything that is wrong,
    each problem with its cell; SheetRefused where the file is no workbook or sheet.
    """
    grid = read_grid(path)
    header = [
        Discrepancy("header", f"{path.name}:1: {column}", found, "Write the worksheet anew: `tollbook queue --xlsx`.")
        for column, found in headers_of(grid, HEADERS, HEADERS)
    ]
    if header:
        raise SheetProblems(path, header)
    reader = _Reader(path.name, grid, {item.item: item for item in items}, frozenset(departments))
    decisions = [decision for row in reader.rows() if (decision := reader.decision(row)) is not None]
    if reader.problems:
        raise SheetProblems(path, reader.problems)
    return decisions


@attrs.define
class _Reader:
    """The rows of one sheet, and what is wrong with them."""

    name: str
    grid: Grid
    items: Mapping[str, ExceptionItem]
    departments: frozenset[str]
    problems: list[Discrepancy] = attrs.field(factory=list)
    _seen: dict[str, int] = attrs.field(factory=dict)

    def rows(self) -> Iterator[_Row]:
        """Every row that is not blank."""
        for number, cells in self.grid.rows:
            yield _Row(number, dict(zip(self.grid.header, cells, strict=False)))

    def decision(self, row: _Row) -> Decision | None:
        """What the row decides; None where nothing, or where something is wrong with it."""
        before = len(self.problems)
        if all(row.cells.get(name, "") == "" for name in OPEN):
            return None
        item = self._item(row)
        self._unreadable(row)
        decided = self._decided(row)
        if item is None or decided is None:
            return None
        self._fitting(row, item, decided)
        targets = self._targets(row) if decided in {Decided.CODE, Decided.RETAIN} else ()
        if decided is Decided.CODE and not targets and len(self.problems) == before:
            self._problem(row, "department", "nobody is named", "Name the department that bears the cost.")
        owner = row.text("owner")
        if decided is Decided.ASSIGN and not owner:
            self._problem(row, "owner", "nobody is named", "Say who is to look at it.")
        reason = row.text("reason") or ("assigned" if decided is Decided.ASSIGN else "")
        if not reason:
            self._problem(row, "reason", "it is empty", "Say why: the books keep it.")
        if len(self.problems) > before:
            return None
        return Decision(item, decided, reason, targets, owner if decided is Decided.ASSIGN else "")

    def _item(self, row: _Row) -> ExceptionItem | None:
        name = row.text("item")
        item = self.items.get(name)
        if item is None:
            found = f"'{name[:60]}' is not in the queue" + (" any more" if name else "")
            self._problem(row, "item", found, "Write the worksheet anew: `tollbook queue --xlsx`.")
            return None
        if name in self._seen:
            self._problem(row, "item", f"it stands in row {self._seen[name]} too", "Decide it once.")
        self._seen.setdefault(name, row.number)
        for column in COMPARED:
            expected, cell = cell_text(item, column), row.cells.get(column, "")
            if not _same(column, expected, cell):
                shown = cell if isinstance(cell, str) else cell.found
                self._problem(row, column, f"'{shown[:60]}' where '{expected[:60]}' belongs", "Put it back.")
        return item

    def _unreadable(self, row: _Row) -> None:
        for column in OPEN:
            cell = row.cells.get(column, "")
            if isinstance(cell, Unreadable):
                self._problem(row, column, cell.found, cell.do)

    def _decided(self, row: _Row) -> Decided | None:
        text = row.text("decision")
        try:
            return Decided(text)
        except ValueError:
            found = f"'{text[:60]}' is no decision" if text else "it is empty, but the row is filled in"
            self._problem(row, "decision", found, f"Write {', '.join(Decided)}.")
            return None

    def _fitting(self, row: _Row, item: ExceptionItem, decided: Decided) -> None:
        """Only lines in suspense can be coded, and only they cannot be accepted; what has charges can be held."""
        in_suspense = item.kind == SUSPENSE
        if decided in {Decided.CODE, Decided.RETAIN} and not in_suspense:
            self._problem(row, "decision", f"'{decided}', but nothing of it lies in suspense", "Accept or assign it.")
        if decided in {Decided.HOLD, Decided.DISPUTE}:
            if item.kind == DISPUTE or (item.kind == HOLD and decided is Decided.HOLD):
                self._problem(row, "decision", f"'{decided}', and it is {item.kind} already", "Decide otherwise.")
            elif not in_suspense and not item.charges:
                self._problem(row, "decision", f"'{decided}', but it is about no charges", "Accept or assign it.")
        if decided in _OF_CREDITS and item.kind != CREDIT:
            self._problem(row, "decision", f"'{decided}', but it is no credit", "Accept or assign it.")
        if decided in {Decided.HOLD, Decided.DISPUTE} and item.kind == CREDIT:
            self._problem(row, "decision", f"'{decided}', but it is a credit", _CREDIT_WORDS)
        if decided is Decided.CONFIRM and item.code == CODES[UNMATCHED]:
            self._problem(row, "decision", "'confirm', but nothing is known that it may follow", "Accept or refuse it.")
        if decided is Decided.ACCEPT and in_suspense:
            self._problem(row, "decision", "'accept', but it lies in suspense", "Code or retain it.")

    def _targets(self, row: _Row) -> tuple[Target, ...]:
        shares: dict[str, Decimal | None] = {}
        for column, percent in SHARES:
            department = row.text(column)
            if not department:
                if row.text(percent):
                    self._problem(row, percent, "a percent of nobody", f"Fill in {column}.")
                continue
            if self.departments and department not in self.departments:
                self._problem(row, column, f"'{department[:60]}' is no department in force", "Choose one of the list.")
            if department in shares:
                self._problem(row, column, f"'{department[:60]}' stands twice", "Name it once.")
            shares[department] = self._percent(row, percent)
        given = [share for share in shares.values() if share is not None]
        if len(shares) == 1 and not given:
            given = [Decimal(100)]
        if shares and (len(given) != len(shares) or exact_sum(given) != 100):
            found = f"the percents sum to {plain(exact_sum(given))}"
            self._problem(row, "percent", found, "Give each department a percent; make them sum to 100.")
            return ()
        account_object = row.text("object") or None
        return tuple(Target(name, account_object, Fraction(one)) for name, one in zip(shares, given, strict=True))

    def _percent(self, row: _Row, column: str) -> Decimal | None:
        text = row.text(column)
        if not text:
            return None
        try:
            value = parse_decimal(text)
        except NotANumber:
            value = Decimal(0)
        if not 0 < value <= 100:
            self._problem(row, column, f"'{text[:60]}' is not above 0 and at most 100", "Write it like 60.")
            return None
        return value

    def _problem(self, row: _Row, column: str, found: str, do: str) -> None:
        at = cell_name(row.number, self.grid.header.index(column))
        self.problems.append(Discrepancy("cell", f"{self.name}:{at}: {column}", found, do))


def _same(column: str, expected: str, found: Cell) -> bool:
    if not isinstance(found, str):
        return False
    if column != "amount":
        return found == expected.strip()
    try:
        return parse_decimal(found) == parse_decimal(expected)
    except NotANumber:
        return False
