"""Sends the notices that the store has queued, within seconds, again and again until somebody takes them.

In: pending notices. Out: plain mails by the next hop, and messages to channels. A notice never carries anything out of a held mail, and none is lost because
the next hop is down. While the store cannot be told what became of one, no other is mailed.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from mailguard.config import Notify
from mailguard.errors import RelayError
from mailguard.metrics import NOTICES, RELAY_ATTEMPTS
from mailguard.notify.channels import Channels
from mailguard.notify.mail import BadAddressError, render
from mailguard.relay.backoff import wait_after
from mailguard.relay.leash import Leash
from mailguard.relay.next_hop import NextHop
from mailguard.relay.reply import Reply
from mailguard.store.views import Notice

logger = logging.getLogger(__name__)

POLL_SECONDS = 1.0
RETRY_SECONDS = 15.0
AT_ONCE = 4
AFTER_DOT_SECONDS = 20.0  # for the reply to a dot that went out before the stop
SETTLE_SECONDS = 4.0  # then, for telling the store


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
        self._channels = Channels(settings)
        self._owed: dict[str, datetime | None] = {}  # what the store does not know yet: None is sent
        self._leashes: set[Leash] = set()
        self._stopping = False

    async def run(self, stop: asyncio.Event) -> None:
        """Look every second until `stop` is set; then cut off what has not sent its final dot."""
        async with asyncio.TaskGroup() as group:
            rounds = group.create_task(self._rounds(stop))
            await stop.wait()
            self._stopping = True
            for leash in self._leashes:
                leash.end(AFTER_DOT_SECONDS)
            await asyncio.wait({rounds}, timeout=AFTER_DOT_SECONDS + SETTLE_SECONDS)
            rounds.cancel()

    async def _rounds(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                if self._settings.enabled and await self._settled():
                    await self._round()
            except Exception as error:  # noqa: BLE001 - the database may come back; the notices are still there then
                logger.warning("notify: round failed type=%s", type(error).__name__)
            try:
                async with asyncio.timeout(POLL_SECONDS):
                    await stop.wait()
            except TimeoutError:
                continue

    async def _settled(self) -> bool:
        """Tell the store what is owed; whether it knows everything now."""
        for notice, retry_at in list(self._owed.items()):
            if not await self._settle(notice, retry_at):
                return False
        return True

    async def _round(self) -> None:
        slots = asyncio.Semaphore(AT_ONCE)
        pending = await asyncio.to_thread(self._notices.pending)
        async with asyncio.TaskGroup() as group:
            for notice in pending:
                group.create_task(self._one(notice, slots))

    async def _one(self, notice: Notice, slots: asyncio.Semaphore) -> None:
        async with slots:
            if self._owed or self._stopping:
                return
            try:
                sent = await self._send(notice)
            except Exception as error:  # noqa: BLE001 - one bad notice must not stop the others
                logger.error("notify: failed notice=%s type=%s", notice.id, type(error).__name__)  # noqa: TRY400 - a traceback may quote an address
                sent = False
            if sent is None:
                return
            NOTICES.labels("sent" if sent else "failed").inc()
            retry_at = None if sent else self._clock() + wait_after(notice.attempts + 1, RETRY_SECONDS)
            await self._settle(notice.id, retry_at)

    async def _settle(self, notice: str, retry_at: datetime | None) -> bool:
        """Whether the store took it; until then it is owed."""
        try:
            if retry_at is None:
                await asyncio.to_thread(self._notices.sent, notice)
            else:
                await asyncio.to_thread(self._notices.failed, notice, retry_at)
        except Exception as error:  # noqa: BLE001 - the database may come back; mailing it again would be worse
            logger.warning("notify: not settled notice=%s type=%s", notice, type(error).__name__)
            self._owed[notice] = retry_at
            return False
        self._owed.pop(notice, None)
        return True

    async def _send(self, notice: Notice) -> bool | None:
        """Whether the next hop took it; None: cut off by the stop, so nothing is known but that it was not sent."""
        if notice.person is None:
            return await self._channels.send(notice, self._url)
        leash = Leash()
        self._leashes.add(leash)
        try:
            content = render(notice, notice.person, self._settings.sender, self._url, self._clock())
            async with leash:
                reply = await self._hand_over(notice.person.email, content, leash)
        except BadAddressError:
            logger.error("notify: bad address person=%s", notice.person.id)  # noqa: TRY400 - the place says nothing more
            return False
        except (RelayError, TimeoutError) as error:
            if leash.cut:
                return None
            RELAY_ATTEMPTS.labels("notice", "failed").inc()
            logger.warning("notify: not sent notice=%s: %s", notice.id, str(error) or "stopped")
            return False
        finally:
            self._leashes.discard(leash)
        result = "accepted" if reply.ok else "deferred" if reply.temporary else "refused"
        RELAY_ATTEMPTS.labels("notice", result).inc()
        if not reply.ok:
            logger.warning("notify: not sent notice=%s code=%s", notice.id, reply.code)
        return reply.ok

    async def _hand_over(self, address: str, content: bytes, leash: Leash) -> Reply:
        ascii_only = address.isascii() and self._settings.sender.isascii()
        transaction = await self._next_hop.begin(self._settings.sender, () if ascii_only else ("SMTPUTF8",))
        leash.hold(transaction)
        try:
            reply = transaction.mail_reply
            if reply.ok:
                reply = await transaction.rcpt(address, ())
            if reply.ok:
                reply = await transaction.data(content)
            return reply
        finally:
            await transaction.close()
