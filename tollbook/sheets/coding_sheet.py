"""A coordinator's list of numbers and account strings, turned into services, departments and billed strings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import attrs

from ledger_core.errors import InputRefused
from ledger_core.facts.chart import ChartString, ChartTemplate
from ledger_core.facts.discrepancy import Discrepancy
from ledger_core.facts.reference import Reference, ReferenceRow
from tollbook.sheets.reading import SheetProblems


@attrs.frozen
class Listed:
    """What the whole list is about: the vendor account ("" for any) and the first day it holds (None: since ever)."""

    vendor: str = ""
    account: str = ""
    valid_from: date | None = None


@attrs.frozen
class Expanded:
    """The sheets that a list becomes, to be loaded in this order; departments and strings only where not known."""

    departments: tuple[ReferenceRow, ...]
    billed_strings: tuple[ReferenceRow, ...]
    services: tuple[ReferenceRow, ...]


def expand(
    rows: Sequence[ReferenceRow],
    listed: Listed,
    template: ChartTemplate,
    reference: Reference,
    file: str = "coding_sheet",
) -> Expanded:
    """Services with the department and object that each string names, a sub-object behind a point.

    A department that nobody loaded gets the fund of its string; a string that the template would write otherwise is
    kept as written. Raises SheetProblems with every string that cannot be read, names a department of another fund, or
    gives a department and object a second string.
    """
    work = _Expansion(listed, template, reference)
    problems = []
    for row in rows:
        try:
            work.add(row)
        except InputRefused as refused:
            where = f"{file}: number {row.cell('number')}: account_string"
            problems.append(Discrepancy(refused.code, where, refused.found, refused.do))
    if problems:
        raise SheetProblems(file, problems)
    return Expanded(tuple(work.departments.values()), tuple(work.strings.values()), tuple(work.services))


class _Expansion:
    """The rows made so far."""

    def __init__(self, listed: Listed, template: ChartTemplate, reference: Reference) -> None:
        self._listed = listed
        self._template = template
        self._reference = reference
        self._written: dict[tuple[str, str], str] = {}
        self.departments: dict[str, ReferenceRow] = {}
        self.strings: dict[tuple[str, str], ReferenceRow] = {}
        self.services: list[ReferenceRow] = []

    def add(self, row: ReferenceRow) -> None:
        string = row.cell("account_string")
        chart = self._template.split(string)
        if not chart.department or not chart.fund:
            found = f"'{string}' names no {'department' if chart.fund else 'fund'}"
            raise InputRefused("", found, f"The site's template is: {self._template.text}")
        account_object = ".".join(part for part in (chart.object, chart.subobject) if part)
        self._department(chart, string)
        self._string((chart.department, account_object), chart, string)
        key = (self._listed.vendor, self._listed.account, row.cell("number"))
        value = {"department": chart.department, "object": account_object}
        self.services.append(self._row("services", len(self.services) + 1, key, value))

    def _department(self, chart: ChartString, string: str) -> None:
        on = self._listed.valid_from or date.max
        known = self._reference.in_force("departments", (chart.department,), on)
        known = known or self.departments.get(chart.department)
        if known is None:
            line = len(self.departments) + 1
            row = self._row("departments", line, (chart.department,), {"fund": chart.fund})
            self.departments[chart.department] = row
        elif known.cell("fund") != chart.fund:
            found = f"'{string}' lies in fund {chart.fund}, department {chart.department} in {known.cell('fund')}"
            raise InputRefused("", found, "Correct the string, or load the department with its fund.")

    def _string(self, key: tuple[str, str], chart: ChartString, string: str) -> None:
        """Keep the string where fund, department and object alone would not give it back."""
        written = self._written.setdefault(key, string)
        if written != string:
            found = f"'{string}' is a second string for department {key[0]}, object {key[1]}; the first is '{written}'"
            raise InputRefused("", found, "Tell them apart by object or sub-object.")
        plain = ChartString(chart.fund, chart.department, object=chart.object, subobject=chart.subobject)
        if chart != plain:
            self.strings[key] = self._row("billed_strings", len(self.strings) + 1, key, {"string": string})

    def _row(self, sheet: str, line: int, key: tuple[str, ...], value: dict[str, str]) -> ReferenceRow:
        kept = {name: cell for name, cell in value.items() if cell}
        return ReferenceRow(0, line, sheet, key, self._listed.valid_from, None, kept)
