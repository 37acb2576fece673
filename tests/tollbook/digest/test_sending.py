"""Sending through a mail server of this test's own: encrypted where asked for, and never a password in the clear."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP, default
from pathlib import Path

import attrs
import pytest
from click.testing import CliRunner, Result

from ledger_core.errors import UsageRefused
from tests.tollbook.digest.mail_server import MailServer as Listening
from tests.tollbook.digest.mail_server import certificate, mail_server
from tests.tollbook.kept_site import KeptSite, kept_site
from tollbook.cli.program import program
from tollbook.digest.sending import MailNotSent, send
from tollbook.site import FILE, MailServer, find_site


@pytest.fixture
def listening() -> Iterator[Listening]:
    with mail_server(Listening(unknown=frozenset({"nobody@harbor.example"}))) as server:
        yield server


def _message(to: str = "kim@harbor.example") -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = "tollbook@harbor.example", to, "Morning"
    message["Date"] = datetime(2026, 9, 22, tzinfo=UTC)
    message.set_content("Nothing waits.\n.\nA line of one point stands before this one.\n")
    return message


def _server(port: int, *, starttls: bool = False) -> MailServer:
    return MailServer("127.0.0.1", "tollbook@harbor.example", port, starttls=starttls)


def test_the_server_gets_the_mail_as_it_is(listening: Listening) -> None:
    send(_message(), _server(listening.port))
    (raw,) = listening.mails
    assert raw == _message().as_bytes()
    assert (listening.recipients, listening.signed_in) == (["kim@harbor.example"], [])


def test_a_password_crosses_the_network_encrypted_and_only_then(tmp_path: Path) -> None:
    presented, trusting = certificate(tmp_path)
    with mail_server(Listening(tls=presented)) as server:
        send(_message(), _server(server.port, starttls=True), "secret", trusting)
        assert (server.signed_in, len(server.mails)) == ([True], 1)
        with pytest.raises(UsageRefused, match="it is off, and TOLLBOOK_MAIL_PASSWORD is set"):
            send(_message(), _server(server.port), "secret")
        assert server.signed_in == [True]


def test_a_server_that_nobody_vouches_for_gets_nothing(tmp_path: Path) -> None:
    presented, _ = certificate(tmp_path)
    with mail_server(Listening(tls=presented)) as server:
        with pytest.raises(MailNotSent, match="certificate verify failed"):
            send(_message(), _server(server.port, starttls=True), "secret")
        assert (server.signed_in, server.mails) == ([], [])


def test_a_server_that_does_not_encrypt_gets_nothing_where_it_should(listening: Listening) -> None:
    with pytest.raises(MailNotSent, match="STARTTLS"):
        send(_message(), _server(listening.port, starttls=True))
    assert listening.mails == []


def test_an_address_that_the_server_does_not_know_is_named(listening: Listening) -> None:
    with pytest.raises(MailNotSent, match=r"nobody@harbor\.example"):
        send(_message("nobody@harbor.example"), _server(listening.port))
    with pytest.raises(MailNotSent, match=r"it refused nobody@harbor\.example\. Correct the address; others have"):
        send(_message("nobody@harbor.example, kim@harbor.example"), _server(listening.port))
    assert listening.recipients == ["kim@harbor.example"]


def test_a_server_that_is_not_there_is_an_error_with_a_place() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        with pytest.raises(MailNotSent) as failed:
            send(_message(), _server(port))
    assert (failed.value.where, failed.value.exit_code) == (f"127.0.0.1:{port}", 4)


class TestCommand:
    """`tollbook digest` prints, writes a file, or sends."""

    @pytest.fixture
    def kept(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> KeptSite:
        monkeypatch.setenv("TOLLBOOK_TODAY", "2026-09-02")
        monkeypatch.delenv("TOLLBOOK_MAIL_PASSWORD", raising=False)
        return kept_site(tmp_path / "site", tmp_path / "keys")

    @staticmethod
    def _run(kept: KeptSite, *words: str) -> Result:
        return CliRunner().invoke(program, ["--site", str(kept.site.folder), "digest", *words])

    @staticmethod
    def _serve(kept: KeptSite, port: int) -> None:
        written = f'[mail]\nhost = "127.0.0.1"\nport = {port}\nfrom = "tollbook@harbor.example"\nstarttls = false\n'
        (kept.site.folder / FILE).write_text(written, "utf-8")

    def test_it_is_printed(self, kept: KeptSite) -> None:
        output = self._run(kept).output
        assert output.startswith("City of Harbor, 2026-09-02: ")
        assert "CAME SINCE 2026-09-01" in output

    def test_machines_get_a_document(self, kept: KeptSite) -> None:
        answer = json.loads(self._run(kept, "--json").output)
        assert list(answer) == [
            "format", "sequence", "today", "since", "to", "sent", "came", "refused", "waiting", "items", "first",
            "late", "due",
        ]  # fmt: skip
        assert (answer["format"], answer["today"], answer["sent"]) == ("tollbook.digest/1", "2026-09-02", False)
        assert [bill["total"] for bill in answer["came"]] == [4873]

    def test_it_is_written_to_a_file_that_a_mail_program_opens(self, kept: KeptSite, tmp_path: Path) -> None:
        done = self._run(kept, "--to", "kim@harbor.example", "--eml", str(tmp_path / "morning.eml"))
        assert done.output == f"Written to {tmp_path / 'morning.eml'}.\n"
        read = message_from_bytes((tmp_path / "morning.eml").read_bytes(), policy=default)
        assert (read["To"], read.get_content_type()) == ("kim@harbor.example", "multipart/alternative")

    def test_it_is_sent_through_the_sites_server(self, kept: KeptSite, listening: Listening) -> None:
        self._serve(kept, listening.port)
        done = self._run(kept, "--to", "kim@harbor.example", "--to", "rosa@harbor.example", "--send")
        assert done.output == "Sent to kim@harbor.example, rosa@harbor.example.\n", done.exception
        assert listening.recipients == ["kim@harbor.example", "rosa@harbor.example"]
        read = message_from_bytes(listening.mails[0], policy=default)
        assert (read["From"], read["Subject"][:26]) == ("tollbook@harbor.example", "City of Harbor, 2026-09-02")

    def test_the_password_stands_in_the_environment(
        self, kept: KeptSite, listening: Listening, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self._serve(kept, listening.port)
        monkeypatch.setenv("TOLLBOOK_MAIL_PASSWORD", "secret")
        refused = self._run(kept, "--to", "kim@harbor.example", "--send").exception
        assert isinstance(refused, UsageRefused)
        assert listening.mails == []

    def test_a_server_without_a_sender_is_told_by_the_name_in_the_file(
        self, kept: KeptSite, listening: Listening
    ) -> None:
        (kept.site.folder / FILE).write_text(f'[mail]\nhost = "127.0.0.1"\nport = {listening.port}\n', "utf-8")
        refused = self._run(kept, "--to", "kim@harbor.example", "--send").exception
        assert isinstance(refused, UsageRefused)
        assert refused.where == "[mail] from"
        assert listening.mails == []

    @pytest.mark.parametrize(
        ("words", "where"),
        [
            (("--send",), "--send"),
            (("--send", "--to", "kim@harbor.example"), "--send"),
            (("--to", "kim"), "--to"),
            (("--since", "yesterday"), "--since"),
        ],
    )
    def test_what_cannot_be_followed_is_wrong_usage(self, kept: KeptSite, words: tuple[str, ...], where: str) -> None:
        refused = self._run(kept, *words).exception
        assert isinstance(refused, UsageRefused)
        assert refused.where == where

    @pytest.mark.parametrize(
        ("line", "found"),
        [
            ('from = "a@b.example"', r"required field missing @ \$\.mail\.host"),
            ('host = "mail"\nfrom = "a@b.example"\npassword = "x"', "password"),
            ('host = ""\nfrom = "a@b.example"', r"invalid value @ \$\.mail"),
            ('host = "mail"\nfrom = "a@b.example"\nport = 70000', r"invalid value @ \$\.mail"),
        ],
    )
    def test_a_faulty_table_is_refused_and_a_password_is_one(self, kept: KeptSite, line: str, found: str) -> None:
        (kept.site.folder / FILE).write_text(f"[mail]\n{line}\n", "utf-8")
        with pytest.raises(UsageRefused, match=found):
            find_site(kept.site.folder)


def test_a_table_is_read_with_what_it_leaves_out(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text('[mail]\nhost = "mail.harbor.example"\nfrom = "a@b.example"\n', "utf-8")
    found = find_site(tmp_path).settings.mail
    assert found is not None
    assert attrs.astuple(found) == ("mail.harbor.example", "a@b.example", 587, "", True)
