"""Held mail with encrypted parts, inspected again when another mail of its submitter tells a password: one at a time.

In: holds that are due, with sealed candidates, from the store. Out: what was found, on the hold, which stays held. Its worker
stands apart from those of mail under way, runs behind them, and is there only while something is to be opened.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace

from mailguard import metrics
from mailguard.config import Config
from mailguard.errors import MailguardError
from mailguard.inspect import Inspector
from mailguard.model import Inspection, ProblemKind, SourceMode
from mailguard.pieces import cut
from mailguard.policy import Policy, judge
from mailguard.sandbox import Scanner
from mailguard.service.scanning import counter, keep
from mailguard.store import Store
from mailguard.store.views import Unopened

_LOG = logging.getLogger("mailguard.service")
POLL_SECONDS = 1.0
_TROUBLE_SECONDS = 30.0
_WAIT_SECONDS = 10.0  # for the one worker, which nobody else uses
_UNFINISHED = {ProblemKind.TIMED_OUT, ProblemKind.CRASHED}


class Unlocker:
    """`run` until a stop. config, policy: those in force now."""

    def __init__(self, store: Store, config: Callable[[], Config], policy: Callable[[], Policy]) -> None:
        self._store, self._config, self._policy = store, config, policy

    async def run(self, stop: asyncio.Event) -> None:
        """Open whatever can be; what a stop cuts off is begun again at the next start."""
        async with asyncio.TaskGroup() as tasks:
            opening = tasks.create_task(self._run())
            await stop.wait()
            opening.cancel()

    async def open_all(self) -> int:
        """Inspect what is due now; how many messages."""
        due = await self._next()
        if due is None:
            return 0
        scanner, done = counter(self._config(), self._store.digester, self._store.password_key), 0
        try:
            await scanner.start()
            inspector = Inspector(scanner, self._store.digester)
            while due is not None:
                await self._settle(due, await self._whole(inspector, due))
                due, done = await self._next(), done + 1
        finally:
            await _stopped(scanner)
        return done

    async def _run(self) -> None:
        while True:
            pause = POLL_SECONDS
            try:
                await self.open_all()
            except Exception as error:  # noqa: BLE001 - whatever it is, it must not end the mail path
                fact = str(error) if isinstance(error, MailguardError) else type(error).__name__
                _LOG.error("unlock fact=%s", fact)
                pause = _TROUBLE_SECONDS
            await asyncio.sleep(pause)

    async def _next(self) -> Unopened | None:
        return await asyncio.to_thread(self._store.unlocking.next, keep(self._config()))

    async def _whole(self, inspector: Inspector, due: Unopened) -> Inspection:
        pieces = await asyncio.to_thread(cut, due.content, self._store.digester)
        return await inspector.mail(pieces, _WAIT_SECONDS, secrets=due.secrets)

    async def _settle(self, due: Unopened, whole: Inspection) -> None:
        unlocking = self._store.unlocking
        failed = [problem.kind for problem in whole.problems if problem.kind in _UNFINISHED]
        if failed:
            _LOG.warning("unlock hold=%s failed=%s: it stays as it is", due.hold_id, failed[0])
            await asyncio.to_thread(unlocking.leave, due.hold_id, due.asked)
            outcome = "failed"
        else:
            verdict = judge(due.envelope, whole, self._policy(), SourceMode.FINDINGS)
            whole = replace(whole, findings=(*whole.findings, *verdict.findings))
            changed = await asyncio.to_thread(unlocking.settle, due.hold_id, due.asked, whole, verdict)
            _LOG.info("unlock hold=%s opened=%s persons=%s", due.hold_id, changed, whole.persons)
            outcome = "opened" if changed else "closed"
        metrics.UNLOCKS.labels(outcome).inc()


async def _stopped(scanner: Scanner) -> None:
    """Stop it to the end, whoever cancels meanwhile: no process is left behind."""
    stopping = asyncio.ensure_future(scanner.stop())
    try:
        await asyncio.shield(stopping)
    except asyncio.CancelledError:
        await stopping
        raise
