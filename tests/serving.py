"""The installed service as its own process, driven from outside: SMTP, the JSON API, signals. Loopback, free ports."""

import json
import os
import signal
import smtplib
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from tables import tables

from mailguard.config import Holds
from mailguard.model import Source
from mailguard.service.clock import now
from mailguard.store import open_store

PASSWORD = "correct horse battery staple"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


class Serving:
    """`with Serving(folder, hop.port) as service:`; the operator is tanaka, the approvers are sato and suzuki."""

    def __init__(self, folder: Path, hop_port: int, *, declared: bool = True, extra: str = "", smtp: str = "") -> None:
        self.smtp, self.web, self.metrics = free_port(), free_port(), free_port()
        self.data = folder / "data"
        self.config = folder / "mailguard.toml"
        self._stderr = folder / "stderr.log"
        self.program: list[str] = [sys.executable, "-m", "mailguard"]
        self.environ: dict[str, str] = {}
        self._process: subprocess.Popen[bytes] | None = None
        self.config.write_text(
            f'data_dir = "{self.data}"\n'
            f'[smtp]\nlisten = "127.0.0.1:{self.smtp}"\nhostname = "guard.example.jp"\n{smtp}\n'
            f"[relay]\nport = {hop_port}\n"
            f'[web]\nlisten = "127.0.0.1:{self.web}"\nurl = "http://127.0.0.1:{self.web}"\n'
            f'[metrics]\nlisten = "127.0.0.1:{self.metrics}"\n'
            f"[release]\nlease_seconds = 3\nretry_seconds = 0.5\n{extra}"
        )
        self._people(declared=declared)

    def _people(self, *, declared: bool) -> None:
        with open_store(tables(self.data), self.data, now, holds=Holds()) as store:
            for login, role in (("tanaka", "operator"), ("sato", "approver"), ("suzuki", "approver")):
                store.people.add(
                    login=login,
                    name=login,
                    email=f"{login}@office.example.jp",
                    role=role,
                    password=PASSWORD,
                    actor="test",
                )
            if declared:
                operator = store.people.by_login("tanaka")
                source = Source("mailer", "会員メール配信", (operator.id,), networks=("127.0.0.0/8",))
                store.sources.add(source, actor="test")

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self.stop()

    def start(self) -> None:
        command = [*self.program, "serve", "--config", str(self.config)]
        with self._stderr.open("ab") as log:
            self._process = subprocess.Popen(
                command, stderr=log, stdout=log, env=os.environ | {"PYTHONWARNINGS": "default"} | self.environ
            )
        deadline = time.monotonic() + 60
        while self.status(f"http://127.0.0.1:{self.metrics}/readyz") != 200:
            assert self._process.poll() is None, self.log()
            assert time.monotonic() < deadline, self.log()
            time.sleep(0.1)

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def wait(self, seconds: float = 40) -> int:
        """The exit code, when it ends by itself."""
        assert self._process is not None
        code = self._process.wait(seconds)
        self._process = None
        return code

    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def kill(self) -> None:
        """kill -9."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(10)
        self._process = None

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        assert self._process is not None
        self._process.terminate()
        code = self._process.wait(40)
        self._process = None
        return code

    def log(self) -> str:
        return self._stderr.read_text() if self._stderr.exists() else ""

    @staticmethod
    def status(url: str) -> int:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0

    def client(self) -> smtplib.SMTP:
        return smtplib.SMTP("127.0.0.1", self.smtp, timeout=60)

    def send(self, mail, client=None) -> str:
        """One mail of mailguard.demo; the reply to the final dot as "250 text"."""
        smtp = client or self.client()
        smtp.ehlo_or_helo_if_needed()
        smtp.mail(mail.sender)
        smtp.rcpt(mail.recipient)
        code, text = smtp.data(mail.content)
        if client is None:
            smtp.quit()
        return f"{code} {text.decode()}"

    def api(self, method: str, path: str, token: str = "", body=None):
        """(status, JSON)."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.web}{path}", method=method)
        request.add_header("Content-Type", "application/json")
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        try:
            with urllib.request.urlopen(request, json.dumps(body).encode() if body else None, timeout=30) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def login(self, login: str) -> str:
        status, answer = self.api("POST", "/api/login", body={"login": login, "password": PASSWORD})
        assert status == 200, answer
        return answer["token"]

    def holds(self, token: str) -> list:
        return self.api("GET", "/api/holds", token)[1]["holds"]

    def decide(self, token: str, hold: dict, choice: str = "approve", cap: int | None = None):
        body = {"revision": hold["revision"], "choice": choice, "reason": "確認しました"}
        return self.api("POST", f"/api/holds/{hold['id']}/decision", token, body | ({"cap": cap} if cap else {}))
