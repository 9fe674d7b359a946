"""Emergency stops: begun by any approver at once, ended by two.

In: wishes of people, with reasons. Out: what stands still, since when and why. New mail that a stop covers is held, mail on
its way out is called back before its final dot. Each change is an audit row and is told to approvers and operators.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, insert, or_, select, update

from mailguard.errors import ConflictError, NotFoundError, RefusedError
from mailguard.store import sight, standstill
from mailguard.store.audit import Audit
from mailguard.store.context import Context, fresh_id
from mailguard.store.notices import Notices
from mailguard.store.people import People
from mailguard.store.remembered import Remembered
from mailguard.store.schema import holds, messages, operators, people, sources, stops
from mailguard.store.schema.emergency import Scope
from mailguard.store.standstill import Standstill
from mailguard.store.stop_tellings import ASKED, BEGUN, ENDED, tell

_LOG = logging.getLogger("mailguard.store")
CLI = "cli"  # the actor of the command line: whoever can run it owns the machine, and may stop; it is no second person
WHY = {
    "not_stopper": "Only an enabled approver may stop mail, or let it go on.",
    "stop_reason_missing": "A stop and its end need a reason.",
    "stop_own_source": "An operator of the source cannot let its mail go on. Another approver must.",
    "stop_asked": "This person has asked already. A different approver must agree.",
}


@dataclass(frozen=True, slots=True)
class Stop:
    """A stop as people see it. title: of the source. by, asked_by, ended_by: ids; the names beside them are for readers.

    hold_id: the hold whose mailing it covers.
    """

    id: str
    scope: Scope
    source_id: str
    title: str
    hold_id: str
    reason: str
    by: str
    name: str
    at: datetime
    asked: str = ""
    asked_by: str = ""
    asked_name: str = ""
    asked_at: datetime | None = None
    ended_by: str = ""
    ended_name: str = ""
    ended_at: datetime | None = None


class Stops:
    """The emergency stops of one database."""

    def __init__(self, context: Context, audit: Audit, folk: People, notices: Notices) -> None:
        self._context, self._audit, self._people, self._notices = context, audit, folk, notices
        self.latest = Remembered(context.database, self._latest, seconds=0.5)
        """What stops cover now: one cheap read."""

    # What stands still

    def _latest(self) -> Standstill:
        with self._context.database.read() as tx:
            return standstill.read(tx)

    def active(self, viewer: str | None = None) -> list[Stop]:
        """Stops in force that `viewer` sees, the newest first: those of all mail, and of the sources of that person."""
        query = select(stops).where(~stops.c.ended).order_by(stops.c.serial.desc())
        with self._context.database.read() as tx:
            return self._stops(tx, tx.execute(query.where(self._seen(tx, viewer))))

    def over(self, hold_id: str) -> list[Stop]:
        """Stops in force that hold this hold back, those included that it is let through."""
        with self._context.database.read() as tx:
            hold = tx.execute(select(holds.c.source_id, holds.c.subject_key).where(holds.c.id == hold_id)).one_or_none()
            if hold is None:
                return []
            halts = standstill.read(tx).halts
            ids = [halt.id for halt in halts if halt.covers(hold.source_id, bytes(hold.subject_key))]
            return self._stops(tx, tx.execute(select(stops).where(stops.c.id.in_(ids)).order_by(stops.c.serial)))

    def recent(self, limit: int = 50, viewer: str | None = None) -> list[Stop]:
        """Stops that `viewer` sees, the newest first, those that ended included."""
        query = select(stops).order_by(stops.c.serial.desc()).limit(limit)
        with self._context.database.read() as tx:
            return self._stops(tx, tx.execute(query.where(self._seen(tx, viewer))))

    # Changes by people

    def stop_all(self, actor: str, reason: str) -> Stop:
        """Hold all new mail, and send nothing more. Raises RefusedError, ConflictError."""
        return self._begin(actor, reason, Scope.ALL)

    def stop_source(self, actor: str, source_id: str, reason: str) -> Stop:
        """The same for one declared source. Raises NotFoundError, too."""
        return self._begin(actor, reason, Scope.SOURCE, source_id=source_id)

    def stop_campaign(self, actor: str, hold_id: str, reason: str) -> Stop:
        """The same for the mailing that a hold belongs to: its source and the skeleton of its subject."""
        return self._begin(actor, reason, Scope.CAMPAIGN, hold_id=hold_id)

    def ask_end(self, actor: str, stop_id: str, reason: str) -> Stop:
        """The first of two people wants to go on. Raises RefusedError, ConflictError, NotFoundError."""
        reason = reason.strip()
        with self._context.database.write() as tx:
            stop = self._open(tx, stop_id, None if actor == CLI else actor)
            self._may_end(tx, stop, actor)
            if not reason:
                raise RefusedError("stop_reason_missing", WHY["stop_reason_missing"])
            if stop.asked_by == actor:
                raise RefusedError("stop_asked", WHY["stop_asked"])
            if stop.asked_by and self._able(tx, stop, stop.asked_by):
                raise ConflictError(f"{stop_id}: somebody else has asked to end it. Look at it again, then agree.")
            sealed = self._context.vault.seal(reason.encode("utf-8", "replace"), f"stop end:{stop_id}")
            values = {"asked": sealed, "asked_by": actor, "asked_at": self._context.clock()}
            tx.execute(update(stops).where(stops.c.id == stop_id).values(values))
            self._audit.append(tx, actor, "stop.end_asked", stop_id)
            tell(tx, self._notices, stop, ASKED)
            return self._one(tx, stop_id)

    def agree_end(self, actor: str, stop_id: str) -> Stop:
        """The second one agrees: mail goes on. Raises RefusedError, ConflictError, NotFoundError."""
        with self._context.database.write(announced=True) as tx:
            stop = self._open(tx, stop_id, None if actor == CLI else actor)
            self._may_end(tx, stop, actor)
            if stop.asked_by == actor:
                raise RefusedError("stop_asked", WHY["stop_asked"])
            if not stop.asked_by or not self._able(tx, stop, stop.asked_by):
                raise ConflictError(f"{stop_id}: nobody who may do so has asked to end it. Ask first.")
            values = {"ended": True, "ended_by": actor, "ended_at": self._context.clock()}
            tx.execute(update(stops).where(stops.c.id == stop_id).values(values))
            self._audit.append(tx, actor, "stop.ended", stop_id, asked_by=stop.asked_by, messages=_waiting(tx))
            tell(tx, self._notices, stop, ENDED)
            ended = self._one(tx, stop_id)
        _LOG.warning("emergency stop ended stop=%s by=%s and=%s", stop_id, stop.asked_by, actor)
        return ended

    # Inside

    def _seen(self, tx: Connection, viewer: str | None) -> ColumnElement[bool]:
        of_all = stops.c.scope == Scope.ALL.value
        return or_(of_all, sight.sources_seen(self._context, tx, viewer, stops.c.source_id))

    def _check_seen(self, tx: Connection, scope: Scope, row: Mapping[str, Any], actor: str) -> None:
        """NotFoundError where a source or a hold is hidden from who would stop it."""
        if actor == CLI:
            return
        if scope is Scope.CAMPAIGN:
            hold = tx.execute(select(holds).where(holds.c.id == row["hold_id"])).one()
            sight.check(tx, hold, actor, self._context.today())
        elif scope is Scope.SOURCE:
            seen = sight.sources_seen(self._context, tx, actor, sources.c.id)
            if tx.execute(select(sources.c.id).where(sources.c.id == row["source_id"], seen)).first() is None:
                raise _no_source()

    def _begin(self, actor: str, reason: str, scope: Scope, *, source_id: str = "", hold_id: str = "") -> Stop:
        reason, stop_id = reason.strip(), fresh_id("S")
        with self._context.database.write(announced=True) as tx:
            if actor != CLI and not _approver(tx, actor):
                raise RefusedError("not_stopper", WHY["not_stopper"])
            if not reason:
                raise RefusedError("stop_reason_missing", WHY["stop_reason_missing"])
            covered = _covered(tx, scope, source_id, hold_id)
            self._check_seen(tx, scope, covered, actor)
            same = (stops.c.scope == scope.value, *(stops.c[name] == covered[name] for name in _KEYS))
            if there := tx.execute(select(stops.c.id).where(~stops.c.ended, *same)).scalar():
                raise ConflictError(f"{there} stops this already. `mailguard stop list` says by whom.")
            sealed = self._context.vault.seal(reason.encode("utf-8", "replace"), f"stop:{stop_id}")
            row = covered | {"id": stop_id, "scope": scope.value, "reason": sealed, "ended": False}
            tx.execute(insert(stops), row | {"stopped_by": actor, "stopped_at": self._context.clock()})
            detail = {key: covered[key] for key in ("source_id", "hold_id") if covered[key]}
            self._audit.append(tx, actor, "stop.begun", stop_id, scope=scope.value, messages=_waiting(tx), **detail)
            tell(tx, self._notices, self._open(tx, stop_id), BEGUN)
            begun = self._one(tx, stop_id)
        _LOG.warning(
            "emergency stop begun stop=%s scope=%s source=%s by=%s", stop_id, scope.value, begun.source_id, actor
        )
        return begun

    def _open(self, tx: Connection, stop_id: str, viewer: str | None = None) -> Any:
        row = tx.execute(select(stops).where(stops.c.id == stop_id, self._seen(tx, viewer))).one_or_none()
        if row is None:
            raise NotFoundError("No such stop. `mailguard stop list` shows what is in force.")
        if row.ended:
            raise ConflictError(f"{stop_id} was ended by {row.ended_by} at {row.ended_at.isoformat()}.")
        return row

    def _may_end(self, tx: Connection, stop: Any, actor: str) -> None:
        if not _approver(tx, actor):
            raise RefusedError("not_stopper", WHY["not_stopper"])
        if _operates(tx, stop, actor):
            raise RefusedError("stop_own_source", WHY["stop_own_source"])

    @staticmethod
    def _able(tx: Connection, stop: Any, actor: str) -> bool:
        return _approver(tx, actor) and not _operates(tx, stop, actor)

    def _one(self, tx: Connection, stop_id: str) -> Stop:
        return self._stops(tx, tx.execute(select(stops).where(stops.c.id == stop_id)))[0]

    def _stops(self, tx: Connection, result: Any) -> list[Stop]:
        rows = result.all()
        wanted = {key for row in rows for key in (row.stopped_by, row.asked_by, row.ended_by) if key}
        found = tx.execute(select(people).where(people.c.id.in_(wanted))).all()
        names = {row.id: self._people.person(row).name for row in found}
        return [self._stop(row, names) for row in rows]

    def _stop(self, row: Any, names: Mapping[str, str]) -> Stop:
        def opened(data: bytes | None, place: str) -> str:
            return self._context.vault.open(data, f"{place}:{row.id}").decode("utf-8", "replace") if data else ""

        def name(key: str | None) -> str:
            return names.get(key, key) if key else ""

        return Stop(
            row.id, Scope(row.scope), row.source_id, row.title, row.hold_id or "",
            opened(row.reason, "stop"), row.stopped_by, name(row.stopped_by), row.stopped_at,
            opened(row.asked, "stop end"), row.asked_by or "", name(row.asked_by), row.asked_at,
            row.ended_by or "", name(row.ended_by), row.ended_at,
        )  # fmt: skip


_KEYS = ("source_id", "subject_key")


def _covered(tx: Connection, scope: Scope, source_id: str, hold_id: str) -> dict[str, Any]:
    """What a stop covers, as columns of its row."""
    found = {"source_id": "", "subject_key": b"", "title": "", "hold_id": None}
    if scope is Scope.SOURCE:
        row = tx.execute(select(sources.c.title).where(sources.c.id == source_id)).one_or_none()
        if row is None:
            raise _no_source()
        return found | {"source_id": source_id, "title": row.title}
    if scope is Scope.CAMPAIGN:
        row = tx.execute(select(holds).where(holds.c.id == hold_id)).one_or_none()
        if row is None:
            raise NotFoundError("No such hold. `mailguard hold list` shows what there is.")
        of_hold = {"source_id": row.source_id, "subject_key": row.subject_key, "title": row.source_title}
        return found | of_hold | {"hold_id": hold_id}
    return found


def _no_source() -> NotFoundError:
    return NotFoundError("No such source. `mailguard source list` shows all of them.")


def _approver(tx: Connection, person_id: str) -> bool:
    row = tx.execute(select(people.c.role, people.c.enabled).where(people.c.id == person_id)).one_or_none()
    return row is not None and row.enabled and row.role == "approver"


def _operates(tx: Connection, stop: Any, person_id: str) -> bool:
    query = select(operators.c.person_id).where(
        operators.c.source_id == stop.source_id, operators.c.person_id == person_id
    )
    return stop.scope != Scope.ALL.value and tx.execute(query).first() is not None


def _waiting(tx: Connection) -> int:
    query = select(func.count()).select_from(messages).where(messages.c.due_at.is_not(None))
    return tx.execute(query).scalar_one()
