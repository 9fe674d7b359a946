"""Real servers as next hop: Postfix and Exim under verified TLS, Exim with a login, smtp-sink with the least of all."""

import os
import re
import shutil
import smtplib
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import exim
import postfix
import pytest
from authority import Authority
from letters import Kind, letter
from machine import needs
from programs import crlf
from serving import Serving, free_port

from mailguard.config import Relay
from mailguard.errors import RelayError
from mailguard.relay.next_hop import NextHop

RELAY_PASSWORD = "relay passphrase 1"
_OURS = re.compile(rb"(?<=\n)Received: from [^\n]*\n\tby guard\.example\.jp with \w+ id M-[^\n]*\n\t[^\n]*\n")
_SINK = shutil.which("smtp-sink") or "/usr/sbin/smtp-sink"


def serving(folder, port: int, relay: str) -> Serving:
    """A mailguard whose [relay] has these lines too."""
    service = Serving(folder, port)
    text = service.config.read_text()
    service.config.write_text(text.replace("[relay]\n", f'[relay]\nhost = "localhost"\n{relay}\n'))
    return service


def verifying(authority: Authority) -> str:
    return f'tls = "verify"\nca_file = "{authority.file}"'


@dataclass
class Way:
    """A mailguard in front of a next hop: `mails` are what that has delivered."""

    service: Serving
    hop: Any

    def send(self, mail, recipients=None) -> dict:
        with smtplib.SMTP("127.0.0.1", self.service.smtp, timeout=60) as smtp:
            options = ["BODY=8BITMIME"] + ["SMTPUTF8"] * (mail.kind is Kind.UTF8_ADDRESS)
            return smtp.sendmail(mail.sender, recipients or [mail.recipient], mail.composed, options)

    def delivered(self, mail) -> tuple[bytes, bytes]:
        """(what the next hop put in front, the mail below our Received line) of the one mail to that recipient."""
        deadline, header = time.monotonic() + 20, re.compile(rb"^(Delivered-To|Envelope-to): (.*)$", re.MULTILINE)
        while True:
            all_of_it = self.hop.mails()
            found = [text for text in all_of_it if mail.recipient.encode() in [row[1] for row in header.findall(text)]]
            if found:
                (text,) = found
                trace, content = _OURS.split(text)
                return trace, crlf(content)
            assert time.monotonic() < deadline, self.hop.log()
            time.sleep(0.1)


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("hops") / "authority")


@pytest.fixture(scope="module")
def certified_postfix(authority):
    needs(postfix.available(), "Postfix, or root")
    chain, key = authority.server("localhost")
    settings = f"smtpd_tls_security_level = encrypt\nsmtpd_tls_chain_files = {key}, {chain}\nnotify_classes =\n"
    with postfix.Postfix(f"{settings}smtpd_tls_received_header = yes\n") as hop:
        yield hop


@pytest.fixture(scope="module")
def to_postfix(certified_postfix, authority, tmp_path_factory):
    folder = tmp_path_factory.mktemp("to-postfix")
    with serving(folder, certified_postfix.port, verifying(authority)) as service:
        yield Way(service, certified_postfix)


@pytest.fixture(scope="module")
def to_exim(authority, tmp_path_factory):
    needs(exim.available(), "Exim, or root")
    login = f'username = "guard"\npassword = "{RELAY_PASSWORD}"'
    with exim.Exim(*authority.server("localhost"), RELAY_PASSWORD) as hop:
        folder = tmp_path_factory.mktemp("to-exim")
        with serving(folder, hop.port, f"{verifying(authority)}\n{login}") as service:
            yield Way(service, hop)


@pytest.fixture(params=["to_postfix", "to_exim"])
def way(request):
    return request.getfixturevalue(request.param)


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.BIG])
def test_mail_arrives_as_sent_over_verified_tls(way, tmp_path, kind):
    mail = letter(kind, "hop", tmp_path)
    assert way.send(mail) == {}
    trace, content = way.delivered(mail)
    assert content == mail.composed
    assert f"Return-Path: <{mail.sender}>".lower().encode() in trace.lower()
    assert b"TLS" in trace  # each server's own Received line tells of it


def test_the_login_at_the_relay_is_used(to_exim, tmp_path):
    mail = letter(Kind.PLAIN, "login", tmp_path)
    to_exim.send(mail)
    to_exim.delivered(mail)
    assert "A=plain:guard" in to_exim.hop.log()


def test_a_refused_recipient_is_refused_and_the_other_gets_the_mail(way, tmp_path):
    mail = letter(Kind.PLAIN, "mixed", tmp_path)
    refused = way.send(mail, ["refused@example.jp", "later@example.jp", mail.recipient])
    assert {name: code for name, (code, _) in refused.items()} == {
        "refused@example.jp": 550,
        "later@example.jp": 450 if way.hop.__class__ is postfix.Postfix else 451,
    }
    assert way.delivered(mail)[1] == mail.composed


@pytest.mark.parametrize("wrong", ["authority", "name", "password"])
async def test_nothing_is_said_to_a_relay_that_does_not_prove_itself(way, authority, tmp_path, wrong):
    trusted = Authority(tmp_path / "stranger") if wrong == "authority" else authority
    settings = Relay(
        host="127.0.0.1" if wrong == "name" else "localhost",
        port=way.hop.port,
        tls="verify",
        ca_file=trusted.file,
        **({"username": "guard", "password": "not that"} if wrong == "password" else {}),
    )
    next_hop = NextHop(settings, "guard.example.jp")
    # Postfix has no logins here: a password that cannot be used is as wrong as one that is refused.
    with pytest.raises(RelayError):
        await next_hop.begin("shop@example.jp")
    await next_hop.close()


@pytest.fixture(scope="module")
def sink(tmp_path_factory):
    """smtp-sink that keeps each mail in a file."""
    needs(Path(_SINK).exists(), "smtp-sink (of Postfix)")
    folder, port = tmp_path_factory.mktemp("sink"), free_port()
    command = [
        _SINK,
        "-d",
        f"{folder}/mail.",
        *(["-u", "root"] if os.geteuid() == 0 else []),
        f"127.0.0.1:{port}",
        "10",
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with serving(tmp_path_factory.mktemp("to-sink"), port, "") as service:
        yield service, folder
    process.terminate()
    process.wait(10)


@pytest.mark.parametrize("kind", [Kind.PLAIN, Kind.JAPANESE_NAME, Kind.NULL_SENDER])
def test_smtp_sink_gets_the_bytes(sink, tmp_path, kind):
    service, folder = sink
    mail = letter(kind, "sink", tmp_path)
    assert Way(service, None).send(mail) == {}
    (text,) = [file.read_bytes() for file in folder.iterdir() if mail.recipient.encode() in file.read_bytes()]
    assert crlf(_OURS.split(text)[1]) == mail.composed + b"\r\n"  # it ends each mail with an empty line
