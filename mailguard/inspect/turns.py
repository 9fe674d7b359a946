"""Identical pieces that arrive together are read once: the others wait for the first.

In: keys of pieces. Out: a turn, or ScannerBusyError at the deadline. Whoever waited looks again: when the first one
failed, the next tries for itself.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from mailguard.errors import ScannerBusyError

_MET = 10_000  # pieces that somebody has read; beyond it the first readings may happen twice


class Turns:
    """Of one event loop."""

    def __init__(self) -> None:
        self._under_way: dict[bytes, list[asyncio.Future[None]]] = {}
        self._met: OrderedDict[bytes, None] = OrderedDict()

    async def wait(self, keys: Iterable[bytes], deadline: float) -> None:
        """Return when nobody is reading one of these pieces for the first time."""
        keys = tuple(keys)
        while busy := next((key for key in keys if key in self._under_way), None):
            await self._wait(busy, deadline)

    @contextmanager
    def first(self, keys: Iterable[bytes]) -> Iterator[None]:
        """Read these pieces; whoever else has one that nobody has read yet waits meanwhile. Call it right after `wait`."""
        mine = [key for key in dict.fromkeys(keys) if key not in self._met]
        for key in mine:
            self._under_way[key] = []
        try:
            yield
        finally:
            for key in mine:
                for waiting in self._under_way.pop(key):
                    if not waiting.done():
                        waiting.set_result(None)

    def known(self, keys: Iterable[bytes]) -> bool:
        """Whether somebody has read all these pieces."""
        return all(key in self._met for key in keys)

    def met(self, keys: Iterable[bytes]) -> None:
        """Somebody has read these pieces: from now on nobody waits for anybody because of them."""
        self._met.update(dict.fromkeys(keys))
        while len(self._met) > _MET:
            self._met.popitem(last=False)

    async def _wait(self, key: bytes, deadline: float) -> None:
        loop = asyncio.get_running_loop()
        waiting = loop.create_future()
        self._under_way[key].append(waiting)
        try:
            async with asyncio.timeout_at(deadline):
                await waiting
        except TimeoutError:
            raise ScannerBusyError("another message's scan of the same attachment takes too long.") from None
