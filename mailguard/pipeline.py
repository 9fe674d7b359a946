"""The path of one message, from the final dot to the reply.

    message → inspect (sandboxed worker) → judge → PASS: hand over to the relay, inside the client's own transaction
                                                 → HOLD: under an approval? hand over : admit to the store, one commit

In: a complete message and the open relay transaction. Out: the reply the client hears. Every error ends in 451: no
path leads from an error to "pass", and 250 for a held message is said only after the commit (RFC 5321 §6.1).
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace

from mailguard import metrics
from mailguard.errors import RelayError, ScannerBusyError, StoreError
from mailguard.inspect import Inspector
from mailguard.model import Action, Inspection, Message, Source, SourceMode, Verdict
from mailguard.policy import Policy, content_key, judge
from mailguard.relay.next_hop import Transaction
from mailguard.relay.received import received_line
from mailguard.relay.reply import Reply
from mailguard.store import Store

_LOG = logging.getLogger("mailguard.pipeline")

_BUSY = Reply.of(451, "4.3.2 scanners are busy, try again later")
_STORE_DOWN = Reply.of(451, "4.3.0 storage is not available, try again later")
_HOP_DOWN = Reply.of(451, "4.4.2 next hop broke off, try again later")


@dataclass(frozen=True, slots=True)
class Pipeline:
    """hostname: our name for the Received line, None to add none; seconds: the longest wait for a scanner."""

    store: Store
    inspector: Inspector
    policy: Callable[[], Policy]
    hostname: str | None
    seconds: float

    async def deliver(self, message: Message, transaction: Transaction) -> Reply:
        """Bring one message to its end: handed over, held or put off. Never raises for trouble of ours or the relay's."""
        try:
            return await self._deliver(message, transaction)
        except ScannerBusyError:
            reply = _BUSY
        except StoreError:
            _LOG.exception("store message=%s", message.id)
            reply = _STORE_DOWN
        except RelayError as error:
            _LOG.warning("relay message=%s sent=%s fact=%s", message.id, error.sent, error)
            reply = _HOP_DOWN
        metrics.MESSAGES.labels("deferred").inc()
        await transaction.reset()
        return reply

    async def _deliver(self, message: Message, transaction: Transaction) -> Reply:
        inspection = await self.inspector.mail(message.content, self.seconds)
        # Read for each message: a source, a stop or a decision counts from the next message on; store down = 451 for all.
        source = await asyncio.to_thread(self._source, message, inspection)
        verdict = judge(message.envelope, inspection, self.policy(), source.mode)
        _LOG.info(
            "verdict message=%s source=%s action=%s reasons=%s", message.id, source.id, verdict.action, verdict.reasons
        )
        if verdict.action is Action.PASS or source.mode is SourceMode.MONITOR:
            return await self._hand_over(message, transaction, "passed")
        inspection = replace(inspection, findings=(*inspection.findings, *verdict.findings))
        return await self._under_approval(message, transaction, source, inspection, verdict) or await self._hold(
            message, transaction, source, inspection, verdict
        )

    def _source(self, message: Message, inspection: Inspection) -> Source:
        envelope = message.envelope
        return self.store.sources.match(
            login=envelope.login, client=envelope.client, from_domains=inspection.from_domains
        )

    async def _hand_over(self, message: Message, transaction: Transaction, outcome: str) -> Reply:
        trace = received_line(message, self.hostname) if self.hostname else b""
        reply = await transaction.data(trace + message.content)
        metrics.RELAY_ATTEMPTS.labels("handover", "accepted" if reply.ok else "refused").inc()
        metrics.MESSAGES.labels(outcome if reply.ok else "refused_relay").inc()
        return reply

    async def _under_approval(
        self, message: Message, transaction: Transaction, source: Source, inspection: Inspection, verdict: Verdict
    ) -> Reply | None:
        """Send under an approval that covers every reason to hold, within its cap; None when there is none."""
        holds = self.store.holds
        reservation = await asyncio.to_thread(
            holds.reserve,
            message_id=message.id,
            source_id=source.id,
            subject_key=inspection.subject_key,
            evidence=verdict.evidence,
            recipients=len(message.envelope.rcpt_to),
        )
        if reservation is None:
            return None
        try:
            reply = await self._hand_over(message, transaction, "approved_pass")
        except RelayError as error:
            # After the final dot nobody knows: the cap stays used, so that it can never be exceeded.
            if not error.sent:
                await asyncio.to_thread(holds.give_back, reservation)
            raise
        if reply.ok:
            await asyncio.to_thread(holds.confirm, reservation, reservation.recipients)
        else:
            await asyncio.to_thread(holds.give_back, reservation)
        return reply

    async def _hold(
        self, message: Message, transaction: Transaction, source: Source, inspection: Inspection, verdict: Verdict
    ) -> Reply:
        await transaction.reset()
        key = content_key(source.id, inspection.subject_key, verdict.evidence, self.store.digester)
        admission = await asyncio.to_thread(
            self.store.holds.admit, message, source=source, inspection=inspection, verdict=verdict, content_key=key
        )
        # Once admit returns the message is ours: only now may the client hear 250 (RFC 5321 §6.1).
        metrics.MESSAGES.labels("joined_closed" if admission.outcome == "closed" else "held").inc()
        return Reply.of(250, f"2.0.0 held for approval, {admission.hold_id}")
