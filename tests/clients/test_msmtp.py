"""msmtp: the sendmail of scripts. It sends what it is given."""

import shutil
from typing import ClassVar

from client import Client, Sent
from letters import Kind
from programs import run

_CONFIG = """account default
host {door.host}
port {door.port}
domain tool.example
tls {tls}
tls_starttls {starttls}
tls_trust_file {door.authority}
auth {auth}
user {door.login}
password "{door.password}"
"""


class TestMsmtp(Client):
    name = "msmtp"
    program = "msmtp"
    cannot: ClassVar = {Kind.UTF8_ADDRESS: "msmtp asks for no SMTPUTF8"}
    untrusted = "TLS certificate verification failed"

    def available(self) -> bool:
        return shutil.which("msmtp") is not None

    def send(self, door, mail, folder) -> Sent:
        config = folder / "msmtprc"
        tls, starttls = ("on" if door.tls else "off"), ("off" if door.tls == "implicit" else "on")
        auth = door.mechanism.lower() if door.login else "off"
        config.write_text(_CONFIG.format(door=door, tls=tls, starttls=starttls, auth=auth))
        config.chmod(0o600)
        content = mail.composed
        command = ["msmtp", f"--file={config}", f"--from={mail.sender}", "--", mail.recipient]
        done = run(command, folder, given=content.replace(b"\r\n", b"\n"))
        return Sent(done.returncode == 0, done.stdout.decode(), content)
