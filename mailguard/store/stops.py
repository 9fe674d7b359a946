"""Emergency stops: begun by any approver at once, ended by two.

In: wishes of people, with reasons. Out: what stands still, since when and why. New mail that a stop covers is held, mail on
its way out is called back before its final dot. Each change is an audit row and is told to approvers and operators.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Connection, Select, func, insert, or_, select, update

from mailguard.errors import ConflictError, NotFoundError, RefusedError
from mailguard.store import sight, standstill, stop_sight
from mailguard.store.audit import CLI, Audit
from mailguard.store.context import Context, fresh_id
from mailguard.store.notices import Notices
from mailguard.store.people import People, selves
from mailguard.store.remembered import Remembered
from mailguard.store.schema import campaigns, holds, messages, sources, stops
from mailguard.store.schema.emergency import Scope
from mailguard.store.standstill import Standstill
from mailguard.store.stop_tellings import ASKED, BEGUN, ENDED, tell

_LOG = logging.getLogger("mailguard.store")
WHY = {
    "stop_reason_missing": "A stop and its end need a reason.",
    "stop_asked": "This person has asked already. A different approver must agree.",
} | stop_sight.WHY


@dataclass(frozen=True, slots=True)
class Stop:
    """A stop as people see it. title: of the source. by, asked_by, ended_by: ids; the names beside them are for readers.

    hold_id: the hold whose mailing it covers. Of what is only the own company's to know, reasons and people are "".
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
            return self._seen(tx, query, viewer)

    def over(self, hold_id: str, viewer: str | None = None) -> list[Stop]:
        """Stops in force that hold this hold back, those included that it is let through; for who sees the hold."""
        columns = (holds.c.source_id, holds.c.subject_key, holds.c.campaign_id)
        with self._context.database.read() as tx:
            hold = tx.execute(select(*columns).where(holds.c.id == hold_id)).one_or_none()
            ids = [halt.id for halt in standstill.over_hold(tx, hold)] if hold else []
            if not ids:
                return []
            query = select(stops).where(stops.c.id.in_(ids)).order_by(stops.c.serial)
            return self._stops(tx, tx.execute(query), viewer)

    def since(self, hold_id: str, moment: datetime, viewer: str | None = None) -> list[Stop]:
        """Stops that held this hold back at any time since then, the first one first; for who sees the hold."""
        query = select(stops).where(or_(~stops.c.ended, stops.c.ended_at >= moment)).order_by(stops.c.serial)
        with self._context.database.read() as tx:
            hold = tx.execute(select(holds).where(holds.c.id == hold_id)).one()
            ids = standstill.covering(tx, hold, tx.execute(query).all())
            return self._stops(tx, tx.execute(query.where(stops.c.id.in_(ids))), viewer)

    def recent(self, limit: int = 50, viewer: str | None = None) -> list[Stop]:
        """Stops that `viewer` sees, the newest first, those that ended included."""
        query = select(stops).order_by(stops.c.serial.desc()).limit(limit)
        with self._context.database.read() as tx:
            return self._seen(tx, query, viewer)

    def may_all(self, person_id: str) -> bool:
        """Whether somebody may stop all mail, and hears why it was stopped, as far as that goes by organisation."""
        with self._context.database.read() as tx:
            return stop_sight.own(self._context, tx, person_id)

    # Changes by people

    def stop_all(self, actor: str, reason: str) -> Stop:
        """Hold all new mail, and send nothing more. Raises RefusedError, ConflictError."""
        return self._begin(actor, reason, Scope.ALL)

    def stop_source(self, actor: str, source_id: str, reason: str) -> Stop:
        """The same for one declared source. Raises NotFoundError, too."""
        return self._begin(actor, reason, Scope.SOURCE, source_id=source_id)

    def stop_campaign(self, actor: str, hold_id: str, reason: str) -> Stop:
        """The same for one mailing, named by a hold of it or by the campaign: what its tool calls so, and what has its subject."""
        return self._begin(actor, reason, Scope.CAMPAIGN, hold_id=hold_id)

    def ask_end(self, actor: str, stop_id: str, reason: str) -> Stop:
        """The first of two people wants to go on. Raises RefusedError, ConflictError, NotFoundError."""
        reason = reason.strip()
        with self._context.database.write() as tx:
            stop = self._open(tx, stop_id, None if actor == CLI else actor)
            self._check_may_end(tx, stop, actor)
            if not reason:
                raise RefusedError("stop_reason_missing", WHY["stop_reason_missing"])
            if stop.asked_by == actor:
                raise RefusedError("stop_asked", WHY["stop_asked"])
            if stop.asked_by and stop_sight.barred(self._context, tx, stop, stop.asked_by) is None:
                raise ConflictError(f"{stop_id}: somebody else has asked to end it. Look at it again, then agree.")
            sealed = self._context.vault.seal(reason.encode("utf-8", "replace"), f"stop end:{stop_id}")
            values = {"asked": sealed, "asked_by": actor, "asked_at": self._context.clock()}
            tx.execute(update(stops).where(stops.c.id == stop_id).values(values))
            self._note(tx, actor, "stop.end_asked", stop_id)
            tell(self._context, tx, self._notices, stop, ASKED)
            return self._one(tx, stop_id)

    def agree_end(self, actor: str, stop_id: str) -> Stop:
        """The second one agrees: mail goes on. Raises RefusedError, ConflictError, NotFoundError."""
        with self._context.database.write(announced=True) as tx:
            stop = self._open(tx, stop_id, None if actor == CLI else actor)
            self._check_may_end(tx, stop, actor)
            if stop.asked_by in selves(tx, {actor}):
                raise RefusedError("stop_asked", WHY["stop_asked"])
            if not stop.asked_by or stop_sight.barred(self._context, tx, stop, stop.asked_by):
                raise ConflictError(f"{stop_id}: nobody who may do so has asked to end it. Ask first.")
            values = {"ended": True, "ended_by": actor, "ended_at": self._context.clock()}
            tx.execute(update(stops).where(stops.c.id == stop_id).values(values))
            self._note(tx, actor, "stop.ended", stop_id, asked_by=stop.asked_by, messages=_waiting(tx))
            tell(self._context, tx, self._notices, stop, ENDED)
            ended = self._one(tx, stop_id)
        _LOG.warning("emergency stop ended stop=%s by=%s and=%s", stop_id, stop.asked_by, actor)
        return ended

    # Inside

    def _begin(self, actor: str, reason: str, scope: Scope, *, source_id: str = "", hold_id: str = "") -> Stop:
        reason, stop_id = reason.strip(), fresh_id("S")
        with self._context.database.write(announced=True) as tx:
            if actor != CLI and not stop_sight.is_approver(tx, actor):
                raise RefusedError("not_stopper", WHY["not_stopper"])
            if not reason:
                raise RefusedError("stop_reason_missing", WHY["stop_reason_missing"])
            covered = _covered(tx, scope, source_id, hold_id)
            stop_sight.check_seen(self._context, tx, scope, covered, actor)
            if there := _there(tx, scope, covered):
                raise ConflictError(f"{there} stops this already. `mailguard stop list` says by whom.")
            sealed = self._context.vault.seal(reason.encode("utf-8", "replace"), f"stop:{stop_id}")
            row = covered | {"id": stop_id, "scope": scope.value, "reason": sealed, "ended": False}
            tx.execute(insert(stops), row | {"stopped_by": actor, "stopped_at": self._context.clock()})
            detail = {key: covered[key] for key in ("source_id", "hold_id") if covered[key]}
            self._note(tx, actor, "stop.begun", stop_id, scope=scope.value, messages=_waiting(tx), **detail)
            tell(self._context, tx, self._notices, self._open(tx, stop_id), BEGUN)
            begun = self._one(tx, stop_id)
        _LOG.warning(
            "emergency stop begun stop=%s scope=%s source=%s by=%s", stop_id, scope.value, begun.source_id, actor
        )
        return begun

    def _note(self, tx: Connection, actor: str, action: str, stop_id: str, **facts: object) -> None:
        self._audit.changed(tx, actor, action, stop_id, ("stop", stop_id), **facts)

    def _open(self, tx: Connection, stop_id: str, viewer: str | None = None) -> Any:
        visible = stop_sight.seen(self._context, tx, viewer)
        row = tx.execute(select(stops).where(stops.c.id == stop_id, visible)).one_or_none()
        if row is None:
            raise NotFoundError("No such stop. `mailguard stop list` shows what is in force.")
        if row.ended:
            raise ConflictError(f"{stop_id} was ended by {row.ended_by} at {row.ended_at.isoformat()}.")
        return row

    def _check_may_end(self, tx: Connection, stop: Any, actor: str) -> None:
        if code := stop_sight.barred(self._context, tx, stop, actor):
            raise RefusedError(code, WHY[code])

    def _one(self, tx: Connection, stop_id: str) -> Stop:
        return self._stops(tx, tx.execute(select(stops).where(stops.c.id == stop_id)))[0]

    def _seen(self, tx: Connection, query: Select[Any], viewer: str | None) -> list[Stop]:
        return self._stops(tx, tx.execute(query.where(stop_sight.seen(self._context, tx, viewer))), viewer)

    def _stops(self, tx: Connection, result: Any, viewer: str | None = None) -> list[Stop]:
        rows = result.all()
        own = not rows or stop_sight.own(self._context, tx, viewer)
        wanted = {key for row in rows for key in (row.stopped_by, row.asked_by, row.ended_by) if key}
        names = self._people.names(tx, wanted)
        return [_shown(self._stop(self._standing(tx, row), names), own=own) for row in rows]

    def _standing(self, tx: Connection, row: Any) -> Any:
        """A stop without the wish to end it of somebody who may not do so any more: another one has to ask."""
        if row.ended or not row.asked_by or stop_sight.barred(self._context, tx, row, row.asked_by) is None:
            return row
        return SimpleNamespace(**row._asdict() | {"asked": None, "asked_by": None, "asked_at": None})

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


