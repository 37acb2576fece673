"""A fact: one thing that happened, as it is written to the log once and never changed (seal version 1)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import attrs

from ledger_core import canonical, tree

#: Version of the seal: the order and meaning of the elements of a fact's bytes.
SEAL = 1


@attrs.frozen
class Actor:
    """Who acted, and how that is known: the person, and the fingerprint of the key that signed."""

    person: str
    key: str
    how: str = "ed25519"


@attrs.frozen
class Body:
    """The commitment of a fact to bulk rows: their name, format, number, and the root over them (lower-case hex)."""

    name: str
    format: str
    count: int
    root: str


@attrs.frozen
class Fact:
    """One row of the log.

    `kind` and `version` select the meaning of `content` (the catalogue of facts); `key` is unique in the log and makes
    recording idempotent; `act` is equal for the facts of one act of a person; `based_on` is the sequence that was
    judged on; `recorded` is UTC; `effective` the accounting date, None where none applies.
    """

    site: str
    sequence: int
    kind: str
    key: str
    act: str
    actor: Actor
    based_on: int
    recorded: datetime
    effective: date | None
    content: Mapping[str, Any]
    bodies: tuple[Body, ...] = ()
    version: int = 1

    def written(self) -> bytes:
        """The fact's canonical bytes: a leaf of the log's tree."""
        return canonical.row_bytes(
            [
                SEAL,
                self.site,
                self.sequence,
                self.kind,
                self.version,
                self.key,
                self.act,
                [self.actor.person, self.actor.key, self.actor.how],
                self.based_on,
                instant_text(self.recorded),
                self.effective.isoformat() if self.effective else None,
                self.content,
                [[body.name, body.format, body.count, body.root] for body in self.bodies],
            ]
        )

    def body(self, name: str) -> Body | None:
        """The commitment of that name, if the fact carries one."""
        return next((body for body in self.bodies if body.name == name), None)


def read_fact(written: bytes) -> Fact:
    """The fact that these bytes spell. Raises ValueError when they are not a fact of seal version 1."""
    row = json.loads(written)
    if not isinstance(row, list) or len(row) != 13 or row[0] != SEAL:
        raise ValueError("not a fact of seal version 1")
    _, site, sequence, kind, version, key, act, actor, based_on, recorded, effective, content, bodies = row
    return Fact(
        site=site,
        sequence=sequence,
        kind=kind,
        version=version,
        key=key,
        act=act,
        actor=Actor(*actor),
        based_on=based_on,
        recorded=instant(recorded),
        effective=date.fromisoformat(effective) if effective else None,
        content=content,
        bodies=tuple(Body(*body) for body in bodies),
    )


def digest_of(written: bytes) -> bytes:
    """The leaf hash of a fact's bytes: what its actor signs, and what the log's tree is built on."""
    return tree.leaf_hash(written)


def instant_text(moment: datetime) -> str:
    """RFC 3339 with microseconds and Z: sorts bytewise as it sorts in time."""
    assert moment.tzinfo is not None, "an instant without a zone"
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def instant(text: str) -> datetime:
    """The instant that `instant_text` wrote."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
