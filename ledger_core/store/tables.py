"""The sealed tables: the log and the bodies of its facts. Rows are only ever added (INV-04)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, Table, Text, literal_column

from ledger_core.facts.body import FORMATS, BodyFormat

#: Text that sorts by its bytes on both stores.
TEXT = Text().with_variant(Text(collation="C"), "postgresql")
#: A whole number of 63 bits on both stores.
WHOLE = Integer().with_variant(BigInteger(), "postgresql")

METADATA = MetaData()

LOG = Table(
    "log",
    METADATA,
    Column("sequence", WHOLE, primary_key=True, autoincrement=False),
    Column("kind", TEXT, nullable=False),
    Column("key", TEXT, nullable=False, unique=True),
    Column("recorded", TEXT, nullable=False),
    Column("effective", TEXT),
    Column("fact", LargeBinary, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("signature", LargeBinary, nullable=False),
    sqlite_strict=True,
)


def _body_table(body: BodyFormat) -> Table:
    columns: list[Column[Any]] = [
        Column("fact", WHOLE, primary_key=True, autoincrement=False),
        Column("line", WHOLE, primary_key=True, autoincrement=False),
        *(Column(name, WHOLE if name in body.integers else TEXT) for name in body.columns[1:]),
    ]
    if body.salted:
        columns.append(Column("salt", LargeBinary, nullable=False))
    return Table(body.name, METADATA, *columns, sqlite_strict=True, sqlite_with_rowid=False)


BODIES: dict[str, Table] = {name: _body_table(body) for name, body in FORMATS.items()}

DESTROYED = Table(
    "destroyed",
    METADATA,
    Column("fact", WHOLE, primary_key=True, autoincrement=False),
    Column("line", WHOLE, primary_key=True, autoincrement=False),
    Column("leaf", LargeBinary, nullable=False),
    Column("by_fact", WHOLE, nullable=False),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)
"""The salted leaves of particulars that were destroyed, and under which fact. The books still verify by them."""

# Postings are the buckets (design: speed): this index alone answers both clocks, for one account or all.
_POSTINGS = BODIES["postings"].c
Index(
    "postings_by_account",
    _POSTINGS.account,
    _POSTINGS.fund,
    _POSTINGS.department,
    _POSTINGS.object,
    _POSTINGS.effective,
    _POSTINGS.fact,
    _POSTINGS.amount,
    _POSTINGS.book,
)
# Recodings are few beside charges: found from the charge that they move.
Index("shares_by_charge", BODIES["shares"].c.charge_fact, BODIES["shares"].c.charge_line)

# Credits are few beside charges: a bill's are found without reading it, and bills that have any without reading all.
_CHARGES = BODIES["charges"].c
Index(
    "credits_of_bills",
    _CHARGES.fact,
    _CHARGES.line,
    sqlite_where=_CHARGES.amount < literal_column("0"),
    postgresql_where=_CHARGES.amount < literal_column("0"),
)

#: Every table whose rows are sealed or committed to, in the order in which a fact's rows are written.
SEALED: tuple[Table, ...] = (*BODIES.values(), DESTROYED, LOG)


def driver_columns(body: BodyFormat) -> tuple[str, ...]:
    """The columns of a body's table after `fact`, in stored order."""
    return (*body.columns, "salt") if body.salted else body.columns
