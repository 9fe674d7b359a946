"""PHPMailer: mail from web shops. It composes, and names an attachment by encoded words (RFC 2047)."""

import json
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import ClassVar

from client import Client, Sent
from letters import Kind
from programs import crlf, run


class TestPhpMailer(Client):
    name = "phpmailer"
    program = "PHPMailer"
    cannot: ClassVar = {Kind.UTF8_ADDRESS: "this PHPMailer knows no SMTPUTF8"}
    # With TLS from the first byte it tells no more than this.
    untrusted = "Could not connect to SMTP host"

    def available(self) -> bool:
        return shutil.which("php") is not None and Path("/usr/share/php/libphp-phpmailer").exists()

    def send(self, door, mail, folder) -> Sent:
        out = folder / "sent"
        given = json.dumps({"door": asdict(door), "mail": asdict(mail), "out": str(out)}, default=str)
        command = ["php", "-d", "memory_limit=1G", str(Path(__file__).with_name("phpmailer.php"))]
        done = run(command, folder, given=given.encode())
        content = out.read_bytes() + b"\n" if out.exists() else b""  # it ends each mail with an empty line
        return Sent(done.returncode == 0, done.stdout.decode(errors="replace"), crlf(content))
