"""Approved holds that may go out in spite of an emergency stop: an apology, for instance. Two people say so, each time.

In: wishes of people who may approve the hold. Out: which stops it is let through. A stop that begins later holds it back
again; nothing of another hold goes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from mailguard.errors import ConflictError, NotFoundError, RefusedError
from mailguard.lifecycle import HoldState
from mailguard.store import decisions, imprints, standing, standstill, stop_sight
from mailguard.store.desk import AtDesk
from mailguard.store.people import selves
from mailguard.store.schema import people, stop_exceptions, stops
from mailguard.store.schema.emergency import Scope
from mailguard.store.stop_tellings import LET_THROUGH, tell

WHY = {
    "exception_reason_missing": "Letting a mailing through a stop needs a reason.",
    "exception_not_approved": "Only an approved hold can be let through a stop. Approve it first.",
    "exception_asked": "This person has asked already. A different approver must agree.",
}


@dataclass(frozen=True, slots=True)
class LetThrough:
    """One hold and one stop in force. agreed_at: from then on it goes out; None: a second person must agree."""

    stop_id: str
    reason: str
    asked_by: str
    asked_name: str
    asked_at: datetime
    agreed_by: str = ""
    agreed_name: str = ""
    agreed_at: datetime | None = None


class LettingThrough(AtDesk):
    """Lets approved holds through."""

    def of(self, hold_id: str) -> list[LetThrough]:
        """What was asked for this hold, of stops that are in force, by who may still do so."""
        with self._database.read() as tx:
            gone = {row.serial for row in self._gone(tx, self._hold(tx, hold_id))}
            rows = [row for row in self._rows(tx, hold_id) if row.serial not in gone]
            wanted = {key for row in rows for key in (row.asked_by, row.agreed_by) if key}
            names = self._desk.people.names(tx, wanted)
        return [
            LetThrough(
                row.stop_id, self._vault.open(row.reason, f"exception:{hold_id}").decode("utf-8", "replace"),
                row.asked_by, names.get(row.asked_by, row.asked_by), row.asked_at,
                row.agreed_by or "", names.get(row.agreed_by, row.agreed_by or ""), row.agreed_at,
            )
            for row in rows
        ]  # fmt: skip

    def ask(self, hold_id: str, person_id: str, reason: str) -> None:
        """The first person wants the hold to go out under all stops that hold it back. Raises RefusedError, ConflictError."""
        reason = reason.strip()
        with self._database.write() as tx:
            hold = self._ready(tx, hold_id, person_id)
            if not reason:
                raise RefusedError("exception_reason_missing", WHY["exception_reason_missing"])
            forgotten = self._forget(tx, hold)
            asked = {row.stop_id: row for row in self._rows(tx, hold_id)}
            if any(row.asked_by == person_id and row.agreed_at is None for row in asked.values()):
                raise RefusedError("exception_asked", WHY["exception_asked"])
            fresh = [halt for halt in self._over(tx, hold) if halt not in asked]
            if not fresh:
                raise ConflictError(f"{hold_id}: no stop holds it back of which that was not asked. Look at it again.")
            sealed = self._vault.seal(reason.encode("utf-8", "replace"), f"exception:{hold_id}")
            row = {"hold_id": hold_id, "reason": sealed, "asked_by": person_id, "asked_at": self._context.clock()}
            tx.execute(insert(stop_exceptions), [row | {"stop_id": stop_id} for stop_id in fresh])
            self._note(tx, person_id, "stop.exception_asked", hold_id, fresh, [*forgotten, *fresh])

    def agree(self, hold_id: str, person_id: str) -> None:
        """The second one agrees: this hold goes out, and no other. Raises RefusedError, ConflictError."""
        with self._database.write(announced=True) as tx:
            hold = self._ready(tx, hold_id, person_id)
            waiting = [row for row in self._rows(tx, hold_id) if row.agreed_at is None]
            mine = selves(tx, {person_id, self._right(tx, hold, person_id).voice.authority})
            asked = {key: self._right(tx, hold, key) for key in {row.asked_by for row in waiting}}
            # Neither the asker again, nor whose deputy he is: nobody's right counts twice.
            others = {key: right for key, right in asked.items() if not mine & {key, right.voice.authority}}
            if waiting and not others:
                raise RefusedError("exception_asked", WHY["exception_asked"])
            able = [row for row in waiting if row.asked_by in others and others[row.asked_by].code is None]
            if not able:
                raise ConflictError(f"{hold_id}: nobody who may do so has asked to let it through. Ask first.")
            values = {"agreed_by": person_id, "agreed_at": self._context.clock()}
            theirs = stop_exceptions.c.serial.in_([row.serial for row in able])
            tx.execute(update(stop_exceptions).where(theirs).values(values))
            ids = sorted(row.stop_id for row in able)
            self._note(tx, person_id, "stop.exception", hold_id, ids, ids)
            for stop in tx.execute(select(stops).where(stops.c.id.in_(ids))).all():
                tell(self._context, tx, self._desk.notices, stop, LET_THROUGH)

    def _ready(self, tx: Connection, hold_id: str, person_id: str) -> Any:
        hold = self._hold(tx, hold_id, to_change=True, viewer=person_id)
        if code := self._right(tx, hold, person_id).code:
            raise RefusedError(code, decisions.WHY[code])
        if hold.state != HoldState.APPROVED.value:
            raise RefusedError("exception_not_approved", WHY["exception_not_approved"])
        if any(halt.scope is Scope.ALL for halt in standstill.over_hold(tx, hold)) and not stop_sight.own(
            self._context, tx, person_id
        ):
            raise RefusedError("stop_all_own", stop_sight.WHY["stop_all_own"])
        return hold

    def _note(
        self, tx: Connection, person_id: str, action: str, hold_id: str, ids: Sequence[str], rows: Sequence[str]
    ) -> None:
        found: imprints.Rows = {}
        for stop_id in rows:
            found |= imprints.of(self._context, tx, "exception", stop_id, hold_id)
        self._desk.audit.append(tx, person_id, action, hold_id, stops=sorted(ids), rows=found)

    def _forget(self, tx: Connection, hold: Any) -> list[str]:
        """What somebody asked who may not do so any more; of which stops."""
        gone = self._gone(tx, hold)
        tx.execute(delete(stop_exceptions).where(stop_exceptions.c.serial.in_([row.serial for row in gone])))
        return [row.stop_id for row in gone]

    def _gone(self, tx: Connection, hold: Any) -> list[Any]:
        waiting = [row for row in self._rows(tx, hold.id) if row.agreed_at is None]
        return [row for row in waiting if self._right(tx, hold, row.asked_by).code]

    def _right(self, tx: Connection, hold: Any, person_id: str) -> standing.Right:
        person = tx.execute(select(people).where(people.c.id == person_id)).one_or_none()
        if person is None:
            raise NotFoundError("No such person. `mailguard person list` shows everybody.")
        return standing.right(tx, hold, person, self._context.today())

    @staticmethod
    def _over(tx: Connection, hold: Any) -> list[str]:
        return [halt.id for halt in standstill.over_hold(tx, hold)]

    @staticmethod
    def _rows(tx: Connection, hold_id: str) -> Any:
        in_force = select(stops.c.id).where(~stops.c.ended)
        query = select(stop_exceptions).where(
            stop_exceptions.c.hold_id == hold_id, stop_exceptions.c.stop_id.in_(in_force)
        )
        return tx.execute(query.order_by(stop_exceptions.c.serial)).all()
