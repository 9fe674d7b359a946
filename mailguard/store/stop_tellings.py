"""Who hears of an emergency stop, and when that was mailed: approvers, and the operators of what stands still.

In: events, inside the transaction that makes them true. Out: notices without any number; the page has those.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from mailguard.store.context import Context
from mailguard.store.people import People, approvers
from mailguard.store.schema import operators, people, stop_tellings, stops
from mailguard.store.schema.emergency import Scope
from mailguard.store.views import Notice

MARK = "S"  # begins the ids of these notices
BEGUN, ASKED, ENDED, LET_THROUGH = "stop_begun", "stop_end_asked", "stop_ended", "stop_let_through"
EVENTS = frozenset({BEGUN, ASKED, ENDED, LET_THROUGH})


class StopTellings:
    """The notices of stops of one database."""

    def __init__(self, context: Context, folk: People) -> None:
        self._context, self._people = context, folk

    def tell(self, tx: Connection, stop: Any, event: str) -> None:
        """Put a notice in the queue for everybody whom a stop (a row of `stops`) concerns."""
        now = self._context.clock()
        rows = [
            {"stop_id": stop.id, "event": event, "person_id": key, "attempts": 0, "due_at": now, "created_at": now}
            for key in dict.fromkeys(row.id for row in _audience(tx, stop) if row.enabled and row.mail_key)
        ]
        if rows:
            tx.execute(insert(stop_tellings), rows)

    def pending(self, limit: int = 50) -> list[Notice]:
        """Notices whose time has come."""
        query = (
            select(stop_tellings, stops.c.title)
            .join(stops, stops.c.id == stop_tellings.c.stop_id)
            .where(stop_tellings.c.due_at <= self._context.clock())
            .order_by(stop_tellings.c.due_at, stop_tellings.c.serial)
            .limit(limit)
        )
        with self._context.database.read() as tx:
            rows = tx.execute(query).all()
            found = tx.execute(select(people).where(people.c.id.in_({row.person_id for row in rows}))).all()
        folk = {row.id: self._people.person(row) for row in found}
        return [
            Notice(
                f"{MARK}{row.serial}",
                row.event,
                folk[row.person_id],
                row.stop_id,
                row.title,
                0,
                0,
                0,
                row.attempts,
                "/stops",
            )
            for row in rows
        ]

    def settle(self, notice_id: str, due_at: datetime | None) -> None:
        """Sent or given up (None), or to be tried again then."""
        mine = stop_tellings.c.serial == int(notice_id.removeprefix(MARK))
        with self._context.database.write() as tx:
            values = {"due_at": due_at, "attempts": stop_tellings.c.attempts + 1}
            tx.execute(update(stop_tellings).where(mine).values(values))


def _audience(tx: Connection, stop: Any) -> Sequence[Any]:
    crew = select(operators.c.person_id)
    if stop.scope != Scope.ALL.value:
        crew = crew.where(operators.c.source_id == stop.source_id)
    staff = tx.execute(select(people).where(people.c.id.in_(crew)).order_by(people.c.added_at)).all()
    return [*staff, *approvers(tx)]
