"""How many services a load would end: who changes owner goes on, who stops earlier than known ends."""

from datetime import date

import pytest

from ledger_core.policy.ending import Ending, ending
from tests.ledger_core.policy.sheets_as_text import reference_of, rows_of

_SERVICES = "= services\nvendor|account|service|department|from|to\n"
_KNOWN = f"{_SERVICES}C|1|a|police|2026-01-01|\nC|1|b|police|2026-01-01|\nC|1|c|parks||\nC|1|old|parks||2026-03-31\n"
TODAY = date(2026, 8, 15)


def of(loaded: str, today: date = TODAY) -> Ending:
    return ending(reference_of(_KNOWN), rows_of(_SERVICES + loaded, fact=50), today)


@pytest.mark.parametrize(
    ("loaded", "ended"),
    [
        ("C|1|a|police|2026-01-01|2026-08-31", 1),
        ("C|1|a|police|2026-01-01|2026-02-28\nC|1|b|police|2026-01-01|2026-12-31", 2),
        ("C|1|a|parks|2026-09-01|", 0),
        ("C|1|a|parks|2026-09-01|2026-09-30", 0),
        ("C|1|a|police|2026-01-01|2026-08-14\nC|1|a|parks|2026-08-15|", 0),
        ("C|1|a|police|2026-01-01|2026-08-14\nC|1|a|parks|2027-01-01|", 1),
        ("C|1|old|parks||2026-02-28", 0),
        ("C|1|new|parks|2026-09-01|2026-09-30", 0),
    ],
)
def test_what_ends_is_what_was_in_force_and_stops_earlier(loaded: str, ended: int) -> None:
    assert of(loaded) == Ending(3, ended)


def test_half_of_them_is_drastic() -> None:
    assert of("C|1|a|police|2026-01-01|2026-08-31").drastic is False
    assert of("C|1|a|police|2026-01-01|2026-08-31\nC|1|b|police|2026-01-01|2026-08-31").drastic is True
    assert Ending(4, 2).drastic
    assert not Ending(0, 0).drastic


def test_what_is_in_force_is_asked_of_the_day() -> None:
    assert of("C|1|old|parks||2026-02-28", date(2026, 2, 1)) == Ending(4, 1)


def test_an_inventory_is_judged_alike_and_other_sheets_are_not() -> None:
    head = "= inventory\nvendor|account|service|plan|from|to\n"
    known = reference_of(f"{head}C|1|a|P||\nC|1|b|P||\n")
    assert ending(known, rows_of(f"{head}C|1|a|P||2026-09-30"), TODAY) == Ending(2, 1)
    codes = "= codes\ncode|department|from|to\n"
    assert ending(reference_of(f"{codes}x|police||"), rows_of(f"{codes}x|police||2026-01-01"), TODAY) == Ending(0, 0)
