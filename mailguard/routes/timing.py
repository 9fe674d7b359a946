"""When people are reminded of a hold, and when others are told of it. Pure.

In: what the hold needs, when it was opened, when it expires, how time is counted. Out: moments. A share is one of the time
between the two. The time of a hold is given in business days: who counts it by the clock reminds on a Sunday.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from mailguard.routes.needs import Needs
from mailguard.routes.route import Escalation

DEFAULT_REMINDERS = (0.5, 0.8)


@dataclass(frozen=True, slots=True)
class Moment:
    """A time at which somebody is told. to: beside operators and approvers; None: a reminder to them."""

    at: datetime
    to: Escalation | None = None


class Time(Protocol):
    """How the time of a hold is counted."""

    def share(self, start: datetime, end: datetime, share: float) -> datetime:
        """When this share of the time between two moments has passed."""

    def before(self, end: datetime, span: timedelta) -> datetime:
        """So much time before a moment."""


def moments(needs: Needs, opened_at: datetime, expires_at: datetime, time: Time) -> tuple[Moment, ...]:
    """Every one between opening and expiry, the first first; hours that began before the hold did are left out."""
    reminders = DEFAULT_REMINDERS if needs.reminders is None else needs.reminders
    times = {_at(reminder, opened_at, expires_at, time) for reminder in reminders}
    told = [Moment(at) for at in times]
    told += [Moment(time.share(opened_at, expires_at, to.at), to) for to in needs.escalations]
    return tuple(sorted((one for one in told if opened_at < one.at < expires_at), key=lambda one: one.at))


def _at(reminder: float | str, opened_at: datetime, expires_at: datetime, time: Time) -> datetime:
    if isinstance(reminder, str):
        return time.before(expires_at, timedelta(hours=int(reminder.removesuffix("h"))))
    return time.share(opened_at, expires_at, reminder)
