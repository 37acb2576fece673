"""Whether a plan as the inventory names it is the product that a bill names."""

from __future__ import annotations

_SHORTEST = 4  # characters of a name that may stand inside a longer one


def same_plan(plan: str, product: str) -> bool:
    """Whether two names mean one plan: alike but for capitals and signs, or one inside the other.

    Bills put a region or a price behind the name of a plan, and people leave it out.
    """
    one, other = sorted((_plain(plan), _plain(product)), key=len)
    return one == other or (len(one) >= _SHORTEST and one in other)


def _plain(text: str) -> str:
    return "".join(sign for sign in text.casefold() if sign.isalnum())
