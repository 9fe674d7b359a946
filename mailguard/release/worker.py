"""Takes approved messages from the store, one lease each, and sends them until every recipient is settled.

In: claims. Out: recorded outcomes per recipient. Sends nothing that the store has not handed out, nothing that the
check refuses or fails on, nothing after another process has taken the message over or a person has paused, and nothing
that it is still at. Begins nothing outside `release.hours` or beyond `release.per_minute`. What the next hop said is
told to the store until the store has it.
"""

import asyncio
import itertools
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from datetime import datetime, timedelta

from mailguard.config import Release
from mailguard.config.opening import Opening
from mailguard.errors import NotFoundError
from mailguard.lifecycle import RecipientState
from mailguard.metrics import RELAY_ATTEMPTS
from mailguard.model import Message
from mailguard.relay.backoff import wait_after
from mailguard.relay.next_hop import NextHop
from mailguard.relay.received import received_line
from mailguard.release.attempt import LOST, Attempt, HeldBackError, LeaseLostError, Result
from mailguard.release.batch import Batches
from mailguard.release.bouncer import Bouncer
from mailguard.release.rate import Bucket
from mailguard.release.work import AFTER_DOT_SECONDS, Releases, Work
from mailguard.store.views import Claim, Clearance, Outcome

logger = logging.getLogger(__name__)

POLL_SECONDS = 1.0
ASK_SECONDS = 5.0  # between two looks for what has become late
UNREACHABLE_SECONDS = 5.0  # a next hop that is down is not asked once per message
RECORD_WAITS = (0.2, 1.0, 5.0)  # the last one again and again
SETTLE_SECONDS = 4.0  # after a stop, for telling the store what the last replies were
LEAST_SECONDS = 300.0  # an attempt gets so long up to the dot, even when the time to give up is near

Check = Callable[[Claim], Awaitable[Sequence[Outcome] | None]]
"""Asked before each attempt: the place where a stop list or a suppression list plugs in.

None: not now, try later. Else: the recipients not to send to, each with its last state; () spares nobody. A check that
fails sends nothing, and counts as an attempt that failed.
"""


async def nobody_spared(claim: Claim) -> Sequence[Outcome]:
    """The check that lets everything go."""
    del claim
    return ()


