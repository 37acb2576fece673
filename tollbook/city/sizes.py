"""How large a city is: four sizes, each a row of figures for one month."""

from __future__ import annotations

import attrs


@attrs.frozen
class Size:
    """What one month holds. Lines are services an account has on average; every service makes about three charges.

    `calls` are call records a mobile line, `plantings` how often the whole set of planted cases occurs.
    """

    name: str
    departments: int
    mobile_accounts: int
    mobile_lines: int
    wireline_accounts: int
    wireline_lines: int
    cloud_accounts: int
    cloud_rows: int
    card_rows: int
    calls: int
    plantings: int


#: A dozen bills for tests, a city of 100 thousand people, one of 1.6 million, and a state.
SIZES = {
    size.name: size
    for size in (
        Size("tiny", 6, 3, 6, 5, 4, 2, 60, 14, 3, 1),
        Size("city", 24, 30, 72, 22, 84, 2, 20_000, 200, 66, 1),
        Size("metro", 120, 340, 80, 260, 90, 4, 500_000, 2_000, 80, 5),
        Size("state", 300, 1_700, 60, 1_300, 72, 10, 5_000_000, 10_000, 120, 20),
    )
}
