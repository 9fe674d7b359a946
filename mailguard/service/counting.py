"""The count of long tables whose beginning held a message: read to their end after the hold is committed.

In: holds that lack their count, from the store. Out: the count on the hold, or that it failed, recorded once.
"""

import asyncio
import logging
from collections.abc import Callable

from mailguard import metrics
from mailguard.config import Config
from mailguard.model import Inspection, ProblemKind
from mailguard.policy import Policy
from mailguard.service.rereading import Rereader
from mailguard.store import Store
from mailguard.store.views import Uncounted

_LOG = logging.getLogger("mailguard.service")


class Counter(Rereader[Uncounted]):
    """Counts. policy: that in force now."""

    name = "count"

    def __init__(self, store: Store, config: Callable[[], Config], policy: Callable[[], Policy]) -> None:
        super().__init__(store, config)
        self._policy = policy

    def next(self) -> Uncounted | None:
        """A hold that lacks its count."""
        return self.store.counting.next()

    async def settle(self, due: Uncounted, whole: Inspection) -> None:
        """The count, on the hold."""
        metrics.COUNTS.labels("counted").inc()
        _LOG.info("count hold=%s persons=%s exact=%s", due.hold_id, whole.persons, whole.persons_exact)
        ruling = self._policy().ruling(whole)
        await asyncio.to_thread(self.store.counting.fill_in, due.hold_id, whole, ruling)

    async def leave(self, due: Uncounted, failed: ProblemKind) -> None:
        """The most there may be stands."""
        metrics.COUNTS.labels("failed").inc()
        await asyncio.to_thread(self.store.counting.give_up, due.hold_id, str(failed))
