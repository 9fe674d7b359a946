"""Says in metrics and log when there are too few enabled approvers, at all or for a route. Holds go on meanwhile.

In: people and routes, once a minute. Out: `mailguard_approvers_enabled`, `mailguard_routes_short_of_approvers`; a warning when
that changes and once an hour while it lasts. Nobody's name is in it.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from mailguard import metrics
from mailguard.config import Config
from mailguard.service.routes_check import short_of
from mailguard.service.scanning import routes_of
from mailguard.store.changes import ENOUGH
from mailguard.store.people import People

_LOG = logging.getLogger("mailguard.service")
_EVERY, _AGAIN = timedelta(minutes=1), timedelta(hours=1)


class Staffing:
    """`note` is called every few seconds."""

    def __init__(self, people: People, clock: Callable[[], datetime]) -> None:
        self._people, self._clock = people, clock
        self._noted: datetime | None = None
        self._said: tuple[str, ...] = ()
        self._said_at = clock()

    def note(self, config: Config) -> None:
        """Do what is due. Raises StoreError, ConfigError."""
        now = self._clock()
        if self._noted is not None and timedelta() <= now - self._noted < _EVERY:
            return
        enabled = [person for person in self._people.all() if person.enabled]
        approvers = sum(person.role == "approver" for person in enabled)
        lacking = {route.name: tuple(short_of(route, enabled)) for route in routes_of(config).routes}
        metrics.APPROVERS.set(approvers)
        metrics.ROUTES_SHORT.set(sum(map(bool, lacking.values())))
        self._noted = now
        few = [f"{approvers} of the {ENOUGH} that a second person's approval needs"] if approvers < ENOUGH else []
        routes = [f'route "{name}" {fact}' for name, facts in lacking.items() for fact in facts]
        self._say(tuple(few + routes), now)

    def _say(self, facts: tuple[str, ...], now: datetime) -> None:
        if facts == self._said and not (facts and abs(now - self._said_at) >= _AGAIN):
            return
        for fact in facts:
            _LOG.warning("too few enabled approvers: %s; mail goes on being held", fact)
        if not facts:
            _LOG.info("there are enough enabled approvers again")
        self._said, self._said_at = facts, now
