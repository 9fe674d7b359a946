"""Reminders: approvers hear again of holds when a share of their time has passed. Time never decides anything here.

In: a clock, what the routes of a hold say of reminders and escalation. Out: notices, one for all holds of a mailing.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from mailguard.lifecycle import HoldState
from mailguard.routes import Moment, moments
from mailguard.store import routing
from mailguard.store.calendar import BusinessTime
from mailguard.store.desk import AtDesk
from mailguard.store.schema import holds, people


class Reminders(AtDesk):
    """The reminders of one database."""

    def tell_due(self) -> int:
        """Remind of each hold whose next moment has come; how many holds."""
        columns = (holds.c.id, holds.c.first_seen, holds.c.expires_at, holds.c.reminded, holds.c.route)
        query = select(*columns).where(holds.c.state == HoldState.PENDING.value)
        with self._database.read() as tx:
            due = [row.id for row in tx.execute(query) if self._passed(row) > row.reminded]
        return sum(self._remind(hold_id) for hold_id in due)

    def _remind(self, hold_id: str) -> bool:
        with self._database.write() as tx:
            hold = self._hold(tx, hold_id, to_change=True)
            passed = self._passed(hold)
            if hold.state != HoldState.PENDING.value or passed <= hold.reminded:
                return False  # somebody was faster
            tx.execute(update(holds).where(holds.c.id == hold_id).values(reminded=passed))
            come = self._moments(hold)[hold.reminded : passed]
            self._desk.notices.tell(tx, hold, "reminder", *self._others(tx, come))
        return True

    def _passed(self, hold: Any) -> int:
        """How many moments of a hold have come; one that was missed is told with the next."""
        now: datetime = self._context.clock()
        return sum(moment.at <= now for moment in self._moments(hold))

    def _moments(self, hold: Any) -> tuple[Moment, ...]:
        needs = routing.told(self._context, routing.kept(self._context, hold).needs)
        return moments(needs, hold.first_seen, hold.expires_at, BusinessTime())

    def _others(self, tx: Connection, come: tuple[Moment, ...]) -> Iterator[Any]:
        """Rows of those whom an escalation names."""
        named = [moment.to for moment in come if moment.to is not None]
        for row in tx.execute(select(people).where(people.c.enabled.is_(True))).all() if named else ():
            person = self._desk.people.person(row)
            if any(to.reaches(person.login, person.role, person.organisation) for to in named):
                yield row
