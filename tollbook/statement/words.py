"""How a statement writes months, days, money and the trade's words; the same in every place and locale."""

from __future__ import annotations

from datetime import date

from ledger_core.money import fixed
from ledger_core.policy.periods import Period

_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_MINUS = "−"
_WAYS = {
    "recover": "charged by the internal service fund",
    "reimburse": "reimbursed to the fund that paid",
    "direct": "booked directly, not charged back",
    "retained": "kept by the fund that paid",
}


def month(period: Period) -> str:
    """ "August 2026"."""
    return f"{_MONTHS[period.month - 1]} {period.year}"


def day(value: date | str | None) -> str:
    """ "16 August 2026", or "" for none."""
    if not value:
        return ""
    found = date.fromisoformat(value) if isinstance(value, str) else value
    return f"{found.day} {_MONTHS[found.month - 1]} {found.year}"


def days(first: str | None, last: str | None) -> str:
    """The days from one to the other, both inclusive, as short as they can be said: "1–31 Aug 2026"."""
    if not first or not last:
        return day(first or last)
    start, end = date.fromisoformat(first), date.fromisoformat(last)
    tail = f"{end.day} {_MONTHS[end.month - 1][:3]} {end.year}"
    if start == end:
        return tail
    if (start.year, start.month) == (end.year, end.month):
        return f"{start.day}–{tail}"
    head = f"{start.day} {_MONTHS[start.month - 1][:3]}"
    return f"{head} – {tail}" if start.year == end.year else f"{head} {start.year} – {tail}"


def money(minor: int, currency: str) -> str:
    """ "1,234.50", with a true minus sign before what is owed back."""
    text = fixed(abs(minor), currency)
    whole, point, rest = text.partition(".")
    return f"{_MINUS if minor < 0 else ''}{int(whole):,}{point}{rest}"


def signed(minor: int, currency: str) -> str:
    """Like `money`, with a plus before what grew."""
    return f"+{money(minor, currency)}" if minor > 0 else money(minor, currency)


def units(quantity: str | None, unit: str, rate: str | None) -> str:
    """ "40 min × 0.035", as far as the bill states it."""
    if quantity is None:
        return rate or ""
    amount = f"{quantity} {unit}".strip()
    return f"{amount} × {rate}" if rate is not None else amount


def way(treatment: str) -> str:
    """How cost reaches the department, in words."""
    return _WAYS.get(treatment, treatment)
