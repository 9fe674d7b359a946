"""Who may use a worker next: so many places, first come, first served, each waiter with its own deadline.

In: tasks of one event loop. Out: a place, or ScannerBusyError at the deadline. One timer for all that wait.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from mailguard.errors import ScannerBusyError

_Waiter = tuple[float, "asyncio.Future[None]"]


class Places:
    """`release` must follow each `acquire` that returned."""

    def __init__(self, number: int) -> None:
        self._free = number
        self._waiting: deque[_Waiter] = deque()
        self._timer: asyncio.TimerHandle | None = None

    async def acquire(self, seconds: float) -> None:
        """Wait for a place, at most so long."""
        if self._free and not self._waiting:
            self._free -= 1
            return
        loop = asyncio.get_running_loop()
        granted: asyncio.Future[None] = loop.create_future()
        deadline = loop.time() + seconds
        self._waiting.append((deadline, granted))
        self._arm(deadline)
        try:
            await granted
        except asyncio.CancelledError:
            if granted.done() and not granted.cancelled() and granted.exception() is None:
                self.release()
            raise

    @asynccontextmanager
    async def place(self, seconds: float) -> AsyncIterator[None]:
        """A place for as long as the block lasts."""
        await self.acquire(seconds)
        try:
            yield
        finally:
            self.release()

    def release(self) -> None:
        """Give the place to whoever waits longest."""
        while self._waiting:
            _, granted = self._waiting.popleft()
            if not granted.done():
                granted.set_result(None)
                return
        self._free += 1

    def _arm(self, deadline: float) -> None:
        if self._timer is not None and self._timer.when() <= deadline:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_at(deadline, self._expire)

    def _expire(self) -> None:
        self._timer = None
        now = asyncio.get_running_loop().time()
        left: deque[_Waiter] = deque()
        for deadline, granted in self._waiting:
            if granted.done():
                continue
            if deadline <= now:
                busy = "all scanners are busy. Raise scanner.workers, or send more slowly."
                granted.set_exception(ScannerBusyError(busy))
            else:
                left.append((deadline, granted))
        self._waiting = left
        if left:
            self._arm(min(deadline for deadline, _ in left))
