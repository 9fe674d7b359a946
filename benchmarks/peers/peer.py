"""What every peer of the benchmark can do: say whether it is installed, start, tell its port and processes, stop."""

import os
import shutil
import signal
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from mails import MailClass

PATH = "/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin"
HOW = "sh benchmarks/peers.sh, as root"


@dataclass(frozen=True, slots=True)
class Site:
    """Where a peer runs: a folder of its own, the port of the sink, the most connections it will see."""

    folder: Path
    sink: int
    connections: int


class Peer:
    """Between client and sink; this one is nothing at all, the ceiling. `takes_held`: mailguard alone knows holds."""

    name = "ceiling"
    title = "nothing (the ceiling)"
    takes_held = False

    def __init__(self) -> None:
        self.port = 0
        self.processes: list[subprocess.Popen[bytes]] = []

    def missing(self) -> str:
        """What is not installed and how to install it; empty when nothing is missing."""
        return ""

    def start(self, site: Site) -> None:
        """Listen on `port`."""
        self.port = site.sink

    def roots(self) -> list[int]:
        """Processes whose descendants are the peer."""
        return [process.pid for process in self.processes]

    def waiting(self) -> bool:
        """Whether accepted mail has not reached the sink yet."""
        return False

    def check(self, kind: MailClass, count: int) -> None:
        """Raise RuntimeError when a run of `count` mails was not what its class says."""

    def stop(self) -> None:
        """End every process, by pid."""
        for process in reversed(self.processes):
            process.send_signal(signal.SIGTERM)
        for process in self.processes:
            with suppress(subprocess.TimeoutExpired):
                process.wait(20)
            if process.poll() is None:
                process.kill()
                process.wait()
        self.processes.clear()

    def run(self, command: list[str], log: Path, **more: object) -> subprocess.Popen[bytes]:
        """A process of this peer; what it says goes into `log`."""
        with log.open("ab") as out:
            process = subprocess.Popen(command, stdout=out, stderr=out, stdin=subprocess.DEVNULL, **more)
        self.processes.append(process)
        return process


def program(*names: str) -> str:
    """The first of these programs that is installed, or an empty string."""
    return next((found for name in names if (found := shutil.which(name, path=PATH))), "")


def root_and(found: str, what: str) -> str:
    """What is missing for a peer that must be started by root."""
    if not found:
        return f"{what} is not installed ({HOW})"
    return "" if os.geteuid() == 0 else f"{what} can only be started by root"
