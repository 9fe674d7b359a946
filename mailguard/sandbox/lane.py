"""The lane of light errands: those that come while a worker is busy with some go to one worker together next.

In: errands that take a fraction of a millisecond each. Out: to each its own answer, or None where the batch it was in
ended its worker or the errand is to be tried alone. Waking a process costs more than such an errand; one call for many
saves it, and the worker's memory stays warm. How many go together depends on how long they took of late.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from mailguard.errors import ScannerBusyError
from mailguard.sandbox.errand import Errand
from mailguard.sandbox.places import Places

_MOST = 16  # errands in a batch
_BATCH_SECONDS = 0.05  # longest that a batch should take, on a busy machine
_PATIENCE_SECONDS = 0.05  # a batch that takes longer is no reason to wait while other workers are free
_WEIGHT = 0.1  # of the last batch in the running mean


@dataclass(slots=True, eq=False)
class Light:
    """One light errand that waits; `deadline` is a time of the event loop by which its batch must have begun."""

    errand: Errand
    deadline: float
    answer: "asyncio.Future[bytes | None]"

    def settle(self, answer: bytes | Exception | None) -> None:
        """Tell the one who asks, unless nobody waits any more."""
        if self.answer.done():
            return
        if isinstance(answer, Exception):
            self.answer.set_exception(answer)
        else:
            self.answer.set_result(answer)


class Lane:
    """`turn` does one batch and settles each errand of it; it never raises. Of one event loop."""

    def __init__(self, places: Places, turn: Callable[[Sequence[Light]], Awaitable[None]]) -> None:
        self._places, self._turn = places, turn
        self._waiting: deque[Light] = deque()
        self._turns: set[asyncio.Task[None]] = set()
        self._gathering = False  # a turn waits for its place: whoever comes meanwhile goes with it
        self._began = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._pace = 0.0

    async def ask(self, errand: Errand, deadline: float) -> bytes | None:
        """The answer to one errand; raises ScannerBusyError when no worker comes free in time."""
        light = Light(errand, deadline, asyncio.get_running_loop().create_future())
        self._waiting.append(light)
        self._next()
        return await light.answer

    def _next(self) -> None:
        """Begin another batch unless one is under way that will be back soon."""
        if not self._waiting or self._gathering:
            return
        loop = asyncio.get_running_loop()
        if not self._turns or self._most() == 1 or loop.time() - self._began >= _PATIENCE_SECONDS:
            self._gathering = True
            turn = loop.create_task(self._take_turn())
            self._turns.add(turn)
            turn.add_done_callback(self._done)
        elif self._timer is None:
            self._timer = loop.call_later(_PATIENCE_SECONDS, self._impatient)

    def _impatient(self) -> None:
        self._timer = None
        self._next()

    def _done(self, turn: "asyncio.Task[None]") -> None:
        self._turns.discard(turn)
        self._next()

    async def _take_turn(self) -> None:
        try:
            placed = await self._place()
        finally:
            self._gathering = False
        if not placed:
            return
        try:
            loop = asyncio.get_running_loop()
            self._began = began = loop.time()
            batch = [self._waiting.popleft() for _ in range(min(self._most(), len(self._waiting)))]
            self._next()
            await self._turn(batch)
            self._pace += _WEIGHT * ((loop.time() - began) / max(len(batch), 1) - self._pace)
        finally:
            self._places.release()

    async def _place(self) -> bool:
        """Whether a place came free before everybody's deadline passed."""
        loop = asyncio.get_running_loop()
        while self._waiting:
            first = min(light.deadline for light in self._waiting)
            try:
                await self._places.acquire(max(first - loop.time(), 0.0))
            except ScannerBusyError as busy:
                late = [light for light in self._waiting if light.deadline <= max(first, loop.time())]
                for light in late:
                    self._waiting.remove(light)
                    light.settle(busy)
            else:
                return True
        return False

    def _most(self) -> int:
        return max(1, min(_MOST, int(_BATCH_SECONDS / self._pace))) if self._pace else 1
