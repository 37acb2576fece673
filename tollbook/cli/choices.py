"""What people choose from when they decide: the departments and people in force today."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Connection

from ledger_core.projections import people, reference
from tollbook.site import Site
from tollbook.worksheet.writing import Lists


def choices(connection: Connection, site: Site) -> Lists:
    """Departments and people whose rows hold today; everybody enrolled is among the people."""
    today = site.ledger().clock().astimezone(UTC).date()
    known = reference.known(connection, {"departments", "people"})
    departments = tuple(row.key[0] for row in known.all_in_force("departments", today))
    listed = {row.key[0] for row in known.all_in_force("people", today)}
    enrolled = {one.person for one in people.enrolled(connection).values() if "service" not in one.roles}
    return Lists(departments, tuple(sorted(listed | enrolled)))


def now() -> datetime:
    """The moment at which a file is made."""
    return datetime.now(UTC)
