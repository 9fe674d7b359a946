"""Notices waiting to be mailed. In: events, inside the transaction that makes them true. Out: who is to hear what."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from mailguard.store import standing, stop_tellings, suppressions
from mailguard.store.context import Context
from mailguard.store.people import People, approvers
from mailguard.store.schema import holds, notices, people
from mailguard.store.stop_tellings import StopTellings
from mailguard.store.suppressions import Suppressions
from mailguard.store.views import Notice

ONCE = frozenset({"closed", "failed"})  # thousands of messages would tell the same thousands of times


class Notices:
    """The notices of one database."""

    def __init__(self, context: Context, folk: People, suppressions: Suppressions, tellings: StopTellings) -> None:
        self._context = context
        self._people = folk
        self._suppressions = suppressions
        self._tellings = tellings

    def tell(self, tx: Connection, hold: Any, event: str, *others: Any) -> None:
        """Put a notice in the queue for all whom `event` concerns, and for `others` (rows of people)."""
        if event in ONCE and self._told(tx, hold.id, event):
            return
        audience = [*_audience(tx, hold, event), *others]
        now = self._context.clock()
        chosen = dict.fromkeys(row.id for row in audience if row.enabled and row.mail_key)
        rows = [
            {"event": event, "person_id": key, "hold_id": hold.id, "attempts": 0, "due_at": now, "created_at": now}
            for key in chosen
        ]
        if rows:
            tx.execute(insert(notices), rows)

    def pending(self, limit: int = 50) -> list[Notice]:
        """Due notices, oldest first: of stops, then of holds, then of the stop list."""
        query = (
            select(notices, holds.c.source_title, holds.c.messages, holds.c.recipients, holds.c.persons)
            .join(holds, holds.c.id == notices.c.hold_id)
            .where(notices.c.due_at <= self._context.clock())
            .order_by(notices.c.due_at, notices.c.serial)
            .limit(limit)
        )
        with self._context.database.read() as tx:
            rows = tx.execute(query).all()
            found = tx.execute(select(people).where(people.c.id.in_({row.person_id for row in rows}))).all()
        folk = {row.id: self._people.person(row) for row in found}
        due = [
            Notice(
                str(row.serial), row.event, folk[row.person_id], row.hold_id,
                row.source_title, row.messages, row.recipients, row.persons, row.attempts,
            )
            for row in rows
        ]  # fmt: skip
        return self._tellings.pending(limit) + due + self._suppressions.pending(limit)

    def sent(self, id: str) -> None:  # noqa: A002 - the word of the worker that calls it
        """The relay took it."""
        self._settle(id, None)

    def failed(self, id: str, retry_at: datetime | None) -> None:  # noqa: A002 - the same
        """Try again then; None gives up."""
        self._settle(id, retry_at)

    def _settle(self, notice_id: str, due_at: datetime | None) -> None:
        for mark, queue in ((suppressions.MARK, self._suppressions), (stop_tellings.MARK, self._tellings)):
            if notice_id.startswith(mark):
                queue.settle(notice_id, due_at)
                return
        with self._context.database.write() as tx:
            values = {"due_at": due_at, "attempts": notices.c.attempts + 1}
            tx.execute(update(notices).where(notices.c.serial == int(notice_id)).values(values))

    @staticmethod
    def _told(tx: Connection, hold_id: str, event: str) -> bool:
        query = select(notices.c.serial).where(notices.c.hold_id == hold_id, notices.c.event == event).limit(1)
        return tx.execute(query).first() is not None


def _audience(tx: Connection, hold: Any, event: str) -> Iterable[Any]:
    operators = standing.crew(tx, hold)
    if event == "closed":
        return operators
    if event in {"opened", "expired", "failed", "first_approval", "late", "answered"}:
        return [*operators, *standing.deciders(tx, hold)]
    return [*operators, *approvers(tx)]
