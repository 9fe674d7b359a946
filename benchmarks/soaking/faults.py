"""What goes wrong during a soak, one after the other: relay, database, processes. Each kind comes before any comes twice."""

import asyncio
import os
import random
import signal
import sqlite3
import time
from collections import Counter, defaultdict
from collections.abc import Callable

from guard import Guard

from soaking.next_hop import Mode, NextHop


class Faults:
    """`progress`: 0 to 1; `gap`: seconds between two faults; `go_on`: asked after each kind came.

    Processes are ended in the first half only: memory is looked at in the second.
    """

    def __init__(
        self,
        where: tuple[Guard, NextHop],
        rng: random.Random,
        gap: float,
        progress: Callable[[], float],
        go_on: Callable[[], bool],
    ) -> None:
        (self._guard, self._hop), self._progress, self._gap = where, progress, gap
        self._rng = rng
        self.seen: Counter[str] = Counter()
        self.seconds: dict[str, float] = defaultdict(float)
        self.stopping = asyncio.Event()
        self._go_on = go_on

    async def run(self) -> None:
        """Until `stopping`; the service and the next hop are well again afterwards."""
        ends = {"kill": self._kill, "restart": self._restart}
        others = {"relay down": self._relay_down, "database locked": self._lock}
        others |= {f"relay {mode}": lambda mode=mode: self._relay(mode) for mode in Mode if mode is not Mode.WELL}
        await self._wait(self._gap)
        # Processes first, so that those that come after them can be watched for long.
        waiting = [*ends, *self._rng.sample([*others], len(others))]
        while not self.stopping.is_set():
            if not waiting:
                if not self._go_on():
                    return
                waiting = [*others, *(ends if self._progress() < 0.5 else ())]
                self._rng.shuffle(waiting)
            name = waiting.pop(0)
            started = time.monotonic()
            await (ends | others)[name]()
            self.seen[name] += 1
            self.seconds[name] += time.monotonic() - started
            await self._wait(self._gap)

    async def _wait(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self.stopping.wait(), seconds)
        except TimeoutError:
            return

    async def _relay(self, mode: Mode) -> None:
        self._hop.mode = mode
        await self._wait(self._rng.uniform(1.5, 3))
        self._hop.mode = Mode.WELL

    async def _relay_down(self) -> None:
        await self._hop.shut()
        await self._wait(self._rng.uniform(0.5, 2))
        await self._hop.open()

    async def _lock(self) -> None:
        await asyncio.to_thread(self._hold_lock, self._rng.uniform(2, 5))

    def _hold_lock(self, seconds: float) -> None:
        database = sqlite3.connect(self._guard.data / "mailguard.db", timeout=30, isolation_level=None)
        try:
            database.execute("BEGIN IMMEDIATE")
            time.sleep(seconds)
            database.execute("ROLLBACK")
        finally:
            database.close()

    async def _kill(self) -> None:
        """Kill -9 of an SMTP process; its supervisor starts another."""
        pids = self._guard.smtp_pids()
        if self._guard.process is not None and pids != [self._guard.process.pid]:
            os.kill(self._rng.choice(pids), signal.SIGKILL)
            await self._wait(1)

    async def _restart(self) -> None:
        started = time.monotonic()
        code = await asyncio.to_thread(self._guard.stop)
        self.seconds["stop"] += time.monotonic() - started
        if code != 0:
            raise RuntimeError(f"the service ended with {code} after SIGTERM")
        await asyncio.to_thread(self._guard.start)
