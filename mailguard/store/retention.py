"""What time does: holds expire, bytes are deleted. Time never sends anything; the record stays."""

from collections import Counter
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, delete, func, select, update

from mailguard import lifecycle
from mailguard.errors import RefusedError
from mailguard.lifecycle import Choice, HoldState, MessageState
from mailguard.store import handovers, settings
from mailguard.store.audit import TIME
from mailguard.store.decisions import Decisions
from mailguard.store.schema import contents, holds, messages
from mailguard.store.views import Purgeable

BATCH = 500  # messages purged in one transaction: mail coming in does not wait long
_SENT = (MessageState.RELEASED, MessageState.PARTLY)
_REJECTED = (MessageState.REJECTED, MessageState.WITHDRAWN, MessageState.FAILED)
_EXPIRED = (MessageState.EXPIRED,)
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
        """Delete the bytes of messages that are over; how many messages. None while an approver must confirm it."""
        return 0 if self.purge_confirms() else self._purge_all(TIME)

    def purge_confirms(self) -> bool:
        """Whether an approver must confirm a purge, by the settings in force."""
        with self._database.read() as tx:
            return settings.retention(self._context, tx).confirm

    def purge_confirmed(self, person_id: str) -> int:
        """The same, confirmed by an approver; raises RefusedError."""
        with self._database.read() as tx:
            person = self._person(tx, person_id)
        if not person.enabled or person.role != "approver":
            code = "not_approver" if person.enabled else "disabled"
            raise RefusedError(code, "Only an approver confirms that held bytes are deleted. Ask one of them.")
        return self._purge_all(person_id)

    def purge_plan(self) -> list[Purgeable]:
        """What a purge would delete now, and what is still kept, by state; changes nothing."""
        now = self._context.clock()
        kept = (messages.c.kept, messages.c.finished_at.is_not(None))
        plan = []
        with self._database.read() as tx:
            for states, age in self._ages(tx):
                for state in states:
                    query = select(func.count(), func.min(messages.c.finished_at)).where(
                        *kept, messages.c.state == state.value
                    )
                    total, oldest = tx.execute(query).one()
                    due = tx.execute(query.where(messages.c.finished_at <= now - age)).one()[0]
                    if total:
                        plan.append(Purgeable(state, age, due, total - due, oldest))
        return plan

    def _purge_all(self, actor: str) -> int:
        total = 0
        while done := self._purge(actor):
            total += done
        self._purge_handovers(actor)
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

    def _purge(self, actor: str) -> int:
        with self._database.read() as tx:
            if not self._over(tx, 1):
                return 0
        with self._database.write() as tx:
            found = self._over(tx, BATCH)
            serials = [serial for serial, _ in found]
            if serials:
                tx.execute(delete(contents).where(contents.c.message.in_(serials)))
                tx.execute(update(messages).where(messages.c.serial.in_(serials)).values(kept=False))
                gone = self._desk.shelf.drop(tx, serials)
                states = Counter(state for _, state in found)
                self._desk.audit.append(tx, actor, "bytes.purged", "", messages=len(serials), parts=gone, states=states)
            return len(serials)

    def _purge_handovers(self, actor: str) -> None:
        """Addresses of what left under an approval go when those of released mail do."""
        with self._database.read() as tx:
            kept = settings.retention(self._context, tx).released_hours
            before = self._context.clock() - timedelta(hours=kept)
            if not handovers.due(tx, before):
                return
        with self._database.write() as tx:
            if gone := handovers.purge(tx, before):
                self._desk.audit.append(tx, actor, "addresses.purged", "", messages=gone)

    def _ages(self, tx: Connection) -> tuple[tuple[tuple[MessageState, ...], timedelta], ...]:
        kept = settings.retention(self._context, tx)
        return (
            (_SENT, timedelta(hours=kept.released_hours)),
            (_REJECTED, timedelta(days=kept.rejected_days)),
            (_EXPIRED, timedelta(days=kept.expired_days)),
        )

    def _over(self, tx: Connection, limit: int) -> list[tuple[int, str]]:
        now, found = self._context.clock(), list[tuple[int, str]]()
        kept = select(messages.c.serial, messages.c.state).where(messages.c.kept)
        for states, age in self._ages(tx):  # each has its place in the index; in one query all of it is walked through
            query = kept.where(_older(states, now - age)).limit(limit - len(found))
            found += [(row.serial, row.state) for row in tx.execute(query)]
            if len(found) == limit:
                break
        return found


def _older(states: tuple[MessageState, ...], moment: Any) -> Any:
    return messages.c.state.in_([state.value for state in states]) & (messages.c.finished_at <= moment)