def _shown(stop: Stop, *, own: bool) -> Stop:
    """Without what only the own company is to know."""
    if own or stop.scope is not Scope.ALL:
        return stop
    return replace(stop, reason="", by="", name="", asked="", asked_by="", asked_name="", ended_by="", ended_name="")


def _there(tx: Connection, scope: Scope, covered: Mapping[str, Any]) -> str:
    """The stop in force that stops the same."""
    found = standstill.read(tx).over(covered["source_id"], covered["subject_key"], covered["campaign_key"] or b"")
    same = (halt for halt in found if halt.scope is scope and halt.source_id == covered["source_id"])
    return next((halt.id for halt in same), "")


def _covered(tx: Connection, scope: Scope, source_id: str, hold_id: str) -> dict[str, Any]:
    """What a stop covers, as columns of its row."""
    found = {"source_id": "", "subject_key": b"", "campaign_key": None, "title": "", "hold_id": None}
    if scope is Scope.SOURCE:
        row = tx.execute(select(sources.c.title).where(sources.c.id == source_id)).one_or_none()
        if row is None:
            raise stop_sight.no_source()
        return found | {"source_id": source_id, "title": row.title}
    if scope is Scope.CAMPAIGN:
        first = select(campaigns.c.first_hold).where(campaigns.c.id == hold_id).scalar_subquery()
        row = tx.execute(select(holds).where(or_(holds.c.id == hold_id, holds.c.id == first))).one_or_none()
        if row is None:
            raise NotFoundError(sight.NO_HOLD)
        of_hold = {"source_id": row.source_id, "subject_key": row.subject_key, "title": row.source_title}
        return found | of_hold | {"hold_id": row.id, "campaign_key": standstill.key_of(tx, row.campaign_id) or None}
    return found


def _waiting(tx: Connection) -> int:
    query = select(func.count()).select_from(messages).where(messages.c.due_at.is_not(None))
    return tx.execute(query).scalar_one()
