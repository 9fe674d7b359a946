"""What of an approved hold is not sent in time is not sent any more until a person says so again.

In: the hours after which to ask, and answers. Out: the question, as a state of the hold; "deliver late" begins the hours
anew, "stop the rest" ends the hold. An answer follows the rules of an approval; operators, too, may stop.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, insert, or_, select, update

from mailguard import lifecycle
from mailguard.errors import NotFoundError, RefusedError
from mailguard.lifecycle import Choice, HoldState, MessageState, RecipientState
from mailguard.store import decisions as deciding
from mailguard.store import routing, standing
from mailguard.store.audit import TIME
from mailguard.store.decisions import Wish
from mailguard.store.finishing import SENDABLE, Finishing
from mailguard.store.schema import decisions, holds, messages, people, recipients
from mailguard.store.sealed_messages import whole
from mailguard.store.sight import HiddenError
from mailguard.store.views import Rest

WHY = {
    "not_late": "Nobody has asked: what is left of this hold goes out by itself.",
    "nothing_left": "Nothing of this hold is left to be sent, and no later mail passes under it.",
    "not_yours": "Only who may approve this hold, or operates its source, may stop the rest.",
}
BATCH = 200  # messages ended in one transaction: mail coming in does not wait long


class Lateness(Finishing):
    """Asks, and takes answers."""

    def ask_late(self, late_hours: float) -> int:
        """Ask about every hold with mail that was approved so long ago and is not on its way; how many were asked."""
        if not late_hours:
            return 0
        cutoff = self._context.clock() - timedelta(hours=late_hours)
        query = (
            select(holds.c.id)
            .distinct()
            .join(messages, messages.c.hold_id == holds.c.id)
            .where(*self._overdue(cutoff), messages.c.due_at.is_not(None))
        )
        with self._database.read() as tx:
            found = list(tx.execute(query).scalars())
        return sum(self._ask(hold_id, cutoff) for hold_id in found)

    def end_stopped(self) -> int:
        """End what was being tried when the rest of its hold was stopped; how many messages."""
        total = 0
        while done := self._end_some():
            total += done
        return total

    def decide_rest(self, hold_id: str, *, revision: int, choice: Choice, person_id: str, reason: str) -> HoldState:
        """DELIVER_LATE or STOP_REST; the state afterwards. Raises RefusedError (recorded), ConflictError."""
        answer = Wish(hold_id, revision, choice, person_id, reason.strip(), None)
        try:
            with self._database.write() as tx:
                return self._decide_rest(tx, answer)
        except (RefusedError, HiddenError) as refused:
            self._note_refused(hold_id, person_id, refused, choice=choice.value, revision=revision)
            raise

    def may_stop(self, hold_id: str, person_id: str) -> bool:
        """Whether this person may stop the rest of a hold."""
        with self._database.read() as tx:
            hold, person = self._hold(tx, hold_id, viewer=person_id), self._person(tx, person_id)
            return self._barred(self._right(tx, hold, person), person, Choice.STOP_REST) is None

    def rest(self, hold_id: str) -> Rest:
        """What of a hold is not sent yet, and why."""
        with self._database.read() as tx:
            hold = self._hold(tx, hold_id)
            count, leased, due = tx.execute(
                select(func.count(), func.count(messages.c.token), func.min(messages.c.due_at)).where(*_unsent(hold.id))
            ).one()
            waiting = (recipients.c.state == RecipientState.WAITING.value, *_unsent(hold.id))
            joined = recipients.join(messages, messages.c.serial == recipients.c.message)
            all_of_them = tx.execute(select(func.count()).select_from(joined).where(*waiting)).scalar_one()
            tried = (*waiting, recipients.c.attempts > 0)
            deferred = tx.execute(select(func.count()).select_from(joined).where(*tried)).scalar_one()
            last = select(recipients.c.reply).select_from(joined).where(*tried)
            reply = tx.execute(last.order_by(recipients.c.changed_at.desc()).limit(1)).scalar() or ""
            agreed = (
                tuple(one.row.id for one in standing.agreed(tx, hold, Choice.DELIVER_LATE)) if hold.asked_at else ()
            )
        return Rest(count, all_of_them, leased, hold.asked_at, agreed, deferred, reply, due, self._room(hold))

    def _room(self, hold: Any) -> int:
        """Recipients of later mail that the approval of a hold still covers."""
        over = hold.state != HoldState.APPROVED.value or hold.expires_at <= self._context.clock()
        return 0 if over else int((hold.cap or 0) - hold.used)

    def _decide_rest(self, tx: Connection, answer: Wish) -> HoldState:
        hold = self._hold(tx, answer.hold_id, to_change=True, viewer=answer.person_id)
        person = self._person(tx, answer.person_id)
        right = self._right(tx, hold, person)
        if code := self._barred(right, person, answer.choice):
            raise RefusedError(code, (deciding.WHY | WHY)[code])
        answer = replace(answer, acting_for=right.voice.absent.id if right.voice.absent else None)
        if not answer.reason:
            raise RefusedError("reason_missing", deciding.WHY["reason_missing"])
        target = deciding.target_of(hold, answer)
        left = tx.execute(select(func.count()).select_from(messages).where(*_unsent(hold.id))).scalar_one()
        if not left and not (answer.choice is Choice.STOP_REST and self._room(hold)):
            raise RefusedError("nothing_left", WHY["nothing_left"])
        if answer.choice is Choice.STOP_REST:
            self._note_answer(tx, answer)
            self._stop(tx, hold, target, person, left, answer)
            return target
        if hold.asked_at is None:
            raise RefusedError("not_late", WHY["not_late"])
        mine = answer.acting_for or person.id
        if any(
            one.row.id == person.id or one.authority == mine for one in standing.agreed(tx, hold, Choice.DELIVER_LATE)
        ):
            raise RefusedError("already_approved", deciding.WHY["already_approved"])
        self._note_answer(tx, answer)
        self._go_on(tx, hold, person, left, answer)
        return target

    def _right(self, tx: Connection, hold: Any, person: Any) -> standing.Right:
        return standing.right(tx, hold, person, self._context.today())

    @staticmethod
    def _barred(right: standing.Right, person: Any, choice: Choice) -> str | None:
        if choice not in {Choice.DELIVER_LATE, Choice.STOP_REST}:
            return "not_a_choice"
        if choice is Choice.DELIVER_LATE or right.code is None:
            return right.code
        return None if person.enabled and person.id in right.facts.operators else "not_yours"

    def _go_on(self, tx: Connection, hold: Any, person: Any, left: int, answer: Wish) -> None:
        facts = standing.sending(tx, hold, [person])
        agreed, audit = [one.lent for one in standing.agreed(tx, hold, Choice.DELIVER_LATE)], self._desk.audit
        if missing := routing.lacking(self._context, hold, agreed, facts, routing.approved_reach(tx, hold)):
            self._change_rest(tx, hold, {"changed_by": person.id})
            audit.append(
                tx, person.id, "hold.late_first", hold.id,
                revision=hold.revision, messages=left, missing=missing.approvals,
                organisations=dict(missing.organisations), **deciding.acted(answer),
            )  # fmt: skip
            self._desk.notices.tell(tx, hold, "first_approval")
            return
        values = {"revision": hold.revision + 1, "changed_by": person.id, "asked_at": None}
        self._change_rest(tx, hold, values | {"sending_since": self._context.clock()})
        audit.append(
            tx, person.id, "hold.deliver_late", hold.id, revision=hold.revision, messages=left, **deciding.acted(answer)
        )
        self._desk.notices.tell(tx, hold, "deliver_late", person)

    def _stop(self, tx: Connection, hold: Any, target: HoldState, person: Any, left: int, answer: Wish) -> None:
        values = {"state": target.value, "revision": hold.revision + 1, "changed_by": person.id, "asked_at": None}
        self._change_rest(tx, hold, values)
        held = select(messages.c.serial).where(
            messages.c.hold_id == hold.id, messages.c.state == MessageState.HELD.value
        )
        now, gone = self._context.clock(), RecipientState.WITHDRAWN.value
        tx.execute(update(recipients).where(recipients.c.message.in_(held)).values(state=gone, changed_at=now))
        state = lifecycle.advance(MessageState.HELD, MessageState.WITHDRAWN)
        # What is being tried or was: see end_stopped, and `record` when it is under a lease.
        tx.execute(
            update(messages)
            .where(messages.c.hold_id == hold.id, messages.c.state == MessageState.HELD.value)
            .values(state=state.value, due_at=None, finished_at=now)
        )
        facts = {"revision": hold.revision, "messages": left, **deciding.acted(answer)}
        self._desk.audit.append(tx, person.id, "hold.rest_stopped", hold.id, **facts)
        self._desk.notices.tell(tx, hold, "rest_stopped", person)

    def _change_rest(self, tx: Connection, hold: Any, values: dict[str, Any]) -> None:
        query = (
            update(holds)
            .where(holds.c.id == hold.id, holds.c.state == hold.state, holds.c.revision == hold.revision)
            .values(changed_at=self._context.clock(), **values)
        )
        if tx.execute(query).rowcount != 1:
            raise deciding.conflict(self._hold(tx, hold.id))

    def _note_answer(self, tx: Connection, answer: Wish) -> None:
        row = {
            "hold_id": answer.hold_id, "revision": answer.revision, "choice": answer.choice.value,
            "person_id": answer.person_id, "cap": None, "at": self._context.clock(), "acting_for": answer.acting_for,
            "reason": self._vault.seal(answer.reason.encode("utf-8", "replace"), f"reason:{answer.hold_id}"),
        }  # fmt: skip
        tx.execute(insert(decisions), row)

    def _overdue(self, cutoff: datetime) -> tuple[Any, ...]:
        """Conditions on holds and their messages: not sent, not on its way now, and not asked about yet."""
        return (
            holds.c.state == HoldState.APPROVED.value,
            holds.c.asked_at.is_(None),
            holds.c.sending_since <= cutoff,
            messages.c.state.in_(SENDABLE),
            messages.c.received_at <= cutoff,
            or_(messages.c.token.is_(None), messages.c.lease_until <= self._context.clock()),
        )

    def _ask(self, hold_id: str, cutoff: datetime) -> bool:
        with self._database.write() as tx:
            hold = self._hold(tx, hold_id, to_change=True)
            mine = (holds.c.id == hold_id, messages.c.hold_id == holds.c.id, *self._overdue(cutoff))
            count = tx.execute(select(func.count(messages.c.serial)).where(*mine)).scalar_one()
            if not count:
                return False  # sent, answered or stopped meanwhile
            values = {"asked_at": self._context.clock(), "revision": hold.revision + 1, "changed_by": TIME}
            self._change_rest(tx, hold, values)
            self._desk.audit.append(tx, TIME, "hold.late_asked", hold_id, revision=hold.revision, messages=count)
            self._desk.notices.tell(tx, hold, "late")
        return True

    def _end_some(self) -> int:
        now = self._context.clock()
        query = (
            whole()
            .join(holds, holds.c.id == messages.c.hold_id)
            .where(
                messages.c.due_at.is_not(None),
                messages.c.state == MessageState.RELEASING.value,
                holds.c.state == HoldState.WITHDRAWN.value,
                or_(messages.c.token.is_(None), messages.c.lease_until <= now),
            )
            .limit(BATCH)
        )
        with self._database.read() as tx:
            if tx.execute(query.limit(1)).first() is None:
                return 0
        with self._database.write() as tx:
            rows = tx.execute(query.with_for_update(of=messages)).all()
            for row in rows:
                if row.token is not None:  # its process died before it could tell what it had sent
                    self._doubt(tx, row.serial, self._waiting(tx, row.serial))
                self._settle_rest(tx, row.serial, RecipientState.WITHDRAWN)
                self._finish(tx, row)
            return len(rows)

    def _person(self, tx: Connection, person_id: str) -> Any:
        row = tx.execute(select(people).where(people.c.id == person_id)).one_or_none()
        if row is None:
            raise NotFoundError("No such person. `mailguard person list` shows everybody.")
        return row


def _unsent(hold_id: str) -> tuple[Any, ...]:
    return messages.c.hold_id == hold_id, messages.c.state.in_(SENDABLE)
