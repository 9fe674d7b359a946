"""Mails the notices that the store has queued, within seconds, again and again until the next hop takes them.

In: pending notices. Out: plain mails. A notice never carries anything out of a held mail, and none is lost because
the next hop is down.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from mailguard.config import Notify
from mailguard.errors import RelayError
from mailguard.metrics import NOTICES, RELAY_ATTEMPTS
from mailguard.notify.mail import BadAddressError, render
from mailguard.relay.backoff import wait_after
from mailguard.relay.next_hop import NextHop
from mailguard.relay.reply import Reply
from mailguard.store.views import Notice

logger = logging.getLogger(__name__)

POLL_SECONDS = 1.0
RETRY_SECONDS = 15.0
AT_ONCE = 4


class Notices(Protocol):
    """The store's side; every method may block and may raise StoreError."""

    def pending(self, limit: int = 50) -> list[Notice]:
        """Notices whose time has come."""

    def sent(self, id: str) -> None:  # noqa: A002 - the store's word
        """The next hop took it."""

    def failed(self, id: str, retry_at: datetime) -> None:  # noqa: A002 - the store's word
        """Try again then."""


class NoticeWorker:
    """`url` is how people reach the page."""

    def __init__(
        self, notices: Notices, next_hop: NextHop, settings: Notify, url: str, clock: Callable[[], datetime]
    ) -> None:
        self._notices = notices
        self._next_hop = next_hop
        self._settings = settings
        self._url = url
        self._clock = clock

    async def run(self, stop: asyncio.Event) -> None:
        """Look every second until `stop` is set; finish the round that has begun."""
        while not stop.is_set():
            if self._settings.enabled:
                await self._round()
            try:
                async with asyncio.timeout(POLL_SECONDS):
                    await stop.wait()
            except TimeoutError:
                continue

    async def _round(self) -> None:
        try:
            pending = await asyncio.to_thread(self._notices.pending)
        except Exception as error:  # noqa: BLE001 - the database may come back; the notices are still there then
            logger.warning("notify: cannot read notices type=%s", type(error).__name__)
            return
        slots = asyncio.Semaphore(AT_ONCE)
        async with asyncio.TaskGroup() as group:
            for notice in pending:
                group.create_task(self._one(notice, slots))

    async def _one(self, notice: Notice, slots: asyncio.Semaphore) -> None:
        async with slots:
            try:
                await self._settle(notice, sent=await self._send(notice))
            except Exception as error:  # noqa: BLE001 - one bad notice must not stop the others
                logger.error("notify: failed notice=%s type=%s", notice.id, type(error).__name__)  # noqa: TRY400 - a traceback may quote an address

    async def _settle(self, notice: Notice, *, sent: bool) -> None:
        NOTICES.labels("sent" if sent else "failed").inc()
        if sent:
            await asyncio.to_thread(self._notices.sent, notice.id)
            return
        retry_at = self._clock() + wait_after(notice.attempts + 1, RETRY_SECONDS)
        await asyncio.to_thread(self._notices.failed, notice.id, retry_at)

    async def _send(self, notice: Notice) -> bool:
        """Whether the next hop took it."""
        try:
            content = render(notice, self._settings.sender, self._url, self._clock())
            reply = await self._hand_over(notice, content)
        except BadAddressError:
            logger.error("notify: bad address person=%s", notice.person.id)  # noqa: TRY400 - the place says nothing more
            return False
        except RelayError as error:
            RELAY_ATTEMPTS.labels("notice", "failed").inc()
            logger.warning("notify: not sent notice=%s: %s", notice.id, error)
            return False
        result = "accepted" if reply.ok else "deferred" if reply.temporary else "refused"
        RELAY_ATTEMPTS.labels("notice", result).inc()
        if not reply.ok:
            logger.warning("notify: not sent notice=%s code=%s", notice.id, reply.code)
        return reply.ok

    async def _hand_over(self, notice: Notice, content: bytes) -> Reply:
        ascii_only = notice.person.email.isascii() and self._settings.sender.isascii()
        transaction = await self._next_hop.begin(self._settings.sender, () if ascii_only else ("SMTPUTF8",))
        try:
            reply = transaction.mail_reply
            if reply.ok:
                reply = await transaction.rcpt(notice.person.email, ())
            if reply.ok:
                reply = await transaction.data(content)
            return reply
        finally:
            await transaction.close()
