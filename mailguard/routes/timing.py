"""When people are reminded of a hold, and when others are told of it. Pure.

In: what the hold needs, when it was opened, when it expires. Out: moments. A share is one of the time between the two.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from mailguard.routes.needs import Needs
from mailguard.routes.route import Escalation

DEFAULT_REMINDERS = (0.5, 0.8)


@dataclass(frozen=True, slots=True)
class Moment:
    """A time at which somebody is told. to: beside operators and approvers; None: a reminder to them."""

    at: datetime
    to: Escalation | None = None


def moments(needs: Needs, opened_at: datetime, expires_at: datetime) -> tuple[Moment, ...]:
    """Every one between opening and expiry, the first first; hours that began before the hold did are left out."""
    whole = expires_at - opened_at
    reminders = DEFAULT_REMINDERS if needs.reminders is None else needs.reminders
    times = {_at(reminder, opened_at, expires_at) for reminder in reminders}
    told = [Moment(time) for time in times] + [Moment(opened_at + whole * to.at, to) for to in needs.escalations]
    return tuple(sorted((one for one in told if opened_at < one.at < expires_at), key=lambda one: one.at))


def due(needs: Needs, opened_at: datetime, expires_at: datetime, now: datetime) -> tuple[Moment, ...]:
    """Those that have come by now; nothing once the hold has expired."""
    return () if now >= expires_at else tuple(one for one in moments(needs, opened_at, expires_at) if one.at <= now)


def _at(reminder: float | str, opened_at: datetime, expires_at: datetime) -> datetime:
    if isinstance(reminder, str):
        return expires_at - timedelta(hours=int(reminder.removesuffix("h")))
    return opened_at + (expires_at - opened_at) * reminder
