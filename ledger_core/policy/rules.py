"""Dated rules: where charges go that no owner and no printed code decides (INV-33)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fractions import Fraction
from itertools import groupby

import attrs

from ledger_core.facts.reference import ReferenceRow
from ledger_core.money import parse_decimal


@attrs.frozen
class Subject:
    """What a rule looks at in one charge: `accounts` are the billing account and, where there is one, the one below."""

    vendor: str
    accounts: tuple[str, ...]
    service: str
    kind: str
    product: str
    text: str


@attrs.frozen
class RuleShare:
    """One target of a rule: `weight` out of one, `ref` the row that says so."""

    department: str
    object: str
    weight: Fraction
    ref: str


@attrs.frozen(eq=False)
class Rule:
    """A rule in force. The smallest priority is asked first, then the name decides.

    A condition that is empty holds for every charge; `*` in it stands for any characters. `text` is contained, without
    regard to capitals.
    """

    name: str
    priority: int
    conditions: tuple[tuple[str, re.Pattern[str]], ...]
    shares: tuple[RuleShare, ...]

    def matches(self, subject: Subject) -> bool:
        """Whether every condition holds."""
        return all(_holds(column, pattern, subject) for column, pattern in self.conditions)

    def concerns(self, vendor: str) -> bool:
        """Whether the rule could hold for a charge of this vendor."""
        return all(pattern.fullmatch(vendor) for column, pattern in self.conditions if column == "vendor")


#: The columns of a rule that say for which charges it holds.
CONDITIONS = ("vendor", "account", "service", "kind", "product", "text")


def rules_of(rows: Iterable[ReferenceRow]) -> list[Rule]:
    """The rules that these rows of one day make, in the order in which they are asked."""
    named = groupby(sorted(rows, key=lambda row: row.key), key=lambda row: row.key[0])
    return sorted((_rule(name, list(group)) for name, group in named), key=lambda rule: (rule.priority, rule.name))


def _rule(name: str, rows: list[ReferenceRow]) -> Rule:
    first = rows[0]
    conditions = tuple((column, _pattern(column, text)) for column in CONDITIONS if (text := first.cell(column)))
    shares = tuple(
        RuleShare(
            row.cell("department"), row.cell("object"), Fraction(parse_decimal(row.cell("percent"))) / 100, row.ref
        )
        for row in rows
    )
    return Rule(name, int(first.cell("priority")), conditions, shares)


def _pattern(column: str, text: str) -> re.Pattern[str]:
    body = ".*".join(re.escape(part) for part in text.split("*"))
    return re.compile(body, re.DOTALL | (re.IGNORECASE if column == "text" else 0))


def _holds(column: str, pattern: re.Pattern[str], subject: Subject) -> bool:
    if column == "account":
        return any(pattern.fullmatch(account) for account in subject.accounts)
    if column == "text":
        return pattern.search(subject.text) is not None
    return pattern.fullmatch(getattr(subject, column)) is not None
