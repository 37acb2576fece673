"""The columns of the worksheet: locked ones that say what waits, and open ones in which people decide."""

from __future__ import annotations

from enum import StrEnum

from ledger_core.money import from_minor, plain
from ledger_core.projections.exceptions import ExceptionItem

#: What a row is about. Nobody changes these cells; `text` explains and is not compared.
LOCKED = ("item", "kind", "code", "bill", "charge", "vendor", "amount", "currency", "due", "text")
COMPARED = tuple(name for name in LOCKED if name not in {"due", "text"})
#: Departments and their percents, side by side; one department without a percent bears all.
SHARES = (("department", "percent"), ("department_2", "percent_2"), ("department_3", "percent_3"))
#: Where people decide.
OPEN = ("decision", *(name for pair in SHARES for name in pair), "object", "owner", "reason")
HEADERS = (*LOCKED, *OPEN)

_CERTAIN = 100  # percent
# What spreadsheet programs would take for the beginning of a formula or command.
_ACTIVE = ("=", "+", "-", "@", "\t", "\r", "'")


class Decided(StrEnum):
    """What a person can decide about an item."""

    CODE = "code"
    RETAIN = "retain"
    ACCEPT = "accept"
    ASSIGN = "assign"
    HOLD = "hold"
    DISPUTE = "dispute"
    CONFIRM = "confirm"
    REFUSE = "refuse"


def cell_text(item: ExceptionItem, column: str) -> str:
    """What a locked cell of an item says; the amount in major units."""
    if column == "amount":
        return plain(from_minor(item.amount, item.currency))
    if column == "text" and item.confidence < _CERTAIN:
        return harmless(f"{item.text} ({item.confidence} % sure)")
    return harmless(str(getattr(item, column) or ""))


def harmless(text: str) -> str:
    """The text, with a quote before it where a program could take it for a formula, now or when it is copied on."""
    return f"'{text}" if text.startswith(_ACTIVE) else text


def cell_name(row: int, column: int) -> str:
    """A cell as spreadsheet programs name it: row from 1, column from 0 ("A1")."""
    letters = ""
    column += 1
    while column:
        column, letter = divmod(column - 1, 26)
        letters = chr(ord("A") + letter) + letters
    return f"{letters}{row}"
