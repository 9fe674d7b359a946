"""Messages on their way out: claimed under a lease, recorded per recipient.

In: outcomes of the relay. Out: claims. At least once: a claim whose lease ran out is handed out again, recipients that
the relay accepted are not. Only messages of an approved hold ever come out, none while releases are paused or an
emergency stop covers them, none that waits for an answer (lateness.py). What cannot be opened any more has failed.
"""

import logging
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, or_, select, update

from mailguard import lifecycle
from mailguard.errors import DamagedError, NotFoundError
from mailguard.lifecycle import HoldState, MessageState, RecipientState
from mailguard.store import masks, sight, standstill
from mailguard.store.finishing import SENDABLE
from mailguard.store.lateness import Lateness
from mailguard.store.schema import campaigns, holds, messages, recipients
from mailguard.store.sealed_messages import whole
from mailguard.store.standstill import Standstill
from mailguard.store.switch import PAUSED
from mailguard.store.views import Claim, Clearance, Outcome

_LOG = logging.getLogger("mailguard.store")


@dataclass(frozen=True, slots=True)
class _Leased:
    """A message under a fresh lease, still sealed."""

    row: Any
    token: str
    until: datetime
    first: datetime
    waiting: list[int]
    parts: dict[bytes, bytes]
    pauses: tuple[tuple[datetime, datetime], ...]


