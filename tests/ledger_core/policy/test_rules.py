"""Rules: asked by priority, every condition must hold, shares sum to one."""

from datetime import date
from fractions import Fraction

import pytest

from ledger_core.policy.rules import Subject, rules_of
from tests.ledger_core.policy.sheets_as_text import reference_of

CHARGE = Subject("Carrier", ("1-2", "sub-7"), "trunk-1", "usage", "VOIP.1", "Minutes, pool 7\nNight")


def rule(condition: str, text: str) -> bool:
    """Whether a rule with this one condition holds for the charge."""
    sheet = f"= rules\nrule|priority|{condition}|department|percent\nr|1|{text}|police|100"
    (only,) = rules_of(reference_of(sheet).all_in_force("rules", date(2026, 9, 1)))
    assert only.concerns("Carrier") or condition == "vendor"
    return only.matches(CHARGE)


@pytest.mark.parametrize(
    ("condition", "text"),
    [
        ("vendor", "Carrier"),
        ("vendor", "Carr*"),
        ("account", "1-2"),
        ("account", "sub-*"),
        ("service", "trunk-*"),
        ("kind", "usage"),
        ("product", "VOIP.1"),
        ("product", "*.1"),
        ("text", "POOL"),
        ("text", "minutes*night"),
        ("text", ""),
    ],
)
def test_conditions_that_hold(condition: str, text: str) -> None:
    assert rule(condition, text)


@pytest.mark.parametrize(
    ("condition", "text"),
    [
        ("vendor", "Carrie"),
        ("vendor", "carrier"),
        ("account", "1-"),
        ("service", "trunk"),
        ("product", "VOIPx1"),
        ("text", "night*minutes"),
        ("text", "(pool"),
    ],
)
def test_conditions_that_do_not_hold(condition: str, text: str) -> None:
    assert not rule(condition, text)


def test_rules_are_asked_by_priority_as_a_number_then_by_name() -> None:
    sheet = "= rules\nrule|priority|department|percent\nb|10|p|100\na|10|p|100\nz|9|p|100"
    rules = rules_of(reference_of(sheet).all_in_force("rules", date(2026, 9, 1)))
    assert [found.name for found in rules] == ["z", "a", "b"]


def test_shares_are_exact_parts_of_one() -> None:
    sheet = "= rules\nrule|priority|department|percent\nr|1|police|33.3\nr|1|parks|66.7"
    (only,) = rules_of(reference_of(sheet).all_in_force("rules", date(2026, 9, 1)))
    assert [(share.department, share.weight) for share in only.shares] == [
        ("parks", Fraction(667, 1000)),
        ("police", Fraction(333, 1000)),
    ]
    assert sum(share.weight for share in only.shares) == 1
