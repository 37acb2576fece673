"""Personal signing keys: files in the person's own folder, never in the site. Whoever holds the key is the person.

Keys lie in `TOLLBOOK_KEYS`, else `~/.config/tollbook/keys` (XDG_CONFIG_HOME is honoured): one file a person, named
`PERSON.key`, readable by its owner alone. An option or variable chooses among keys; it cannot replace one.
"""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

import attrs

from ledger_core.errors import NotEnrolled, UsageRefused
from ledger_core.signature import PersonalKey

_HEADER = "tollbook-key-1"
_SECRET_BYTES = 32


@attrs.frozen
class KeyRing:
    """The keys in one folder."""

    folder: Path

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> KeyRing:
        """The key folder of whoever runs the program."""
        if chosen := environment.get("TOLLBOOK_KEYS"):
            return cls(Path(chosen))
        config = environment.get("XDG_CONFIG_HOME") or str(Path(environment.get("HOME", "/")) / ".config")
        return cls(Path(config) / "tollbook" / "keys")

    def key(self, person: str) -> PersonalKey:
        """The person's key. Raises NotEnrolled where the folder has none."""
        file = self._file(person)
        try:
            header, secret = file.read_text("ascii").split()
            decoded = base64.b64decode(secret, validate=True)
        except FileNotFoundError:
            raise NotEnrolled(
                f"person {person}", f"there is no key of theirs in {self.folder}", "Act under your own name."
            ) from None
        except OSError as unread:
            found = f"the key cannot be read ({unread.strerror})"
            raise NotEnrolled(str(file), found, "Act under your own name.") from unread
        except ValueError:
            raise NotEnrolled(
                str(file), "it is not a key file", "Restore it, or make a new key and enrol it."
            ) from None
        if header != _HEADER:
            raise NotEnrolled(str(file), f"it begins with '{header[:20]}'", "Restore it, or enrol a new key.")
        if len(decoded) != _SECRET_BYTES:
            raise NotEnrolled(str(file), f"it holds {len(decoded)} bytes", "Restore it, or enrol a new key.")
        return PersonalKey(person, decoded)

    def holds(self, person: str) -> bool:
        """Whether the folder has a key of that name."""
        return self._file(person).exists()

    def make(self, person: str) -> PersonalKey:
        """A new key for the person, kept in the folder. Raises UsageRefused where there is one already."""
        file = self._file(person)
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        key = PersonalKey(person, secrets.token_bytes(_SECRET_BYTES))
        try:
            handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            raise UsageRefused(str(file), "there is a key already", "Use it, or move it away first.") from None
        with os.fdopen(handle, "w", encoding="ascii") as stream:
            stream.write(f"{_HEADER} {base64.b64encode(key.secret).decode()}\n")
        return key

    def key_or_new(self, person: str) -> PersonalKey:
        """The person's key, made now where there is none."""
        return self.key(person) if self.holds(person) else self.make(person)

    def _file(self, person: str) -> Path:
        if not person or person.startswith(".") or "/" in person or "\x00" in person:
            raise UsageRefused(f"person '{person}'", "it cannot name a key", "Use letters, digits, dots and dashes.")
        return self.folder / f"{person}.key"
