"""Held mail with encrypted parts, inspected again when another mail of its submitter tells a password.

In: holds that are due, with sealed candidates, from the store. Out: what was found, on the hold, which stays held.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace

from mailguard import metrics
from mailguard.config import Config
from mailguard.model import Inspection, ProblemKind, SourceMode
from mailguard.policy import Policy, judge
from mailguard.service.rereading import Rereader
from mailguard.service.scanning import keep
from mailguard.store import Store
from mailguard.store.views import Unopened

_LOG = logging.getLogger("mailguard.service")


class Unlocker(Rereader[Unopened]):
    """Opens. policy: that in force now."""

    name = "unlock"

    def __init__(self, store: Store, config: Callable[[], Config], policy: Callable[[], Policy]) -> None:
        super().__init__(store, config)
        self._policy = policy

    def next(self) -> Unopened | None:
        """A hold that something was told about since it was tried."""
        return self.store.unlocking.next(keep(self.config()))

    def secrets(self, due: Unopened) -> Sequence[bytes]:
        """What was told."""
        return due.secrets

    async def settle(self, due: Unopened, whole: Inspection) -> None:
        """What was found, and why it would be held now."""
        policy, mode = self._policy(), await asyncio.to_thread(self._mode, due, whole)
        verdict = judge(due.envelope, whole, policy, mode)
        whole = replace(whole, findings=(*whole.findings, *verdict.findings))
        ruling, settle = policy.ruling(whole, mode), self.store.unlocking.settle
        changed = await asyncio.to_thread(settle, due.hold_id, due.asked, whole, verdict, ruling)
        _LOG.info("unlock hold=%s opened=%s persons=%s", due.hold_id, changed, whole.persons)
        metrics.UNLOCKS.labels("opened" if changed else "closed").inc()

    async def leave(self, due: Unopened, failed: ProblemKind) -> None:
        """Not tried again until more is told."""
        del failed
        await asyncio.to_thread(self.store.unlocking.leave, due.hold_id, due.asked)
        metrics.UNLOCKS.labels("failed").inc()

    def _mode(self, due: Unopened, whole: Inspection) -> SourceMode:
        """By its source as it is now: what an approval covers later is judged by the same mode.

        Not `monitor`: what is held is judged as mail that is held, else its findings would be no evidence.
        """
        envelope, register = due.envelope, self.store.sources.register()
        source = register.match(login=envelope.login, client=envelope.client, from_domains=whole.from_domains)
        return SourceMode.FINDINGS if source.mode is SourceMode.MONITOR else source.mode
