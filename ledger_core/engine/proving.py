"""Making proofs: from the id of a charge, posting, entry, bill or fact to a bundle that anybody can check offline."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence

import attrs
from sqlalchemy import Connection

from ledger_core import canonical, tree
from ledger_core.engine.checkpoint import note
from ledger_core.engine.proof import Inclusion, Proof
from ledger_core.errors import Unknown
from ledger_core.facts.body import CHARGES, POSTINGS, BodyFormat
from ledger_core.projections import bills
from ledger_core.signature import PersonalKey
from ledger_core.store import log
from ledger_core.store.log import Head
from ledger_core.store.rows import leaf_batches, selected_batches
from ledger_core.store.tables import LOG

_ENTRY = re.compile(r"E(\d{1,15})(?::(\d{1,15}))?", re.ASCII)
_FACT = re.compile(r"\d{1,15}", re.ASCII)
_CHARGE = re.compile(r"(B-[0-9a-f]{16}-\d+(?:\.\d+)?)(?::(\d{1,15}))?", re.ASCII)


@attrs.frozen
class Place:
    """Where the thing named by an id is sealed: a fact, and a line of one of its bodies, or the fact itself."""

    sequence: int
    body: BodyFormat | None = None
    line: int = 0


def place_of(connection: Connection, id: str) -> Place:  # noqa: A002 - the contract's word
    """The place of an id: `B-...-1:12` a charge, `B-...-1` a bill, `E7:2` a posting, `E7` an entry, `7` a fact.

    Raises Unknown.
    """
    if _FACT.fullmatch(id):
        return Place(int(id))
    if (entry := _ENTRY.fullmatch(id)) is not None:
        return Place(int(entry[1]), *((POSTINGS, int(entry[2])) if entry[2] else ()))
    charge = _CHARGE.fullmatch(id)
    bill = bills.named(connection, charge[1]) if charge else None
    if charge is None or bill is None:
        raise _unknown(id)
    return Place(bill.fact, *((CHARGES, int(charge[2])) if charge[2] else ()))


def prove(connection: Connection, id: str, notary: PersonalKey | None) -> Proof:  # noqa: A002 - the contract's word
    """The proof bundle of an id against the head of this snapshot. Raises Unknown."""
    place = place_of(connection, id)
    opened = log.fact(connection, 1)
    query = LOG.select().with_only_columns(LOG.c.fact).where(LOG.c.sequence == place.sequence)
    written = connection.execute(query).scalar()
    if written is None:
        raise _unknown(id)
    outer = _inclusion(bytes(written), log.digests(connection), place.sequence - 1)
    inner = None if place.body is None else _row(connection, id, place.sequence, place.body, place.line)
    signed = None if notary is None else note(opened.site, Head(outer.size, outer.root), notary)
    return Proof(id, outer, inner, signed, base64.b64decode(opened.content["notary"]))


def prove_consistency(connection: Connection, old: int, new: int) -> list[bytes]:
    """The path that proves the log's first `old` facts to be those of its first `new` (RFC 6962, 2.1.2).

    Raises Unknown outside the log.
    """
    hashes = log.digests(connection)
    if not 0 < old <= new <= len(hashes):
        raise Unknown(f"heads {old} and {new}", f"the log has {len(hashes)} facts", "Name sizes up to that, in order.")
    return tree.consistency_path(hashes[:new], old)


def _row(connection: Connection, id: str, sequence: int, body: BodyFormat, line: int) -> Inclusion:  # noqa: A002
    """One row within the tree of its body: lines count from 1 without a gap."""
    hashes = [leaf for leaves, _ in leaf_batches(connection, body, sequence) for leaf in leaves]
    columns = ", ".join(f'"{name}"' for name in body.columns)
    where = f"fact = {int(sequence)} AND line = {int(line)}"
    found = list(selected_batches(connection, f"SELECT {columns} FROM {body.name} WHERE {where}"))  # noqa: S608 - integers
    if not found:
        raise _unknown(id)
    return _inclusion(canonical.rows_bytes(found[0])[0], hashes, line - 1)


def _inclusion(leaf: bytes, hashes: Sequence[bytes], index: int) -> Inclusion:
    return Inclusion(leaf, index, len(hashes), tuple(tree.inclusion_path(hashes, index)), tree.root_of(hashes))


def _unknown(id: str) -> Unknown:  # noqa: A002 - the contract's word
    return Unknown(id, "the ledger holds nothing of that name", "Take an id from `tollbook charges` or `trace`.")
