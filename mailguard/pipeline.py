"""The path of one message, from the final dot to the reply.

    message → assessed (assessment.py; inspected in a sandboxed worker) → PASS: hand over to the relay, inside the client's own transaction
                    (the beginning of a long table may hold; before it passes it is read to its end)
                    (who is on the stop list gets nothing: not named to the relay, not held, recorded before 250)
                    (before the final dot it is asked once more whether a person stopped it: then it is held)
                                                 → HOLD: under an approval? hand over : admit to the store, one commit

In: a complete message and the open relay transaction. Out: the reply the client hears. Every error ends in 451: no
path leads from an error to "pass", and 250 for a held message is said only after the commit (RFC 5321 §6.1).
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import zip_longest

from mailguard import metrics
from mailguard.assessment import Assessed, Assessor, Inspects
from mailguard.errors import CalledBackError, RelayError, ScannerBusyError, StoreError
from mailguard.hints import Hints
from mailguard.model import Action, Message, Source
from mailguard.pieces import Pieces, cut
from mailguard.policy import Policy, content_key, stopped
from mailguard.recalling import Recalling
from mailguard.relay.next_hop import Transaction
from mailguard.relay.received import received_line
from mailguard.relay.reply import Reply
from mailguard.store import Store
from mailguard.store.arrival import Arrival
from mailguard.store.reservations import Leaving
from mailguard.store.suppressions import Spared
from mailguard.store.views import Admission, Reservation
from mailguard.store.watched_mailings import WatchedMail
from mailguard.store.watching import Watched
from mailguard.suppression import Suppression
from mailguard.together import Together

_LOG = logging.getLogger("mailguard.pipeline")

_BUSY = Reply.of(451, "4.3.2 scanners are busy, try again later")
_STORE_DOWN = Reply.of(451, "4.3.0 storage is not available, try again later")
_HOP_DOWN = Reply.of(451, "4.4.2 next hop broke off, try again later")
_SUPPRESSED = Reply.of(250, "2.0.0 accepted, all recipients are on the stop list")
_LISTED = Reply.of(550, "5.7.1 all recipients are on the stop list")
_BIG = 1_000_000  # bytes from which a message is cut in a thread
_MOST = 200  # messages that one commit takes


@dataclass(frozen=True, slots=True)
class _Delivery:
    """One message under way. deadline: time of the event loop by which the client shall have heard its reply.

    narrowed: the next hop has accepted recipients that the message must not go to.
    """

    message: Message
    transaction: Transaction
    deadline: float
    narrowed: bool = False


@dataclass(slots=True)
class Pipeline:
    """hostname: our name for the Received line, None to add none.

    wait_seconds: the longest wait for a scanner; reply_seconds: from the final dot to the reply.
    keep: how long what mails tell of passwords may open others of the same submitter; nothing is not at all.
    """

    store: Store
    inspector: Inspects
    policy: Callable[[], Policy]
    hostname: str | None
    wait_seconds: float
    reply_seconds: float
    keep: timedelta = timedelta()
    suppression: Suppression | None = None
    _reservations: Together[Arrival, Reservation | None] = field(init=False)
    _leaving: Together[Leaving, bool] = field(init=False)
    _admissions: Together[Arrival, Admission] = field(init=False)
    _watching: Together[Watched, None] = field(init=False)
    _hints: Hints = field(init=False)
    _recalling: Recalling = field(init=False)
    _assessor: Assessor = field(init=False)

    def __post_init__(self) -> None:
        self._reservations = Together(self.store.holds.reserve_all, most=_MOST)
        self._leaving = Together(self.store.holds.may_leave, most=_MOST)
        self._admissions = Together(self.store.holds.admit_all, most=_MOST)
        self._watching = Together(self.store.watching.count_all, most=_MOST)
        self._hints = Hints(self.store, self.keep)
        self._recalling = Recalling(self.store)
        self._assessor = Assessor(
            self.store,
            lambda: (self.inspector, self.policy()),
            self.wait_seconds,
            self._hints,
            self._recalling,
            self.suppression,
        )

    async def close(self) -> None:
        """Write what is kept in memory for a few seconds."""
        await self._recalling.close()

    async def deliver(self, message: Message, transaction: Transaction) -> Reply:
        """Bring one message to its end: handed over, held or put off. Never raises for trouble of ours or the relay's."""
        deadline = asyncio.get_running_loop().time() + self.reply_seconds
        try:
            return await self._deliver(_Delivery(message, transaction, deadline))
        except ScannerBusyError:
            reply = _BUSY
        except StoreError:
            _LOG.exception("store message=%s", message.id)
            reply = _STORE_DOWN
        except RelayError as error:
            _LOG.warning("relay message=%s sent=%s fact=%s", message.id, error.sent, error)
            reply = _HOP_DOWN
        metrics.MESSAGES.labels("deferred").inc()
        await transaction.reset(deadline)
        return reply

    async def _deliver(self, delivery: _Delivery) -> Reply:
        message = delivery.message
        if not message.envelope.rcpt_to:
            return await self._nobody(delivery, await self._assessor.source(message.envelope, (), delivery.deadline))
        pieces = await self._cut(message.content)
        found = await self._assessor.assess(message.envelope, pieces, delivery.deadline, beginning=True)
        if found.verdict.action is Action.PASS and found.inspection.uncounted and found.envelope.rcpt_to:
            # A beginning may hold a message, never let it pass.
            found = await self._assessor.assess(found.envelope, pieces, delivery.deadline)
        if found.envelope is not message.envelope:
            message = replace(message, envelope=found.envelope)
            delivery = replace(delivery, message=message, narrowed=True)
        source, inspection, verdict = found.source, found.inspection, found.verdict
        if not message.envelope.rcpt_to:
            return await self._nobody(delivery, source)
        _LOG.info(
            "verdict message=%s source=%s action=%s reasons=%s watched=%s",
            message.id,
            source.id,
            verdict.action,
            verdict.reasons,
            verdict.watched,
        )
        if verdict.action is Action.PASS:
            reply = await self._pass(delivery, pieces, found)
        else:
            reply = await self._approved_or_held(delivery, self._arrival(message, pieces, found))
        if reply.ok:
            await self._hints.take(message.envelope, source, inspection, delivery.deadline)
        if reply.ok and message.envelope.suppressed:
            await self._spared(message, source)
        return reply

    async def _pass(self, delivery: _Delivery, pieces: Pieces, found: Assessed) -> Reply:
        """Hand over; what was sent is remembered for later runs, and what would have been held is counted.

        A stop that comes before the final dot holds it after all.
        """
        envelope, source, inspection, verdict = delivery.message.envelope, found.source, found.inspection, found.verdict

        async def goes() -> bool:
            return not await self._assessor.stopped(source, inspection, delivery.deadline)

        try:
            reply = await self._hand_over(delivery, "passed", goes)
        except CalledBackError:
            _LOG.warning("stopped before its final dot message=%s", delivery.message.id)
            found = replace(found, verdict=stopped(inspection, verdict, self.store.digester))
            return await self._hold(delivery, self._arrival(delivery.message, pieces, found))
        if reply.ok:
            self._recalling.note(envelope, source, inspection)
        if verdict.watched and reply.ok:
            mail = WatchedMail.of(inspection, len(envelope.rcpt_to))
            await self._watched(source, verdict.watched, mail, delivery.deadline)
        return reply

    def _arrival(self, message: Message, pieces: Pieces, found: Assessed) -> Arrival:
        source, inspection, verdict, policy = found.source, found.inspection, found.verdict, found.policy
        submitter = self._hints.submitter(message.envelope, source, inspection) if inspection.encrypted else b""
        envelope = replace(message.envelope, from_domains=inspection.from_domains or None)  # asked for again at release
        if verdict.findings or inspection.passwords:
            findings = (*inspection.findings, *verdict.findings)
            inspection = replace(inspection, findings=findings, passwords=b"", passwords_key=b"")
        return Arrival(
            replace(message, envelope=envelope),
            pieces,
            source,
            inspection,
            verdict,
            content_key(source.id, inspection.subject_key, verdict.evidence, self.store.digester),
            submitter,
            policy.ruling(inspection, source.mode),
            policy.rehearsal(envelope.rcpt_to),
        )

    async def _approved_or_held(self, delivery: _Delivery, arrival: Arrival) -> Reply:
        if not self.store.holds.hopeless(arrival):
            reservation = await self._reservations.ask(arrival, delivery.deadline)
            if reservation is not None:
                return await self._under_approval(delivery, arrival, reservation)
        return await self._hold(delivery, arrival)

    async def _nobody(self, delivery: _Delivery, source: Source) -> Reply:
        """Everybody whom the mail names is on the stop list: recorded, then the client hears what was configured."""
        assert self.suppression is not None
        await delivery.transaction.reset(delivery.deadline)
        await self.suppression.record(Spared(delivery.message.id, source, delivery.message.envelope.suppressed))
        metrics.MESSAGES.labels("suppressed").inc()
        return _LISTED if self.suppression.refuses else _SUPPRESSED

    async def _spared(self, message: Message, source: Source) -> None:
        """The others have the mail, or it is held: what became of it stands whatever becomes of this row."""
        assert self.suppression is not None
        try:
            await self.suppression.record(Spared(message.id, source, message.envelope.suppressed))
        except StoreError as error:
            _LOG.error("recipients on the stop list were spared, and not recorded message=%s: %s", message.id, error)

    async def _cut(self, content: bytes) -> Pieces:
        if len(content) < _BIG:
            return cut(content, self.store.digester)
        return await asyncio.to_thread(cut, content, self.store.digester)

    async def _hand_over(self, delivery: _Delivery, outcome: str, goes: Callable[[], Awaitable[bool]]) -> Reply:
        """The next hop's reply. goes: asked before the final dot; no raises CalledBackError."""
        message = delivery.message
        trace = received_line(message, self.hostname) if self.hostname else b""
        if delivery.narrowed:
            envelope = message.envelope
            named = zip_longest(envelope.rcpt_to, envelope.rcpt_options, fillvalue=())
            await delivery.transaction.narrow(
                [(str(name), tuple(options)) for name, options in named], delivery.deadline
            )
        try:
            reply = await delivery.transaction.data(trace + message.content, delivery.deadline, goes)
        except (RelayError, asyncio.CancelledError):  # cancelled: a stop that could not wait for the reply any longer
            if delivery.transaction.sent:
                # The client will send it again, and the recipients may get it twice (RFC 5321 §6.1, RFC 1047).
                record, recipients = self.store.record, len(message.envelope.rcpt_to)
                await self._settle(lambda: record.may_have_been_sent(message.id, recipients))
            raise
        metrics.RELAY_ATTEMPTS.labels("handover", "accepted" if reply.ok else "refused").inc()
        metrics.MESSAGES.labels(outcome if reply.ok else "refused_relay").inc()
        return reply

    async def _under_approval(self, delivery: _Delivery, arrival: Arrival, reservation: Reservation) -> Reply:
        """Hand over on a share of an approval that covers every reason to hold, within its cap.

        A stop, a pause or the end of the approval that comes before the final dot gives the share back: it waits with its hold.
        """
        holds = self.store.holds

        async def goes() -> bool:
            return await self._leaving.ask(Leaving(reservation, arrival), delivery.deadline)

        try:
            reply = await self._hand_over(delivery, "approved_pass", goes)
        except CalledBackError:
            _LOG.warning("called back before its final dot message=%s hold=%s", arrival.message.id, reservation.hold_id)
            await self._settle(lambda: holds.give_back(reservation))
            return await self._hold(delivery, arrival)
        except StoreError:
            await self._settle(lambda: holds.give_back(reservation))
            raise
        except RelayError as error:
            # After the final dot nobody knows: the cap stays used, so that it can never be exceeded.
            if not error.sent:
                await self._settle(lambda: holds.give_back(reservation))
            raise
        if reply.ok:
            self._recalling.note(delivery.message.envelope, arrival.source, arrival.inspection)
            await self._settle(lambda: holds.confirm(reservation, reservation.recipients))
        else:
            await self._settle(lambda: holds.give_back(reservation))
        return reply

    async def _watched(self, source: Source, reasons: tuple[str, ...], mail: WatchedMail, deadline: float) -> None:
        """Count what would have been held. The mail is gone: a count that fails is logged, and changes nothing."""
        declared = source.id if source.declared else ""
        for reason in reasons:
            metrics.WOULD_HOLD.labels(declared or "undeclared", reason).inc()
        try:
            await self._watching.ask(Watched(declared, reasons, mail), deadline)
        except StoreError as error:
            _LOG.error("a message that would have been held was not counted in the database: %s", error)

    async def _settle(self, call: Callable[[], None]) -> None:
        """Book what the relay did. Its answer stands whatever becomes of the booking; a cap then stays used."""
        try:
            await asyncio.to_thread(call)
        except StoreError:
            _LOG.exception("a booking failed: what the relay did stands")

    async def _hold(self, delivery: _Delivery, arrival: Arrival) -> Reply:
        await delivery.transaction.reset(delivery.deadline)
        admission = await self._admissions.ask(arrival, delivery.deadline)
        # Once it is admitted the message is ours: only now may the client hear 250 (RFC 5321 §6.1).
        metrics.MESSAGES.labels({"closed": "joined_closed", "folded": "folded"}.get(admission.outcome, "held")).inc()
        return Reply.of(250, f"2.0.0 held for approval, {admission.hold_id}")
