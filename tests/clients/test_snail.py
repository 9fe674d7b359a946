"""s-nail: the mailx of Debian. It composes, and keeps a record of what it sent."""

import shutil
from typing import ClassVar
from urllib.parse import quote

from client import Client, Sent
from letters import Kind
from programs import crlf, run


class TestSnail(Client):
    name = "s-nail"
    program = "s-nail"
    cannot: ClassVar = {
        Kind.NULL_SENDER: "s-nail sends from nobody only as a bounce",
        Kind.UTF8_ADDRESS: "s-nail knows no SMTPUTF8",
    }
    untrusted = "certificate"

    def available(self) -> bool:
        return shutil.which("s-nail") is not None

    def send(self, door, mail, folder) -> Sent:
        record = folder / "record"
        scheme = "smtps" if door.tls == "implicit" else "smtp"
        user = f"{quote(door.login)}:{quote(door.password, safe='')}@" if door.login else ""
        settings = {
            "v15-compat": "yes",
            "ttycharset": "utf-8",
            "mta": f"{scheme}://{user}{door.host}:{door.port}",
            "smtp-auth": door.mechanism.lower() if door.login else "none",
            "tls-ca-file": str(door.authority),
            "tls-verify": "strict",
            "from": mail.sender,
            "hostname": "tool.example",
            "record": str(record),
            "sendwait": "",
        }
        if door.tls == "starttls":
            settings["smtp-use-starttls"] = ""
        command = ["s-nail", "-:/", "-v", "-s", mail.subject]
        command += [f"-S{name}={value}" if value else f"-S{name}" for name, value in settings.items()]
        command += ["-S", "tls-ca-no-defaults"]
        if mail.attachment is not None:
            command += ["-a", str(mail.attachment)]
        done = run([*command, mail.recipient], folder, given=mail.text.encode())
        return Sent(done.returncode == 0, done.stdout.decode(errors="replace"), _recorded(record))


def _recorded(record) -> bytes:
    """Without the line of the mbox format, and its empty line at the end."""
    _, _, mail = (record.read_bytes() if record.exists() else b"\n\n").partition(b"\n")
    return crlf(mail.removesuffix(b"\n"))
