"""What each service of a bill used, by unit: a reading straight of the body `usage`, no table of its own."""

from __future__ import annotations

from collections import defaultdict

from sqlalchemy import Connection

from ledger_core.facts.bill import Usage
from ledger_core.facts.body import USAGE
from ledger_core.money import parse_decimal
from ledger_core.store.rows import stored


def usage_of(connection: Connection, fact: int) -> dict[str, tuple[Usage, ...]]:
    """By service, what the bill that fact `fact` posted says of its use, one value a unit, sorted by unit.

    A service that is missing is one of which the bill says nothing: that is not the same as no use.
    """
    found: dict[str, list[Usage]] = defaultdict(list)
    for _, service, unit, quantity, records in stored(connection, USAGE, fact):
        found[service].append(Usage(service, unit, parse_decimal(quantity), records))
    return {service: tuple(used) for service, used in found.items()}
