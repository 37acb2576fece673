"""The log verified: bytes, digests, signatures, sequence, and the columns that repeat what the bytes say."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from typing import Any

import attrs
from sqlalchemy import Connection

from ledger_core import tree
from ledger_core.engine.verification.difference import Difference
from ledger_core.facts import catalogue
from ledger_core.facts.body import FORMATS
from ledger_core.facts.fact import Body, Fact, digest_of, instant_text, read_fact
from ledger_core.signature import signed_by
from ledger_core.store.log import Head
from ledger_core.store.rows import selected_batches

_ROWS = "SELECT sequence, kind, key, recorded, effective, fact, digest, signature FROM log ORDER BY sequence"
_KEPT = ("bill", "entry", "charges", "total", "documents", "sha256", "size", "name", "fact", "count", "lines", "key")


@attrs.frozen
class Sealed:
    """What the other checks need of one fact: its commitments, and the parts of its content that rows must fit."""

    sequence: int
    kind: str
    effective: str | None
    bodies: tuple[Body, ...]
    content: Mapping[str, Any]

    @property
    def id(self) -> str:
        """The name under which other commands find it: a bill's id, an entry's, else the sequence."""
        if self.kind == catalogue.BILL_POSTED:
            return str(self.content.get("bill", self.sequence))
        return f"E{self.sequence}" if self.kind == catalogue.ENTRY_POSTED else str(self.sequence)

    def body(self, name: str) -> Body | None:
        """The commitment of that name, if any."""
        return next((body for body in self.bodies if body.name == name), None)


@attrs.define
class LogRead:
    """The log as it was read: its facts by sequence, and the leaf hashes of their bytes in order."""

    facts: dict[int, Sealed] = attrs.field(factory=dict)
    leaves: list[bytes] = attrs.field(factory=list)
    notary: bytes = b""
    site: str = ""

    @property
    def last(self) -> int:
        """The highest sequence that was read."""
        return max(self.facts, default=0)

    def head(self, size: int | None = None) -> Head:
        """The head over the bytes themselves, of all facts or the first `size`."""
        leaves = self.leaves if size is None else self.leaves[:size]
        return Head(len(leaves), tree.root_of(leaves))


def read_commitments(connection: Connection) -> LogRead:
    """The log without any check: for a second process that looks at bodies alone."""
    read = LogRead()
    for batch in selected_batches(connection, _ROWS):
        for row in batch:
            if isinstance(fact := _fact(bytes(row[5])), Fact):
                read.facts[row[0]] = _sealed(row[0], fact)
    return read


def check_log(connection: Connection, read: LogRead) -> Iterator[Difference]:
    """Every difference in the log. What was read is added to `read`."""
    people: dict[str, tuple[str, bytes]] = {}
    recorded = ""
    for batch in selected_batches(connection, _ROWS):
        for row in batch:
            sequence, written = row[0], bytes(row[5])
            read.leaves.append(digest_of(written))
            yield from _gap(read, sequence)
            fact = _fact(written)
            if not isinstance(fact, Fact):
                yield Difference("log", str(sequence), "fact", "a fact of seal version 1", fact)
                continue
            read.facts[sequence] = _sealed(sequence, fact)
            if sequence == 1:
                _begin(read, fact)
            yield from _columns(read, row, fact, recorded)
            _enrol(people, fact)
            yield from _signature(people, fact, row[6], row[7])
            _withdraw(people, fact)
            yield from _commitments(fact)
            recorded = max(recorded, instant_text(fact.recorded))
    if not read.leaves:
        yield Difference("log", "1", "sequence", "the fact that opened the ledger", "nothing")


def _fact(written: bytes) -> Fact | str:
    """The fact that the bytes spell, or what is wrong with them."""
    try:
        fact = read_fact(written)
        again = fact.written()
    except (ValueError, TypeError, AttributeError, KeyError) as wrong:
        return f"bytes that spell none ({type(wrong).__name__})"
    return fact if again == written else "bytes that are not canonical"


def _sealed(sequence: int, fact: Fact) -> Sealed:
    content = {name: fact.content[name] for name in _KEPT if name in fact.content}
    effective = fact.effective.isoformat() if fact.effective else None
    return Sealed(sequence, fact.kind, effective, fact.bodies, content)


def _begin(read: LogRead, fact: Fact) -> None:
    read.site = fact.site
    notary = fact.content.get("notary")
    read.notary = base64.b64decode(notary) if isinstance(notary, str) else b""


def _gap(read: LogRead, sequence: int) -> Iterator[Difference]:
    expected = len(read.leaves)
    if sequence != expected and sequence != read.last + 1:
        yield Difference("log", str(sequence), "sequence", str(read.last + 1), str(sequence))


def _columns(read: LogRead, row: tuple[Any, ...], fact: Fact, before: str) -> Iterator[Difference]:
    """The columns repeat the bytes; the site is that of the first fact; time never runs backwards (INV-70)."""
    sequence, kind, key, recorded, effective, _, digest, _ = row
    said = {
        "sequence": (fact.sequence, sequence),
        "kind": (fact.kind, kind),
        "key": (fact.key, key),
        "recorded": (instant_text(fact.recorded), recorded),
        "effective": (fact.effective.isoformat() if fact.effective else None, effective),
        "digest": (read.leaves[-1].hex(), bytes(digest).hex()),
        "site": (read.site, fact.site),
    }
    for where, (expected, found) in said.items():
        if expected != found:
            yield Difference("log", str(sequence), where, str(expected), str(found))
    if instant_text(fact.recorded) < before:
        yield Difference("log", str(sequence), "recorded", f"not before {before}", instant_text(fact.recorded))


def _enrol(people: dict[str, tuple[str, bytes]], fact: Fact) -> None:
    if fact.kind in {catalogue.LEDGER_OPENED, catalogue.PERSON_ENROLLED} and (fact.sequence == 1) == (
        fact.kind == catalogue.LEDGER_OPENED
    ):
        for person in fact.content["people"]:
            people[person["key"]] = (person["person"], base64.b64decode(person["public"]))


def _withdraw(people: dict[str, tuple[str, bytes]], fact: Fact) -> None:
    """From here on these keys sign nothing: a fact that carries one of them is a difference."""
    if fact.kind == catalogue.KEY_WITHDRAWN:
        for key in fact.content["keys"]:
            people.pop(key, None)


def _signature(
    people: Mapping[str, tuple[str, bytes]], fact: Fact, digest: bytes, signature: bytes
) -> Iterator[Difference]:
    """Each fact is signed with a key that the ledger knew by then as its actor's; the first one enrols its own."""
    where = f"fact {fact.sequence}"
    known = people.get(fact.actor.key)
    if known is None or known[0] != fact.actor.person:
        expected = known[0] if known else "a key enrolled before"
        yield Difference("signature", str(fact.sequence), where, expected, f"{fact.actor.person} {fact.actor.key}")
    elif not signed_by(known[1], bytes(digest), bytes(signature)):
        yield Difference("signature", str(fact.sequence), where, f"{fact.actor.person}'s", "another or none")


def _commitments(fact: Fact) -> Iterator[Difference]:
    known = catalogue.CATALOGUE.get(fact.kind)
    if known is None:
        yield Difference("log", str(fact.sequence), "kind", "a kind of the catalogue", fact.kind)
        return
    names = [body.name for body in fact.bodies]
    for body in fact.bodies:
        if body.name not in known.bodies or FORMATS[body.name].format != body.format or names.count(body.name) > 1:
            yield Difference(
                "log", str(fact.sequence), "bodies", " ".join(known.bodies) or "none", f"{body.name} {body.format}"
            )
