"""Earlier runs on the path of a message: what was sent is summed in memory, what is compared is read once for a mailing.

In: messages that passed, and messages to be judged. Out: runs. Clean mail costs no question to the database; a crash loses what
was sent in the last seconds, of what runs were like and of nothing else.
"""

import asyncio
import logging
from collections import OrderedDict

from mailguard.digest import Digester
from mailguard.errors import StoreError
from mailguard.model import Envelope, Inspection, Run, Source
from mailguard.store import Store
from mailguard.store.runs import Series, united
from mailguard.traits import series, traits

_LOG = logging.getLogger("mailguard.runs")
_SECONDS = 5.0  # between two writes
_FRESH_SECONDS = 60.0  # what was read of a mailing is not read again for so long
_MOST = 2_000  # mailings remembered


class Recalling:
    """Of one process; its methods are called on its event loop."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._seen: dict[Series, Run] = {}
        self._writing: asyncio.Task[None] | None = None
        self._known: OrderedDict[Series, tuple[float, list[Run]]] = OrderedDict()

    @property
    def _digester(self) -> Digester:
        return self._store.digester

    def note(self, envelope: Envelope, source: Source, inspection: Inspection) -> None:
        """A message was sent."""
        added = traits(envelope, inspection, self._digester)
        for key in series(source, inspection, self._digester):
            known = self._seen.get((source.id, key))
            self._seen[source.id, key] = united(known, added) if known else added
        if self._writing is None:
            self._writing = asyncio.get_running_loop().create_task(self._write_later())

    async def earlier(self, source: Source, inspection: Inspection) -> list[Run]:
        """The runs of its mailing before this one."""
        keys, now = series(source, inspection, self._digester), asyncio.get_running_loop().time()
        known = self._known.get((source.id, keys[0]))
        if known is None or known[0] < now:
            found = await asyncio.to_thread(self._store.runs.earlier, source.id, keys)
            known = self._known[source.id, keys[0]] = now + _FRESH_SECONDS, found
            if len(self._known) > _MOST:
                self._known.popitem(last=False)
        return known[1]

    async def flush(self) -> None:
        """Write what was summed."""
        seen, self._seen = self._seen, {}
        if not seen:
            return
        try:
            await asyncio.to_thread(self._store.runs.note_all, seen)
        except StoreError as error:
            _LOG.error("what was sent was not kept for comparison with later runs: %s", error)

    async def close(self) -> None:
        """Write what is left."""
        if self._writing is not None:
            self._writing.cancel()
        await self.flush()

    async def _write_later(self) -> None:
        try:
            await asyncio.sleep(_SECONDS)
        finally:
            self._writing = None
        await self.flush()
