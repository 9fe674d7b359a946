"""Held mail read again after its hold is committed: one message at a time, while nothing waits for it.

In: what is due, from the store. Out: whatever a `Rereader` does with the inspection of the whole. Its worker stands apart
from those of mail under way, runs behind them, and is there only while something is due.
"""

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Generic, Protocol, TypeVar

from mailguard.config import Config
from mailguard.errors import MailguardError
from mailguard.inspect.client import Inspector
from mailguard.model import Inspection, ProblemKind
from mailguard.pieces import cut
from mailguard.sandbox import Scanner
from mailguard.service.scanning import counter
from mailguard.store import Store

_LOG = logging.getLogger("mailguard.service")
POLL_SECONDS = 1.0
_TROUBLE_SECONDS = 30.0
_WAIT_SECONDS = 10.0  # for the one worker, which nobody else uses
_UNFINISHED = {ProblemKind.TIMED_OUT, ProblemKind.CRASHED}


class Due(Protocol):
    """A message that is to be read apart from those under way."""

    @property
    def about(self) -> str:
        """The id of what it is read for, for the log."""

    @property
    def content(self) -> bytes:
        """All of it."""


_Due = TypeVar("_Due", bound=Due)


class Rereader(ABC, Generic[_Due]):
    """`run` until a stop. config: the rules in force now."""

    name: str

    def __init__(self, store: Store, config: Callable[[], Config]) -> None:
        self.store, self.config = store, config

    @abstractmethod
    def next(self) -> _Due | None:
        """What is due next, in a thread. Raises StoreError."""

    @abstractmethod
    async def settle(self, due: _Due, whole: Inspection) -> None:
        """Write what the inspection says."""

    @abstractmethod
    async def leave(self, due: _Due, failed: ProblemKind) -> None:
        """Note once that the message cannot be read to its end."""

    def secrets(self, due: _Due) -> Sequence[bytes]:
        """What other mails told, to be tried on what is encrypted."""
        del due
        return ()

    async def run(self, stop: asyncio.Event) -> None:
        """Read whatever is due; what a stop cuts off is begun again at the next start."""
        async with asyncio.TaskGroup() as tasks:
            reading = tasks.create_task(self._run())
            await stop.wait()
            reading.cancel()

    async def all_due(self) -> int:
        """Read what is due now; how many messages."""
        due = await asyncio.to_thread(self.next)
        if due is None:
            return 0
        scanner, done = counter(self.config(), self.store.digester, self.store.password_key), 0
        try:
            await scanner.start()
            inspector = Inspector(scanner, self.store.digester)
            while due is not None:
                await self._read(inspector, due)
                due, done = await asyncio.to_thread(self.next), done + 1
        finally:
            await _stopped(scanner)
        return done

    async def _run(self) -> None:
        while True:
            pause = POLL_SECONDS
            try:
                await self.all_due()
            except Exception as error:  # noqa: BLE001 - whatever it is, it must not end the mail path
                fact = str(error) if isinstance(error, MailguardError) else type(error).__name__
                _LOG.error("%s fact=%s", self.name, fact)
                pause = _TROUBLE_SECONDS
            await asyncio.sleep(pause)

    async def _read(self, inspector: Inspector, due: _Due) -> None:
        pieces = await asyncio.to_thread(cut, due.content, self.store.digester)
        whole = await inspector.mail(pieces, _WAIT_SECONDS, secrets=self.secrets(due))
        failed = [problem.kind for problem in whole.problems if problem.kind in _UNFINISHED]
        if failed:
            _LOG.warning("%s of=%s failed=%s: it stays as it is", self.name, due.about, failed[0])
            await self.leave(due, failed[0])
        else:
            await self.settle(due, whole)


async def _stopped(scanner: Scanner) -> None:
    """Stop it to the end, whoever cancels meanwhile: no process is left behind."""
    stopping = asyncio.ensure_future(scanner.stop())
    try:
        await asyncio.shield(stopping)
    except asyncio.CancelledError:
        await stopping
        raise
