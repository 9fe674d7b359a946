"""What every client must be able to do through mailguard; a file per client says how that client does it."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import pytest
from letters import Kind, Letter, attachments, letter
from machine import needs
from receiving import LOGIN_PASSWORD, Door, Guarded


@dataclass(frozen=True)
class Sent:
    """`output` is what the program told; `content` the bytes it sent, as far as it tells (CRLF, no doubled dots)."""

    ok: bool
    output: str
    content: bytes = b""


class Client:
    """Subclasses say `name`, `program`, `available`, `send`, and what their client cannot."""

    name: ClassVar[str]
    program: ClassVar[str]
    cannot: ClassVar[dict[Kind, str]] = {}
    implicit = True
    checks_name = True
    refused = "535"  # how the program tells of a wrong password
    untrusted: ClassVar[str]  # and of a certificate that it does not trust

    @pytest.fixture(autouse=True)
    def _needed(self):
        needs(self.available(), self.program)

    def available(self) -> bool:
        raise NotImplementedError

    def send(self, door: Door, mail: Letter, folder: Path) -> Sent:
        raise NotImplementedError

    def below(self, content: bytes) -> bytes:
        """What the client was given, of what arrived: a server as client adds its own trace."""
        return content

    def carries(self, guarded: Guarded, door: Door, mail: Letter, folder: Path) -> str:
        """Send it, compare what arrived; the protocol in our Received line."""
        sent = self.send(door, mail, folder)
        assert sent.ok, sent.output
        arrived = guarded.arrived(mail.recipient)
        assert self.below(arrived.content) == sent.content
        assert arrived.taken.mail.split(b" ")[0] == f"<{mail.sender}>".encode()
        assert [rcpt.split(b" ")[0] for rcpt in arrived.taken.rcpts] == [f"<{mail.recipient}>".encode()]
        assert (b" SMTPUTF8" in arrived.taken.mail) == (mail.kind is Kind.UTF8_ADDRESS)
        if mail.attachment is not None:
            assert attachments(arrived.content) == [(mail.attachment.name, mail.attachment.read_bytes())]
        return arrived.protocol

    @pytest.mark.parametrize("kind", list(Kind))
    def test_each_mail_arrives_as_sent_through_starttls_with_a_login(self, guarded, tmp_path, kind):
        if kind in self.cannot:
            pytest.skip(self.cannot[kind])
        protocol = self.carries(
            guarded, guarded.door("starttls", self.name), letter(kind, self.name, tmp_path), tmp_path
        )
        assert protocol == ("UTF8SMTPSA" if kind is Kind.UTF8_ADDRESS else "ESMTPSA")

    def test_implicit_tls_with_the_other_mechanism(self, guarded, tmp_path):
        if not self.implicit:
            pytest.skip(f"{self.program} speaks no TLS from the first byte")
        door = replace(guarded.door("implicit", self.name), mechanism="LOGIN")
        assert self.carries(guarded, door, letter(Kind.PLAIN, f"{self.name}.implicit", tmp_path), tmp_path) == "ESMTPSA"

    def test_in_clear_without_a_login(self, guarded, tmp_path):
        mail = letter(Kind.PLAIN, f"{self.name}.clear", tmp_path)
        assert self.carries(guarded, guarded.door("", ""), mail, tmp_path) == "ESMTP"

    def _goes_wrong(self, guarded, door, tmp_path) -> str:
        mail = letter(Kind.PLAIN, f"{self.name}.wrong", tmp_path)
        sent = self.send(door, mail, tmp_path)
        assert not sent.ok
        assert not guarded.taken(mail.recipient)
        return sent.output

    def test_a_wrong_password_is_refused(self, guarded, tmp_path):
        door = replace(guarded.door("starttls", self.name), password=LOGIN_PASSWORD + "x")
        assert self.refused in self._goes_wrong(guarded, door, tmp_path)

    @pytest.mark.parametrize("tls", ["starttls", "implicit"])
    def test_the_client_refuses_a_certificate_it_does_not_trust(self, guarded, tmp_path, tls):
        if tls == "implicit" and not self.implicit:
            pytest.skip(f"{self.program} speaks no TLS from the first byte")
        output = self._goes_wrong(guarded, guarded.strange(guarded.door(tls, self.name)), tmp_path)
        assert self.untrusted in output

    def test_the_client_refuses_a_certificate_of_another_name(self, guarded, tmp_path):
        if not self.checks_name:
            pytest.skip(f"{self.program} compares no names")
        self._goes_wrong(guarded, replace(guarded.door("starttls", self.name), host="127.0.0.1"), tmp_path)
