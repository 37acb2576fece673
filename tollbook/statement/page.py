"""A statement as one HTML file: no script, nothing loaded from elsewhere, every text from a bill escaped."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

import attrs
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ledger_core.projections.statement_lines import StatementLine
from ledger_core.projections.statements import BudgetLine, Statement
from tollbook.statement import words

_TEMPLATE = "statement.html"
_FULL = 100


def file_stem(department: str) -> str:
    """A department's name as a file name: nothing in it can leave the folder."""
    stem = quote(department, safe="")
    return stem.replace(".", "%2E") if stem.startswith(".") else stem


def page(statement: Statement) -> str:
    """The statement's HTML, ended by a newline."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "day": words.day,
        "month": words.month,
        "money": lambda minor: words.money(minor, statement.currency),
        "signed": lambda minor: words.signed(minor, statement.currency),
        "way": words.way,
        "words": lambda name: name[:1].upper() + name[1:],
    }
    return environment.get_template(_TEMPLATE).render(
        s=statement,
        rows=_Rows(statement),
        summary=list(_summary(statement)),
        budgets=[_Budget(line) for line in statement.budgets],
        kept=sum(line.amount for line in statement.kept),
        held=sum(line.amount for line in statement.held),
        pending=sum(line.amount for line in statement.pending),
    )


@attrs.frozen
class _SummaryRow:
    """One row of the month at a glance."""

    name: str
    anchor: str
    charged: int
    direct: int

    @property
    def total(self) -> int:
        return self.charged + self.direct


def _summary(statement: Statement) -> Iterable[_SummaryRow]:
    for number, group in enumerate(statement.classes, 1):
        lines = [line for service in group.services for line in service.lines]
        yield _summed(group.name, f"class-{number}", lines)
    if statement.one_time:
        yield _summed("one-time costs", "one-time", statement.one_time)
    if statement.corrections:
        yield _summed("corrections of earlier months", "corrections", statement.corrections)


def _summed(name: str, anchor: str, lines: Iterable[StatementLine]) -> _SummaryRow:
    charged = direct = 0
    for line in lines:
        if line.way == "direct":
            direct += line.amount
        else:
            charged += line.amount
    return _SummaryRow(name, anchor, charged, direct)


@attrs.frozen
class _Budget:
    """A budget line, and how much of it is used, in whole percent from 0 to 100, for the bar."""

    line: BudgetLine

    @property
    def used(self) -> int:
        if self.line.budget <= 0:
            return _FULL if self.line.spent > 0 else 0
        return max(0, min(_FULL, self.line.spent * _FULL // self.line.budget))

    @property
    def over(self) -> bool:
        return self.line.remaining < 0


class _Rows:
    """How lines are written, and where links into them lead."""

    def __init__(self, statement: Statement) -> None:
        self._statement = statement
        self._anchored: set[str] = set()

    def anchor(self, line: StatementLine) -> str:
        """The id of a line: its charge's, at the first line that bears it; "" after that."""
        if not line.charge or line.charge in self._anchored:
            return ""
        self._anchored.add(line.charge)
        return line.charge

    def corrected(self, line: StatementLine) -> str:
        """The place on an earlier statement of this department that a line corrects."""
        return f"../{line.corrects}/{file_stem(self._statement.department)}.html#{quote(line.charge)}"

    def what(self, line: StatementLine) -> str:
        """What was bought: the product; on a card the merchant's words, since its product is a code."""
        named = (line.product, line.text) if line.service or line.account else (line.text, line.product)
        return next(filter(None, named), line.kind)

    def more(self, line: StatementLine) -> str:
        """What is worth saying beside it: the kind, and the other of the two."""
        other = {line.product, line.text} - {self.what(line), ""}
        return " · ".join((line.kind, *sorted(other)))

    def units(self, line: StatementLine) -> str:
        """Units and rate."""
        return words.units(line.quantity, line.unit, line.rate)

    def dates(self, line: StatementLine) -> str:
        """The days of service, "" where the bill states none."""
        return words.days(line.service_from, line.service_to)

    def part(self, line: StatementLine) -> bool:
        """Whether the department bears only a part of the charge."""
        return bool(line.charge) and line.amount != line.whole
