"""The digest as a mail: plain text with an HTML page beside it, from whom the site's settings name."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP

from ledger_core.errors import UsageRefused
from tollbook.digest.digest import Digest
from tollbook.digest.letter import html, subject, text

# What servers take without an extension: one @, a domain, and no space, quote, comma or control character anywhere.
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*", re.ASCII)


def mail(digest: Digest, sender: str, to: Sequence[str], sent: datetime) -> EmailMessage:
    """The mail, dated `sent`. The same digest to the same people has the same id, so that a second copy is known.

    Raises UsageRefused for an address that is none.
    """
    message = EmailMessage(policy=SMTP)
    message["From"] = address(sender, "[mail] from")
    message["To"] = ", ".join(address(one, "--to") for one in to)
    message["Subject"] = subject(digest)
    message["Date"] = sent
    named = f"{digest.site} {digest.sequence} {digest.since} {digest.today} {' '.join(to)}"
    domain = sender.rpartition("@")[2]
    message["Message-ID"] = f"<{hashlib.sha256(named.encode()).hexdigest()[:32]}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text(digest))
    message.add_alternative(html(digest), subtype="html")
    return message


def address(text: str, where: str) -> str:
    """An address as mail servers take it. Raises UsageRefused naming `where`."""
    if not _ADDRESS.fullmatch(text):
        raise UsageRefused(where, f"'{text[:80]}' is not a mail address", "Write it as kim@city.example.")
    return text
