"""The count of long tables whose beginning held a message: read to their end after the hold is committed, one at a time.

In: holds that lack their count, from the store. Out: the count on the hold, or that it failed, recorded once. Its worker
stands apart from those of mail under way, runs behind them, and is there only while something is to be counted.
"""

import asyncio
import logging
from collections.abc import Callable

from mailguard import metrics
from mailguard.config import Config
from mailguard.errors import MailguardError
from mailguard.inspect import Inspector
from mailguard.model import Inspection, ProblemKind
from mailguard.pieces import cut
from mailguard.sandbox import Scanner
from mailguard.service.scanning import counter
from mailguard.store import Store
from mailguard.store.views import Uncounted

_LOG = logging.getLogger("mailguard.service")
POLL_SECONDS = 1.0
_TROUBLE_SECONDS = 30.0
_WAIT_SECONDS = 10.0  # for the one worker, which nobody else uses
_UNFINISHED = {ProblemKind.TIMED_OUT, ProblemKind.CRASHED}


class Counter:
    """`run` until a stop. config: the rules in force now."""

    def __init__(self, store: Store, config: Callable[[], Config]) -> None:
        self._store, self._config = store, config

    async def run(self, stop: asyncio.Event) -> None:
        """Count whatever is waiting; a count that a stop cuts off is begun again at the next start."""
        async with asyncio.TaskGroup() as tasks:
            counting = tasks.create_task(self._run())
            await stop.wait()
            counting.cancel()

    async def count_all(self) -> int:
        """Count what is waiting now; how many messages."""
        waiting = await self._next()
        if waiting is None:
            return 0
        scanner, done = counter(self._config(), self._store.digester), 0
        try:
            await scanner.start()
            inspector = Inspector(scanner, self._store.digester)
            while waiting is not None:
                await self._settle(waiting, await self._whole(inspector, waiting))
                waiting, done = await self._next(), done + 1
        finally:
            await _stopped(scanner)
        return done

    async def _run(self) -> None:
        while True:
            pause = POLL_SECONDS
            try:
                await self.count_all()
            except Exception as error:  # noqa: BLE001 - whatever it is, it must not end the mail path
                fact = str(error) if isinstance(error, MailguardError) else type(error).__name__
                _LOG.error("count fact=%s", fact)
                pause = _TROUBLE_SECONDS
            await asyncio.sleep(pause)

    async def _next(self) -> Uncounted | None:
        return await asyncio.to_thread(self._store.counting.next)

    async def _whole(self, inspector: Inspector, waiting: Uncounted) -> Inspection:
        pieces = await asyncio.to_thread(cut, waiting.content, self._store.digester)
        return await inspector.mail(pieces, _WAIT_SECONDS)

    async def _settle(self, waiting: Uncounted, whole: Inspection) -> None:
        failed = [problem.kind for problem in whole.problems if problem.kind in _UNFINISHED]
        metrics.COUNTS.labels("failed" if failed else "counted").inc()
        if failed:
            _LOG.warning("count hold=%s failed=%s: the most there may be stands", waiting.hold_id, failed[0])
            await asyncio.to_thread(self._store.counting.give_up, waiting.hold_id, str(failed[0]))
        else:
            _LOG.info("count hold=%s persons=%s exact=%s", waiting.hold_id, whole.persons, whole.persons_exact)
            await asyncio.to_thread(self._store.counting.fill_in, waiting.hold_id, whole)


async def _stopped(scanner: Scanner) -> None:
    """Stop it to the end, whoever cancels meanwhile: no process is left behind."""
    stopping = asyncio.ensure_future(scanner.stop())
    try:
        await asyncio.shield(stopping)
    except asyncio.CancelledError:
        await stopping
        raise
