"""A plan is the same however its name is written down."""

import pytest

from ledger_core.policy.plans import same_plan


@pytest.mark.parametrize(
    ("plan", "product", "same"),
    [
        ("UNL-40", "unl 40", True),
        ("Unlimited 40", "Unlimited 40 WA", True),
        ("Public Safety Unlimited 40", "Unlimited 40", True),
        ("40", "UNL-40", False),
        ("UNL-40", "UNL-60", False),
        ("", "UNL", False),
    ],
)
def test_names_are_compared_without_capitals_and_signs(plan: str, product: str, same: bool) -> None:
    assert same_plan(plan, product) is same_plan(product, plan) is same
