"""A mail server for tests, on this machine: it speaks as much SMTP as a client needs, and keeps what it is given."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import attrs


@attrs.define
class MailServer:
    """What it heard: senders and recipients, mails as bytes, who signed in, whether in the clear.

    Addresses in `unknown` are refused. With `tls` it offers STARTTLS.
    """

    port: int = 0
    unknown: frozenset[str] = frozenset()
    tls: ssl.SSLContext | None = None
    recipients: list[str] = attrs.field(factory=list)
    mails: list[bytes] = attrs.field(factory=list)
    signed_in: list[bool] = attrs.field(factory=list)

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one client until it quits or hangs up."""
        try:
            await self._answer_all(reader, writer)
        except OSError:
            pass  # the client did not like what it was shown
        finally:
            writer.transport.abort()

    async def _answer_all(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _say(writer, "220 harbor.example")
        encrypted = False
        while line := (await reader.readline()).decode("ascii").strip():
            verb = line.split()[0].upper()
            if verb == "STARTTLS" and self.tls is not None:
                await _say(writer, "220 go ahead")
                await writer.start_tls(self.tls)
                encrypted = True
            elif verb == "DATA":
                await _say(writer, "354 go on")
                self.mails.append(await _mail(reader))
                await _say(writer, "250 kept")
            elif verb == "QUIT":
                await _say(writer, "221 bye")
                return
            else:
                await _say(writer, self._answer(verb, line, encrypted=encrypted))

    def _answer(self, verb: str, line: str, *, encrypted: bool) -> str:
        if verb == "EHLO":
            offered = "250-STARTTLS\r\n" if self.tls is not None and not encrypted else "250-AUTH PLAIN\r\n"
            return f"250-harbor.example\r\n{offered}250 8BITMIME"
        if verb == "AUTH":
            self.signed_in.append(encrypted)
            return "235 welcome" if line.endswith("=") or len(line.split()) > 2 else "535 no"
        if verb == "RCPT":
            address = line.partition("<")[2].rstrip(">")
            if address in self.unknown:
                return "550 nobody of that name"
            self.recipients.append(address)
        return "250 fine"


async def _say(writer: asyncio.StreamWriter, line: str) -> None:
    writer.write(f"{line}\r\n".encode())
    await writer.drain()


async def _mail(reader: asyncio.StreamReader) -> bytes:
    lines = []
    while (line := await reader.readline()) not in {b".\r\n", b""}:
        lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
    return b"".join(lines)


@contextmanager
def mail_server(server: MailServer) -> Iterator[MailServer]:
    """The server, listening on a port of its own for as long as the block lasts."""
    listening = threading.Event()
    stop: list[Callable[[], object]] = []

    async def serve() -> None:
        over = asyncio.Event()
        started = await asyncio.start_server(server.converse, "127.0.0.1", 0)
        server.port = started.sockets[0].getsockname()[1]
        loop = asyncio.get_running_loop()
        stop.append(lambda: loop.call_soon_threadsafe(over.set))
        listening.set()
        async with started:
            await over.wait()
        talking = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        await asyncio.gather(*talking, return_exceptions=True)
        await asyncio.sleep(0)  # transports that were aborted close in the turn after

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    listening.wait()
    try:
        yield server
    finally:
        stop[0]()
        thread.join()


def certificate(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """What a server for 127.0.0.1 presents, and what a client needs that trusts it."""
    from datetime import UTC, datetime, timedelta
    from ipaddress import IPv4Address

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mail")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem, secret = folder / "mail.pem", folder / "mail.key"
    pem.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(pem, secret)
    return server, ssl.create_default_context(cafile=str(pem))
