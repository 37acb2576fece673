"""Columns that several reference sheets share, each defined once."""

from __future__ import annotations

from ledger_core.facts.sheet.shape import Column, ColumnKind
from ledger_core.facts.sheet.treatment import Treatment


def first_day(example: str = "2026-01-01") -> Column:
    """The column `from`, with an example."""
    return Column("from", "First day on which the row holds; empty: since ever.", example, ColumnKind.DATE)


TO = Column("to", "Last day on which the row holds, inclusive; empty: until further notice.", "", ColumnKind.DATE)
VENDOR = Column("vendor", "The issuer's name as its bills print it.", "Verizon Wireless")
ACCOUNT = Column("account", "The billing account (BAN) as its bills print it.", "842000001-00001")
DEPARTMENT = Column("department", "Number of the billed department.", "01770", required=True)
OBJECT = Column("object", "Object of cost; a sub-object may follow a point.", "64160")
TREATMENTS = tuple(Treatment)
YES_NO = ("yes", "no")
#: Days that a deadline may lie away: ten years are more than any contract or statute gives.
MOST_DAYS = 3660
