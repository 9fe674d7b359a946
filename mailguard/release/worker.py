"""Takes approved messages from the store, one lease each, and sends them until every recipient is settled.

In: claims. Out: recorded outcomes per recipient. Sends nothing that the store has not handed out, nothing that the
check refuses or fails on, and nothing after another process has taken the message over.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from mailguard.config import Release
from mailguard.errors import MailguardError
from mailguard.lifecycle import MessageState, RecipientState
from mailguard.metrics import RELAY_ATTEMPTS
from mailguard.model import Message
from mailguard.relay.backoff import wait_after
from mailguard.relay.next_hop import NextHop
from mailguard.relay.received import received_line
from mailguard.release.attempt import LeaseLostError, Result, attempt
from mailguard.store.views import Claim, Outcome

logger = logging.getLogger(__name__)

POLL_SECONDS = 1.0
UNREACHABLE_SECONDS = 5.0  # a next hop that is down is not asked once per message
RECORD_WAITS = (0.2, 1.0, 5.0)  # what the next hop said is worth telling the store more than once

Check = Callable[[Claim], Awaitable[Sequence[Outcome] | None]]
"""Asked right before a message is sent. None: not now, try later. Else: the recipients not to send to, settled."""


class Releases(Protocol):
    """The store's side; every method may block and may raise StoreError."""

    def claim(self, *, lease_seconds: float) -> Claim | None:
        """The next message to send, or None."""

    def still_mine(self, token: str) -> bool:
        """Whether the lease behind `token` still holds."""

    def record(
        self, token: str, outcomes: Sequence[Outcome], retry_at: datetime | None, *, give_up: bool = False
    ) -> MessageState:
        """Write what became of each recipient."""


async def nobody_spared(claim: Claim) -> Sequence[Outcome]:
    """The check that lets everything go."""
    del claim
    return ()


class ReleaseWorker:
    """`hostname` stands in the Received line; "" adds none."""

    def __init__(
        self,
        releases: Releases,
        next_hop: NextHop,
        settings: Release,
        clock: Callable[[], datetime],
        *,
        hostname: str = "",
        check: Check = nobody_spared,
    ) -> None:
        self._releases = releases
        self._next_hop = next_hop
        self._settings = settings
        self._clock = clock
        self._hostname = hostname
        self._check = check
        self._slots = asyncio.Semaphore(settings.concurrency)
        self._unreachable = False

    async def run(self, stop: asyncio.Event) -> None:
        """Send until `stop` is set; then finish what has begun."""
        async with asyncio.TaskGroup() as group:
            while not stop.is_set():
                if self._unreachable:
                    self._unreachable = False
                    await _wait(stop, UNREACHABLE_SECONDS)
                    continue
                await self._slots.acquire()
                # A slot may come free long after the stop: nothing new is begun then.
                claim = None if stop.is_set() else await self._next()
                if claim is not None:
                    group.create_task(self._work(claim))
                    continue
                self._slots.release()
                await _wait(stop, POLL_SECONDS)
            logger.info("release: stopping")

    async def _next(self) -> Claim | None:
        try:
            return await asyncio.to_thread(self._releases.claim, lease_seconds=self._settings.lease_seconds)
        except Exception as error:  # noqa: BLE001 - the database may come back; until then nothing is sent
            logger.warning("release: no claim type=%s", type(error).__name__)
            return None

    async def _work(self, claim: Claim) -> None:
        try:
            await self._release(claim)
        except Exception as error:  # noqa: BLE001 - one bad message must not stop the others; its lease runs out
            logger.error("release: failed message=%s type=%s", claim.message_id, type(error).__name__)  # noqa: TRY400 - a traceback may quote the mail
        finally:
            self._slots.release()

    async def _release(self, claim: Claim) -> None:
        settled = await self._check(claim)
        if settled is None:
            await self._record(claim, (), deferred=True)
            return

        async def still_mine() -> bool:
            return await asyncio.to_thread(self._releases.still_mine, claim.token)

        try:
            result = await attempt(
                self._next_hop, claim, self._content(claim), {outcome.position for outcome in settled}, still_mine
            )
        except LeaseLostError:
            logger.warning("release: lease lost message=%s", claim.message_id)
            return
        if result.outcomes:
            RELAY_ATTEMPTS.labels("release", _summary(result)).inc()
        self._unreachable = self._unreachable or result.unreachable
        if result.reply_lost:
            logger.warning("release: reply lost after the final dot message=%s", claim.message_id)
        await self._record(claim, (*settled, *result.outcomes))

    def _content(self, claim: Claim) -> bytes:
        if not self._hostname:
            return claim.content
        message = Message(claim.message_id, claim.envelope, claim.content, self._clock())
        return received_line(message, self._hostname) + claim.content

    async def _record(self, claim: Claim, outcomes: Sequence[Outcome], *, deferred: bool = False) -> None:
        waiting = deferred or any(outcome.state is RecipientState.WAITING for outcome in outcomes)
        now = self._clock()
        give_up = not deferred and waiting and now - claim.first_attempt_at >= self._patience
        retry_at = now + wait_after(claim.attempts, self._settings.retry_seconds) if waiting and not give_up else None
        for wait in (*RECORD_WAITS, None):
            try:
                await asyncio.to_thread(self._releases.record, claim.token, outcomes, retry_at, give_up=give_up)
            except MailguardError as error:
                logger.warning("release: not recorded message=%s type=%s", claim.message_id, type(error).__name__)
                if wait is None:
                    return
                await asyncio.sleep(wait)
            else:
                return

    @property
    def _patience(self) -> timedelta:
        return timedelta(hours=self._settings.give_up_hours)


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return


def _summary(result: Result) -> str:
    states = {outcome.state for outcome in result.outcomes}
    if result.unreachable or result.reply_lost:
        return "failed"
    if RecipientState.ACCEPTED in states:
        return "accepted" if len(states) == 1 else "partly"
    return "deferred" if RecipientState.WAITING in states else "refused"
