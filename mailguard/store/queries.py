"""What the page, the command line and the gauges read of holds. In: ids and limits. Out: views. Writes nothing."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, func, select

from mailguard.errors import NotFoundError
from mailguard.lifecycle import HoldState, RecipientState
from mailguard.store import counting, settings, sight
from mailguard.store.checklist import Point, points
from mailguard.store.desk import AtDesk, Desk
from mailguard.store.hold_views import HoldViews
from mailguard.store.schema import holds, messages, people, recipients
from mailguard.store.statement import chunks
from mailguard.store.views import Gauges, HoldRow, HoldView, RecipientRow

PAGE = 200  # holds that are read together: their inspections are in memory at once


class Queries(AtDesk):
    """Reads holds."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._views = HoldViews(desk)

    def get(self, hold_id: str, viewer: str | None = None) -> HoldView:
        """Everything about one hold. viewer: who looks; what that person does not see is not found."""
        with self._database.read() as tx:
            return self._views.of(tx, [self._hold(tx, hold_id, viewer=viewer)])[0]

    def views(self, hold_ids: Sequence[str], viewer: str | None = None) -> Iterator[HoldView]:
        """The same of many, in their order. Raises NotFoundError when `viewer` does not see all of them."""
        for ids in chunks(hold_ids, PAGE):
            with self._database.read() as tx:
                seen = (holds.c.id.in_(ids), sight.holds_seen(self._context, tx, viewer))
                found = {row.id: row for row in tx.execute(select(holds).where(*seen))}
                if len(found) < len(set(ids)):
                    raise NotFoundError(sight.NO_HOLD)
                views = self._views.of(tx, [found[hold_id] for hold_id in ids])
            yield from views

    def recent(
        self,
        states: Collection[HoldState] | None = None,
        limit: int = 200,
        offset: int = 0,
        viewer: str | None = None,
    ) -> list[HoldRow]:
        """Holds that `viewer` sees, newest first."""
        query = select(holds).order_by(holds.c.serial.desc()).limit(limit).offset(offset)
        if states is not None:
            query = query.where(holds.c.state.in_([state.value for state in states]))
        with self._database.read() as tx:
            rows = tx.execute(query.where(sight.holds_seen(self._context, tx, viewer))).all()
            return self.listed(tx, rows)

    def listed(self, tx: Connection, rows: Sequence[Any]) -> list[HoldRow]:
        """Rows of holds as the list shows them."""
        least = counting.under_way(tx, [row.id for row in rows])
        return [self._views.row(row, least) for row in rows]

    def recipients(
        self, hold_id: str, limit: int = 200, offset: int = 0, viewer: str | None = None
    ) -> list[RecipientRow]:
        """Recipients of a hold in the order they came."""
        query = (
            select(recipients, messages.c.id)
            .join(messages, messages.c.serial == recipients.c.message)
            .where(messages.c.hold_id == hold_id)
            .order_by(messages.c.serial, recipients.c.position)
            .limit(limit)
            .offset(offset)
        )
        with self._database.read() as tx:
            self._hold(tx, hold_id, viewer=viewer)
            rows = tx.execute(query).all()
        return [
            RecipientRow(row.id, row.address, RecipientState(row.state), row.reply, row.attempts, row.changed_at)
            for row in rows
        ]

    @property
    def explain_persons(self) -> int:
        """More persons than this are approved in words, too."""
        with self._database.read() as tx:
            return settings.holds(self._context, tx).explain_persons

    def checklist(self, hold_id: str) -> tuple[Point, ...]:
        """What has to be ticked before a hold is approved."""
        with self._database.read() as tx:
            return points(self._context, self._hold(tx, hold_id))

    def gauges(self) -> Gauges:
        """What is waiting."""
        waiting = [HoldState.PENDING.value, HoldState.RETURNED.value]
        pending = holds.c.state == HoldState.PENDING.value
        approver = people.c.role == "approver"
        with self._database.read() as tx:
            held = tx.execute(select(func.coalesce(func.sum(holds.c.messages), 0)).where(holds.c.state.in_(waiting)))
            count, oldest = tx.execute(select(func.count(), func.min(holds.c.first_seen)).where(pending)).one()
            folk = tx.execute(select(func.count()).select_from(people).where(approver, people.c.enabled.is_(True)))
            return Gauges(int(held.scalar_one()), count, oldest, folk.scalar_one())
