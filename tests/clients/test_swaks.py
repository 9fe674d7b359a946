"""swaks: the postmaster's tool. It shows what it sends, and names an attachment in raw UTF-8."""

import re
import shutil
from typing import ClassVar

from client import Client, Sent
from letters import Kind
from programs import crlf, run


class TestSwaks(Client):
    name = "swaks"
    program = "swaks"
    cannot: ClassVar = {Kind.UTF8_ADDRESS: "swaks asks for no SMTPUTF8"}
    checks_name = False
    untrusted = "TLS startup failed"

    def available(self) -> bool:
        return shutil.which("swaks") is not None

    def send(self, door, mail, folder) -> Sent:
        command = ["swaks", "--server", door.host, "--port", str(door.port), "--to", mail.recipient]
        command += ["--from", mail.sender or "<>", "--ehlo", "tool.example"]
        command += {"": [], "starttls": ["--tls"], "implicit": ["--tlsc"]}[door.tls]
        if door.tls:
            command += ["--tls-verify", "--tls-ca-path", str(door.authority)]
        if door.login:
            command += ["--auth", door.mechanism, "--auth-user", door.login, "--auth-password", door.password]
        if mail.kind is Kind.JAPANESE_NAME:
            command += ["--body", mail.text, "--h-Subject", mail.subject, "--attach-type", "text/csv"]
            command += ["--attach-name", mail.attachment.name, "--attach", f"@{mail.attachment}"]
        else:
            (folder / "mail").write_bytes(mail.composed)
            command += ["--data", f"@{folder / 'mail'}"]
        if mail.kind is Kind.BIG:  # it ends each mail with an empty line
            command += ["--suppress-data"]
            done = run(command, folder)
            return Sent(done.returncode == 0, done.stdout.decode(errors="replace"), mail.composed + b"\r\n")
        done = run(command, folder)
        return Sent(done.returncode == 0, done.stdout.decode(errors="replace"), _sent(done.stdout))


def _sent(transcript: bytes) -> bytes:
    """What stands between 354 and the dot."""
    found = re.search(rb"354 [^\n]*\n(.*?)^ [-~]> \.\n", transcript, re.DOTALL | re.MULTILINE)
    lines = re.findall(rb"^ [-~]> (.*)$", found[1] if found else b"", re.MULTILINE)
    return crlf(b"".join(line.removeprefix(b".") + b"\n" for line in lines))
