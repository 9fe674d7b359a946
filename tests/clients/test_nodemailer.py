"""nodemailer: mail from Node.js. It composes, and signs names as RFC 2231 has it."""

import json
import shutil
from dataclasses import asdict
from pathlib import Path

from client import Client, Sent
from programs import CACHE, crlf, run

_MODULES = CACHE / "node_modules"


class TestNodemailer(Client):
    name = "nodemailer"
    program = "nodemailer"
    untrusted = "unable to verify the first certificate"

    def available(self) -> bool:
        return shutil.which("node") is not None and (_MODULES / "nodemailer").exists()

    def send(self, door, mail, folder) -> Sent:
        out = folder / "sent"
        given = json.dumps({"door": asdict(door), "mail": asdict(mail), "out": str(out)}, default=str)
        script = str(Path(__file__).with_name("nodemailer.cjs"))
        done = run(["node", script], folder, given=given.encode(), NODE_PATH=str(_MODULES))
        return Sent(done.returncode == 0, done.stdout.decode(), crlf(out.read_bytes()))