class Releases(Lateness):
    """Hands out what may be sent."""

    def claim(self, *, lease_seconds: float, late_hours: float = 0) -> Claim | None:
        """The next message to send, or None; this caller's until the lease ends.

        Nothing that was approved `late_hours` ago or earlier (0: whenever), without a newer "deliver late".
        """
        while (leased := self._lease(lease_seconds, late_hours)) is not None:
            try:
                return self._opened(leased)
            except DamagedError as damage:
                # Permanent, unlike any other trouble of the database: without this it would be leased for ever.
                _LOG.error("damaged message=%s hold=%s fact=%s", leased.row.id, leased.row.hold_id, damage)
                self._abandon(leased)
        return None

    def renew(self, token: str, *, lease_seconds: float) -> bool:
        """Extend the lease behind `token`; False when it is not this caller's any more."""
        until = self._context.clock() + timedelta(seconds=lease_seconds)
        query = update(messages).where(*self._mine(token)).values(lease_until=until, due_at=until)
        with self._database.write() as tx:
            return tx.execute(query).rowcount == 1

    def clearance(self, tokens: Collection[str]) -> Mapping[str, Clearance]:
        """For each token whether its message may still go out: asked right before the final dot, and again meanwhile."""
        query = (
            select(messages.c.token, holds.c.id, holds.c.state, holds.c.source_id, holds.c.subject_key, campaigns.c.key)
            .join(holds, holds.c.id == messages.c.hold_id)
            .outerjoin(campaigns, campaigns.c.id == holds.c.campaign_id)
            .where(
                messages.c.serial.in_([_serial(token) for token in tokens]),
                messages.c.token.in_(tokens),
                messages.c.state == MessageState.RELEASING.value,
                messages.c.lease_until > self._context.clock(),
            )
        )
        with self._database.read() as tx:
            paused = tx.execute(select(PAUSED)).scalar_one()
            stopped = standstill.read(tx)
            found = {row.token: row for row in tx.execute(query)}
        return {token: _clearance(found.get(token), stopped, paused=bool(paused)) for token in tokens}

    def _mine(self, token: str) -> tuple[Any, ...]:
        return (
            messages.c.serial == _serial(token),
            messages.c.token == token,
            messages.c.state == MessageState.RELEASING.value,
            messages.c.lease_until > self._context.clock(),
        )

    def _due(self, now: datetime, late_hours: float, stopped: Standstill) -> Any:
        late = now - timedelta(hours=late_hours) if late_hours else None
        in_time = () if late is None else (or_(holds.c.sending_since > late, messages.c.received_at > late),)
        return (
            whole()
            .add_columns(
                holds.c.sending_since,
                holds.c.source_id,
                holds.c.source_title,
                holds.c.subject_key,
                holds.c.campaign_id,
            )
            .join(holds, holds.c.id == messages.c.hold_id)
            .where(
                messages.c.due_at <= now,
                messages.c.state.in_(SENDABLE),
                holds.c.state == HoldState.APPROVED.value,
                ~PAUSED,
                *stopped.conditions(),
                or_(holds.c.asked_at.is_(None), messages.c.received_at > holds.c.asked_at),
                *in_time,
            )
            .order_by(messages.c.due_at, messages.c.serial)
            .limit(1)
        )

    def _lease(self, lease_seconds: float, late_hours: float) -> _Leased | None:
        now = self._context.clock()
        with self._database.read() as tx:
            due = self._due(now, late_hours, standstill.read(tx))
            if tx.execute(due).first() is None:
                return None  # the usual answer; nobody who writes has to wait for it
        with self._database.write() as tx:
            due = self._due(now, late_hours, standstill.read(tx))
            row = tx.execute(due.with_for_update(of=messages)).one_or_none()
            if row is None:
                return None
            if row.state == MessageState.HELD.value:
                lifecycle.advance(MessageState.HELD, MessageState.RELEASING)
            token, until = f"{row.serial}-{secrets.token_hex(16)}", now + timedelta(seconds=lease_seconds)
            first = row.first_attempt_at or now
            values = {
                "state": MessageState.RELEASING.value, "token": token, "lease_until": until, "due_at": until,
                "attempts": row.attempts + 1, "first_attempt_at": first,
            }  # fmt: skip
            tx.execute(update(messages).where(messages.c.serial == row.serial).values(values))
            first = max(first, row.sending_since or first)
            waiting, parts = self._waiting(tx, row.serial), self._desk.shelf.fetch(tx, row.serial)
            if row.token is not None:  # whoever had it did not tell what became of it
                self._doubt(tx, row.serial, waiting)
            return _Leased(row, token, until, first, waiting, parts, standstill.ended_since(tx, row, first))

    def _opened(self, leased: _Leased) -> Claim:
        row = leased.row
        envelope = self._envelope(row)
        if any(position >= len(envelope.rcpt_to) for position in leased.waiting):
            raise DamagedError("database: a message to be sent is incomplete. Restore a backup.")
        skeleton = self._vault.open(row.skeleton, f"skeleton:{row.id}")
        return Claim(
            row.id, row.hold_id, leased.token, envelope, self._desk.shelf.assemble(skeleton, leased.parts),
            tuple((position, envelope.rcpt_to[position]) for position in leased.waiting),
            row.attempts + 1, leased.first, leased.until, row.received_at, leased.pauses,
            row.source_id, row.source_title,
        )  # fmt: skip

    def _abandon(self, leased: _Leased) -> None:
        with self._database.write() as tx:
            query = whole().where(messages.c.serial == leased.row.serial)
            row = tx.execute(query.with_for_update(of=messages)).one_or_none()
            if row is not None and row.token == leased.token and row.state == MessageState.RELEASING.value:
                self._settle_rest(tx, row.serial, RecipientState.REFUSED)
                self._finish(tx, row, damaged=True)

    def record(
        self,
        token: str,
        outcomes: Sequence[Outcome],
        retry_at: datetime | None,
        *,
        give_up: bool = False,
    ) -> MessageState:
        """Write what became of each recipient; the state of the message afterwards.

        With a token whose message was claimed again, what the relay accepted is still noted, so that it is not repeated;
        the rest is left to the new owner.
        """
        with self._database.write() as tx:
            query = whole().where(messages.c.serial == _serial(token))
            row = tx.execute(query.with_for_update(of=messages)).one_or_none()
            if row is None:
                raise NotFoundError("No such message.")
            if doubtful := {outcome.position for outcome in outcomes if outcome.in_doubt}:
                self._may_have_been_sent(tx, row, doubtful)
            if row.state != MessageState.RELEASING.value:
                return MessageState(row.state)
            mine = row.token == token
            self._note(tx, row, [outcome for outcome in outcomes if mine or outcome.state is RecipientState.ACCEPTED])
            if mine and give_up:
                self._settle_rest(tx, row.serial, RecipientState.REFUSED)
            if mine and self._hold(tx, row.hold_id).state != HoldState.APPROVED.value:
                self._settle_rest(tx, row.serial, RecipientState.WITHDRAWN)  # the rest was stopped meanwhile
            if not self._waiting(tx, row.serial):
                return self._finish(tx, row)
            if mine:
                values = {"due_at": retry_at or self._context.clock(), "token": None, "lease_until": None}
                tx.execute(update(messages).where(messages.c.serial == row.serial).values(values))
            return MessageState.RELEASING

    def _may_have_been_sent(self, tx: Connection, row: Any, doubtful: set[int]) -> None:
        """To these recipients (positions): the reply to the final dot was lost."""
        detail = {"hold": row.hold_id, "recipients": len(doubtful)}
        self._desk.audit.append(tx, "relay", "message.may_have_been_sent", row.id, **detail)
        self._doubt(tx, row.serial, doubtful & set(self._waiting(tx, row.serial)))

    def open_count(self, viewer: str | None = None) -> int:
        """Messages that are approved and not yet through, of what `viewer` sees."""
        query = select(func.count()).select_from(messages).where(messages.c.due_at.is_not(None))
        with self._database.read() as tx:
            if viewer is not None:
                seen = select(holds.c.id).where(sight.holds_seen(self._context, tx, viewer))
                query = query.where(messages.c.hold_id.in_(seen))
            return tx.execute(query).scalar_one()

    def _note(self, tx: Connection, row: Any, outcomes: Sequence[Outcome]) -> None:
        known = self._envelope(row).rcpt_to
        now = self._context.clock()
        for outcome in outcomes:
            address = known[outcome.position] if 0 <= outcome.position < len(known) else ""
            # Only who is waiting can change: accepted stays accepted, whoever records late.
            query = (
                update(recipients)
                .where(
                    recipients.c.message == row.serial,
                    recipients.c.position == outcome.position,
                    recipients.c.state == RecipientState.WAITING.value,
                )
                .values(
                    state=outcome.state.value,
                    reply=masks.reply(outcome.reply, address),
                    attempts=recipients.c.attempts + 1,
                    changed_at=now,
                )
            )
            tx.execute(query)


def _serial(token: str) -> int:
    number = token.partition("-")[0]
    return int(number) if number.isdecimal() and len(number) <= 18 else -1


def _clearance(hold: Any, stopped: Standstill, *, paused: bool) -> Clearance:
    if hold is None:
        return Clearance.LOST
    if hold.state != HoldState.APPROVED.value:
        return Clearance.STOPPED
    still = paused or stopped.holds_back(hold.source_id, bytes(hold.subject_key), hold.id, bytes(hold.key or b""))
    return Clearance.PAUSED if still else Clearance.GO
