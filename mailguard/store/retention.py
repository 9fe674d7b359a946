"""What time does: holds expire, bytes are deleted. Time never sends anything; the record stays."""

from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, or_, select, update

from mailguard import lifecycle
from mailguard.lifecycle import Choice, HoldState, MessageState
from mailguard.store.audit import TIME
from mailguard.store.decisions import Decisions
from mailguard.store.schema import holds, messages

BATCH = 500  # messages purged in one transaction: mail coming in does not wait long
_SENT = (MessageState.RELEASED, MessageState.PARTLY)
_CLOSED = (MessageState.REJECTED, MessageState.EXPIRED, MessageState.WITHDRAWN, MessageState.FAILED)
_OPEN = (HoldState.PENDING.value, HoldState.RETURNED.value)


class Retention(Decisions):
    """Expires and purges."""

    def expire_due(self) -> int:
        """Close what nobody decided in time; how many holds."""
        late = select(holds.c.id).where(holds.c.state.in_(_OPEN), holds.c.expires_at <= self._context.clock())
        with self._database.read() as tx:
            found = list(tx.execute(late).scalars())
        return sum(self._expire(hold_id) for hold_id in found)

    def purge_due(self) -> int:
        """Delete the bytes of messages that are over; how many messages."""
        total = 0
        while done := self._purge():
            total += done
        return total

    def _expire(self, hold_id: str) -> bool:
        with self._database.write() as tx:
            hold = self._hold(tx, hold_id, to_change=True)
            if hold.state not in _OPEN or hold.expires_at > self._context.clock():
                return False  # somebody was faster
            target = lifecycle.decide(HoldState(hold.state), Choice.EXPIRE)
            self._close(tx, hold, target, TIME)
            self._desk.audit.append(
                tx,
                TIME,
                "hold.expired",
                hold_id,
                revision=hold.revision,
                messages=hold.messages,
                recipients=hold.recipients,
            )
            self._desk.notices.tell(tx, hold, "expired")
        return True

    def _purge(self) -> int:
        with self._database.read() as tx:
            if not self._over(tx, 1):
                return 0
        with self._database.write() as tx:
            serials = self._over(tx, BATCH)
            if serials:
                tx.execute(update(messages).where(messages.c.serial.in_(serials)).values(envelope=None, skeleton=None))
                gone = self._desk.shelf.drop(tx, serials)
                self._desk.audit.append(tx, TIME, "bytes.purged", "", messages=len(serials), parts=gone)
            return len(serials)

    def _over(self, tx: Connection, limit: int) -> list[int]:
        now, settings = self._context.clock(), self._context.settings
        query = (
            select(messages.c.serial)
            .where(
                messages.c.skeleton.is_not(None),
                or_(
                    _older(_SENT, now - timedelta(hours=settings.keep_released_hours)),
                    _older(_CLOSED, now - timedelta(days=settings.keep_closed_days)),
                ),
            )
            .limit(limit)
        )
        return list(tx.execute(query).scalars())


def _older(states: tuple[MessageState, ...], moment: Any) -> Any:
    return messages.c.state.in_([state.value for state in states]) & (messages.c.finished_at <= moment)
