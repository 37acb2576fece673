"""How old what is owed is: by whole days past the due date."""

from datetime import date

import pytest

from ledger_core.policy.aging import Age, age_of, days_past


@pytest.mark.parametrize(
    ("days", "age"),
    [
        (None, Age.CURRENT),
        (-5, Age.CURRENT),
        (0, Age.CURRENT),
        (1, Age.MONTH),
        (30, Age.MONTH),
        (31, Age.TWO_MONTHS),
        (60, Age.TWO_MONTHS),
        (61, Age.THREE_MONTHS),
        (90, Age.THREE_MONTHS),
        (91, Age.OLDER),
        (4000, Age.OLDER),
    ],
)
def test_the_columns_of_a_payables_report(days: int | None, age: Age) -> None:
    assert age_of(days) is age


def test_days_are_counted_from_the_due_date() -> None:
    assert days_past(date(2026, 9, 20), date(2026, 9, 20)) == 0
    assert days_past(date(2026, 9, 20), date(2026, 10, 1)) == 11
    assert days_past(date(2026, 9, 20), date(2026, 9, 1)) == -19
    assert days_past(None, date(2026, 9, 1)) is None
