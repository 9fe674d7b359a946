"""Anonymous memory of each process over the second half of a soak: its slope, and what it grew by.

The half begins when half of the mails are on their way: from then on nothing is restarted any more, however long that took.
"""

import asyncio
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from guard import Guard
from processes import own


@dataclass(frozen=True, slots=True)
class Trend:
    """One process. grown: mean of the last quarter of the run (half of that half) less the third; slope in MB a minute."""

    role: str
    pid: int
    megabytes: float
    grown: float
    slope: float


class Watch:
    """Looks every two seconds, until it is cancelled. progress: 0 to 1."""

    def __init__(self, guard: Guard, progress: Callable[[], float]) -> None:
        self._guard, self._progress = guard, progress
        self._half: float | None = None
        self._seen: dict[int, list[tuple[float, float]]] = {}
        self._roles: dict[int, str] = {}
        self._started = time.monotonic()

    async def run(self) -> None:
        """Collect."""
        while True:
            now = time.monotonic() - self._started
            if self._half is None and self._progress() >= 0.5:
                self._half = now
            for pid in await asyncio.to_thread(self._guard.pids):
                size = own(pid)
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
        begin = end / 2 if self._half is None else self._half
        middle, found = (begin + end) / 2, []
        for pid, seen in self._seen.items():
            third = [size for when, size in seen if begin <= when < middle]
            fourth = [size for when, size in seen if when >= middle]
            half = [(when, size) for when, size in seen if when >= begin]
            if seen[0][0] > (begin + middle) / 2 or seen[-1][0] < end - 10 or not third or not fourth:
                continue
            slope = statistics.linear_regression(*zip(*half, strict=True)).slope * 60
            grown = statistics.mean(fourth) - statistics.mean(third)
            found.append(Trend(self._roles[pid], pid, fourth[-1], grown, slope))
        return found
