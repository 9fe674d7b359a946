"""What the routes of holds ask for, as people see it: sums over their campaigns are read once, however many holds there are.

In: rows of holds as the database has them, what their sending says. Out: a `Routed` each. Decides nothing.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from mailguard import lifecycle
from mailguard.lifecycle import HoldState, Sending
from mailguard.routes import Needs
from mailguard.store import routing, standing
from mailguard.store.desk import AtDesk, Desk
from mailguard.store.routing import ApprovedReaches, Reach
from mailguard.store.views import Routed


class RoutedHolds(AtDesk):
    """Holds of one transaction."""

    def __init__(self, desk: Desk, tx: Connection, rows: Sequence[Any]) -> None:
        super().__init__(desk)
        self._tx = tx
        self._approved = ApprovedReaches(tx, [row.id for row in rows if row.state == HoldState.APPROVED.value])
        self._before: dict[str | None, Reach] = {}

    def of(self, hold: Any, facts: Sending, *, spoken: bool) -> Routed:
        """Of one of them. spoken: whether anybody has approved its revision."""
        needs = routing.told(self._context, routing.kept(self._context, hold).needs)
        if hold.state != HoldState.PENDING.value:
            approved = hold.state == HoldState.APPROVED.value
            reach = self._approved.of(hold) if approved else Reach(hold.cap or 0)
            needs = needs.at(reach.recipients, reach.persons)
            return Routed(needs, _approvals(hold, needs, facts), facts.declared)
        voices = {voice.row.id: voice for voice in standing.agreed(self._tx, hold)} if spoken else {}
        cap = min((voice.row.cap for voice in voices.values()), default=hold.recipients)
        reach = self._reach(hold).up_to(cap)
        needs = needs.at(reach.recipients, reach.persons)
        missing = routing.lacking(self._context, hold, [voice.lent for voice in voices.values()], facts, reach)
        people = tuple(self._desk.people.person(voice.row) for voice in voices.values())
        return Routed(needs, _approvals(hold, needs, facts), facts.declared, people, missing)

    def _reach(self, hold: Any) -> Reach:
        key = hold.campaign_id
        if key not in self._before:
            self._before[key] = routing.reach(self._tx, key, 0, 0)
        before = self._before[key]
        return Reach(hold.recipients, hold.persons + before.persons, before.before)


def _approvals(hold: Any, needs: Needs, facts: Sending) -> int:
    return max(needs.least, int(hold.approvals_needed), lifecycle.approvals_needed(facts))
