"""Postfix as client: its smtp(8) with mailguard as relayhost, as a tool with a server of its own in front of us."""

import re
import smtplib
import time

import pytest
from client import Client, Sent
from letters import Kind
from postfix import Postfix, available

_MAIN = """
virtual_mailbox_domains =
relayhost = [{door.host}]:{door.port}
smtp_host_lookup = native
smtp_helo_name = tool.example
smtp_tls_security_level = {level}
smtp_tls_wrappermode = {wrapped}
smtp_tls_CAfile = {door.authority}
smtp_tls_secure_cert_match = nexthop
smtp_sasl_auth_enable = {login}
smtp_sasl_password_maps = texthash:{passwords}
smtp_sasl_security_options = noanonymous
smtp_sasl_mechanism_filter = {door.mechanism}
"""
_ITS_TRACE = re.compile(rb"Received: from [^\r]*\r\n(?:[\t ][^\r]*\r\n)+")


@pytest.mark.postfix
class TestPostfix(Client):
    name = "postfix"
    program = "Postfix, or root"
    untrusted = "certificate verification failed"

    def available(self) -> bool:
        return available()

    def send(self, door, mail, folder) -> Sent:
        passwords = folder / "passwords"
        passwords.write_text(f"[{door.host}]:{door.port} {door.login}:{door.password}\n")
        settings = _MAIN.format(
            door=door,
            passwords=passwords,
            level="secure" if door.tls else "none",
            wrapped="yes" if door.tls == "implicit" else "no",
            login="yes" if door.login else "no",
        )
        try:
            log = self._sent_by(settings, mail)
        except (TimeoutError, smtplib.SMTPServerDisconnected):
            # A Postfix that has just started hangs now and then before it takes anything: another one is asked.
            log = self._sent_by(settings, mail)
        return Sent("status=sent" in log, log, mail.composed)

    def _sent_by(self, settings, mail) -> str:
        with Postfix(settings) as client:
            with smtplib.SMTP("127.0.0.1", client.port, timeout=25) as smtp:
                options = ["BODY=8BITMIME"] + ["SMTPUTF8"] * (mail.kind is Kind.UTF8_ADDRESS)
                smtp.sendmail(mail.sender, mail.recipient, mail.composed, options)
            return _outcome(client)

    def below(self, content) -> bytes:
        return content[_ITS_TRACE.match(content).end() :]


def _outcome(client: Postfix) -> str:
    """Its log, once it has tried to send."""
    deadline = time.monotonic() + 60
    while "status=" not in client.log():
        assert time.monotonic() < deadline, client.log()
        time.sleep(0.05)
    return client.log()
