"""Enrolment: an administrator says whose a public key is and what its holder may record."""

from __future__ import annotations

import base64
import binascii
import unicodedata
from collections.abc import Collection, Sequence

from ledger_core.engine.ledger import Act, person_content
from ledger_core.errors import AlreadyRecorded, LedgerRefused, Unknown, UsageRefused
from ledger_core.facts import catalogue
from ledger_core.facts.fact import Fact
from ledger_core.projections import people
from ledger_core.signature import fingerprint
from ledger_core.store.door import Draft

#: What people do, and what a service does. `service` may record only what anybody enrolled may, `aide` less: what they
#: decide is prepared for another person.
ROLES = ("coordinator", "accountant", "administrator", "auditor", "service", catalogue.AIDE)
_KEY_BYTES = 32


def enrol(act: Act, person: str, public: bytes, roles: Sequence[str]) -> Fact:
    """Enrol a person under a key, or give a key of theirs other roles.

    Raises UsageRefused for an unknown role, no name, or an aide who is something besides; AlreadyRecorded where nothing
    would change; LedgerRefused where the key is somebody else's.
    """
    _require(person, roles)
    if fingerprint(public) in people.withdrawn(act.connection):
        raise LedgerRefused(
            f"key {fingerprint(public)[:12]}",
            "it was withdrawn",
            "Make a new key: `tollbook key new`.",
            code="key-withdrawn",
        )
    enrolled = people.enrolled(act.connection)
    _require_unlike(person, {one.person for one in enrolled.values()})
    known = enrolled.get(fingerprint(public))
    if known is not None and known.person != person:
        raise LedgerRefused(
            f"key {known.key[:12]}",
            f"it is {known.person}'s",
            "Every person needs a key of their own.",
            code="key-taken",
        )
    if known is not None and known.roles == tuple(roles):
        raise AlreadyRecorded(f"person {person}", "enrolled with this key and these roles", "Nothing needs to be done.")
    content = {"people": [person_content(person, public, tuple(roles))]}
    key = f"person/{person}/{fingerprint(public)}" + (f"/{act.id}" if known is not None else "")
    return act.record(Draft(catalogue.PERSON_ENROLLED, key, content, act.id, based_on=act.door.last))


def withdraw(act: Act, person: str, reason: str, public: bytes | None = None) -> Fact:
    """Withdraw the keys of a person or service, all of them or that one: what they signed stands, and nothing that they
    sign from now on.

    Raises UsageRefused without a reason, Unknown where they have no such key, LedgerRefused for the key that signs: so
    one administrator always stays.
    """
    if not reason.strip():
        raise UsageRefused("--reason", "it is empty", "Say why: the books keep it.")
    enrolled = people.enrolled(act.connection)
    wanted = None if public is None else fingerprint(public)
    keys = sorted(key for key, one in enrolled.items() if one.person == person and wanted in {None, key})
    if not keys:
        raise Unknown(f"person {person[:60]}", "no such key of theirs is enrolled", "Check name and key.")
    if act.door.signer.actor.key in keys:
        raise LedgerRefused(
            f"person {person}", "it is the key that signs this", "Let another administrator do it.", code="own-key"
        )
    content = {"person": person, "keys": keys, "reason": reason.strip()}
    key = f"person/{person}/withdrawn/{act.id}"
    return act.record(Draft(catalogue.KEY_WITHDRAWN, key, content, act.id, based_on=act.door.last))


def public_key(text: str) -> bytes:
    """The 32 bytes that `tollbook key show` prints in base64. Raises UsageRefused."""
    try:
        public = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        public = b""
    if len(public) != _KEY_BYTES:
        raise UsageRefused("--key", f"'{text[:60]}' is no public key", "Paste what `tollbook key show` prints.")
    return public


def _require_unlike(person: str, others: Collection[str]) -> None:
    """Two people of names that look alike would be taken for one, or one person for two (INV-42)."""
    for other in others:
        if other != person and _as_read(other) == _as_read(person):
            raise UsageRefused("PERSON", f"'{person[:60]}' reads like '{other[:60]}'", "Choose another name.")


def _as_read(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold()


def _require(person: str, roles: Sequence[str]) -> None:
    if not person or person != person.strip() or not person.isprintable() or "/" in person:
        raise UsageRefused("PERSON", f"'{person[:60]}' cannot name a person", "Use letters, digits, dots and dashes.")
    unknown = sorted(set(roles) - set(ROLES))
    if unknown or not roles:
        raise UsageRefused("--role", f"'{', '.join(unknown)}' is no role", f"Use {', '.join(ROLES)}.")
    if catalogue.AIDE in roles and len(roles) > 1:
        raise UsageRefused("--role", "aide stands beside another role", "Who prepares for others decides nothing.")
