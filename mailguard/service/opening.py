"""A part of a held mail, opened for an approver in a scanner worker of its own, which is there while somebody asks.

In: a mail and the part wanted. Out: rows in the clear, or bytes, for the page of that person. The parent never looks in.
"""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from typing import TypeVar

import msgspec

from mailguard.config import Config
from mailguard.inspect.look import Bytes, Rows, Wanted
from mailguard.model import PartPath
from mailguard.sandbox import CrashedError, Scanner, TimedOutError
from mailguard.service.scanning import counter
from mailguard.store import Store

IDLE_SECONDS = 60.0  # the worker stays so long after the last question
_WAIT_SECONDS = 10.0
_Answer = TypeVar("_Answer", Rows, Bytes)


class Opener:
    """One question at a time; `close` ends the worker. config: the rules in force now."""

    def __init__(self, store: Store, config: Callable[[], Config]) -> None:
        self._store, self._config = store, config
        self._turn = asyncio.Lock()
        self._scanner: Scanner | None = None
        self._ending: asyncio.Task[None] | None = None

    async def rows(self, contents: Sequence[bytes], path: PartPath, key: bytes, offset: int) -> Rows:
        """Rows with findings, of the first of these mails that has the part; raises ScannerBusyError."""
        return await self._first("rows", [Wanted(content, path, key, offset) for content in contents], Rows)

    async def file(self, contents: Sequence[bytes], path: PartPath, key: bytes) -> Bytes:
        """The part itself, the same way."""
        return await self._first("part", [Wanted(content, path, key) for content in contents], Bytes)

    async def close(self) -> None:
        """End the worker."""
        if self._ending is not None:
            self._ending.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._ending
            self._ending = None
        async with self._turn:
            await self._end()

    async def _first(self, job: str, wanted: Sequence[Wanted], kind: type[_Answer]) -> _Answer:
        async with self._turn:
            scanner = await self._started()
            try:
                for one in wanted:
                    raw = await scanner.run(job, msgspec.msgpack.encode(one), _WAIT_SECONDS)
                    answer = msgspec.msgpack.decode(raw, type=kind)
                    if answer.found:
                        return answer
            except (TimedOutError, CrashedError):
                return kind()
            finally:
                self._end_later()
        return kind()

    async def _started(self) -> Scanner:
        if self._ending is not None:
            self._ending.cancel()
            self._ending = None
        if self._scanner is None:
            scanner = counter(self._config(), self._store.digester, self._store.password_key, nice=0)
            await scanner.start()
            self._scanner = scanner
        return self._scanner

    def _end_later(self) -> None:
        async def wait() -> None:
            await asyncio.sleep(IDLE_SECONDS)
            async with self._turn:
                self._ending = None
                await self._end()

        self._ending = asyncio.get_running_loop().create_task(wait())

    async def _end(self) -> None:
        scanner, self._scanner = self._scanner, None
        if scanner is not None:
            await scanner.stop()
