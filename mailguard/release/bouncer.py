"""Sends the bounces that the store owes, from the null sender, until the next hop takes or refuses them.

In: pending bounces. Out: mails to envelope senders. At least once: one whose settling was lost is sent again. Does not
bounce a bounce, and sends none while the store cannot be told what became of the last one.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from mailguard.config import Release
from mailguard.errors import RelayError
from mailguard.metrics import RELAY_ATTEMPTS
from mailguard.relay.backoff import wait_after
from mailguard.relay.leash import Leash
from mailguard.relay.next_hop import NextHop
from mailguard.relay.reply import Reply
from mailguard.release.bounce import render
from mailguard.store.views import Bounce

logger = logging.getLogger(__name__)

POLL_SECONDS = 1.0
AFTER_DOT_SECONDS = 20.0  # for the reply to a dot that went out before the stop


class Bounces(Protocol):
    """The store's side; every method may block and may raise StoreError."""

    def pending(self, limit: int = 20) -> list[Bounce]:
        """Bounces whose time has come."""

    def sent(self, id: str) -> None:  # noqa: A002 - the store's word
        """The next hop took it."""

    def failed(self, id: str, retry_at: datetime | None) -> None:  # noqa: A002 - the store's word
        """Try again then; None: never."""


class Bouncer:
    """`hostname` names us in the bounces. With release.dsn off, what is owed is dropped.

    Neither a pause nor release.hours holds bounces back: they carry nothing that was held, and say that it did not go.
    """

    def __init__(
        self, bounces: Bounces, next_hop: NextHop, settings: Release, hostname: str, clock: Callable[[], datetime]
    ) -> None:
        self._bounces, self._next_hop, self._settings = bounces, next_hop, settings
        self._hostname, self._clock = hostname, clock
        self._owed: tuple[str, bool, datetime | None] | None = None  # id, sent, retry_at: what the store has not heard
        self._leash: Leash | None = None
        self._stopping = False

    async def run(self, stop: asyncio.Event) -> None:
        """Look every second until `stop` is set."""
        while not stop.is_set():
            try:
                await self._round()
            except Exception as error:  # noqa: BLE001 - the database may come back; the bounces are still there then
                logger.warning("bounce: round failed type=%s", type(error).__name__)
            try:
                async with asyncio.timeout(POLL_SECONDS):
                    await stop.wait()
            except TimeoutError:
                continue

    def stop(self) -> None:
        """Before the final dot: at once. After it: soon."""
        self._stopping = True
        if self._leash:
            self._leash.end(AFTER_DOT_SECONDS)

    async def _round(self) -> None:
        await self._settle()
        for bounce in await asyncio.to_thread(self._bounces.pending):
            if self._stopping:
                return
            self._owed = await self._one(bounce)
            await self._settle()

    async def _settle(self) -> None:
        if self._owed is None:
            return
        bounce, sent, retry_at = self._owed
        if sent:
            await asyncio.to_thread(self._bounces.sent, bounce)
        else:
            await asyncio.to_thread(self._bounces.failed, bounce, retry_at)
        self._owed = None

    async def _one(self, bounce: Bounce) -> tuple[str, bool, datetime | None] | None:
        if not self._settings.dsn:
            return bounce.id, False, None
        try:
            reply = await self._send(bounce)
        except (RelayError, TimeoutError) as error:
            if self._leash and self._leash.cut:
                return None
            reply = None
            logger.warning("bounce: not sent message=%s: %s", bounce.message_id, str(error) or "stopped")
        except Exception as error:  # noqa: BLE001 - one that cannot be written must not stop the others
            logger.error("bounce: failed message=%s type=%s", bounce.message_id, type(error).__name__)  # noqa: TRY400 - a traceback may quote an address
            reply = None
        finally:
            self._leash = None
        RELAY_ATTEMPTS.labels("bounce", _result(reply)).inc()
        if reply is not None and reply.ok:
            return bounce.id, True, None
        return bounce.id, False, self._retry_at(bounce, reply)

    def _retry_at(self, bounce: Bounce, reply: Reply | None) -> datetime | None:
        now = self._clock()
        over = now - bounce.created_at >= timedelta(hours=self._settings.give_up_hours)
        if over or (reply is not None and reply.permanent):
            logger.warning("bounce: dropped message=%s code=%s", bounce.message_id, reply.code if reply else "-")
            return None
        return now + wait_after(bounce.attempts + 1, self._settings.retry_seconds)

    async def _send(self, bounce: Bounce) -> Reply:
        leash = self._leash = Leash()
        content = render(bounce, self._hostname, self._clock())
        options = () if bounce.mail_from.isascii() else ("SMTPUTF8",)
        async with leash:
            # From the null sender, so that nobody answers (RFC 3464 §2).
            transaction = await self._next_hop.begin("", options)
            leash.hold(transaction)
            try:
                reply = transaction.mail_reply
                if reply.ok:
                    reply = await transaction.rcpt(bounce.mail_from, ())
                if reply.ok:
                    reply = await transaction.data(content)
            finally:
                await transaction.close()
        return reply


def _result(reply: Reply | None) -> str:
    if reply is None:
        return "failed"
    return "accepted" if reply.ok else "refused" if reply.permanent else "deferred"
