"""Memory of each process over the second half of a soak: its slope, and what it grew by."""

import asyncio
import statistics
import time
from dataclasses import dataclass
from pathlib import Path

from guard import Guard
from processes import rss


@dataclass(frozen=True, slots=True)
class Trend:
    """One process. grown: mean of the last quarter of the run less that of the third, in MB; slope in MB a minute."""

    role: str
    pid: int
    megabytes: float
    grown: float
    slope: float


class Watch:
    """Looks every two seconds, until it is cancelled."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._seen: dict[int, list[tuple[float, float]]] = {}
        self._roles: dict[int, str] = {}
        self._started = time.monotonic()

    async def run(self) -> None:
        """Collect."""
        while True:
            now = time.monotonic() - self._started
            for pid in await asyncio.to_thread(self._guard.pids):
                size = rss(pid)
                if size:
                    self._roles.setdefault(pid, self._role(pid))
                    self._seen.setdefault(pid, []).append((now, size))
            await asyncio.sleep(2)

    def _role(self, pid: int) -> str:
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            return "gone"
        if b"smtp_process" in command:
            return "smtp"
        main = self._guard.process is not None and pid == self._guard.process.pid
        return "service" if main else "scanner"

    def trends(self) -> list[Trend]:
        """Of the processes that lived through the third and the fourth quarter."""
        end = max((when for seen in self._seen.values() for when, _ in seen), default=0.0)
        found = []
        for pid, seen in self._seen.items():
            third = [size for when, size in seen if end / 2 <= when < end * 3 / 4]
            fourth = [size for when, size in seen if when >= end * 3 / 4]
            half = [(when, size) for when, size in seen if when >= end / 2]
            if seen[0][0] > end * 5 / 8 or seen[-1][0] < end - 10 or not third or not fourth:
                continue
            slope = statistics.linear_regression(*zip(*half, strict=True)).slope * 60
            grown = statistics.mean(fourth) - statistics.mean(third)
            found.append(Trend(self._roles[pid], pid, fourth[-1], grown, slope))
        return found
