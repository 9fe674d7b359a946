"""curl: mail from a shell. With -F it composes MIME itself, and names an attachment in raw UTF-8."""

import re
import shutil

from client import Client, Sent
from letters import Kind
from programs import crlf, run


class TestCurl(Client):
    name = "curl"
    program = "curl"
    refused = "Login denied"
    untrusted = "SSL certificate problem"

    def available(self) -> bool:
        return shutil.which("curl") is not None

    def send(self, door, mail, folder) -> Sent:
        trace = folder / "trace"
        scheme = "smtps" if door.tls == "implicit" else "smtp"
        command = ["curl", "--silent", "--show-error", "--disable", "--max-time", "60"]
        command += ["--mail-from", mail.sender, "--mail-rcpt", mail.recipient]
        if door.tls:
            command += ["--ssl-reqd", "--cacert", str(door.authority)]
        if door.login:
            command += ["--user", f"{door.login}:{door.password}", "--login-options", f"AUTH={door.mechanism}"]
        if mail.kind is Kind.JAPANESE_NAME:
            command += ["--trace", str(trace), "-H", f"Subject: {mail.subject}", "-F", f"=<{_text(mail, folder)}"]
            command += ["-F", f"=@{mail.attachment};type=text/csv;encoder=base64"]
        else:
            (folder / "mail").write_bytes(mail.composed.replace(b"\r\n", b"\n"))
            command += ["--crlf", "--upload-file", str(folder / "mail")]
        done = run([*command, f"{scheme}://{door.host}:{door.port}/tool.example"], folder)
        content = _traced(trace.read_text()) if trace.exists() else mail.composed
        return Sent(done.returncode == 0, done.stdout.decode(), content)


def _text(mail, folder):
    (folder / "text").write_bytes(crlf(mail.text.encode()))
    return folder / "text"


def _traced(trace: str) -> bytes:
    """The data that the trace shows as hexadecimal, without the doubled dots."""
    sections = re.findall(r"^=> Send data, .*\n((?:[0-9a-f]{4}: .*\n)*)", trace, re.MULTILINE)
    lines = [line for section in sections for line in section.splitlines()]
    data = b"".join(bytes.fromhex(line[6:53]) for line in lines)
    return data.removesuffix(b".\r\n").replace(b"\r\n..", b"\r\n.")
