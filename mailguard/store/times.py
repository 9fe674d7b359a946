"""Times that lie further ahead than this moment could set them: left by a clock that was ahead, or that was set back.

In: how far ahead the service sets times. Out: each such time, as it would be set now. A wait that nothing needs ends; what
guards something (a lease, a login, a throttle, the hours of an approval) still lasts its whole length, from now.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, or_, select, update

from mailguard.lifecycle import HoldState
from mailguard.store.audit import TIME, Audit
from mailguard.store.calendar import add_business_days
from mailguard.store.context import Context
from mailguard.store.schema import attempts, bounces, campaigns, holds, messages, notices, sessions

_LOG = logging.getLogger("mailguard.store")
SLACK = timedelta(minutes=1)  # clocks of machines that share a database may differ by so much
_OPEN = (HoldState.PENDING.value, HoldState.RETURNED.value, HoldState.APPROVED.value)


@dataclass(frozen=True, slots=True)
class _Rule:
    """Rows for which `where` holds get `values`."""

    table: Any
    where: tuple[Any, ...]
    values: dict[str, datetime]

    def count(self, tx: Connection) -> int:
        return tx.execute(select(func.count()).select_from(self.table).where(*self.where)).scalar_one()

    def apply(self, tx: Connection) -> int:
        return tx.execute(update(self.table).where(*self.where).values(self.values)).rowcount


class Times:
    """The times of one database that are compared with the clock."""

    def __init__(self, context: Context, audit: Audit) -> None:
        self._context, self._audit = context, audit

    def bring_back(self, *, lease: timedelta, wait: timedelta, session: timedelta) -> int:
        """How many were brought back. The longest lease, wait for another attempt, and session of the page."""
        database = self._context.database
        with database.read() as tx:
            if not any(rule.count(tx) for rule in self._rules(lease, wait, session)):
                return 0
        with database.write() as tx:
            # A rule may find what one before it has mended, so the rules are those of one moment.
            total = sum(rule.apply(tx) for rule in self._rules(lease, wait, session))
            self._audit.append(tx, TIME, "clock.set_back", "", times=total)
        _LOG.warning("clock: it was ahead, or has been set back; times brought back=%s", total)
        return total

    def _rules(self, lease: timedelta, wait: timedelta, session: timedelta) -> tuple[_Rule, ...]:
        now = self._context.clock()
        ahead, days = now + SLACK, self._context.settings.business_days
        unsent = messages.c.due_at.is_not(None)
        free = messages.c.token.is_(None)
        current = or_(holds.c.expires_at > now, holds.c.id.in_(select(messages.c.hold_id).where(unsent)))
        return (
            # Mail that waits for its first attempt is due at once, that for another within `wait`.
            _Rule(messages, (free, *_stalled(messages, now, wait)), {"due_at": now}),
            _Rule(notices, _stalled(notices, now, wait), {"due_at": now}),
            _Rule(bounces, _stalled(bounces, now, wait), {"due_at": now}),
            # Whoever holds it may be alive, so it runs its length: no message is sent by two.
            _Rule(
                messages,
                (messages.c.due_at > ahead + lease, ~free),
                {"due_at": now + lease, "lease_until": now + lease},
            ),
            # What cannot have happened yet happened now: the late question and giving up count from there.
            _Rule(messages, (unsent, messages.c.received_at > ahead), {"received_at": now}),
            _Rule(messages, (unsent, messages.c.first_attempt_at > ahead), {"first_attempt_at": now}),
            _Rule(messages, (messages.c.kept, messages.c.finished_at > ahead), {"finished_at": now}),
            _Rule(bounces, (bounces.c.due_at.is_not(None), bounces.c.created_at > ahead), {"created_at": now}),
            _Rule(
                holds,
                (holds.c.state == HoldState.APPROVED.value, current, holds.c.sending_since > ahead),
                {"sending_since": now},
            ),
            _Rule(
                holds,
                (holds.c.state.in_(_OPEN), holds.c.expires_at > now, holds.c.first_seen > ahead),
                {"first_seen": now, "last_seen": now, "expires_at": add_business_days(now, days)},
            ),
            _Rule(
                holds,
                (holds.c.state.in_(_OPEN), holds.c.expires_at > now, holds.c.last_seen > ahead),
                {"last_seen": now},
            ),
            _Rule(campaigns, (campaigns.c.last_seen > ahead,), {"last_seen": now}),
            _Rule(attempts, (attempts.c.at > ahead,), {"at": now}),
            _Rule(sessions, (sessions.c.expires_at > ahead + session,), {"expires_at": now + session}),
        )


def _stalled(table: Any, now: datetime, wait: timedelta) -> tuple[Any, ...]:
    due, ahead = table.c.due_at, now + SLACK
    return due > ahead, or_(table.c.attempts == 0, due > ahead + wait)
