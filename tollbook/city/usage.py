"""What a mobile line uses in a month: gigabytes, messages and calls, about as much every month as its plan is for."""

from __future__ import annotations

from decimal import Decimal

import attrs

from tollbook.city.casting import other_product
from tollbook.city.lines import MONTHS, Scene

#: Of each plan, in the order of the catalogue: thousandths of a gigabyte from and to, and messages from and to.
_LEVELS = (((900, 8_000), (30, 180)), ((500, 6_000), (0, 1)), ((2, 9), (0, 1)), ((4_000, 40_000), (0, 1)))
_SILENT = frozenset({"unused", "spare", "seasonal", "too-late"})


@attrs.frozen
class Used:
    """Gigabytes with three decimals, messages, and how many calls within the allowance."""

    gigabytes: Decimal
    messages: int
    calls: int


NOTHING = Used(Decimal("0.000"), 0, 0)


def used(scene: Scene) -> Used:
    """What the line of the scene uses in the month of its bill."""
    if scene.tale in _SILENT:
        return NOTHING
    account = scene.bill.account.number
    month = scene.city.dice("usage", account, scene.bill.month, scene.service.name)
    if scene.tale == "hardly-used":
        return Used(Decimal(month.randrange(1, 12)).scaleb(-3), month.randrange(2), 0)
    plan = scene.service.product
    if scene.tale == "plan-changed":
        plan = other_product(scene.bill.account, scene.service)
    data, messages = _LEVELS[plan]
    level = scene.city.dice("level", account, scene.service.name)
    share = Decimal(month.choice(MONTHS)) / 100
    calls = scene.city.size.calls if plan == 0 else 0
    return Used(
        (level.randrange(*data) * share).scaleb(-3).quantize(Decimal("0.001")),
        int(level.randrange(*messages) * share),
        int(calls * share),
    )
