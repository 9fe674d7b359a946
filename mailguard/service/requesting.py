"""Samples of mailings that operators filed in advance: inspected like mail, and put before the second person as a hold.

In: samples, from the store. Out: a hold for each, or why there is none. No message goes anywhere.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace

from mailguard.config import Config
from mailguard.model import Envelope, Inspection, ProblemKind, SourceMode
from mailguard.policy import Policy, content_key, judge, mailing_key
from mailguard.service.rereading import Rereader
from mailguard.store import Store
from mailguard.store.requests import Uninspected

_LOG = logging.getLogger("mailguard.service")
# Two recipients: nothing in the sample is taken for the only recipient's own, so that the approval covers what is shown.
_MANY = Envelope("", ("first@invalid", "second@invalid"))


class Requester(Rereader[Uninspected]):
    """Inspects samples. policy: that in force now."""

    name = "request"

    def __init__(self, store: Store, config: Callable[[], Config], policy: Callable[[], Policy]) -> None:
        super().__init__(store, config)
        self._policy = policy

    def next(self) -> Uninspected | None:
        """A sample that nobody looked into yet."""
        return self.store.requests.next()

    async def settle(self, due: Uninspected, whole: Inspection) -> None:
        """Open the hold that a second person decides."""
        digester = self.store.digester
        mode = SourceMode.FINDINGS if due.mode is SourceMode.MONITOR else due.mode
        policy = self._policy()
        verdict = judge(_MANY, whole, policy, mode)
        shown = replace(whole, findings=(*whole.findings, *verdict.findings), passwords=b"", passwords_key=b"")
        mailing = mailing_key(whole, digester)
        key = content_key(due.source_id, whole.subject_key, (mailing, *verdict.evidence), digester)
        settle, ruling = self.store.requests.settle, policy.ruling(whole, due.mode)
        hold_id = await asyncio.to_thread(settle, due.id, shown, verdict, key, mailing, ruling)
        _LOG.info("request %s hold=%s persons=%s", due.id, hold_id, whole.persons)

    async def leave(self, due: Uninspected, failed: ProblemKind) -> None:
        """What cannot be inspected cannot be approved in advance."""
        await asyncio.to_thread(self.store.requests.fail, due.id, str(failed))
