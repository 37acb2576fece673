"""A synthetic city: seeded reference sheets and bills in real vendors' formats, with oddities and their answer key.

It writes what importers read, and shares nothing with them, or both would share one mistake.
"""

from tollbook.city.city import Case, City
from tollbook.city.key import Planted, answer_key, oddities, write_key
from tollbook.city.months import Calendar, Month
from tollbook.city.oracle import Expected, expected
from tollbook.city.plan import plan_city
from tollbook.city.sheets import SHEETS
from tollbook.city.sizes import SIZES, Size
from tollbook.city.writing import WrittenFile, write_month, write_reference, written_month

__all__ = [
    "SHEETS",
    "SIZES",
    "Calendar",
    "Case",
    "City",
    "Expected",
    "Month",
    "Planted",
    "Size",
    "WrittenFile",
    "answer_key",
    "expected",
    "oddities",
    "plan_city",
    "write_key",
    "write_month",
    "write_reference",
    "written_month",
]
