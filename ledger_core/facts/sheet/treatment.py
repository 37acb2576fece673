"""How what a department is billed reaches it: the treatments of vendor accounts and departments."""

from __future__ import annotations

from enum import StrEnum


class Treatment(StrEnum):
    """How what a department is billed reaches it."""

    RECOVER = "recover"  # revenue of the internal service fund, cost of the user's fund (domain.md 0.2)
    REIMBURSE = "reimburse"  # the same object moves to the user's fund, no revenue (INV-29)
    DIRECT = "direct"  # booked to the department when the bill posts, never charged back


#: A department whose cost stays with the fund that paid: the information technology department itself.
RETAIN = "retain"