class ReleaseWorker:
    """`hostname` stands in the Received line; "" adds none. `ticks` are seconds that never go back."""

    def __init__(
        self,
        releases: Releases,
        next_hop: NextHop,
        settings: Release,
        clock: Callable[[], datetime],
        *,
        hostname: str = "",
        check: Check = nobody_spared,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._releases = releases
        self._next_hop = next_hop
        self._settings = settings
        self._clock = clock
        self._hostname = hostname
        self._check = check
        self._slots = asyncio.Semaphore(settings.concurrency)
        self._batches = Batches()
        self._opening = Opening.of(settings.hours)
        self._ticks = ticks
        self._bucket = Bucket(settings.per_minute)
        self._bouncer = Bouncer(releases.bounces, next_hop, settings, hostname or "localhost", clock)
        self._working: dict[str, Work] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._unreachable = False

    def obey(self, settings: Release) -> None:
        """Other times from the next message on; hours, rate and connections stay as they were at the start."""
        self._settings = settings

    async def run(self, stop: asyncio.Event) -> None:
        """Send until `stop` is set; then cut off what has not sent its final dot, and record what is known."""
        async with asyncio.TaskGroup() as group:
            for job in (self._claims(stop, group), self._watch(stop), self._ask(stop), self._bouncer.run(stop)):
                self._start(group, job)
            await stop.wait()
            logger.info("release: stopping")
            self._bouncer.stop()
            for work in self._working.values():
                work.stop()
            late = await self._finish(AFTER_DOT_SECONDS + SETTLE_SECONDS)
            if late:
                logger.warning("release: stopped with messages not recorded: %s", len(self._working))
            for task in late:
                task.cancel()

    def _start(self, group: asyncio.TaskGroup, job: Coroutine[object, object, None]) -> None:
        task = group.create_task(job)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _finish(self, seconds: float) -> set[asyncio.Task[None]]:
        """Wait for everything that runs; what is left after `seconds`."""
        end = asyncio.get_running_loop().time() + seconds
        while self._tasks and (left := end - asyncio.get_running_loop().time()) > 0:
            await asyncio.wait(self._tasks, timeout=left, return_when=asyncio.FIRST_COMPLETED)
        return set(self._tasks)

    async def _claims(self, stop: asyncio.Event, group: asyncio.TaskGroup) -> None:
        while not stop.is_set():
            try:
                pause = await self._turn(stop, group)
            except Exception as error:  # noqa: BLE001 - a bug in here must not stop the release of everything
                logger.error("release: turn failed type=%s", type(error).__name__)  # noqa: TRY400 - a traceback may quote the mail
                pause = POLL_SECONDS
            if pause:
                await _wait(stop, pause)

    async def _watch(self, stop: asyncio.Event) -> None:
        """Call back what is paused or stopped while it is on its way: what counts is the final dot."""
        while not stop.is_set():
            works = {work.token: work for work in self._working.values()}
            try:
                found = await asyncio.to_thread(self._releases.clearance, tuple(works)) if works else {}
            except Exception as error:  # noqa: BLE001 - asked again before each dot, where a failure sends nothing
                logger.warning("release: not watched type=%s", type(error).__name__)
                found = {}
            for token, clearance in found.items():
                if clearance in {Clearance.PAUSED, Clearance.STOPPED}:
                    works[token].hold_back()
            await _wait(stop, POLL_SECONDS)

    async def _ask(self, stop: asyncio.Event) -> None:
        """Ask people about what is late, and end what they stopped; at any hour, and while releases are paused."""
        while not stop.is_set():
            try:
                await asyncio.to_thread(self._releases.ask_late, self._settings.late_hours)
                await asyncio.to_thread(self._releases.end_stopped)
            except Exception as error:  # noqa: BLE001 - the database may come back; nothing late is handed out until then
                logger.warning("release: not asked type=%s", type(error).__name__)
            await _wait(stop, ASK_SECONDS)

    def _too_early(self) -> float:
        """How long to wait because of hours or rate; 0: something may begin now."""
        if not self._opening.open(self._clock()):
            return POLL_SECONDS
        return self._bucket.wait(self._ticks())

    async def _turn(self, stop: asyncio.Event, group: asyncio.TaskGroup) -> float:
        """Begin one message if there is one; how long to wait before the next."""
        if self._unreachable:
            self._unreachable = False
            return UNREACHABLE_SECONDS
        await self._slots.acquire()
        begun = False
        try:
            # A slot may come free long after the stop, or after hours: nothing new is begun, and nothing claimed then.
            pause = self._too_early()
            claim = None if pause or stop.is_set() else await self._next()
            if claim is not None:
                self._bucket.take(self._ticks())
                work = Work(self._releases, claim, self._settings.lease_seconds)
                work.stopping = stop.is_set()
                self._working[claim.message_id] = work
                self._start(group, self._work(work))
                begun = True
        finally:
            if not begun:
                self._slots.release()
        return 0 if begun else pause or POLL_SECONDS

    async def _next(self) -> Claim | None:
        try:
            claim = await asyncio.to_thread(
                self._releases.claim, lease_seconds=self._settings.lease_seconds, late_hours=self._settings.late_hours
            )
        except Exception as error:  # noqa: BLE001 - the database may come back; until then nothing is sent
            logger.warning("release: no claim type=%s", type(error).__name__)
            return None
        if claim is not None and (work := self._working.get(claim.message_id)):
            logger.warning("release: claimed again while at work message=%s", claim.message_id)
            work.adopt(claim)
            return None
        return claim

    async def _work(self, work: Work) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                lease = group.create_task(work.keep())
                try:
                    await self._release(work)
                finally:
                    # With nothing awaited since the store was told: a claim that comes from here on is new work.
                    del self._working[work.claim.message_id]
                lease.cancel()
        except Exception as error:  # noqa: BLE001 - one bad message must not stop the others; its lease runs out
            logger.error("release: failed message=%s type=%s", work.claim.message_id, type(error).__name__)  # noqa: TRY400 - a traceback may quote the mail
        finally:
            self._slots.release()

    async def _release(self, work: Work) -> None:
        claim = work.claim
        batch: Sequence[tuple[int, str]] = ()
        try:
            settled = None if work.stopping else await self._check(claim)
            if settled is None:
                await self._record(work, (), put_off=True)
                return
            spared = {outcome.position for outcome in settled}
            batch = self._batches.next(claim, spared)
            result = await self._send(work, batch)
        except HeldBackError:
            work.held_back = True
            await self._record(work, (), put_off=True)
            return
        except LeaseLostError:
            logger.warning("release: lease lost message=%s", claim.message_id)
            return
        except Exception as error:  # noqa: BLE001 - fails like a next hop: again later, in the end given up
            settled, spared, result = (), set(), _failed(work, batch, error)
        more = self._batches.after(claim, spared, result.outcomes)
        await self._record(work, (*settled, *result.outcomes), more=more)

    async def _send(self, work: Work, batch: Sequence[tuple[int, str]]) -> Result:
        if not batch:
            return Result(())
        claim = work.claim
        attempt = Attempt(self._next_hop, claim, self._content(claim), batch, work.clearance, work.leash)
        left = self._patience - self._tried(claim)
        result = await attempt.run(max(left.total_seconds(), LEAST_SECONDS))
        if work.lost and not work.leash.sent:
            raise LeaseLostError
        RELAY_ATTEMPTS.labels("release", _summary(result)).inc()
        self._unreachable = self._unreachable or result.unreachable
        if result.in_doubt:
            logger.warning("release: reply lost after the final dot message=%s", claim.message_id)
        return result

    def _content(self, claim: Claim) -> bytes:
        if not self._hostname:
            return claim.content
        message = Message(claim.message_id, claim.envelope, claim.content, claim.received_at)
        return received_line(message, self._hostname) + claim.content

    async def _record(
        self, work: Work, outcomes: Sequence[Outcome], *, put_off: bool = False, more: bool = False
    ) -> None:
        """Tell the store, however often it takes: what was sent and is not recorded would be sent again."""
        retry_at, give_up = self._what_next(work, outcomes, put_off=put_off, more=more)
        for tries in itertools.count():
            try:
                await work.record(outcomes, retry_at, give_up=give_up)
            except NotFoundError:
                logger.error("release: gone message=%s", work.claim.message_id)  # noqa: TRY400 - the place says nothing more
                return
            except Exception as error:  # noqa: BLE001 - the database may come back
                logger.warning("release: not recorded message=%s type=%s", work.claim.message_id, type(error).__name__)
            else:
                return
            await asyncio.sleep(RECORD_WAITS[min(tries, len(RECORD_WAITS) - 1)])

    def _what_next(
        self, work: Work, outcomes: Sequence[Outcome], *, put_off: bool, more: bool
    ) -> tuple[datetime | None, bool]:
        """When those who still wait are due again (None: now), and whether they are given up instead."""
        claim, now = work.claim, self._clock()
        settled = {outcome.position for outcome in outcomes if outcome.state is not RecipientState.WAITING}
        waiting = any(position not in settled for position, _ in claim.waiting)
        interrupted = (work.stopping or work.held_back) and (put_off or work.leash.cut)
        if more or interrupted or not waiting:
            return None, False
        if not put_off and self._tried(claim) >= self._patience:
            return None, True
        return now + wait_after(self._batches.rounds(claim), self._settings.retry_seconds), False

    def _tried(self, claim: Claim) -> timedelta:
        """How long it was possible to send this message: neither nights nor pauses wear the patience out."""
        tried = self._opening.within(claim.first_attempt_at, self._clock())
        return tried - sum((self._opening.within(*pause) for pause in claim.pauses), timedelta())

    @property
    def _patience(self) -> timedelta:
        return timedelta(hours=self._settings.give_up_hours)


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return


def _failed(work: Work, batch: Sequence[tuple[int, str]], error: Exception) -> Result:
    name, sent = type(error).__name__, work.leash.sent
    logger.error("release: failed message=%s type=%s", work.claim.message_id, name)
    text = LOST if sent else f"not sent ({name})"
    named = batch if sent else work.claim.waiting
    return Result(tuple(Outcome(position, RecipientState.WAITING, text, in_doubt=sent) for position, _ in named))


def _summary(result: Result) -> str:
    states = {outcome.state for outcome in result.outcomes}
    if result.unreachable or result.in_doubt:
        return "failed"
    if RecipientState.ACCEPTED in states:
        return "accepted" if len(states) == 1 else "partly"
    return "deferred" if RecipientState.WAITING in states else "refused"
