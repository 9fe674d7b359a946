"""mailguard itself, with full inspection on SQLite; and the same code with inspection switched off.

Logins (class d) are verified by argon2 and cached, as shipped. Every run is checked against its metrics: a held mail
that passed, or a clean one that was held, is no figure.
"""

import os
from pathlib import Path

from client import LOGIN, PASSWORD
from guard import Guard
from mails import MailClass

from peers.peer import Peer, Site


class Mailguard(Peer):
    """`workers` SMTP processes on one port; the scanners are shared out, one a core."""

    name = "mailguard"
    title = "mailguard, 1 SMTP process"
    takes_held = True
    workers = 1
    environ: dict[str, str] = {}  # noqa: RUF012 - replaced by a subclass, never changed

    def __init__(self) -> None:
        super().__init__()
        self.guard: Guard | None = None
        self._seen: dict[str, float] = {}

    def start(self, site: Site) -> None:
        """A data folder, people and a source of its own."""
        scanners = max(1, (os.cpu_count() or 1) // self.workers)
        settings: dict[str, dict[str, object]] = {
            "smtp": {"workers": self.workers},
            "relay": {"max_idle": max(20, site.connections)},
            "scanner": {"workers": scanners},
        }
        self.guard = Guard(site.folder, site.sink, settings, environ=self.environ)
        self.guard.prepare()
        if self.guard.cli("login", "add", LOGIN, "--password-stdin", stdin=PASSWORD + "\n").returncode == 0:
            config = self.guard.config.read_text()
            self.guard.config.write_text(config.replace("[smtp]\n", '[smtp]\nauth = "local"\n'))
        self.guard.start()
        self.port = self.guard.smtp
        self._seen = self.guard.outcomes()

    def roots(self) -> list[int]:
        """The service."""
        return [self.guard.process.pid] if self.guard and self.guard.process else []

    def check(self, kind: MailClass, count: int) -> None:
        """Every mail of the run had the outcome that its class says."""
        assert self.guard is not None
        now = self.guard.outcomes()
        changed = {name: now[name] - self._seen.get(name, 0) for name in now}
        self._seen = now
        if changed.get("held" if kind.held else "passed", 0) != count:
            raise RuntimeError(f"{count} mails of class {kind.key} had these outcomes: {changed}")

    def stop(self) -> None:
        """SIGTERM."""
        if self.guard is not None:
            self.guard.stop()


class Mailguard2(Mailguard):
    """smtp.workers = 2."""

    name = "mailguard-2"
    title = "mailguard, 2 SMTP processes"
    workers = 2


class Uninspected(Mailguard):
    """What inspection costs is the difference."""

    name = "uninspected"
    title = "the same, inspection off, 1 process"
    takes_held = False
    environ = {"PYTHONPATH": str(Path(__file__).resolve().parents[1] / "uninspected")}  # noqa: RUF012 - see above


class Uninspected2(Uninspected):
    """smtp.workers = 2."""

    name = "uninspected-2"
    title = "the same, inspection off, 2 processes"
    workers = 2
