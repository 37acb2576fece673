"""The reading of documents: one row a file that came, by its SHA-256, and what became of it."""

from __future__ import annotations

import attrs
from sqlalchemy import Column, Connection, Table, insert, select, update

from ledger_core.facts import catalogue
from ledger_core.facts.fact import Fact
from ledger_core.projections.readings import METADATA, Reading
from ledger_core.store.tables import TEXT, WHOLE

WAITING = "waiting"
REFUSED = "rejected"
KNOWN = "known"
POSTED = "posted"
ESTIMATE = "estimate"
RELEASED = "released"

DOCUMENTS = Table(
    "documents",
    METADATA,
    Column("sha256", TEXT, primary_key=True),
    Column("received", WHOLE, nullable=False),
    Column("name", TEXT, nullable=False),
    Column("size", WHOLE, nullable=False),
    Column("plugin", TEXT, nullable=False),
    Column("importer", TEXT, nullable=False),
    Column("importer_version", TEXT, nullable=False),
    Column("part", TEXT, nullable=False),
    Column("group", TEXT, nullable=False),
    Column("needed", TEXT, nullable=False),
    Column("state", TEXT, nullable=False),
    Column("code", TEXT, nullable=False),
    Column("decided", WHOLE, nullable=False),
    sqlite_strict=True,
)
"""`state` is what the latest fact about the document says; `decided` is that fact's sequence. `needed` is the
canonical text of the parts that the document waits for, "" where it stands alone."""


def _fold(connection: Connection, fact: Fact) -> None:
    content = fact.content
    if fact.kind == catalogue.DOCUMENT_RECEIVED:
        connection.execute(
            insert(DOCUMENTS).values(
                received=fact.sequence,
                decided=fact.sequence,
                state=WAITING,
                code="",
                **{
                    name: content[name] for name in ("sha256", "name", "size", "plugin", "importer", "importer_version")
                },
                **{name: content[name] for name in ("part", "group", "needed")},
            )
        )
        return
    shas = [document["sha256"] for document in content["documents"]]
    state = {
        # A document is posted with the last of its bills; until then it is looked at again.
        catalogue.BILL_POSTED: WAITING if content.get("pending") else POSTED,
        catalogue.DOCUMENT_REFUSED: content.get("outcome", REFUSED),
        catalogue.DOCUMENT_RELEASED: RELEASED,
    }[fact.kind]
    connection.execute(
        update(DOCUMENTS)
        .where(DOCUMENTS.c.sha256.in_(shas))
        .values(state=state, code=content.get("code", ""), decided=fact.sequence)
    )


READING = Reading(
    DOCUMENTS,
    2,
    frozenset(
        {
            catalogue.DOCUMENT_RECEIVED,
            catalogue.DOCUMENT_REFUSED,
            catalogue.DOCUMENT_RELEASED,
            catalogue.BILL_POSTED,
        }
    ),
    _fold,
)


@attrs.frozen
class KnownDocument:
    """One row of the reading."""

    sha256: str
    received: int
    name: str
    size: int
    plugin: str
    importer: str
    importer_version: str
    part: str
    group: str
    needed: str
    state: str
    code: str
    decided: int


def known(connection: Connection, sha256: str) -> KnownDocument | None:
    """The document with that digest, if it ever came."""
    row = connection.execute(select(DOCUMENTS).where(DOCUMENTS.c.sha256 == sha256)).one_or_none()
    return None if row is None else KnownDocument(*row)


def in_state(connection: Connection, state: str) -> list[KnownDocument]:
    """Every document in a state, in the order they came."""
    query = select(DOCUMENTS).where(DOCUMENTS.c.state == state).order_by(DOCUMENTS.c.received)
    return [KnownDocument(*row) for row in connection.execute(query)]


def all_documents(connection: Connection) -> list[KnownDocument]:
    """Every document that ever came, in order."""
    return [KnownDocument(*row) for row in connection.execute(select(DOCUMENTS).order_by(DOCUMENTS.c.received))]


def of_size(connection: Connection, size: int) -> bool:
    """Whether any document of that many bytes ever came: if not, a file of that size is new without hashing it."""
    return connection.execute(select(DOCUMENTS.c.sha256).where(DOCUMENTS.c.size == size).limit(1)).first() is not None


def in_group(connection: Connection, importer: str, group: str) -> list[KnownDocument]:
    """The documents of one importer that belong to one bill, in the order they came; a later part replaces one."""
    query = select(DOCUMENTS).where(DOCUMENTS.c.importer == importer, DOCUMENTS.c.group == group)
    return [KnownDocument(*row) for row in connection.execute(query.order_by(DOCUMENTS.c.received))]
