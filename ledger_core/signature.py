"""Signatures: an Ed25519 key a person, and the check that an act was theirs."""

from __future__ import annotations

import hashlib

import attrs
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ledger_core.facts.fact import Actor


def fingerprint(public: bytes) -> str:
    """The short name of a public key: the first 16 bytes of its SHA-256, in hex."""
    return hashlib.sha256(public).hexdigest()[:32]


@attrs.frozen
class PersonalKey:
    """A person's signing key: 32 secret bytes, and whose they are."""

    person: str
    secret: bytes = attrs.field(repr=False)

    @property
    def public(self) -> bytes:
        """The 32 bytes of the public key."""
        return self._private().public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    @property
    def actor(self) -> Actor:
        """Who signs with this key."""
        return Actor(self.person, fingerprint(self.public))

    def sign(self, message: bytes) -> bytes:
        """The 64 bytes of the signature over `message`."""
        return self._private().sign(message)

    def _private(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.secret)


def signed_by(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether `signature` over `message` was made with the key of `public`."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True
