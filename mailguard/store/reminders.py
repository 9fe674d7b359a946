"""Reminders: approvers hear again of holds when a share of their time has passed. Time never decides anything here.

In: a clock. Out: notices, one for all holds of a mailing.
"""

from typing import Any

from sqlalchemy import select, update

from mailguard.lifecycle import HoldState
from mailguard.store.desk import AtDesk
from mailguard.store.schema import holds


class Reminders(AtDesk):
    """The reminders of one database."""

    def tell_due(self) -> int:
        """Remind of each hold whose next share of time has passed; how many holds."""
        shares = self._context.notify.reminders
        query = select(holds.c.id, holds.c.first_seen, holds.c.expires_at, holds.c.reminded).where(
            holds.c.state == HoldState.PENDING.value, holds.c.reminded < len(shares)
        )
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
            self._desk.notices.tell(tx, hold, "reminder")
        return True

    def _passed(self, hold: Any) -> int:
        """How many shares of the time of a hold have passed; one that was missed is not told afterwards."""
        whole = hold.expires_at - hold.first_seen
        passed = self._context.clock() - hold.first_seen
        return sum(passed >= whole * share for share in self._context.notify.reminders)
