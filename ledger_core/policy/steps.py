"""A value that changes on certain days and holds in between: how dated facts are asked a million times."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Generic, TypeVar

T = TypeVar("T")

#: Days are compared as ISO texts, which sort like dates; this one comes before all of them.
SINCE_EVER = ""


class Steps(Generic[T]):
    """The value from each starting day until the next one. The first start is SINCE_EVER, so that every day has one."""

    __slots__ = ("starts", "values")

    def __init__(self, starts: list[str], values: list[T]) -> None:
        self.starts = starts
        self.values = values

    def at(self, day: str) -> T:
        """The value on an ISO day."""
        return self.values[bisect_right(self.starts, day) - 1]

    def constant(self, first: str, last: str) -> bool:
        """Whether the value is the same from one day to another, both inclusive."""
        return bisect_right(self.starts, first) == bisect_right(self.starts, last)


def starts_of(spans: Iterable[tuple[date | None, date | None]]) -> list[str]:
    """The ISO days on which something may change, given inclusive spans; SINCE_EVER first."""
    starts = {SINCE_EVER}
    for first, last in spans:
        if first is not None:
            starts.add(first.isoformat())
        if last is not None and last < date.max:
            starts.add((last + timedelta(days=1)).isoformat())
    return sorted(starts)


def day_of(start: str) -> date:
    """The day on which a step begins, for asking what holds on it."""
    return date.fromisoformat(start) if start else date.min
