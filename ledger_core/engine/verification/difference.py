"""A difference: something in the books that is not as it was sealed, with its place, what stood there and what does."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import attrs
from sqlalchemy import exc

from ledger_core.errors import LedgerUnavailable


@attrs.frozen(order=True)
class Difference:
    """One thing that differs.

    `kind` is a table ("charges"), or "entry", "bill", "file", "reading", "schema", "signature", "head", "ledger"; `id`
    names the thing as other commands take it, `where` the place inside.
    """

    kind: str
    id: str
    where: str
    expected: str
    found: str


@attrs.frozen
class Destroyed:
    """Particulars that were destroyed on schedule: `count` rows of `fact`, under fact `under`. Not a difference."""

    fact: int
    under: int
    count: int


def readable(what: str, check: Iterator[Difference]) -> Iterator[Difference]:
    """The differences of a check, or the one that the store cannot read `what` any more.

    A store that is merely held by others is no difference: LedgerUnavailable.
    """
    try:
        yield from check
    except (sqlite3.DatabaseError, exc.DatabaseError, exc.DataError) as fault:
        found = str(fault.orig) if isinstance(fault, exc.DBAPIError) else str(fault)
        if "locked" in found or "server closed" in found:
            raise LedgerUnavailable(what, f"the store does not answer ({found})", "Try again.") from fault
        yield Difference("ledger", what, what, "readable", found.splitlines()[0])
