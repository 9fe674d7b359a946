"""What mails tell of passwords, kept for other mails of the same submitter: the password often comes in the next one.

In: what a worker sealed of a mail on its way. Out: what earlier mails told, for a worker to try. Nothing here can read it.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from mailguard.errors import StoreError
from mailguard.model import Envelope, Inspection, Source
from mailguard.store import Store
from mailguard.store.candidates import Told
from mailguard.together import Together

_LOG = logging.getLogger("mailguard.hints")
_MOST = 200  # messages that one commit takes
_TOLD_SECONDS = 600.0  # what was kept is not kept anew for so long
_TOLD = 1_000  # of the last ones that were kept


@dataclass(slots=True)
class Hints:
    """keep: how long they may open others; nothing is not at all."""

    store: Store
    keep: timedelta
    _telling: Together[Told, None] = field(init=False)
    _told: OrderedDict[tuple[bytes, bytes], float] = field(init=False, default_factory=OrderedDict)

    def __post_init__(self) -> None:
        self._telling = Together(self.store.candidates.keep_all, most=_MOST)

    def submitter(self, envelope: Envelope, source: Source, inspection: Inspection) -> bytes:
        """Whose mails belong together: login, or source or address where there is none, and the domain of From."""
        who = envelope.login or (source.id if source.declared else envelope.client)
        kind = "login" if envelope.login else "source" if source.declared else "client"
        domains = " ".join(sorted(inspection.from_domains))
        return self.store.digester.of("submitter", f"{kind}\0{who}\0{domains}")

    async def given(self, envelope: Envelope, source: Source, inspection: Inspection) -> Sequence[bytes]:
        """What others of the submitter told, when this mail has something that is locked. Raises StoreError."""
        if not self.keep or not inspection.encrypted:
            return ()
        submitter = self.submitter(envelope, source, inspection)
        return await asyncio.to_thread(self.store.candidates.of, submitter, self.keep)

    async def take(self, envelope: Envelope, source: Source, inspection: Inspection, deadline: float) -> None:
        """Keep what a mail tells. It is on its way already: what fails is logged, and opens nothing."""
        if not self.keep or not inspection.passwords:
            return
        told = Told(self.submitter(envelope, source, inspection), inspection.passwords_key, inspection.passwords)
        known, now = (told.submitter, told.key), asyncio.get_running_loop().time()
        if self._told.get(known, -_TOLD_SECONDS) + min(_TOLD_SECONDS, self.keep.total_seconds() / 2) > now:
            return  # the mails of a mailing all tell the same
        try:
            await self._telling.ask(told, deadline)
        except StoreError as error:
            _LOG.error("password candidates of a message were not kept: %s", error)
            return
        self._told[known] = now
        if len(self._told) > _TOLD:
            self._told.popitem(last=False)
