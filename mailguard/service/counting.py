"""The count of long tables whose beginning held a message: read to their end after the hold is committed.

In: holds that lack their count, from the store. Out: the count on the hold, or that it failed, recorded once.
"""

import asyncio
import logging

from mailguard import metrics
from mailguard.model import Inspection, ProblemKind
from mailguard.service.rereading import Rereader
from mailguard.store.views import Uncounted

_LOG = logging.getLogger("mailguard.service")


class Counter(Rereader[Uncounted]):
    """Counts."""

    name = "count"

    def next(self) -> Uncounted | None:
        """A hold that lacks its count."""
        return self.store.counting.next()

    async def settle(self, due: Uncounted, whole: Inspection) -> None:
        """The count, on the hold."""
        metrics.COUNTS.labels("counted").inc()
        _LOG.info("count hold=%s persons=%s exact=%s", due.hold_id, whole.persons, whole.persons_exact)
        await asyncio.to_thread(self.store.counting.fill_in, due.hold_id, whole)

    async def leave(self, due: Uncounted, failed: ProblemKind) -> None:
        """The most there may be stands."""
        metrics.COUNTS.labels("failed").inc()
        await asyncio.to_thread(self.store.counting.give_up, due.hold_id, str(failed))
