"""mailguard as its users run it: `mailguard serve --config FILE` in a process of its own, on free ports of the loopback.

In: a folder, the port of the next hop. Out: ports, processes, what the metrics and the API say. The people are made up:
tanaka operates the sending system, sato and suzuki approve.
"""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from processes import role, tree
from sink import free_port

from mailguard.config import Holds
from mailguard.model import Source
from mailguard.service.clock import now
from mailguard.store import open_store

PASSWORD = "correct horse battery staple"  # of everybody here
_OUTCOME = re.compile(r'^mailguard_messages_total\{outcome="(\w+)"\} ([0-9.e+]+)', re.MULTILINE)


@dataclass(slots=True)
class Guard:
    """`settings` are tables of the configuration file; `declared`: the sending system has an operator, one approval is enough."""

    folder: Path
    hop: int
    settings: dict[str, dict[str, object]] = field(default_factory=dict)
    declared: bool = True
    environ: dict[str, str] = field(default_factory=dict)
    smtp: int = field(default_factory=free_port)
    web: int = field(default_factory=free_port)
    metrics: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def data(self) -> Path:
        """data_dir."""
        return self.folder / "data"

    @property
    def config(self) -> Path:
        """The configuration file."""
        return self.folder / "mailguard.toml"

    @property
    def log(self) -> Path:
        """What the service says."""
        return self.folder / "mailguard.log"

    def prepare(self) -> None:
        """Write the configuration and add the people."""
        tables: dict[str, dict[str, object]] = {
            "smtp": {"listen": f"127.0.0.1:{self.smtp}", "hostname": "guard.example.co.jp"},
            "relay": {"port": self.hop},
            "web": {"listen": f"127.0.0.1:{self.web}", "url": f"http://127.0.0.1:{self.web}"},
            "metrics": {"listen": f"127.0.0.1:{self.metrics}"},
        }
        for name, table in self.settings.items():
            tables[name] = tables.get(name, {}) | table
        lines = [f"data_dir = {json.dumps(str(self.data))}"]
        for name, table in tables.items():
            lines += [f"[{name}]", *(f"{key} = {json.dumps(value)}" for key, value in table.items())]
        self.config.write_text("\n".join(lines) + "\n")
        self.data.mkdir(mode=0o700)
        with open_store(f"sqlite:///{self.data / 'mailguard.db'}", self.data, now, holds=Holds()) as store:
            for login, role in (("tanaka", "operator"), ("sato", "approver"), ("suzuki", "approver")):
                email = f"{login}@office.example.jp"
                store.people.add(login=login, name=login, email=email, role=role, password=PASSWORD, actor="bench")
            operator = store.people.by_login("tanaka")
            if self.declared and operator is not None:
                source = Source("mailer", "会員メール配信", (operator.id,), networks=("127.0.0.0/8",))
                store.sources.add(source, actor="bench")

    def cli(self, *words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Another command of mailguard, on this configuration."""
        command = [sys.executable, "-m", "mailguard", *words, "--config", str(self.config)]
        return subprocess.run(command, input=stdin, capture_output=True, text=True, check=False, timeout=120)

    def start(self, seconds: float = 120) -> None:
        """Return when /readyz says 200."""
        command = [sys.executable, "-m", "mailguard", "serve", "--config", str(self.config)]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=os.environ | self.environ
            )
        deadline = time.monotonic() + seconds
        while not self.is_ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"mailguard did not start: {self.log.read_text()[-2000:]}")
            time.sleep(0.1)

    def is_ready(self) -> bool:
        """/readyz."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.metrics}/readyz", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        if self.process is None:
            return 0
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        self.process = None
        return code

    def pids(self) -> list[int]:
        """The service with everything that it started."""
        return tree([self.process.pid]) if self.process else []

    def smtp_pids(self) -> list[int]:
        """The SMTP processes: those of smtp.workers, or the service itself."""
        found = [pid for pid in self.pids() if role(pid) == "smtp"]
        return found or ([self.process.pid] if self.process else [])

    def outcomes(self) -> dict[str, float]:
        """Messages by outcome, from /metrics."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.metrics}/metrics", timeout=30) as answer:
            return {name: float(value) for name, value in _OUTCOME.findall(answer.read().decode())}

    def api(self, method: str, path: str, token: str = "", body: object = None) -> tuple[int, Any]:
        """(status, JSON); status 0 when the service does not answer."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.web}{path}", method=method)
        request.add_header("Content-Type", "application/json")
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        try:
            data = json.dumps(body).encode() if body is not None else None
            with urllib.request.urlopen(request, data, timeout=30) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)
        except OSError:
            return 0, None

    def login(self, person: str) -> str:
        """A token; empty when the service does not answer."""
        status, answer = self.api("POST", "/api/login", body={"login": person, "password": PASSWORD})
        return str(answer["token"]) if status == 200 else ""
