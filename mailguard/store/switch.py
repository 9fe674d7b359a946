"""The switch that stops all releases, and starts them again.

In: a person's wish with a reason. Out: whether releases stand still, since when and why. Nothing is sent, expired or
given up because of it; each change is an audit row.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, exists, func, insert, select, update

from mailguard.errors import ConflictError, RefusedError
from mailguard.store import sight
from mailguard.store.audit import CLI, Audit
from mailguard.store.context import Context
from mailguard.store.people import People
from mailguard.store.schema import messages, pauses, people
from mailguard.store.views import Pause

ROLES = frozenset({"approver", "administrator"})
WHY = {
    "not_switch": "Only an approver or an administrator of the own company may pause and resume releases.",
    "reason_missing": "A pause needs a reason.",
}
PAUSED = exists().where(~pauses.c.ended)  # for statements of others that must stand still as well
_OPEN = select(pauses).where(~pauses.c.ended)


class Switch:
    """The switch of one database."""

    def __init__(self, context: Context, audit: Audit, folk: People) -> None:
        self._context, self._audit, self._people = context, audit, folk

    def state(self, viewer: str | None = None) -> Pause | None:
        """The pause that lasts now, or None; by whom and why is said to the own company only."""
        with self._context.database.read() as tx:
            row = tx.execute(_OPEN).one_or_none()
            return self._pauses(tx, [row], viewer)[0] if row else None

    def recent(self, limit: int = 20, viewer: str | None = None) -> list[Pause]:
        """Pauses, the newest first, the present one included."""
        query = select(pauses).order_by(pauses.c.serial.desc()).limit(limit)
        with self._context.database.read() as tx:
            return self._pauses(tx, tx.execute(query).all(), viewer)

    def pause(self, actor: str, reason: str) -> None:
        """Begin nothing more, and send no final dot from now on. Raises RefusedError, ConflictError."""
        reason = reason.strip()
        with self._context.database.write() as tx:
            self._allowed(tx, actor)
            if not reason:
                raise RefusedError("reason_missing", WHY["reason_missing"])
            if tx.execute(_OPEN).first() is not None:
                raise ConflictError("Releases are paused already. `mailguard release status` says by whom.")
            waiting = _waiting(tx)
            row = {
                "ended": False, "reason": self._context.vault.seal(reason.encode("utf-8", "replace"), "pause"),
                "paused_by": actor, "paused_at": self._context.clock(),
            }  # fmt: skip
            (serial,) = tx.execute(insert(pauses).values(row)).inserted_primary_key or (None,)
            self._audit.changed(tx, actor, "release.paused", "", ("pause", serial), messages=waiting)

    def resume(self, actor: str) -> None:
        """Go on. Raises RefusedError, ConflictError."""
        with self._context.database.write() as tx:
            self._allowed(tx, actor)
            values = {"ended": True, "resumed_by": actor, "resumed_at": self._context.clock()}
            row = tx.execute(_OPEN).one_or_none()
            if row is None:
                raise ConflictError("Releases are not paused. Somebody may have resumed them just now.")
            tx.execute(update(pauses).where(pauses.c.serial == row.serial).values(values))
            self._audit.changed(tx, actor, "release.resumed", "", ("pause", row.serial), messages=_waiting(tx))

    def _allowed(self, tx: Connection, actor: str) -> None:
        if actor == CLI:
            return
        person = tx.execute(select(people.c.role, people.c.enabled).where(people.c.id == actor)).one_or_none()
        able = person is not None and person.enabled and person.role in ROLES
        if not able or not sight.of_own(tx, actor, self._context.today()):
            raise RefusedError("not_switch", WHY["not_switch"])

    def _pauses(self, tx: Connection, rows: Any, viewer: str | None) -> list[Pause]:
        own = viewer is None or sight.of_own(tx, viewer, self._context.today())
        wanted = {row.paused_by for row in rows} | {row.resumed_by for row in rows if row.resumed_by}
        names = self._people.names(tx, wanted)
        found = [self._pause(row, names) for row in rows]
        return found if own else [replace(one, reason="", by="", name="", ended_name="") for one in found]

    def _pause(self, row: Any, names: Mapping[str, str]) -> Pause:
        reason = self._context.vault.open(row.reason, "pause").decode("utf-8", "replace")
        ended = names.get(row.resumed_by, row.resumed_by) if row.resumed_by else ""
        return Pause(
            reason, row.paused_by, names.get(row.paused_by, row.paused_by), row.paused_at, row.resumed_at, ended
        )


def _waiting(tx: Connection) -> int:
    query = select(func.count()).select_from(messages).where(messages.c.due_at.is_not(None))
    return tx.execute(query).scalar_one()
