"""Handing a mail to the SMTP server that the site's settings name. No password stands in a file."""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage

from ledger_core.errors import TollbookError, UsageRefused
from tollbook.site import MailServer

#: The variable that holds the password, where the server wants one.
PASSWORD = "TOLLBOOK_MAIL_PASSWORD"  # noqa: S105 # the name of a variable, no password
_SECONDS = 30


class MailNotSent(TollbookError):
    """The mail server could not be reached, or did not take the mail (exit 4). Nothing in the books depends on it."""

    code = "mail-not-sent"
    exit_code = 4


def send(message: EmailMessage, server: MailServer, password: str = "", context: ssl.SSLContext | None = None) -> None:
    """Hand the mail over, or raise MailNotSent where any recipient was refused or the server was not to be had.

    With `starttls` the connection is encrypted and the server's certificate checked before anything is said. Raises
    UsageRefused where a password would cross the network in the clear.
    """
    if password and not server.starttls:
        raise UsageRefused("[mail] starttls", f"it is off, and {PASSWORD} is set", "Turn it on, or unset the password.")
    where = f"{server.host}:{server.port}"
    try:
        with smtplib.SMTP(server.host, server.port, timeout=_SECONDS) as connection:
            if server.starttls:
                connection.starttls(context=context or ssl.create_default_context())
            if password:
                connection.login(server.user or server.sender, password)
            refused = connection.send_message(message)
    except (OSError, smtplib.SMTPException) as failed:
        found = f"the mail was not taken ({_said(failed)})"
        raise MailNotSent(where, found, "Check [mail] in tollbook.toml, then send it again.") from failed
    if refused:
        found = f"it refused {', '.join(sorted(refused))}"
        raise MailNotSent(where, found, "Correct the address; others have got the mail.")


def _said(failed: Exception) -> str:
    if isinstance(failed, smtplib.SMTPResponseException):
        said = failed.smtp_error
        return f"{failed.smtp_code} {said.decode('utf-8', 'replace') if isinstance(said, bytes) else said}"[:200]
    return str(failed)[:200] or type(failed).__name__
