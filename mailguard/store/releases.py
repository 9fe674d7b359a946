"""Messages on their way out: claimed under a lease, recorded per recipient.

In: outcomes of the relay. Out: claims. At least once: a claim whose lease ran out is handed out again, recipients that
the relay accepted are not. Only messages of an approved hold ever come out. What cannot be opened any more has failed.
"""

import logging
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, select, update

from mailguard import lifecycle
from mailguard.errors import DamagedError, NotFoundError
from mailguard.lifecycle import HoldState, MessageState, RecipientState
from mailguard.model import Envelope
from mailguard.store import masks
from mailguard.store.desk import AtDesk
from mailguard.store.schema import holds, messages, recipients
from mailguard.store.views import Claim, Outcome

_LOG = logging.getLogger("mailguard.store")
_SENDABLE = (MessageState.HELD.value, MessageState.RELEASING.value)


@dataclass(frozen=True, slots=True)
class _Leased:
    """A message under a fresh lease, still sealed."""

    row: Any
    token: str
    until: datetime
    first: datetime
    waiting: list[int]
    parts: dict[bytes, bytes]


class Releases(AtDesk):
    """Hands out what may be sent."""

    def claim(self, *, lease_seconds: float) -> Claim | None:
        """The next message to send, or None; this caller's until the lease ends."""
        while (leased := self._lease(lease_seconds)) is not None:
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

    def still_mine(self, token: str) -> bool:
        """Whether the lease behind `token` still runs."""
        with self._database.read() as tx:
            return tx.execute(select(messages.c.serial).where(*self._mine(token))).first() is not None

    def _mine(self, token: str) -> tuple[Any, ...]:
        return (
            messages.c.serial == _serial(token),
            messages.c.token == token,
            messages.c.state == MessageState.RELEASING.value,
            messages.c.lease_until > self._context.clock(),
        )

    def _lease(self, lease_seconds: float) -> _Leased | None:
        now = self._context.clock()
        due = (
            select(messages)
            .join(holds, holds.c.id == messages.c.hold_id)
            .where(
                messages.c.due_at <= now,
                messages.c.state.in_(_SENDABLE),
                holds.c.state == HoldState.APPROVED.value,
            )
            .order_by(messages.c.due_at, messages.c.serial)
            .limit(1)
        )
        with self._database.read() as tx:
            if tx.execute(due).first() is None:
                return None  # the usual answer; nobody who writes has to wait for it
        with self._database.write() as tx:
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
            waiting = self._waiting(tx, row.serial)
            return _Leased(row, token, until, first, waiting, self._desk.shelf.fetch(tx, row.serial))

    def _opened(self, leased: _Leased) -> Claim:
        row = leased.row
        envelope = self._envelope(row)
        if row.skeleton is None or any(position >= len(envelope.rcpt_to) for position in leased.waiting):
            raise DamagedError("database: a message to be sent is incomplete. Restore a backup.")
        skeleton = self._vault.open(row.skeleton, f"skeleton:{row.id}")
        return Claim(
            row.id, row.hold_id, leased.token, envelope, self._desk.shelf.assemble(skeleton, leased.parts),
            tuple((position, envelope.rcpt_to[position]) for position in leased.waiting),
            row.attempts + 1, leased.first, leased.until,
        )  # fmt: skip

    def _abandon(self, leased: _Leased) -> None:
        with self._database.write() as tx:
            row = tx.execute(
                select(messages).where(messages.c.serial == leased.row.serial).with_for_update()
            ).one_or_none()
            if row is not None and row.token == leased.token and row.state == MessageState.RELEASING.value:
                self._give_up(tx, row.serial)
                self._finish(tx, row, damaged=True)

    def record(
        self, token: str, outcomes: Sequence[Outcome], retry_at: datetime | None, *, give_up: bool = False
    ) -> MessageState:
        """Write what became of each recipient; the state of the message afterwards.

        With a token whose message was claimed again, what the relay accepted is still noted, so that it is not repeated;
        the rest is left to the new owner.
        """
        with self._database.write() as tx:
            row = tx.execute(
                select(messages).where(messages.c.serial == _serial(token)).with_for_update()
            ).one_or_none()
            if row is None:
                raise NotFoundError("No such message.")
            if row.state != MessageState.RELEASING.value:
                return MessageState(row.state)
            mine = row.token == token
            self._note(tx, row, [outcome for outcome in outcomes if mine or outcome.state is RecipientState.ACCEPTED])
            if mine and give_up:
                self._give_up(tx, row.serial)
            if not self._waiting(tx, row.serial):
                return self._finish(tx, row)
            if mine:
                values = {"due_at": retry_at or self._context.clock(), "token": None, "lease_until": None}
                tx.execute(update(messages).where(messages.c.serial == row.serial).values(values))
            return MessageState.RELEASING

    def open_count(self) -> int:
        """Messages that are approved and not yet through."""
        query = select(func.count()).select_from(messages).where(messages.c.due_at.is_not(None))
        with self._database.read() as tx:
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

    def _give_up(self, tx: Connection, serial: int) -> None:
        query = (
            update(recipients)
            .where(recipients.c.message == serial, recipients.c.state == RecipientState.WAITING.value)
            .values(state=RecipientState.REFUSED.value, changed_at=self._context.clock())
        )
        tx.execute(query)

    def _finish(self, tx: Connection, row: Any, **detail: object) -> MessageState:
        query = (
            select(recipients.c.state, func.count())
            .where(recipients.c.message == row.serial)
            .group_by(recipients.c.state)
        )
        counts = {state: count for state, count in tx.execute(query)}  # noqa: C416 - rows are no pairs to mypy
        accepted = counts.get(RecipientState.ACCEPTED.value, 0)
        refused = counts.get(RecipientState.REFUSED.value, 0)
        state = lifecycle.advance(MessageState.RELEASING, final(accepted, refused))
        values = {
            "state": state.value, "due_at": None, "token": None, "lease_until": None, "finished_at": self._context.clock(),
        }  # fmt: skip
        tx.execute(update(messages).where(messages.c.serial == row.serial).values(values))
        self._desk.audit.append(
            tx, "relay", f"message.{state.value}", row.id,
            hold=row.hold_id, accepted=accepted, refused=refused, attempts=row.attempts, **detail,
        )  # fmt: skip
        if state is not MessageState.RELEASED:
            self._desk.notices.tell(tx, self._hold(tx, row.hold_id), "failed")
        return state

    @staticmethod
    def _waiting(tx: Connection, serial: int) -> list[int]:
        query = (
            select(recipients.c.position)
            .where(recipients.c.message == serial, recipients.c.state == RecipientState.WAITING.value)
            .order_by(recipients.c.position)
        )
        return list(tx.execute(query).scalars())

    def _envelope(self, row: Any) -> Envelope:
        if row.envelope is None:
            raise DamagedError("database: the bytes of a message to be sent are gone. Restore a backup.")
        return self._vault.open_msgpack(row.envelope, f"envelope:{row.id}", Envelope)


def final(accepted: int, refused: int) -> MessageState:
    """The last state of a message nobody waits for any more."""
    if not accepted:
        return MessageState.FAILED
    return MessageState.PARTLY if refused else MessageState.RELEASED


def _serial(token: str) -> int:
    number = token.partition("-")[0]
    return int(number) if number.isdecimal() and len(number) <= 18 else -1
